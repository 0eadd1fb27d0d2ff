"""What a date is for a school: class, weekend, holiday, or unknown, as people knew it at a given instant."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from entcapacity.school import SchoolCalendar
from entcapacity.schooldays import Day, SchoolDays, embedded
from entcapacity.terms import Covered, DaysOff, Terms, embedded_terms
from entcapacity.territories import PLACES, ZONES, places_in
from entcapacity.vocabulary import DayKind, Level, Role
from ministry import COPIED, DAY, digests, golden, our_answers

PARIS = ZoneInfo("Europe/Paris")


def ask(
    on: str,
    departement: str,
    level: Level = Level.COLLEGE,
    role: Role = Role.PUPIL,
    *,
    as_of: datetime | None = None,
    local: str = "",
    days: SchoolDays | None = None,
) -> Day:
    calendar = (days or embedded()).known_at(as_of)
    return calendar.day(date.fromisoformat(on), PLACES[departement], level, role, local)


def kinds(first: str, last: str, departement: str, *, as_of: datetime | None = None) -> set[DayKind]:
    """The kinds of the weekdays from ``first`` to ``last``."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    every = [start + timedelta(n) for n in range((end - start).days + 1)]
    return {ask(str(on), departement, as_of=as_of).kind for on in every if on.weekday() < 5}


# --- single dates, each with its reason -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "departement", "kind"),
    [
        ("2026-09-01", "75", DayKind.ON_SITE),  # rentrée
        ("2026-08-31", "75", DayKind.HOLIDAY),  # the last day of summer
        ("2025-10-17", "75", DayKind.ON_SITE),  # the Friday before Toussaint
        ("2025-10-20", "75", DayKind.HOLIDAY),  # the Monday of Toussaint
        ("2025-10-31", "75", DayKind.HOLIDAY),  # its last weekday
        ("2025-11-03", "75", DayKind.ON_SITE),  # the return
        ("2026-05-15", "59", DayKind.HOLIDAY),  # the Friday after Ascension
        ("2021-07-06", "59", DayKind.ON_SITE),  # summer begins "after class" on a Tuesday
        ("2021-07-07", "59", DayKind.HOLIDAY),
        ("2024-12-18", "974", DayKind.ON_SITE),  # Réunion has its long holidays in the southern summer
        ("2025-01-06", "974", DayKind.HOLIDAY),
        ("2025-08-19", "974", DayKind.ON_SITE),
        ("2025-02-14", "988", DayKind.HOLIDAY),  # Nouvelle-Calédonie's school year begins in February
        ("2025-02-17", "988", DayKind.ON_SITE),
        ("2021-05-14", "972", DayKind.HOLIDAY),  # a bridge written from Friday to Monday
    ],
)
def test_class_and_holiday(on: str, departement: str, kind: DayKind) -> None:
    assert ask(on, departement).kind is kind


@pytest.mark.parametrize(
    ("on", "departement", "name"),
    [
        ("2026-04-03", "67", "Vendredi saint"),
        ("2026-04-03", "68", "Vendredi saint"),
        ("2026-04-03", "57", "Vendredi saint"),
        ("2025-12-26", "57", "Saint-Étienne"),
        ("2026-07-14", "31", "Fête nationale"),
        ("2025-11-11", "2A", "Armistice"),
        ("2026-05-22", "972", "Abolition de l'esclavage"),
        ("2026-09-24", "988", "Fête de la Citoyenneté"),
    ],
)
def test_public_holidays_come_with_the_place(on: str, departement: str, name: str) -> None:
    day = ask(on, departement)
    assert day.kind is DayKind.PUBLIC_HOLIDAY
    assert day.reason.text("fr") == f"jour férié : {name}"


@pytest.mark.parametrize(
    ("on", "departement"),
    [
        ("2026-04-03", "54"),  # Good Friday is no holiday in Meurthe-et-Moselle, of the same académie as Moselle
        ("2026-05-22", "59"),  # the abolition of slavery is one in Martinique
        ("2025-05-09", "59"),  # the Friday after 8 May, no bridge
    ],
)
def test_public_holidays_of_elsewhere_are_class_days(on: str, departement: str) -> None:
    assert ask(on, departement).kind is DayKind.ON_SITE


def test_weekends_and_public_holidays_say_whether_they_lie_in_a_holiday() -> None:
    inside, outside = ask("2025-10-25", "75"), ask("2025-10-11", "75")
    assert (inside.kind, inside.in_holiday, inside.reason.text("en")) == (
        DayKind.WEEKEND,
        True,
        "weekend in Vacances de la Toussaint",
    )
    assert (outside.kind, outside.in_holiday, outside.reason.text("en")) == (DayKind.WEEKEND, False, "weekend")
    assert ask("2025-12-25", "75").in_holiday
    assert not ask("2025-11-11", "75").in_holiday


