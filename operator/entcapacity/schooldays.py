"""What a local date is for pupils, teachers and parents: the one rule that reads terms, public and local holidays.

A plan made for an earlier instant sees what people knew then. Outside what the calendar covers the answer is
``Unknown``, never "no holiday".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

import holidays

from entcapacity.reasons import Reason, reason
from entcapacity.school import CalendarDay, SchoolCalendar
from entcapacity.terms import DaysOff, Terms, embedded_terms
from entcapacity.territories import Place
from entcapacity.vocabulary import DayKind, Level, Role, Schooling


@dataclass(frozen=True, slots=True)
class Day:
    """The answer for one local date."""

    kind: DayKind
    reason: Reason
    in_holiday: bool = False
    """The date lies in a term holiday, also where it is a weekend or a public holiday."""
    on_site_percent: int = 100
    """Percent of pupils on site; differs on ``Hybrid`` days only."""
    announced: str = ""
    """Name of the announcement that set the day; empty where the calendar did."""


class SchoolDays:
    """All facts, of every instant: terms, and local calendars on top."""

    def __init__(
        self,
        terms: Terms,
        calendars: Iterable[SchoolCalendar] = (),
        files: Mapping[str, Terms] = MappingProxyType({}),
    ) -> None:
        self._terms = terms
        self._calendars = tuple(sorted(calendars, key=lambda calendar: calendar.name))
        self._files = dict(files)
        self.changes: Final = tuple(sorted(self._instants()))
        """The instants at which something becomes known, or is no longer so, in order."""
        self._known: dict[int, Calendar] = {}

    def with_calendars(self, calendars: Iterable[SchoolCalendar], files: Mapping[str, Terms]) -> SchoolDays:
        """The same terms with local calendars; ``files`` holds what a calendar's file says, by the calendar's name."""
        return SchoolDays(self._terms, calendars, files)

    def known_at(self, as_of: datetime | None) -> Calendar:
        """What was known at ``as_of`` (with an offset); ``None``: everything known."""
        # Between two changes nothing differs, so that one calendar serves every instant between them.
        version = len(self.changes) if as_of is None else bisect_right(self.changes, as_of)
        if version not in self._known:
            known_then = self.changes[version - 1] if version else datetime.min.replace(tzinfo=UTC)
            self._known[version] = Calendar(self._terms, self._calendars, self._files, known_then)
        return self._known[version]

    def _instants(self) -> set[datetime]:
        every = [self._terms, *self._files.values()]
        runs = [run for terms in every for run in terms.days_off]
        found = [run.known_from for run in runs] + [run.known_until for run in runs]
        found += [covered.known_from for terms in every for covered in terms.covered]
        found += [entry.known_from for calendar in self._calendars for entry in calendar.spec.days]
        return {instant for instant in found if instant is not None}


@dataclass(frozen=True, slots=True)
class _Answers:
    """One audience's days by ordinal, so that an answer costs a few look-ups."""

    local: dict[int, Day]
    off: dict[int, Day]
    covered: tuple[tuple[int, int], ...]

    def covers(self, ordinal: int) -> bool:
        for first, last in self.covered:  # noqa: SIM110 -- any() over a generator doubles the time of an answer
            if first <= ordinal <= last:
                return True
        return False


