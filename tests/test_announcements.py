"""Closures and announcements as they became known, and the rules by which announcements make a day.

The first part is history: what a date was for whom one minute before it was said, and at the moment it was said.
The facts are from the ministry and the press; examples/announcements-*.yaml say which hours and shares are assumed.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from entcapacity import announcements, schooldays
from entcapacity.parse import parse
from entcapacity.reasons import reason
from entcapacity.school import SchoolAnnouncement
from entcapacity.schooldays import Day, embedded
from entcapacity.streams import Views
from entcapacity.territories import PLACES
from entcapacity.vocabulary import DayKind, Level, Role
from specs import capacity

ECOLE, COLLEGE, LYCEE = Level.ECOLE, Level.COLLEGE, Level.LYCEE
ON_SITE, HYBRID, REMOTE = DayKind.ON_SITE, DayKind.HYBRID, DayKind.REMOTE
CLOSED, HOLIDAY, WEEKEND, PUBLIC_HOLIDAY = DayKind.CLOSED, DayKind.HOLIDAY, DayKind.WEEKEND, DayKind.PUBLIC_HOLIDAY
MINUTE = timedelta(minutes=1)
LYON, LILLE, TOULOUSE, PARIS = "69", "59", "31", "75"  # zones A, B, C, C
MAINLAND = (LYON, LILLE, TOULOUSE)

CLASS_DAY = Day(ON_SITE, reason("ClassDay"))
TERM_HOLIDAY = Day(HOLIDAY, reason("TermHoliday", name="Vacances de Printemps"), in_holiday=True)
FREE_WEEKEND = Day(WEEKEND, reason("Weekend"))
EASTER_MONDAY = Day(PUBLIC_HOLIDAY, reason("PublicHoliday", name="Lundi de Pâques"))


def said(
    at: str,
    *periods: dict[str, Any],
    scope: dict[str, Any] | None = None,
    name: str = "said",
    withdrawn: str | None = None,
) -> SchoolAnnouncement:
    """An announcement made ``at`` an instant."""
    spec = {"announcedAt": at, "scope": scope or {}, "periods": list(periods)}
    if withdrawn:
        spec["withdrawnAt"] = withdrawn
    document = {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "SchoolAnnouncement",
        "metadata": {"name": name},
        "spec": spec,
    }
    announcement = parse(document)
    assert isinstance(announcement, SchoolAnnouncement)
    return announcement


def held(schooling: str, begin: str, until: str | None = None, **more: Any) -> dict[str, Any]:
    """One period."""
    return {"from": begin, "schooling": schooling} | ({"until": until} if until else {}) | more


def day(on: str, where: str, level: Level, as_of: datetime | None, *made: SchoolAnnouncement) -> Day:
    """What a date was for pupils by the school calendar and the announcements, as known at an instant."""
    place, when = PLACES[where], date.fromisoformat(on)
    by_calendar = schooldays.embedded().known_at(as_of).day(when, place, level, Role.PUPIL)
    return announcements.apply(announcements.known_at(made, as_of).effects(place, level), by_calendar, when)


def before_and_after(on: str, where: str, level: Level, *made: SchoolAnnouncement) -> tuple[DayKind, DayKind]:
    """The kind of a date one minute before the last announcement was made, and at that moment."""
    moment = max(each.spec.announced_at for each in made)
    return day(on, where, level, moment - MINUTE, *made).kind, day(on, where, level, moment, *made).kind


def made_of(base: Day, on: str, *made: SchoolAnnouncement, level: Level = COLLEGE, as_of: str | None = None) -> Day:
    """What announcements make of a day in Lyon."""
    known = announcements.known_at(made, datetime.fromisoformat(as_of) if as_of else None)
    return announcements.apply(known.effects(PLACES[LYON], level), base, date.fromisoformat(on))


# --- 2020 -------------------------------------------------------------------------------------------------------------

CLUSTERS = said(
    "2020-03-06T20:00:00+01:00", held("Remote", "2020-03-09", "2020-03-23"), scope={"departements": ["60", "68"]}
)
LOCKDOWN = said("2020-03-12T20:00:00+01:00", held("Remote", "2020-03-16"), name="confinement-2020-03")
RETURN = said("2020-04-13T20:00:00+02:00", held("Hybrid", "2020-05-11", onSitePercent=50), name="return")
RETURN_IN_DETAIL = said(
    "2020-04-28T15:00:00+02:00",
    held("Hybrid", "2020-05-11", onSitePercent=50, levels=["Ecole"]),
    held("Remote", "2020-05-11", levels=["College", "Lycee"]),
    name="return-in-detail",
)
COLLEGES_RETURN = said(
    "2020-05-28T17:00:00+02:00",
    held("Hybrid", "2020-06-02", onSitePercent=50),
    scope={"levels": ["Ecole", "College"]},
    name="colleges-return",
)
MANDATORY = said(
    "2020-06-14T20:00:00+02:00", held("OnSite", "2020-06-22", levels=["Ecole", "College"]), name="mandatory"
)
SPRING_2020 = (LOCKDOWN, RETURN, RETURN_IN_DETAIL, COLLEGES_RETURN, MANDATORY)


def test_on_friday_6_march_2020_monday_becomes_remote_in_oise_and_haut_rhin_only() -> None:
    assert before_and_after("2020-03-09", "60", COLLEGE, CLUSTERS) == (ON_SITE, REMOTE)
    assert before_and_after("2020-03-09", "68", LYCEE, CLUSTERS) == (ON_SITE, REMOTE)
    assert before_and_after("2020-03-09", "67", LYCEE, CLUSTERS) == (ON_SITE, ON_SITE)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("where", [*MAINLAND, "2A", "971"])
def test_on_thursday_evening_12_march_2020_monday_becomes_remote(where: str, level: Level) -> None:
    assert before_and_after("2020-03-16", where, level, LOCKDOWN) == (ON_SITE, REMOTE)


def test_on_12_march_2020_friday_the_13th_stays_on_site() -> None:
    assert before_and_after("2020-03-13", TOULOUSE, COLLEGE, LOCKDOWN) == (ON_SITE, ON_SITE)


def test_la_reunion_on_holiday_in_march_2020_becomes_remote_when_its_holidays_end() -> None:
    assert before_and_after("2020-03-20", "974", COLLEGE, LOCKDOWN) == (HOLIDAY, HOLIDAY)
    assert before_and_after("2020-03-23", "974", COLLEGE, LOCKDOWN) == (ON_SITE, REMOTE)


def test_the_spring_holidays_of_2020_stay_holidays_under_remote_until_further_notice() -> None:
    assert before_and_after("2020-04-14", LILLE, COLLEGE, LOCKDOWN) == (HOLIDAY, HOLIDAY)
    assert before_and_after("2020-04-27", LILLE, COLLEGE, LOCKDOWN) == (ON_SITE, REMOTE)


def test_on_13_april_2020_11_may_becomes_hybrid_and_the_days_before_stay_remote() -> None:
    assert before_and_after("2020-05-11", TOULOUSE, COLLEGE, LOCKDOWN, RETURN) == (REMOTE, HYBRID)
    assert before_and_after("2020-05-07", TOULOUSE, COLLEGE, LOCKDOWN, RETURN) == (REMOTE, REMOTE)


def test_on_28_april_2020_only_ecoles_return_on_11_may() -> None:
    assert before_and_after("2020-05-11", TOULOUSE, ECOLE, LOCKDOWN, RETURN, RETURN_IN_DETAIL) == (HYBRID, HYBRID)
    assert before_and_after("2020-05-11", TOULOUSE, COLLEGE, LOCKDOWN, RETURN, RETURN_IN_DETAIL) == (HYBRID, REMOTE)


def test_on_28_may_2020_the_collegians_of_paris_return_on_2_june_and_its_lyceens_do_not() -> None:
    known = (LOCKDOWN, RETURN, RETURN_IN_DETAIL, COLLEGES_RETURN)
    assert before_and_after("2020-06-02", PARIS, COLLEGE, *known) == (REMOTE, HYBRID)
    assert before_and_after("2020-06-02", PARIS, LYCEE, *known) == (REMOTE, REMOTE)


def test_on_14_june_2020_22_june_becomes_on_site_for_ecoles_and_colleges() -> None:
    assert before_and_after("2020-06-22", PARIS, ECOLE, *SPRING_2020) == (HYBRID, ON_SITE)
    assert before_and_after("2020-06-22", PARIS, COLLEGE, *SPRING_2020) == (HYBRID, ON_SITE)
    assert before_and_after("2020-06-22", PARIS, LYCEE, *SPRING_2020) == (REMOTE, REMOTE)


@pytest.mark.parametrize("level", Level)
def test_the_false_alarm_of_28_october_2020_leaves_schools_open(level: Level) -> None:
    alarm = said("2020-10-28T20:00:00+01:00", held("OnSite", "2020-11-02"))
    assert before_and_after("2020-11-02", TOULOUSE, level, alarm) == (ON_SITE, ON_SITE)
    assert before_and_after("2020-10-30", TOULOUSE, level, alarm) == (HOLIDAY, HOLIDAY)


def test_on_5_november_2020_lycees_become_half_on_site() -> None:
    alarm = said("2020-10-28T20:00:00+01:00", held("OnSite", "2020-11-02"), name="confinement-2020-10")
    half = said(
        "2020-11-05T20:00:00+01:00", held("Hybrid", "2020-11-09", onSitePercent=50), scope={"levels": ["Lycee"]}
    )
    assert before_and_after("2020-11-09", TOULOUSE, LYCEE, alarm, half) == (ON_SITE, HYBRID)
    assert before_and_after("2020-11-09", TOULOUSE, COLLEGE, alarm, half) == (ON_SITE, ON_SITE)
    assert day("2020-11-09", TOULOUSE, LYCEE, None, alarm, half).on_site_percent == 50


# --- 2021 -------------------------------------------------------------------------------------------------------------

SIXTEEN = ("02", "06", "27", "59", "60", "62", "75", "76", "77", "78", "80", "91", "92", "93", "94", "95")
THREE_MORE = ("10", "58", "69")
HALF_ON_SITE = said(
    "2021-03-18T18:00:00+01:00",
    held("Hybrid", "2021-03-20", onSitePercent=50),
    scope={"departements": list(SIXTEEN), "levels": ["Lycee"]},
    name="confinement-2021-03",
)
HALF_ON_SITE_TOO = said(
    "2021-03-26T18:00:00+01:00",
    held("Hybrid", "2021-03-27", onSitePercent=50),
    scope={"departements": list(THREE_MORE), "levels": ["Lycee"]},
    name="confinement-2021-03-added",
)
# As README prints it, and on to its end.
TELEVISED = said(
    "2021-03-31T20:00:00+02:00",
    held("Remote", "2021-04-06", "2021-04-09"),
    held("Holiday", "2021-04-10", "2021-04-25"),
    held("Remote", "2021-04-26", "2021-04-30", levels=["College", "Lycee"], terms="Replace"),
    held("OnSite", "2021-04-26", "2021-05-09", terms="Replace"),
    name="confinement-2021-04",
)


def test_on_7_march_2021_nouvelle_caledonie_is_closed_from_the_next_day_and_its_holidays_moved() -> None:
    closed = said(
        "2021-03-07T18:00:00+11:00",
        held("Closed", "2021-03-08", "2021-03-28"),
        held("Holiday", "2021-03-29", "2021-04-11"),
        scope={"zones": ["Nouvelle-Calédonie"]},
    )
    assert before_and_after("2021-03-08", "988", COLLEGE, closed) == (ON_SITE, CLOSED)
    assert before_and_after("2021-03-26", "988", COLLEGE, closed) == (ON_SITE, CLOSED)
    assert before_and_after("2021-03-29", "988", COLLEGE, closed)[1] is HOLIDAY
    assert before_and_after("2021-04-12", "988", COLLEGE, closed) == (ON_SITE, ON_SITE)
    assert before_and_after("2021-03-08", "987", COLLEGE, closed) == (ON_SITE, ON_SITE)


@pytest.mark.parametrize("where", SIXTEEN)
def test_on_18_march_2021_lycees_become_half_on_site_in_sixteen_departements(where: str) -> None:
    assert before_and_after("2021-03-22", where, LYCEE, HALF_ON_SITE) == (ON_SITE, HYBRID)
    assert before_and_after("2021-03-22", where, COLLEGE, HALF_ON_SITE) == (ON_SITE, ON_SITE)
    assert before_and_after("2021-03-19", where, LYCEE, HALF_ON_SITE) == (ON_SITE, ON_SITE)


@pytest.mark.parametrize("where", THREE_MORE)
def test_on_26_march_2021_three_more_departements_are_added(where: str) -> None:
    assert before_and_after("2021-03-29", where, LYCEE, HALF_ON_SITE) == (ON_SITE, ON_SITE)
    assert before_and_after("2021-03-29", where, LYCEE, HALF_ON_SITE, HALF_ON_SITE_TOO) == (ON_SITE, HYBRID)
    assert before_and_after("2021-03-29", LILLE, LYCEE, HALF_ON_SITE, HALF_ON_SITE_TOO) == (HYBRID, HYBRID)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("where", MAINLAND)
def test_on_the_evening_of_31_march_2021_tuesday_after_easter_becomes_remote(where: str, level: Level) -> None:
    assert before_and_after("2021-04-06", where, level, TELEVISED) == (ON_SITE, REMOTE)
    assert before_and_after("2021-04-09", where, level, TELEVISED) == (ON_SITE, REMOTE)


def test_half_on_site_becomes_all_remote_in_the_lycees_of_lille() -> None:
    assert before_and_after("2021-04-06", LILLE, LYCEE, HALF_ON_SITE, TELEVISED) == (HYBRID, REMOTE)


@pytest.mark.parametrize("where", MAINLAND)
def test_on_31_march_2021_the_rest_of_the_week_stays_on_site_and_easter_monday_a_public_holiday(where: str) -> None:
    assert before_and_after("2021-04-01", where, COLLEGE, TELEVISED) == (ON_SITE, ON_SITE)
    assert before_and_after("2021-04-02", where, COLLEGE, TELEVISED) == (ON_SITE, ON_SITE)
    assert before_and_after("2021-04-05", where, COLLEGE, TELEVISED) == (PUBLIC_HOLIDAY, PUBLIC_HOLIDAY)


@pytest.mark.parametrize(
    ("where", "on", "before"),
    [
        (LYON, "2021-04-12", HOLIDAY),
        (LILLE, "2021-04-12", ON_SITE),
        (TOULOUSE, "2021-04-12", ON_SITE),
        (LYON, "2021-04-23", HOLIDAY),
        (LILLE, "2021-04-23", ON_SITE),
        (TOULOUSE, "2021-04-23", HOLIDAY),
    ],
)
def test_on_31_march_2021_the_holidays_become_the_same_in_all_zones(where: str, on: str, before: DayKind) -> None:
    assert before_and_after(on, where, COLLEGE, TELEVISED) == (before, HOLIDAY)


@pytest.mark.parametrize(("where", "before"), [(LYON, ON_SITE), (LILLE, HOLIDAY), (TOULOUSE, HOLIDAY)])
def test_on_26_april_2021_ecoles_are_on_site_and_colleges_and_lycees_remote(where: str, before: DayKind) -> None:
    assert before_and_after("2021-04-26", where, ECOLE, TELEVISED) == (before, ON_SITE)
    assert before_and_after("2021-04-26", where, COLLEGE, TELEVISED) == (before, REMOTE)
    assert before_and_after("2021-04-26", where, LYCEE, TELEVISED) == (before, REMOTE)


@pytest.mark.parametrize(("where", "before"), [(LYON, ON_SITE), (LILLE, HOLIDAY), (TOULOUSE, ON_SITE)])
def test_on_3_may_2021_everybody_is_back_on_site(where: str, before: DayKind) -> None:
    for level in (ECOLE, COLLEGE, LYCEE):
        assert before_and_after("2021-05-03", where, level, TELEVISED) == (before, ON_SITE)


@pytest.mark.parametrize("level", [ECOLE, COLLEGE, LYCEE])
@pytest.mark.parametrize("where", MAINLAND)
def test_the_announcement_alone_says_all_that_the_amended_calendar_of_2021_says(where: str, level: Level) -> None:
    """Its holidays and ``terms: Replace`` make of the calendar as published before what became of it."""
    place, moment = PLACES[where], TELEVISED.spec.announced_at
    effects = announcements.known_at([TELEVISED], moment).effects(place, level)
    original = schooldays.embedded().known_at(moment - MINUTE)
    amended = schooldays.embedded().known_at(moment)
    for offset in range(34):  # 6 April to 9 May
        on = date(2021, 4, 6) + timedelta(days=offset)
        then, now = (
            announcements.apply(effects, each.day(on, place, level, Role.PUPIL), on) for each in (original, amended)
        )
        assert (then.kind, then.in_holiday) == (now.kind, now.in_holiday), on


def test_on_25_august_2021_martinique_stays_on_holiday_until_13_september_and_is_remote_then() -> None:
    put_off = said(
        "2021-08-25T18:00:00-04:00",
        held("Holiday", "2021-09-02", "2021-09-12"),
        held("Remote", "2021-09-13", "2021-09-24"),
        scope={"zones": ["Guadeloupe", "Martinique"]},
    )
    assert before_and_after("2021-09-02", "972", COLLEGE, put_off) == (ON_SITE, HOLIDAY)
    assert before_and_after("2021-09-13", "972", COLLEGE, put_off) == (ON_SITE, REMOTE)
    assert before_and_after("2021-09-13", "971", COLLEGE, put_off) == (ON_SITE, REMOTE)
    assert before_and_after("2021-09-27", "972", COLLEGE, put_off) == (ON_SITE, ON_SITE)
    assert before_and_after("2021-09-13", "974", COLLEGE, put_off) == (ON_SITE, ON_SITE)


# --- later ------------------------------------------------------------------------------------------------------------


def test_mayotte_closes_for_cyclone_chido_and_returns_by_stages() -> None:
    cyclone = said(
        "2024-12-12T18:00:00+03:00",
        held("Closed", "2024-12-13", "2024-12-14"),
        scope={"zones": ["Mayotte"]},
        name="chido",
    )
    stages = said(
        "2024-12-30T18:00:00+03:00",
        held("Closed", "2025-01-13", "2025-01-19"),
        held("Hybrid", "2025-01-20", "2025-01-26", onSitePercent=50),
        scope={"zones": ["Mayotte"]},
        name="chido-return",
    )
    assert before_and_after("2024-12-13", "976", COLLEGE, cyclone) == (ON_SITE, CLOSED)
    assert before_and_after("2024-12-14", "976", COLLEGE, cyclone) == (WEEKEND, WEEKEND)
    assert before_and_after("2025-01-13", "976", COLLEGE, cyclone, stages) == (ON_SITE, CLOSED)
    assert before_and_after("2025-01-20", "976", COLLEGE, cyclone, stages) == (ON_SITE, HYBRID)
    assert before_and_after("2025-01-27", "976", COLLEGE, cyclone, stages) == (ON_SITE, ON_SITE)
    assert before_and_after("2024-12-13", "974", COLLEGE, cyclone) == (ON_SITE, ON_SITE)


def test_the_heatwave_of_2025_closes_more_ecoles_from_day_to_day() -> None:
    first = said(
        "2025-06-27T18:00:00+02:00",
        held("Closed", "2025-06-30", "2025-06-30"),
        scope={"departements": ["45"], "levels": ["Ecole"]},
        name="heat-1",
    )
    second = said(
        "2025-06-30T18:00:00+02:00",
        held("Closed", "2025-07-01", "2025-07-02"),
        scope={"departements": ["45", "37"], "levels": ["Ecole"]},
        name="heat-2",
    )
    assert before_and_after("2025-06-30", "45", ECOLE, first) == (ON_SITE, CLOSED)
    assert before_and_after("2025-06-30", "45", COLLEGE, first) == (ON_SITE, ON_SITE)
    assert before_and_after("2025-07-01", "45", ECOLE, first) == (ON_SITE, ON_SITE)
    assert before_and_after("2025-07-01", "37", ECOLE, first, second) == (ON_SITE, CLOSED)
    assert before_and_after("2025-06-30", "45", ECOLE, first, second) == (CLOSED, CLOSED)


def test_on_sunday_evening_4_january_2026_the_first_day_after_noel_loses_its_buses_in_normandie() -> None:
    snow = said(
        "2026-01-04T19:00:00+01:00",
        held("Hybrid", "2026-01-05", "2026-01-07", onSitePercent=50),
        scope={"academies": ["Normandie"], "departements": ["35"]},
    )
    assert before_and_after("2026-01-05", "14", COLLEGE, snow) == (ON_SITE, HYBRID)
    assert before_and_after("2026-01-05", "35", COLLEGE, snow) == (ON_SITE, HYBRID)
    assert before_and_after("2026-01-05", "22", COLLEGE, snow) == (ON_SITE, ON_SITE)
    assert before_and_after("2026-01-08", "14", COLLEGE, snow) == (ON_SITE, ON_SITE)


# --- since when it is known -------------------------------------------------------------------------------------------


def test_an_announcement_dated_ahead_is_unknown_until_then_and_known_from_that_very_instant() -> None:
    ahead = said("2027-06-01T20:00:00+02:00", held("Remote", "2027-06-07", "2027-06-11"))
    assert made_of(CLASS_DAY, "2027-06-07", ahead, as_of="2027-06-01T19:59:59+02:00") == CLASS_DAY
    assert made_of(CLASS_DAY, "2027-06-07", ahead, as_of="2027-06-01T20:00:00+02:00").kind is REMOTE


def test_as_of_is_an_instant_in_whatever_offset_it_is_written() -> None:
    at = datetime(2021, 3, 31, 18, 0, tzinfo=UTC)
    assert announcements.known_at([TELEVISED], at).known == (TELEVISED,)
    assert announcements.known_at([TELEVISED], at - MINUTE).known == ()


def test_without_an_instant_every_announcement_is_known() -> None:
    assert announcements.known_at(SPRING_2020, None).known == tuple(reversed(SPRING_2020))


def test_a_day_says_who_made_it_and_since_when_that_is_known() -> None:
    tuesday = made_of(CLASS_DAY, "2021-04-06", TELEVISED)
    assert tuesday.announced == "confinement-2021-04"
    assert "confinement-2021-04" in tuesday.reason.text("en")
    assert "2021-03-31" in tuesday.reason.text("fr")


# --- which announcement holds -----------------------------------------------------------------------------------------


def test_the_latest_announcement_wins_an_overlap_in_whatever_order_they_are_given() -> None:
    first = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11", "2027-01-22"), name="first")
    then = said("2027-01-05T12:00:00+01:00", held("OnSite", "2027-01-18", "2027-01-29"), name="and-then")
    last = said("2027-01-06T12:00:00+01:00", held("Closed", "2027-01-21", "2027-01-21"), name="at-last")
    for order in permutations((first, then, last)):
        days = ("2027-01-12", "2027-01-18", "2027-01-21", "2027-01-22")
        assert [made_of(CLASS_DAY, on, *order).kind for on in days] == [REMOTE, ON_SITE, CLOSED, ON_SITE]


def test_of_two_announcements_at_the_same_instant_the_later_name_wins() -> None:
    a = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), name="a")
    b = said("2027-01-04T11:00:00+00:00", held("Closed", "2027-01-11"), name="b")
    assert made_of(CLASS_DAY, "2027-01-11", a, b).announced == "b"
    assert made_of(CLASS_DAY, "2027-01-11", b, a).announced == "b"


def test_within_one_announcement_the_narrower_period_wins_wherever_it_stands() -> None:
    wide, narrow = held("Remote", "2027-01-11", "2027-01-22"), held("Closed", "2027-01-13", "2027-01-14")
    for periods in ((wide, narrow), (narrow, wide)):
        both = said("2027-01-04T12:00:00+01:00", *periods)
        assert [made_of(CLASS_DAY, f"2027-01-{number}", both).kind for number in (12, 13, 15)] == [
            REMOTE,
            CLOSED,
            REMOTE,
        ]


def test_a_period_with_an_end_is_narrower_than_one_without() -> None:
    both = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-13"), held("OnSite", "2027-01-11", "2027-06-30"))
    assert made_of(CLASS_DAY, "2027-01-14", both).kind is ON_SITE


def test_of_two_periods_as_long_the_one_that_names_levels_is_narrower() -> None:
    both = said(
        "2027-01-04T12:00:00+01:00",
        held("OnSite", "2027-01-11", "2027-01-15"),
        held("Remote", "2027-01-11", "2027-01-15", levels=["Lycee"]),
    )
    assert made_of(CLASS_DAY, "2027-01-12", both, level=LYCEE).kind is REMOTE
    assert made_of(CLASS_DAY, "2027-01-12", both, level=COLLEGE).kind is ON_SITE


def test_a_narrow_period_of_an_older_announcement_does_not_beat_a_wide_one_of_a_newer() -> None:
    older = said("2027-01-04T12:00:00+01:00", held("Closed", "2027-01-13", "2027-01-13"), name="older")
    newer = said("2027-01-05T12:00:00+01:00", held("Remote", "2027-01-04", "2027-02-26"), name="newer")
    assert made_of(CLASS_DAY, "2027-01-13", older, newer).kind is REMOTE


def test_without_until_a_period_holds_until_it_is_superseded() -> None:
    remote = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), name="remote")
    back = said("2027-02-01T12:00:00+01:00", held("OnSite", "2027-03-08"), name="back")
    assert made_of(CLASS_DAY, "2027-06-30", remote).kind is REMOTE
    assert made_of(CLASS_DAY, "2027-03-05", remote, back).kind is REMOTE
    assert made_of(CLASS_DAY, "2027-03-08", remote, back).kind is ON_SITE
    assert made_of(CLASS_DAY, "2027-06-30", remote, back).kind is ON_SITE


def test_a_storm_only_interrupts_what_holds_until_further_notice() -> None:
    remote = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), name="remote")
    storm = said("2027-01-18T12:00:00+01:00", held("Closed", "2027-01-19", "2027-01-19"), name="storm")
    kinds = [made_of(CLASS_DAY, f"2027-01-{number}", remote, storm).kind for number in (18, 19, 20)]
    assert kinds == [REMOTE, CLOSED, REMOTE]


def test_from_and_until_are_both_included() -> None:
    week = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11", "2027-01-15"))
    kinds = [made_of(CLASS_DAY, on, week).kind for on in ("2027-01-10", "2027-01-11", "2027-01-15", "2027-01-16")]
    assert kinds == [ON_SITE, REMOTE, REMOTE, ON_SITE]


# --- whom it concerns -------------------------------------------------------------------------------------------------


def test_an_empty_scope_is_everyone() -> None:
    everyone = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"))
    assert all(announcements.known_at([everyone], None).effects(place, ECOLE) for place in PLACES.values())


def test_zones_academies_and_departements_of_a_scope_add_up() -> None:
    scope = {"zones": ["Corse"], "academies": ["Rennes"], "departements": ["13"]}
    known = announcements.known_at([said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), scope=scope)], None)
    concerned = {code for code, place in PLACES.items() if known.effects(place, COLLEGE)}
    assert concerned == {"2A", "2B", "22", "29", "35", "56", "13"}


def test_levels_of_the_scope_and_of_the_period_both_narrow() -> None:
    announcement = said(
        "2027-01-04T12:00:00+01:00",
        held("Remote", "2027-01-11", levels=["Lycee", "PostBac"]),
        held("Closed", "2027-01-11"),
        scope={"levels": ["College", "Lycee"]},
    )
    found = {level: made_of(CLASS_DAY, "2027-01-11", announcement, level=level) for level in Level}
    assert {level: each.kind for level, each in found.items() if each.announced} == {COLLEGE: CLOSED, LYCEE: REMOTE}


# --- what it makes of a day -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schooling", ["OnSite", "Remote"])
@pytest.mark.parametrize("base", [TERM_HOLIDAY, FREE_WEEKEND, EASTER_MONDAY])
def test_how_class_is_held_changes_nothing_on_days_without_class(base: Day, schooling: str) -> None:
    assert made_of(base, "2027-03-29", said("2027-01-04T12:00:00+01:00", held(schooling, "2027-03-01"))) == base


@pytest.mark.parametrize("schooling", ["OnSite", "Remote"])
def test_replaced_terms_make_holidays_class_days_but_neither_weekends_nor_public_holidays(schooling: str) -> None:
    replaced = said("2027-01-04T12:00:00+01:00", held(schooling, "2027-03-01", terms="Replace"))
    assert made_of(TERM_HOLIDAY, "2027-04-12", replaced).kind == schooling
    assert not made_of(TERM_HOLIDAY, "2027-04-12", replaced).in_holiday
    assert made_of(FREE_WEEKEND, "2027-04-10", replaced).kind is WEEKEND
    assert made_of(EASTER_MONDAY, "2027-03-29", replaced).kind is PUBLIC_HOLIDAY


def test_a_weekend_in_replaced_holidays_is_a_weekend_like_any_other() -> None:
    inside = Day(WEEKEND, reason("WeekendInHoliday", name="Vacances de Printemps"), in_holiday=True)
    kept = said("2027-01-04T12:00:00+01:00", held("OnSite", "2027-04-01"))
    replaced = said("2027-01-04T12:00:00+01:00", held("OnSite", "2027-04-01", terms="Replace"))
    assert made_of(inside, "2027-04-10", kept).in_holiday
    assert not made_of(inside, "2027-04-10", replaced).in_holiday


@pytest.mark.parametrize("schooling", ["Holiday", "Closed"])
@pytest.mark.parametrize("base", [CLASS_DAY, TERM_HOLIDAY])
def test_holiday_and_closed_replace_weekdays(base: Day, schooling: str) -> None:
    announcement = said("2027-01-04T12:00:00+01:00", held(schooling, "2027-04-05", "2027-04-16"))
    assert made_of(base, "2027-04-12", announcement).kind == schooling


@pytest.mark.parametrize("schooling", ["Holiday", "Closed"])
def test_holiday_and_closed_leave_weekends_and_public_holidays(schooling: str) -> None:
    announcement = said("2027-01-04T12:00:00+01:00", held(schooling, "2027-03-22", "2027-04-16"))
    assert made_of(FREE_WEEKEND, "2027-04-10", announcement).kind is WEEKEND
    assert made_of(EASTER_MONDAY, "2027-03-29", announcement).kind is PUBLIC_HOLIDAY


def test_a_weekend_in_announced_holidays_lies_in_a_holiday() -> None:
    announcement = said("2027-01-04T12:00:00+01:00", held("Holiday", "2027-04-05", "2027-04-16"))
    assert made_of(FREE_WEEKEND, "2027-04-10", announcement).in_holiday
    assert made_of(CLASS_DAY, "2027-04-12", announcement).in_holiday


def test_hybrid_says_how_many_are_on_site() -> None:
    third = said("2027-01-04T12:00:00+01:00", held("Hybrid", "2027-01-11", onSitePercent=30))
    assert made_of(CLASS_DAY, "2027-01-11", third).on_site_percent == 30


def test_a_weekday_past_the_end_of_the_calendar_is_held_as_announced() -> None:
    unknown = Day(DayKind.UNKNOWN, reason("PastCalendar", zone="A", until="2028-07-05"))
    remote = said("2028-08-30T12:00:00+02:00", held("Remote", "2028-09-04"))
    assert made_of(unknown, "2028-09-04", remote).kind is REMOTE


def test_no_announcement_opens_a_school_that_its_own_calendar_closes() -> None:
    roof = Day(CLOSED, reason("LocalDay", description="Toit en travaux", calendar="sites"))
    for terms in ("Keep", "Replace"):
        assert (
            made_of(roof, "2027-01-11", said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11", terms=terms)))
            == roof
        )


# --- withdrawal -------------------------------------------------------------------------------------------------------

# Taken back on Wednesday at noon.
WITHDRAWN = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), withdrawn="2027-01-13T12:00:00+01:00")


def test_a_withdrawal_keeps_the_dates_that_had_begun_and_frees_the_others() -> None:
    kinds = [made_of(CLASS_DAY, f"2027-01-{number}", WITHDRAWN).kind for number in (11, 12, 13, 14)]
    assert kinds == [REMOTE, REMOTE, REMOTE, ON_SITE]  # taken back at noon of the third: they are at home that day


def test_a_withdrawal_is_known_only_from_when_it_was_made() -> None:
    assert made_of(CLASS_DAY, "2027-01-14", WITHDRAWN, as_of="2027-01-13T11:59:00+01:00").kind is REMOTE
    assert made_of(CLASS_DAY, "2027-01-14", WITHDRAWN, as_of="2027-01-13T12:00:00+01:00").kind is ON_SITE


def test_what_is_withdrawn_before_its_first_day_leaves_nothing() -> None:
    early = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), withdrawn="2027-01-08T12:00:00+01:00")
    assert announcements.known_at([early], None).effects(PLACES[LYON], COLLEGE) == ()


def test_a_withdrawal_lets_the_older_announcement_hold_again() -> None:
    older = said("2027-01-02T12:00:00+01:00", held("Hybrid", "2027-01-11", onSitePercent=50), name="older")
    assert made_of(CLASS_DAY, "2027-01-12", older, WITHDRAWN).kind is REMOTE
    assert made_of(CLASS_DAY, "2027-01-14", older, WITHDRAWN).kind is HYBRID


def test_which_dates_had_begun_is_a_matter_of_local_time() -> None:
    """At half past ten in the evening in Lyon it is the next morning in La Réunion."""
    late = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"), withdrawn="2027-01-13T22:30:00+01:00")
    last = {
        code: effect.last
        for code in (LYON, "974", "987")
        for effect in announcements.known_at([late], None).effects(PLACES[code], COLLEGE)
    }
    assert last == {LYON: date(2027, 1, 13), "974": date(2027, 1, 14), "987": date(2027, 1, 13)}


# --- preparation ------------------------------------------------------------------------------------------------------


def preparation(*made: SchoolAnnouncement, where: str = LYON) -> list[tuple[datetime, datetime]]:
    segment = capacity(audience=[{"departements": [{"code": where}], "levels": ["College"], "pupils": 1}]).audience[0]
    [group] = Views(embedded().known_at(None), announcements.known_at(made, None)).groups(segment)
    return list(group.views[0].preparation())


def test_people_prepare_from_the_announcement_to_midnight_before_its_first_remote_day() -> None:
    remote = said("2021-03-31T20:00:00+02:00", held("Remote", "2021-04-06", "2021-04-09"))
    begin, end = (datetime.fromisoformat(each) for each in ("2021-03-31T20:00:00+02:00", "2021-04-06T00:00:00+02:00"))
    assert preparation(remote) == [(begin, end)]


def test_people_prepare_at_most_a_week() -> None:
    early = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-02-01"))
    [(begin, end)] = preparation(early)
    assert (begin, end) == (
        datetime.fromisoformat("2027-01-25T00:00:00+01:00"),
        datetime.fromisoformat("2027-02-01T00:00:00+01:00"),
    )


def test_the_first_remote_day_begins_at_local_midnight() -> None:
    remote = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11"))
    [(_, end)] = preparation(remote, where="974")
    assert end == datetime.fromisoformat("2027-01-11T00:00:00+04:00")


@pytest.mark.parametrize("schooling", ["OnSite", "Holiday", "Closed"])
def test_nobody_prepares_for_days_that_are_not_held_from_afar(schooling: str) -> None:
    assert preparation(said("2027-01-04T12:00:00+01:00", held(schooling, "2027-01-11"))) == []


def test_a_period_that_begins_on_a_saturday_is_prepared_until_monday() -> None:
    hybrid = said("2021-03-18T19:00:00+01:00", held("Hybrid", "2021-03-20", onSitePercent=50))
    [(_, end)] = preparation(hybrid)
    assert end == datetime.fromisoformat("2021-03-22T00:00:00+01:00")


def test_nobody_prepares_for_what_was_overruled_since() -> None:
    remote = said("2027-01-04T12:00:00+01:00", held("Remote", "2027-01-11", "2027-01-15"), name="first")
    after_all = said("2027-01-06T12:00:00+01:00", held("OnSite", "2027-01-11", "2027-01-15"), name="then")
    assert preparation(remote, after_all) == []


def test_nobody_prepares_for_what_is_said_when_it_has_begun() -> None:
    assert preparation(said("2027-01-11T06:00:00+01:00", held("Remote", "2027-01-11"))) == []


def test_a_later_announcement_holds_on_holidays_that_an_earlier_one_made_class_days() -> None:
    first = said("2027-01-04T12:00:00+01:00", held("OnSite", "2027-04-05", "2027-04-16", terms="Replace"), name="first")
    then = said("2027-04-06T12:00:00+02:00", held("Remote", "2027-04-12", "2027-04-12"), name="then")
    assert made_of(TERM_HOLIDAY, "2027-04-12", first, then).kind is REMOTE


def test_a_day_that_stays_as_the_calendar_has_it_is_not_called_announced() -> None:
    open_again = said("2020-10-28T20:00:00+01:00", held("OnSite", "2020-11-02"))
    assert made_of(CLASS_DAY, "2020-11-03", open_again) == CLASS_DAY