def test_teachers_come_back_before_their_pupils_and_parents_with_them() -> None:
    kinds_of = {role: ask("2026-08-31", "59", role=role).kind for role in Role}
    assert kinds_of == {Role.PUPIL: DayKind.HOLIDAY, Role.PARENT: DayKind.HOLIDAY, Role.TEACHER: DayKind.ON_SITE}


def test_lycees_of_polynesie_have_class_while_the_others_are_on_holiday() -> None:
    in_may = {level: ask("2025-05-26", "987", level).kind for level in Level}
    assert in_may == {
        Level.ECOLE: DayKind.HOLIDAY,
        Level.COLLEGE: DayKind.HOLIDAY,
        Level.LYCEE: DayKind.ON_SITE,
        Level.POST_BAC: DayKind.ON_SITE,
    }


def test_the_islands_of_guadeloupe_differ_on_single_days() -> None:
    on_27_may = {code: ask("2025-05-26", code).in_holiday for code in ("971", "977", "978")}
    assert on_27_may == {"971": True, "977": True, "978": True}
    assert ask("2026-05-29", "978").kind is DayKind.HOLIDAY
    assert ask("2026-05-29", "971").kind is DayKind.ON_SITE


@pytest.mark.parametrize("zone", ["A", "B", "C"])
def test_the_mainland_agrees_with_the_holidays_package_on_every_weekday(zone: str) -> None:
    theirs = holidays.country_holidays(
        "FR", subdiv=f"Zone {zone}", categories=("public", "school"), years=range(2017, 2027), language="fr"
    )
    place = places_in(zones=[zone])[0].departement
    for on in (date(2017, 9, 4) + DAY * n for n in range((date(2026, 7, 1) - date(2017, 9, 4)).days)):
        if on.weekday() < 5:
            assert (ask(str(on), place).kind is DayKind.ON_SITE) == (on not in theirs), on


# --- the years after the data set -------------------------------------------------------------------------------------

TO_SUMMER_2028 = {
    "A": ["10-23 11-07", "12-18 01-02", "02-19 03-05", "04-22 05-08", "05-25 05-28"],
    "B": ["10-23 11-07", "12-18 01-02", "02-05 02-20", "04-08 04-23", "05-25 05-28"],
    "C": ["10-23 11-07", "12-18 01-02", "02-12 02-27", "04-15 05-01", "05-25 05-28"],
}


@pytest.mark.parametrize("zone", TO_SUMMER_2028)
def test_mainland_holidays_of_2027_28_are_those_of_the_arrete(zone: str) -> None:
    off: set[date] = set()
    for run in TO_SUMMER_2028[zone]:
        first, last = (date.fromisoformat(f"{2027 if each > '09' else 2028}-{each}") for each in run.split())
        off |= {first + DAY * n for n in range((last - first).days + 1)}
    place = places_in(zones=[zone])[0].departement
    for on in (date(2027, 9, 2) + DAY * n for n in range((date(2028, 7, 4) - date(2027, 9, 2)).days + 1)):
        day = ask(str(on), place)
        assert day.in_holiday == (on in off), on
        assert day.kind is not DayKind.UNKNOWN


def test_summer_2028_begins_on_5_july_and_nobody_knows_more() -> None:
    assert ask("2028-07-04", "75").kind is DayKind.ON_SITE
    assert ask("2028-07-05", "75").kind is DayKind.HOLIDAY
    assert ask("2028-07-06", "75").kind is DayKind.UNKNOWN


# --- unknown is an answer ---------------------------------------------------------------------------------------------


def test_past_the_calendar_a_weekday_is_unknown_and_says_until_when_it_was_known() -> None:
    day = ask("2029-03-14", "59")
    assert day.kind is DayKind.UNKNOWN
    assert day.reason.text("en") == "the calendar of zone B is known until 2028-07-05"
    assert ask("2029-03-17", "59").kind is DayKind.WEEKEND
    assert ask("2029-05-08", "59").kind is DayKind.PUBLIC_HOLIDAY


def test_in_a_gap_of_the_source_a_weekday_is_unknown() -> None:
    assert ask("2019-01-07", "971").kind is DayKind.ON_SITE
    assert ask("2019-01-08", "971").kind is DayKind.UNKNOWN
    assert ask("2019-03-06", "971").reason.text("en") == "no dates of zone Guadeloupe are published for this day"
    assert ask("2019-07-08", "971").kind is DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("departement", "until"),
    [("31", "2028-07-05"), ("2B", "2025-07-05"), ("971", "2026-07-04"), ("976", "2026-08-24"), ("988", "2025-12-20")],
)
def test_each_zone_is_known_until_a_date_of_its_own(departement: str, until: str) -> None:
    assert str(embedded().known_at(None).known_until(PLACES[departement], Level.LYCEE)) == until


