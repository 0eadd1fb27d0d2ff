"""The built-in demand curves against what is known of real platforms; docs/model.md names the sources.

The data file is evaluated here on its own, so that these tests say something about the data and nothing about the code.
"""

from collections.abc import Iterable
from datetime import time
from functools import cache
from importlib import resources
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import yaml

from entcapacity.vocabulary import DayKind, Level, Role, Weekday

DATA: dict[str, Any] = yaml.safe_load(
    resources.files("entcapacity").joinpath("data", "demand.yaml").read_text(encoding="utf-8")
)
DAYS = tuple(Weekday)
WITH_CURVES = tuple(kind for kind in DayKind if kind not in (DayKind.HYBRID, DayKind.UNKNOWN))
WITHOUT_CLASS = ("Weekend", "Holiday", "PublicHoliday", "Closed")
EVERY = list(product(WITH_CURVES, Role, Level, DAYS))
SECONDARY = (Level.COLLEGE, Level.LYCEE)
AUDIENCES = [*((level,) for level in Level), tuple(Level)]
SESSION = DATA["sessionMinutes"]
E_LYCO_PUPILS = 321_000  # all collèges and lycées of the académie de Nantes; press, 2010


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def between(values: np.ndarray, begin: str, end: str) -> np.ndarray:
    return values[minute(begin) : minute(end) + 1]


def clock(values: np.ndarray) -> time:
    """When the largest value is reached."""
    return time(*divmod(int(values.argmax()), 60))


def points(kind: str, role: str, level: str, day: str) -> dict[str, float]:
    return next(
        curve["points"]
        for curve in DATA["curves"]
        if curve.get("kind", kind) == kind
        and role in curve.get("roles", [role])
        and level in curve.get("levels", [level])
        and day in curve.get("weekdays", [day])
    )


@cache
def share(kind: str, role: str, level: str, day: str) -> np.ndarray:
    """Percent of the role's users at each minute of the day, both midnights included."""
    known = points(kind, role, level, day)
    return np.interp(np.arange(1441), [minute(at) for at in known], list(known.values()))


def users_per_pupil() -> dict[Role, float]:
    ratios = DATA["userRatios"]
    return {
        Role.PUPIL: 1.0,
        Role.TEACHER: ratios["teachersPer1000Pupils"] / 1000,
        Role.PARENT: ratios["parentsPer1000Pupils"] / 1000,
    }


def sessions(kind: str, day: str, levels: Iterable[Level] = SECONDARY, roles: Iterable[Role] = Role) -> np.ndarray:
    """Concurrent sessions per pupil of a segment that names only its pupils and levels."""
    weights = {level: DATA["levelPupils"][level] for level in levels}
    return sum(
        users_per_pupil()[role] * share(kind, role, level, day) / 100 * weight / sum(weights.values())
        for role, (level, weight) in product(roles, weights.items())
    )


def logins(active: np.ndarray) -> np.ndarray:
    """Logins a minute: growth, and those who replace the sessions that end."""
    return np.maximum(0, np.diff(active) + active[:-1] / SESSION)


def open_sessions(active: np.ndarray, minutes: int) -> np.ndarray:
    """What a platform counts that keeps a session open for some minutes after the login."""
    return np.convolve(logins(active), np.ones(minutes))[:1440]


USERS = sum(users_per_pupil().values())


class TestShape:
    @pytest.mark.parametrize("curve", DATA["curves"], ids=lambda curve: " ".join(map(str, list(curve.values())[:-1])))
    def test_a_curve_runs_from_midnight_to_midnight_within_0_and_100_percent(self, curve: dict[str, Any]) -> None:
        times = [minute(at) for at in curve["points"]]
        assert (times[0], times[-1]) == (0, 1440)
        assert all(earlier < later for earlier, later in pairwise(times))
        assert all(0 <= percent <= 100 for percent in curve["points"].values())

    @pytest.mark.parametrize("key", ["kind", "roles", "levels", "weekdays"])
    def test_a_curve_speaks_the_words_of_the_domain(self, key: str) -> None:
        words = {"kind": set(WITH_CURVES), "roles": set(Role), "levels": set(Level), "weekdays": set(DAYS)}[key]
        for curve in DATA["curves"]:
            used = curve.get(key, [])
            assert words.issuperset([used] if isinstance(used, str) else used)

    def test_every_kind_of_day_role_level_and_weekday_has_a_curve_and_every_curve_a_use(self) -> None:
        used = {id(points(*each)) for each in EVERY}
        assert used == {id(curve["points"]) for curve in DATA["curves"]}

    def test_midnight_is_no_step_whatever_follows(self) -> None:
        for kind, role, level, day in EVERY:
            morrow = DAYS[(DAYS.index(day) + 1) % 7]
            for following in WITH_CURVES:
                assert abs(share(kind, role, level, day)[-1] - share(following, role, level, morrow)[0]) <= 1

    def test_every_kind_of_day_has_a_band_the_first_remote_day_the_widest(self) -> None:
        assert set(DATA["band"]) == {*DayKind, "FirstRemote"}
        assert DATA["band"]["FirstRemote"] == max(DATA["band"].values())


