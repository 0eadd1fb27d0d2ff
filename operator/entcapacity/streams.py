"""Who moves together: a segment's users split by the calendars that hold for them, and what each date is for them.

A stream whose places or levels disagree about a day, and whose shares nobody gave, takes the larger demand.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Final

from entcapacity import announcements
from entcapacity.announcements import Announcements, Effect
from entcapacity.curves import defaults, users_of
from entcapacity.schooldays import Calendar, Day
from entcapacity.spec import Segment
from entcapacity.territories import PLACES, Place, places_in
from entcapacity.vocabulary import DayKind, Level, Role, Schooling

LONG_BREAK: Final = 5
"""Days off in a row after which the return is a peak of its own."""
_LOOK_BACK: Final = 21
"""Days within which the previous class day is looked for."""
_LOOK_AHEAD: Final = 14
"""Days within which the first class day of an announced period is looked for."""

# The more demand a kind of day brings, the later it stands.
BUSIER: Final = {
    kind: rank
    for rank, kind in enumerate(
        (
            DayKind.HOLIDAY,
            DayKind.PUBLIC_HOLIDAY,
            DayKind.WEEKEND,
            DayKind.CLOSED,
            DayKind.ON_SITE,
            DayKind.UNKNOWN,
            DayKind.HYBRID,
            DayKind.REMOTE,
        )
    )
}
REMOTE: Final = frozenset({DayKind.REMOTE, DayKind.HYBRID})
_EXCEPTIONAL: Final = REMOTE | {DayKind.CLOSED}

Kinds = tuple[DayKind, int, DayKind]
"""What a date is: kind and percent on site for pupils and parents, and kind for teachers."""


@dataclass(frozen=True, slots=True)
class LocalDay:
    """What a local date is for a stream in one place."""

    on: date
    day: Day
    """The busiest kind of day among the stream's levels."""
    levels: tuple[Level, ...]
    """The levels for which it is that."""
    partly: bool
    """Whether its levels disagree about the day."""
    first_remote: bool
    """Whether class is remote on this day and was not on the class day before."""
    changed: bool
    """Whether class is held otherwise than on the class day before."""
    after_break: bool
    """Whether it is the first class day after at least five days off."""
    before_return: bool
    """Whether the next day is one."""
    curve: DayKind
    """The kind whose curve it follows."""

    @property
    def exceptional(self) -> bool:
        """Whether the day deserves the longer ``readyBefore``."""
        return self.announced or self.changed or self.after_break

    @property
    def announced(self) -> bool:
        """Whether an announcement makes the day unlike an ordinary one."""
        return bool(self.day.announced) and self.day.kind in _EXCEPTIONAL

    @property
    def band(self) -> float:
        """Height of the band, of 1."""
        return defaults().band["FirstRemote" if self.first_remote else self.day.kind]


