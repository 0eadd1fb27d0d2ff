"""What the dates are in a zone, académie or département: one answer a day, and who differs from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from entcapacity import announcements
from entcapacity.announcements import Announcements
from entcapacity.reasons import Reason, listed, reason
from entcapacity.schooldays import Calendar, Day
from entcapacity.territories import Place
from entcapacity.vocabulary import DayKind, Level, Role

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """What one date is for most of the places and levels asked about."""

    on: date
    day: Day
    others: tuple[tuple[DayKind, Reason], ...] = ()
    """The other kinds that the date is for some, and for whom."""

    @property
    def ordinary(self) -> bool:
        """Whether it is a class day on site or a weekend like any other, for everybody."""
        return not self.others and (
            self.day.kind is DayKind.ON_SITE or (self.day.kind is DayKind.WEEKEND and not self.day.in_holiday)
        )

    def text(self, language: str) -> str:
        """Why, and who differs."""
        why = self.day.reason
        for kind, whom in self.others:
            why = reason("DayButFor", day=why, kind=reason(f"Kind{kind}"), whom=whom)
        return why.text(language)


@dataclass(frozen=True, slots=True)
class Run:
    """Dates in a row that are the same, both included."""

    first: date
    last: date
    what: AgendaDay


def agenda(
    calendar: Calendar, known: Announcements, places: Sequence[Place], levels: Sequence[Level], role: Role, dates: range
) -> Iterator[AgendaDay]:
    """One answer for each date, ``dates`` being their ordinals.

    Where places or levels disagree, what most of them have is taken, on a tie what the first of them has.
    """
    asked = [(place, level, known.effects(place, level)) for place in places for level in levels]
    for ordinal in dates:
        on = date.fromordinal(ordinal)
        days = {
            (place, level): announcements.apply(effects, calendar.day(on, place, level, role), on)
            for place, level, effects in asked
        }
        yield _agreed(on, days)


def known_until(calendar: Calendar, places: Sequence[Place], levels: Sequence[Level]) -> date:
    """The last date that the calendar tells for all of the places and levels."""
    return min(calendar.known_until(place, level) for place in places for level in levels)


def runs(days: Iterable[AgendaDay]) -> Iterator[Run]:
    """Equal days in a row. Weekends go with the equal days around them, those in holidays with the holidays."""
    found: list[Run] = []
    for each in days:
        before = found[-1] if found else None
        if before and _same(before.what, each):
            found[-1] = replace(before, last=each.on)
        elif before and _is_plain_weekend(before.what) and len(found) > 1 and _same(found[-2].what, each):
            found[-2:] = [replace(found[-2], last=each.on)]
        elif before and _joins(before.what, each):
            found[-1] = Run(before.first, each.on, each if before.what.day.kind is DayKind.WEEKEND else before.what)
        else:
            found.append(Run(each.on, each.on, each))
    return iter(found)


def _same(one: AgendaDay, other: AgendaDay) -> bool:
    return (one.day, one.others) == (other.day, other.others)


def _is_plain_weekend(each: AgendaDay) -> bool:
    return each.day.kind is DayKind.WEEKEND and not each.day.in_holiday and not each.others


def _joins(before: AgendaDay, each: AgendaDay) -> bool:
    """Whether one of two neighbours is a weekend in the holidays that the other is."""
    pair = (before.day, each.day)
    return (
        {day.kind for day in pair} == {DayKind.WEEKEND, DayKind.HOLIDAY}
        and all(day.in_holiday for day in pair)
        and before.others == each.others
        and len({_holiday_name(day) for day in pair} - {None}) <= 1
    )


def _holiday_name(day: Day) -> object:
    """The name of the holidays; ``None`` where an announcement set them and the weekend does not tell."""
    return dict(day.reason.args).get("name")


def _agreed(on: date, days: dict[tuple[Place, Level], Day]) -> AgendaDay:
    kinds = Counter(day.kind for day in days.values())
    kind = kinds.most_common(1)[0][0]
    chosen = Counter(day for day in days.values() if day.kind is kind).most_common(1)[0][0]
    if len(kinds) == 1:
        return AgendaDay(on, chosen)
    others = tuple(
        (other, _whom([who for who, day in days.items() if day.kind is other], list(days)))
        for other in kinds
        if other is not kind
    )
    return AgendaDay(on, chosen, others)


def _whom(some: Sequence[tuple[Place, Level]], everybody: Sequence[tuple[Place, Level]]) -> Reason:
    """Who is meant, by département, level or both, as short as it is exact."""
    places, levels = dict.fromkeys(place for place, _ in some), dict.fromkeys(level for _, level in some)
    all_places, all_levels = {place for place, _ in everybody}, {level for _, level in everybody}
    if len(some) < len(places) * len(levels):  # no rectangle: each level with its own places
        each = [reason("ForBoth", levels=reason(f"Level{level}"), places=_places(some, level)) for level in levels]
        joined = each[0]
        for more in each[1:]:
            joined = reason("AndFor", one=joined, other=more)
        return joined
    where = _departements(places)
    who = listed([reason(f"Level{level}") for level in levels])
    if len(levels) == len(all_levels):
        return reason("ForPlaces", places=where)
    if len(places) == len(all_places):
        return reason("ForLevels", levels=who)
    return reason("ForBoth", levels=who, places=where)


def _places(some: Iterable[tuple[Place, Level]], level: Level) -> Reason:
    return _departements([place for place, each in some if each is level])


def _departements(places: Collection[Place]) -> Reason:
    code = "Departement" if len(places) == 1 else "Departements"
    return reason(code, codes=", ".join(place.departement for place in places))