class TestOnSite:
    def test_monday_peaks_before_class_and_most_of_all_in_the_early_evening(self) -> None:
        monday = sessions("OnSite", "Monday")
        assert time(17) <= clock(monday) <= time(19)
        before_class = between(monday, "07:30", "09:00").max()
        assert before_class > 1.3 * between(monday, "06:00", "07:00").max()
        assert before_class > 1.3 * between(monday, "09:00", "09:45").max()

    def test_an_ordinary_week_has_its_peak_on_monday(self) -> None:
        peaks = {day: sessions("OnSite", day).max() for day in DAYS[:5]}
        assert max(peaks, key=peaks.__getitem__) == "Monday"

    @pytest.mark.parametrize("level", Level)
    def test_parents_come_in_the_evening(self, level: Level) -> None:
        assert time(18) <= clock(share("OnSite", "Parent", level, "Monday")) <= time(21, 30)

    def test_wednesday_afternoon_is_free(self) -> None:
        for kind in ("OnSite", "Remote"):
            wednesday, monday = (between(sessions(kind, day), "13:30", "18:00") for day in ("Wednesday", "Monday"))
            assert wednesday.mean() < monday.mean()

    def test_in_an_ecole_parents_connect_more_than_pupils_and_hardly_anyone_on_wednesday(self) -> None:
        def visits(day: str, role: Role) -> float:
            return logins(sessions("OnSite", day, [Level.ECOLE], [role])).sum()

        assert visits("Monday", Role.PARENT) > visits("Monday", Role.PUPIL)
        assert visits("Wednesday", Role.PARENT) < 0.7 * visits("Monday", Role.PARENT)

    def test_students_connect_later_and_more_evenly_than_lyceens(self) -> None:
        student, lyceen = (share("OnSite", "Pupil", level, "Monday") for level in ("PostBac", "Lycee"))
        assert between(student, "21:00", "24:00").mean() > between(lyceen, "21:00", "24:00").mean()
        day = slice(minute("08:00"), minute("21:00"))
        assert student[day].max() / student[day].mean() < lyceen[day].max() / lyceen[day].mean()


class TestDaysOff:
    def test_sunday_evening_is_well_above_saturday(self) -> None:
        sunday, saturday = sessions("Weekend", "Sunday"), sessions("Weekend", "Saturday")
        assert sunday.max() > 2 * saturday.max()
        assert time(17) <= clock(sunday) <= time(21)

    @pytest.mark.parametrize("levels", AUDIENCES)
    @pytest.mark.parametrize("kind", WITHOUT_CLASS)
    def test_a_day_without_class_stays_below_an_ordinary_monday(self, kind: str, levels: tuple[Level, ...]) -> None:
        ordinary = sessions("OnSite", "Monday", levels)
        most = 1.15 if levels == (Level.POST_BAC,) else 1.0  # students work on Sundays
        for day in DAYS:
            off = sessions(kind, day, levels)
            assert off.max() < most * ordinary.max()
            assert logins(off).max() < most * logins(ordinary).max()

    @pytest.mark.parametrize("kind", WITHOUT_CLASS)
    @pytest.mark.parametrize("role", Role)
    def test_days_without_class_stand_to_a_monday_in_an_ecole_as_in_a_college(self, kind: str, role: Role) -> None:
        for day in DAYS:
            ecole, college = (
                share(kind, role, level, day).max() / share("OnSite", role, level, "Monday").max()
                for level in (Level.ECOLE, Level.COLLEGE)
            )
            assert ecole == pytest.approx(college, abs=0.05)

    @pytest.mark.parametrize("levels", AUDIENCES)
    @pytest.mark.parametrize("day", DAYS[:5])
    def test_a_closed_day_stays_well_below_a_remote_one(self, day: str, levels: tuple[Level, ...]) -> None:
        closed, remote = (sessions(kind, day, levels) for kind in ("Closed", "Remote"))
        assert closed.max() < 0.6 * remote.max()
        assert logins(closed).max() < 0.6 * logins(remote).max()

    def test_a_closed_day_has_its_peak_in_the_morning_when_parents_look_for_news(self) -> None:
        assert time(7) <= clock(sessions("Closed", "Tuesday")) <= time(10)