def test_every_zone_is_covered_and_only_by_dates_in_order() -> None:
    covered = embedded_terms().covered
    assert {zone for each in covered for zone in each.zones} == set(ZONES)
    assert all(each.first < each.last for each in covered)
    assert all(run.last is None or run.first <= run.last for run in embedded_terms().days_off)


@pytest.mark.parametrize("as_of", [COPIED, None], ids=["as copied", "as known today"])
def test_no_date_has_changed_since_the_calendar_was_compared(as_of: datetime | None) -> None:
    spans, expected = golden()
    assert set(spans) == set(ZONES)
    assert digests(our_answers(embedded().known_at(as_of), spans), spans) == expected


# --- what was known when ----------------------------------------------------------------------------------------------


def test_zone_b_is_on_holiday_once_the_president_has_spoken() -> None:
    before = datetime(2021, 3, 31, 19, 59, tzinfo=PARIS)
    after = datetime(2021, 3, 31, 20, 0, tzinfo=PARIS)
    assert kinds("2021-04-12", "2021-04-16", "59", as_of=before) == {DayKind.ON_SITE}
    assert kinds("2021-04-12", "2021-04-16", "59", as_of=after) == {DayKind.HOLIDAY}


@pytest.mark.parametrize(
    ("departement", "first", "last"),
    [("69", "2021-04-10", "2021-04-25"), ("59", "2021-04-24", "2021-05-09"), ("75", "2021-04-17", "2021-05-02")],
)
def test_before_that_spring_2021_is_as_first_published(departement: str, first: str, last: str) -> None:
    before = datetime(2021, 3, 31, 19, 59, tzinfo=PARIS)
    off = [on for n in range(61) if ask(str(on := date(2021, 3, 29) + DAY * n), departement, as_of=before).in_holiday]
    in_spring = [str(on) for on in off if on < date(2021, 5, 13)]
    assert (in_spring[0], in_spring[-1], len(in_spring)) == (first, last, 16)


@pytest.mark.parametrize("departement", ["69", "59", "75"])
def test_after_that_all_of_the_mainland_is_off_together(departement: str) -> None:
    spoken = datetime(2021, 3, 31, 20, 0, tzinfo=PARIS)
    off = [on for n in range(45) if ask(str(on := date(2021, 3, 29) + DAY * n), departement, as_of=spoken).in_holiday]
    assert (str(off[0]), str(off[-1]), len(off)) == ("2021-04-10", "2021-04-25", 16)


def test_corse_keeps_its_spring_of_2021() -> None:
    assert kinds("2021-04-12", "2021-04-16", "2A") == {DayKind.ON_SITE}


def test_a_year_is_unknown_until_its_arrete() -> None:
    published = datetime(2026, 7, 21, tzinfo=PARIS)
    before = published - timedelta(minutes=1)
    assert ask("2027-10-25", "75", as_of=before).kind is DayKind.UNKNOWN
    assert ask("2027-10-25", "75", as_of=published).kind is DayKind.HOLIDAY
    # The end of summer 2027 came with the year that follows it.
    assert ask("2027-07-12", "75", as_of=before).kind is DayKind.UNKNOWN
    assert ask("2027-07-12", "75", as_of=published).kind is DayKind.HOLIDAY


def test_instants_between_two_changes_share_one_calendar() -> None:
    one, two = datetime(2022, 1, 1, tzinfo=PARIS), datetime(2023, 1, 1, tzinfo=PARIS)
    assert embedded().known_at(one) is embedded().known_at(two)


# --- local calendars --------------------------------------------------------------------------------------------------


def calendar(name: str, *days: Mapping[str, object], scope: Mapping[str, object] | None = None) -> SchoolCalendar:
    return SchoolCalendar.model_validate(
        {
            "apiVersion": "entcapacity.io/v1alpha1",
            "kind": "SchoolCalendar",
            "metadata": {"name": name},
            "spec": {"days": list(days) or [{"from": "2000-01-03"}], **({} if scope is None else {"scope": scope})},
        }
    )


def with_calendars(*calendars: SchoolCalendar, files: Mapping[str, Terms] | None = None) -> SchoolDays:
    return embedded().with_calendars(calendars, files or {})


def test_a_calendar_without_scope_is_for_those_who_name_it() -> None:
    days = with_calendars(calendar("prive", {"from": "2026-03-20", "description": "fête du lycée"}))
    assert ask("2026-03-20", "31", days=days).kind is DayKind.ON_SITE
    day = ask("2026-03-20", "31", days=days, local="prive")
    assert (day.kind, day.in_holiday) == (DayKind.HOLIDAY, True)
    assert day.reason.text("fr") == "fête du lycée (calendrier prive)"