class View:
    """What one place's calendar and announcements say to a stream, date by date."""

    def __init__(
        self,
        place: Place,
        levels: tuple[Level, ...],
        effects: Mapping[Level, tuple[Effect, ...]],
        calendar: Calendar,
        named: str,
    ) -> None:
        self.place, self.levels = place, levels
        self._effects, self._calendar, self._named = effects, calendar, named
        self.day = cache(self._day)
        self.busiest = cache(self._busiest)

    def _day(self, on: date, level: Level, role: Role) -> Day:
        return announcements.apply(
            self._effects[level], self._calendar.day(on, self.place, level, role, self._named), on
        )

    def groups(self, on: date) -> dict[Kinds, tuple[Level, ...]]:
        """Levels by what the date is for them."""
        found: dict[Kinds, tuple[Level, ...]] = {}
        for level in self.levels:
            pupils, teachers = self.day(on, level, Role.PUPIL), self.day(on, level, Role.TEACHER)
            key = (self._curve_kind(pupils, on), pupils.on_site_percent, self._curve_kind(teachers, on))
            found[key] = (*found.get(key, ()), level)
        return found

    def _curve_kind(self, day: Day, on: date) -> DayKind:
        """The kind whose curve a day follows: all days of holidays are alike, save one before a class day."""
        if day.in_holiday and not self.busiest(on + timedelta(days=1)).kind.has_class:
            return DayKind.HOLIDAY
        return day.kind

    def _busiest(self, on: date) -> Day:
        return max(
            (self.day(on, level, Role.PUPIL) for level in self.levels),
            key=lambda day: (BUSIER[day.kind], -day.on_site_percent),
        )

    def after_break(self, on: date) -> bool:
        return self.busiest(on).kind.has_class and not any(
            self.busiest(on - timedelta(days=back)).kind.has_class for back in range(1, LONG_BREAK + 1)
        )

    def local_day(self, on: date) -> LocalDay:
        day = self.busiest(on)
        before = DayKind.ON_SITE
        if day.kind.has_class:
            earlier = (self.busiest(on - timedelta(days=back)).kind for back in range(1, _LOOK_BACK + 1))
            before = next((kind for kind in earlier if kind.has_class), DayKind.ON_SITE)
        remote = day.kind in REMOTE
        return LocalDay(
            on,
            day,
            busy := tuple(level for level in self.levels if self.day(on, level, Role.PUPIL).kind is day.kind),
            partly=len(busy) < len(self.levels),
            first_remote=remote and before not in REMOTE,
            changed=day.kind.has_class and remote != (before in REMOTE),
            after_break=self.after_break(on),
            before_return=self.after_break(on + timedelta(days=1)),
            curve=self._curve_kind(day, on),
        )

    def preparation(self) -> tuple[tuple[datetime, datetime], ...]:
        """When people prepare for Remote days that were announced and not overruled since."""
        spans = {
            announcements.preparation(effect, first, self.place.timezone)
            for level in self.levels
            for effect in self._effects[level]
            if effect.period.schooling in (Schooling.REMOTE, Schooling.HYBRID)
            for first in self._first_day(effect, level)
        }
        return tuple(sorted(each for each in spans if each))

    def _first_day(self, effect: Effect, level: Level) -> tuple[date, ...]:
        """The first day that is as the effect says; a period may begin on a weekend, or have been overruled."""
        dates = (effect.period.from_ + timedelta(days=ahead) for ahead in range(_LOOK_AHEAD))
        days = (on for on in dates if on <= effect.last)
        return tuple(islice((on for on in days if self.day(on, level, Role.PUPIL).announced == effect.announcement), 1))


@dataclass(frozen=True, slots=True)
class Group:
    """Users of a segment who move together."""

    users: Mapping[Role, float]
    views: tuple[View, ...]
    """One for each calendar that holds among their places."""


class Views:
    """The views of what was known at one instant; segments with the same calendar and levels share theirs."""

    def __init__(self, calendar: Calendar, known: Announcements) -> None:
        self._calendar, self._known = calendar, known
        self._views: dict[Hashable, View] = {}

    def groups(self, segment: Segment) -> Iterator[Group]:
        """Who moves together: everyone, or by their calendars where the segment says how many live where."""
        users = users_of(segment)
        weighted = [(PLACES[each.code], each.percent) for each in segment.departements if each.percent]
        percents: dict[View, int] = {}
        for place, percent in weighted or [(each, 0) for each in places_of(segment)]:
            view = self._view(place, segment)
            percents[view] = percents.get(view, 0) + percent
        if not weighted:
            yield Group(users, tuple(percents))
            return
        for view, percent in percents.items():
            yield Group({role: count * percent / 100 for role, count in users.items()}, (view,))

    def _view(self, place: Place, segment: Segment) -> View:
        effects = {level: self._known.effects(place, level) for level in segment.levels}
        said = tuple((level, each.announcement, each.period.from_) for level in effects for each in effects[level])
        named = segment.calendar or ""
        local = tuple(self._calendar.local_calendars(place, level, named) for level in segment.levels)
        key = (place.zone, place.holidays, place.timezone, segment.levels, named, local, said)
        if key not in self._views:
            self._views[key] = View(place, segment.levels, effects, self._calendar, named)
        return self._views[key]


def places_of(segment: Segment) -> tuple[Place, ...]:
    """Every place where users of a segment live."""
    return _places(segment.zones, segment.academies, tuple(each.code for each in segment.departements))


@cache
def _places(zones: tuple[str, ...], academies: tuple[str, ...], departements: tuple[str, ...]) -> tuple[Place, ...]:
    return places_in(zones, academies, departements)