class TestRemote:
    @pytest.mark.parametrize("day", ["Monday", "Tuesday"])
    def test_four_times_the_sessions_and_ten_times_the_login_peak(self, day: str) -> None:
        remote, ordinary = sessions("Remote", day), sessions("OnSite", "Monday")
        assert 3.5 <= remote.max() / ordinary.max() <= 4.5
        assert 8.5 <= logins(remote).max() / logins(ordinary).max() <= 11.5

    def test_three_times_the_visits_of_the_day(self) -> None:
        """×3 Auvergne-Rhône-Alpes, ×3.4 Creuse and Eure, ×5 Kosmos."""
        assert 3 <= logins(sessions("Remote", "Monday")).sum() / logins(sessions("OnSite", "Monday")).sum() <= 5

    def test_twenty_thousand_sessions_more_on_e_lyco_between_ten_to_nine_and_nine(self) -> None:
        morning = E_LYCO_PUPILS * sessions("Remote", "Monday")
        assert 16_000 <= morning[minute("09:00")] - morning[minute("08:50")] <= 24_000

    def test_most_of_a_class_comes_within_ten_minutes(self) -> None:
        lycee = share("Remote", "Pupil", "Lycee", "Tuesday")
        burst = lycee[minute("09:05")] - lycee[minute("08:50")]
        assert lycee[minute("09:00")] - lycee[minute("08:50")] >= 0.75 * burst

    @pytest.mark.parametrize("level", SECONDARY)
    @pytest.mark.parametrize("day", DAYS[:5])
    def test_the_steepest_minutes_are_those_before_the_bells_of_the_morning(self, level: Level, day: str) -> None:
        assert time(8) <= clock(np.diff(share("Remote", "Pupil", level, day))) <= time(9, 5)

    def test_the_morning_is_busy_from_eight_to_ten(self) -> None:
        remote, ordinary = sessions("Remote", "Tuesday"), sessions("OnSite", "Monday")
        assert between(remote, "08:00", "10:00").min() > 0.5 * remote.max()
        assert between(remote, "08:00", "10:00").min() > 2 * ordinary.max()
        assert time(8) <= clock(remote) <= time(10)

    def test_parents_come_in_the_morning_too(self) -> None:
        for level in SECONDARY:
            parents = share("Remote", "Parent", level, "Tuesday")
            assert between(parents, "08:00", "10:00").max() >= between(parents, "18:00", "22:00").max()

    def test_those_at_work_at_once_fit_a_platform_sized_for_a_quarter_of_its_users(self) -> None:
        """Even with the first day's modifier and the upper band."""
        high = DATA["modifiers"]["firstRemoteDay"]["percent"] / 100 * (1 + DATA["band"]["FirstRemote"] / 100)
        assert high * sessions("Remote", "Tuesday").max() / USERS <= 0.25

    def test_sessions_left_open_for_an_hour_reach_that_quarter(self) -> None:
        """Occitanie turned users away at 25 % on 2021-04-06."""
        assert 0.2 <= open_sessions(sessions("Remote", "Tuesday"), 60).max() / USERS <= 0.3

    def test_sessions_left_open_for_45_minutes_reach_half_the_collegiens_of_the_eure(self) -> None:
        assert 0.4 <= open_sessions(sessions("Remote", "Monday", [Level.COLLEGE]), 45).max() <= 0.6

    def test_about_two_logins_a_day_for_each_user_as_on_mon_lycee(self) -> None:
        """A million connections a day for about 550,000 users."""
        assert 1.5 <= logins(sessions("Remote", "Monday", [Level.LYCEE])).sum() / USERS <= 3