class Calendar:
    """What was known at one instant. Answers are the same for every caller; get one from ``SchoolDays.known_at``."""

    def __init__(
        self,
        terms: Terms,
        calendars: Sequence[SchoolCalendar],
        files: Mapping[str, Terms],
        known_then: datetime,
    ) -> None:
        self._terms = terms.known_at(known_then)
        self._calendars = calendars
        self._files = {name: each.known_at(known_then) for name, each in files.items()}
        self._known_then = known_then
        every = (self._terms, *self._files.values())
        self._singled_out = {code for each in every for run in each.days_off for code in run.departements}
        self._answers: dict[tuple[str, Level, bool, str], _Answers] = {}
        self._shared: dict[tuple[str, str, Level, bool, tuple[str, ...]], _Answers] = {}

    def day(self, on: date, place: Place, level: Level, role: Role, local: str = "") -> Day:
        """What ``on`` is in ``place``: weekend before public holiday, term holiday, unknown and class day.

        A local calendar's days come before all of these, on weekends only where an entry names nothing else.
        Parents follow pupils. ``local`` names the calendar that the audience uses besides those whose scope holds
        it; ``ValueError`` if there is none of that name.
        """
        answers = self._answers_for(place, level, role is Role.TEACHER, local)
        ordinal = on.toordinal()
        local_day = answers.local.get(ordinal)
        if local_day is not None:
            return local_day
        off = answers.off.get(ordinal)
        if on.weekday() >= _SATURDAY:
            return off or _WEEKEND
        public = _public_holidays(place.holidays, on.year).get(ordinal)
        if public is not None:
            return replace(public, in_holiday=True) if off else public
        if off is not None:
            return off
        return _CLASS_DAY if answers.covers(ordinal) else _unknown(ordinal, place, answers)

    def known_until(self, place: Place, level: Level, local: str = "") -> date:
        """The last date on which ``day`` knows class days from days off, there and at that level."""
        return date.fromordinal(_last(self._answers_for(place, level, False, local)))

    def _answers_for(self, place: Place, level: Level, teacher: bool, local: str) -> _Answers:
        key = (place.departement, level, teacher, local)
        if key not in self._answers:
            calendars = self._calendars_for(place, level, local)
            departement = place.departement if place.departement in self._singled_out else ""
            names = tuple(calendar.name for calendar in calendars)
            shared = (place.zone, departement, level, teacher, names)
            if shared not in self._shared:
                self._shared[shared] = self._build(place, level, teacher, calendars)
            self._answers[key] = self._shared[shared]
        return self._answers[key]

    def local_calendars(self, place: Place, level: Level, local: str = "") -> tuple[str, ...]:
        """Names of the local calendars that concern an audience, the strongest last."""
        return tuple(calendar.name for calendar in self._calendars_for(place, level, local))

    def _calendars_for(self, place: Place, level: Level, local: str) -> list[SchoolCalendar]:
        """The local calendars that concern the audience; the one it names comes last and wins."""
        chosen = [calendar for calendar in self._calendars if calendar.name == local]
        if local and not chosen:
            known = ", ".join(calendar.name for calendar in self._calendars) or "none"
            raise ValueError(f"unknown SchoolCalendar {local!r}: there is {known}; create it, or leave the name out")
        scoped = [
            calendar
            for calendar in self._calendars
            if calendar.name != local and calendar.spec.scope is not None and calendar.spec.scope.covers(place, level)
        ]
        return scoped + chosen

    def _build(self, place: Place, level: Level, teacher: bool, calendars: Sequence[SchoolCalendar]) -> _Answers:
        role = Role.TEACHER if teacher else Role.PUPIL
        off: dict[int, Day] = {}
        every: list[tuple[int, int]] = []
        for terms in (self._terms, *(self._files[each.name] for each in calendars if each.name in self._files)):
            covered = [(each.first.toordinal(), each.last.toordinal()) for each in terms.covered if each.holds(place)]
            # A file that covers a date says all of it: what the terms below it said there is replaced.
            off = {day: was for day, was in off.items() if not any(first <= day <= last for first, last in covered)}
            for run in terms.days_off:
                if run.concerns(place, level, role):
                    off |= _days_off(run)
            every += covered
        local: dict[int, Day] = {}
        for calendar in calendars:
            for entry in sorted(calendar.spec.days, key=_length, reverse=True):  # of two, the narrower wins
                known = entry.known_from is None or entry.known_from <= self._known_then
                if known and (not entry.levels or level in entry.levels):
                    local |= _local_days(entry, calendar.name)
        return _Answers(local, off, tuple(every))


@cache
def embedded() -> SchoolDays:
    """The embedded school calendar."""
    return SchoolDays(embedded_terms())


_SATURDAY: Final = 5
_CLASS_DAY: Final = Day(DayKind.ON_SITE, reason("ClassDay"))
_WEEKEND: Final = Day(DayKind.WEEKEND, reason("Weekend"))


def _days_off(run: DaysOff) -> dict[int, Day]:
    weekday, weekend = _off(reason("TermHoliday", name=run.name), run.name)
    return {
        ordinal: weekend if _is_weekend(ordinal) else weekday
        for ordinal in range(run.first.toordinal(), (run.last or run.first).toordinal() + 1)
    }


def _local_days(entry: CalendarDay, calendar: str) -> dict[int, Day]:
    why = reason("LocalDay", description=entry.description, calendar=calendar)
    ordinals = range(entry.from_.toordinal(), (entry.until or entry.from_).toordinal() + 1)
    if entry.schooling is Schooling.HOLIDAY:
        weekday, weekend = _off(why, entry.description)
        return {ordinal: weekend if _is_weekend(ordinal) else weekday for ordinal in ordinals}
    share = 100 if entry.on_site_percent is None else entry.on_site_percent
    day = Day(DayKind(entry.schooling), why, on_site_percent=share)
    # A range over some weeks does not mean its weekends; an entry for a Saturday does.
    weekends_too = all(map(_is_weekend, ordinals))
    return {ordinal: day for ordinal in ordinals if weekends_too or not _is_weekend(ordinal)}


def _off(why: Reason, name: str) -> tuple[Day, Day]:
    """A day off, on a weekday and on a weekend."""
    return (
        Day(DayKind.HOLIDAY, why, in_holiday=True),
        Day(DayKind.WEEKEND, reason("WeekendInHoliday", name=name), in_holiday=True),
    )


def _length(entry: CalendarDay) -> int:
    return ((entry.until or entry.from_) - entry.from_).days


def _is_weekend(ordinal: int) -> bool:
    return (ordinal - 1) % 7 >= _SATURDAY  # 1 January of year 1, ordinal 1, is a Monday


def _last(answers: _Answers) -> int:
    return max(last for _, last in answers.covered)


def _unknown(ordinal: int, place: Place, answers: _Answers) -> Day:
    last = _last(answers)
    if ordinal > last:
        until = date.fromordinal(last).isoformat()
        return Day(DayKind.UNKNOWN, reason("PastCalendar", zone=place.zone, until=until))
    return Day(DayKind.UNKNOWN, reason("CalendarGap", zone=place.zone))


@lru_cache(maxsize=1024)
def _public_holidays(subdivision: str, year: int) -> Mapping[int, Day]:
    days = holidays.country_holidays("FR", subdiv=subdivision or None, years=year, language="fr")
    return {
        on.toordinal(): Day(DayKind.PUBLIC_HOLIDAY, reason("PublicHoliday", name=name)) for on, name in days.items()
    }