def test_a_calendar_with_a_scope_is_for_everyone_in_it() -> None:
    days = with_calendars(
        calendar("neige", {"from": "2026-03-20", "schooling": "Closed"}, scope={"departements": ["31"]}),
        calendar("tous", {"from": "2026-03-27", "schooling": "Remote"}, scope={}),
    )
    assert ask("2026-03-20", "31", days=days).kind is DayKind.CLOSED
    assert ask("2026-03-20", "34", days=days).kind is DayKind.ON_SITE
    assert ask("2026-03-27", "34", days=days).kind is DayKind.REMOTE


def test_the_calendar_that_an_audience_names_wins_over_those_of_its_scope() -> None:
    days = with_calendars(
        calendar("z-tous", {"from": "2026-03-20", "schooling": "Closed"}, scope={}),
        calendar("a-nous", {"from": "2026-03-20", "schooling": "Hybrid", "onSitePercent": 40}),
    )
    day = ask("2026-03-20", "31", days=days, local="a-nous")
    assert (day.kind, day.on_site_percent) == (DayKind.HYBRID, 40)


def test_of_two_entries_the_narrower_wins() -> None:
    days = with_calendars(
        calendar(
            "x",
            {"from": "2026-03-20", "schooling": "OnSite"},
            {"from": "2026-03-16", "until": "2026-03-27", "schooling": "Remote"},
            scope={},
        )
    )
    assert ask("2026-03-19", "31", days=days).kind is DayKind.REMOTE
    assert ask("2026-03-20", "31", days=days).kind is DayKind.ON_SITE


def test_a_saturday_becomes_a_class_day_only_when_it_is_named() -> None:
    days = with_calendars(
        calendar(
            "x",
            {"from": "2026-03-09", "until": "2026-03-20", "schooling": "OnSite"},
            {"from": "2026-03-28", "schooling": "OnSite"},
            scope={},
        )
    )
    assert ask("2026-03-14", "31", days=days).kind is DayKind.WEEKEND
    assert ask("2026-03-28", "31", days=days).kind is DayKind.ON_SITE


def test_a_weekend_inside_local_holidays_stays_a_weekend() -> None:
    days = with_calendars(calendar("x", {"from": "2026-03-20", "until": "2026-03-23", "description": "pont"}, scope={}))
    day = ask("2026-03-21", "31", days=days)
    assert (day.kind, day.in_holiday, day.reason.text("en")) == (DayKind.WEEKEND, True, "weekend in pont")


def test_local_days_can_be_for_one_level() -> None:
    days = with_calendars(calendar("x", {"from": "2026-03-20", "levels": ["Ecole"]}, scope={}))
    assert ask("2026-03-20", "31", Level.ECOLE, days=days).kind is DayKind.HOLIDAY
    assert ask("2026-03-20", "31", Level.LYCEE, days=days).kind is DayKind.ON_SITE


def test_a_local_day_counts_from_the_instant_it_was_known() -> None:
    days = with_calendars(calendar("x", {"from": "2026-03-20", "knownFrom": "2026-03-18T18:00:00+01:00"}, scope={}))
    assert ask("2026-03-20", "31", days=days, as_of=datetime(2026, 3, 18, 17, 59, tzinfo=PARIS)).kind is DayKind.ON_SITE
    assert ask("2026-03-20", "31", days=days, as_of=datetime(2026, 3, 18, 18, 0, tzinfo=PARIS)).kind is DayKind.HOLIDAY


def test_a_file_extends_the_calendar_and_replaces_what_it_covers() -> None:
    year = Terms(
        (DaysOff("Toussaint", date(2028, 10, 21), date(2028, 11, 5), ("C",)),),
        (Covered(date(2028, 9, 1), date(2029, 7, 1), ("C",)), Covered(date(2025, 10, 1), date(2025, 11, 30), ("C",))),
    )
    days = with_calendars(calendar("plus", scope={}), files={"plus": year})
    assert ask("2028-10-23", "31", days=days).kind is DayKind.HOLIDAY
    assert ask("2028-12-26", "31", days=days).kind is DayKind.ON_SITE  # the file covers it and has no Noël
    assert ask("2025-10-20", "31", days=days).kind is DayKind.ON_SITE  # nor the Toussaint that we had
    assert ask("2025-10-20", "69", days=days).kind is DayKind.HOLIDAY  # another zone
    assert str(days.known_at(None).known_until(PLACES["31"], Level.LYCEE)) == "2029-07-01"


def test_a_calendar_that_does_not_exist_is_an_error_that_names_the_others() -> None:
    days = with_calendars(calendar("prive"))
    with pytest.raises(ValueError, match="unknown SchoolCalendar 'privé': there is prive"):
        ask("2026-03-20", "31", days=days, local="privé")
