"""Users × kind of day × curve → sessions and log-ins over time, with a band.

Everything is computed on the 1-minute UTC grid, stream by stream, and summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, reduce
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from entcapacity.announcements import Announcements
from entcapacity.curves import Shares, built_in, users_of
from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import MINUTE, Bools, Floats, Grid, local_date, shortened, sliding_max, sliding_min
from entcapacity.presence import Presence, presence
from entcapacity.schooldays import Calendar
from entcapacity.slots import shifted, start_slots
from entcapacity.spec import ENTCapacitySpec, Segment
from entcapacity.streams import BUSIER, REMOTE, LocalDay, View, Views, places_of
from entcapacity.territories import PLACES, Place
from entcapacity.vocabulary import DayKind, Level

BAND_WIDTH: Final = 10
"""Minutes by which users may come early or late: the band's width in time."""
EVENT_RAMP: Final = 10
"""Minutes in which an event's demand comes and goes."""

Weights = tuple[tuple[DayKind, int], ...]
"""Percent of use by kind of day, as a workload declares it; empty for 100 throughout."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Something expected, and between what it may well lie; per minute of a grid."""

    low: Floats
    expected: Floats
    crowd: Floats
    """As many as may well come, when they are expected: height without width, a course that things can take."""
    high: Floats
    """As many as may well come, whenever they may: what to be ready for at each minute."""

    def coming(self, plan_on: str) -> Floats:
        """Who comes when, if things go as is planned on."""
        return self.expected if plan_on == "Expected" else self.crowd

    def planned(self, plan_on: str) -> Floats:
        """The curve that is planned on: ``Expected`` or ``High``."""
        return self.expected if plan_on == "Expected" else self.high


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """Concurrent sessions, and log-ins per minute."""

    sessions: Band
    logins: Band


@dataclass(frozen=True, slots=True)
class Peak:
    """The expected peak of an ordinary Monday, against which ``ordinaryPeak`` is held."""

    sessions: float
    logins: float

    def used(self, weights: Mapping[DayKind, int]) -> Peak:
        """The peak as a workload with such weights sees it."""
        use = weights.get(DayKind.ON_SITE, 100) / 100
        return Peak(self.sessions * use, self.logins * use)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """People who move together, and what they were found to do."""

    segment: str
    levels: tuple[Level, ...]
    places: tuple[Place, ...]
    """One place for each calendar that holds among them."""
    users: float
    sessions: Floats
    """Expected sessions per minute of the grid."""
    days: tuple[Mapping[date, LocalDay], ...]
    """For each of ``places``, its local days."""

    def day_at(self, instant: datetime) -> tuple[Place, LocalDay]:
        """The busiest local day among the stream's places at an instant, and where."""
        return max(self.days_at(instant), key=lambda each: BUSIER[each[1].day.kind])

    def days_at(self, instant: datetime) -> Iterator[tuple[Place, LocalDay]]:
        """Each of the stream's places, and the local day that it has at an instant."""
        for place, days in zip(self.places, self.days, strict=True):
            yield place, days[local_date(instant, place.timezone)]


@dataclass(frozen=True, slots=True)
class Starts:
    """Start slots for an announced day: when each segment should begin, and what that does to the peak."""

    on: date
    shifts: tuple[tuple[str, int], ...]
    """Segments and the minutes by which each begins later than ``slots.from``."""
    peak: float
    """Expected sessions at the peak when all begin as they like."""
    spread_peak: float
    """The same when all follow the slots."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A group before its band: its segment's position in the audience, what it does, and what it may be off by."""

    position: int
    users: float
    presences: tuple[Presence, ...]
    sessions: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What will be asked of the platform."""

    grid: Grid
    loads: Mapping[Weights, Load]
    """The load as each profile of weights sees it; ``()`` is the plain one."""
    streams: tuple[Stream, ...]
    exceptional: Bools
    """Minutes that deserve the longer ``readyBefore``."""
    announced: Bools
    """Minutes of days that an announcement makes unlike ordinary ones."""
    starts: tuple[Starts, ...]
    """Start slots recommended, day by day."""

    @property
    def load(self) -> Load:
        """The plain load."""
        return self.loads[()]

    @property
    def users(self) -> float:
        """Everybody who can come."""
        return sum(each.users for each in self.streams)

    def shortened(self, length: int) -> Demand:
        """Only its first minutes; start slots stay."""
        return replace(
            shortened(self, length),
            grid=Grid(self.grid.start, length),
            loads={
                weights: Load(shortened(each.sessions, length), shortened(each.logins, length))
                for weights, each in self.loads.items()
            },
            streams=tuple(shortened(each, length) for each in self.streams),
        )


def demand(spec: ENTCapacitySpec, calendar: Calendar, known: Announcements, grid: Grid) -> Demand:
    """Sessions and log-ins of every segment on ``grid``, summed, as known to ``calendar`` and ``known``."""
    wide = grid.padded(BAND_WIDTH, BAND_WIDTH + 1)
    inner = slice(BAND_WIDTH, BAND_WIDTH + grid.length)
    per_session = MINUTE / spec.demand.session_length
    found = _found(spec, Views(calendar, known), wide)
    starts = _spread_starts(spec, found)
    factor = _factor(spec, wide)
    heights = {each: each.by_day({on: day.band for on, day in each.days.items()}) for each in _presences(found)}
    totals = {weights: np.zeros((8, grid.length)) for weights in profiles(spec)}
    rows = np.empty((8, wide.length))  # one for all: memory that is new every time costs more than the sums
    curves, streams = rows[:, inner], []
    for each in found:
        height = reduce(np.maximum, (heights[presence] for presence in each.presences))
        sessions = each.sessions
        sessions *= factor
        np.minimum(sessions, each.users, out=sessions)
        _band(sessions, height, each.users, per_session, rows)
        for weights, total in totals.items():
            total += curves * _use(weights, each)[inner] if weights else curves
        segment = spec.audience[each.position]
        places = tuple(presence.place for presence in each.presences)
        days = tuple(presence.days for presence in each.presences)
        streams.append(Stream(_name(segment, each.position), segment.levels, places, each.users, sessions[inner], days))
    exceptional, announced = (
        reduce(np.logical_or, (_flags(each, name) for each in _presences(found)))[inner]
        for name in ("exceptional", "announced")
    )
    for event in spec.events:
        begin, end = grid.index(event.from_) - EVENT_RAMP, grid.index(event.until) + EVENT_RAMP
        exceptional[max(begin, 0) : max(end, 0)] = True
    loads = {weights: Load(Band(*total[:4]), Band(*total[4:])) for weights, total in totals.items()}
    return Demand(grid, loads, tuple(streams), exceptional, announced, starts)


def ordinary_peak(spec: ENTCapacitySpec) -> Peak:
    """The model's own expected peak of an ordinary Monday: class on site everywhere, nothing announced, in winter time.

    It does not depend on the calendar, so that the calibration is the same in every plan.
    """
    shares = _shares(spec)
    per_session = MINUTE / spec.demand.session_length
    sessions, logins = np.zeros(MINUTES_PER_DAY), np.zeros(MINUTES_PER_DAY)
    for segment in spec.audience:
        users = users_of(segment)
        curve = np.zeros(MINUTES_PER_DAY)
        for role, count in users.items():
            curve += count * shares.share(DayKind.ON_SITE, 100, 0, role, segment.levels)
        arriving = np.maximum(0.0, np.roll(curve, -1) - curve + curve * per_session)
        for fraction, timezone in timezones_of(segment):
            sessions += fraction * np.roll(curve, -_winter_offset(timezone))
            logins += fraction * np.roll(arriving, -_winter_offset(timezone))
    return Peak(float(sessions.max()), float(logins.max()))


def profiles(spec: ENTCapacitySpec) -> tuple[Weights, ...]:
    """The distinct weights of the workloads, the plain one first."""
    return tuple(dict.fromkeys([(), *(weights_of(each.weights) for each in spec.workloads)]))


def weights_of(weights: Mapping[DayKind, int]) -> Weights:
    """Weights as a key, in a fixed order, without those that change nothing."""
    return tuple(sorted((kind, percent) for kind, percent in weights.items() if percent != 100))


def timezones_of(segment: Segment) -> tuple[tuple[float, str], ...]:
    """Fractions of a segment's users by time zone; where nobody said, all are in its first place's."""
    shares: dict[str, float] = {}
    for each in segment.departements:
        timezone = PLACES[each.code].timezone
        shares[timezone] = shares.get(timezone, 0.0) + (each.percent or 0) / 100
    if not any(shares.values()):
        return ((1.0, places_of(segment)[0].timezone),)
    return tuple((share, timezone) for timezone, share in shares.items())


@cache
def _winter_offset(timezone: str) -> int:
    offset = ZoneInfo(timezone).utcoffset(datetime(2021, 1, 11))  # noqa: DTZ001 -- a Monday, as the local clock shows it
    assert offset is not None
    return offset // MINUTE


# --- sessions: what a stream does -------------------------------------------------------------------------------------


def _shares(spec: ENTCapacitySpec) -> Shares:
    return Shares(spec.demand) if spec.demand.curves or spec.demand.hours else built_in()


def _found(spec: ENTCapacitySpec, views: Views, grid: Grid) -> list[_Found]:
    shares = _shares(spec)
    known: dict[View, Presence] = {}
    found = []
    for position, segment in enumerate(spec.audience):
        for group in views.groups(segment):
            for view in group.views:
                if view not in known:
                    known[view] = presence(view, shares, grid)
            presences = tuple(known[view] for view in group.views)
            sessions = reduce(np.maximum, (each.sessions(group.users) for each in presences))
            found.append(_Found(position, sum(group.users.values()), presences, sessions))
    return found


def _presences(found: Sequence[_Found]) -> tuple[Presence, ...]:
    """Each presence once."""
    return tuple(dict.fromkeys(presence for each in found for presence in each.presences))


def _spread_starts(spec: ENTCapacitySpec, found: Sequence[_Found]) -> tuple[Starts, ...]:
    """Start slots for every day announced Remote or Hybrid; those who will follow them are shifted in place."""
    slots = spec.shaping.slots
    if slots is None or not found:
        return ()
    seen = found[0].presences[0].seen
    starts = []
    for position, on in enumerate(seen.days):
        here = seen.day == position
        if here.sum() < MINUTES_PER_DAY - 60 or not any(
            day.announced for each in _presences(found) if (day := each.days.get(on)) and day.day.kind in REMOTE
        ):
            continue
        curves = [
            np.sum([each.sessions[here] for each in found if each.position == segment], axis=0)
            for segment in range(len(spec.audience))
        ]
        shifts = start_slots(curves, slots.until - slots.from_)
        spread = np.sum([shifted(curve, shift) for curve, shift in zip(curves, shifts, strict=True)], axis=0)
        names = [_name(segment, number) for number, segment in enumerate(spec.audience)]
        starts.append(
            Starts(on, tuple(zip(names, shifts, strict=True)), float(np.sum(curves, axis=0).max()), float(spread.max()))
        )
        following = slots.compliance_percent / 100
        for each in found if following else ():
            own = each.sessions[here]
            each.sessions[here] = (1 - following) * own + following * shifted(own, shifts[each.position])
    return tuple(starts)


def _name(segment: Segment, position: int) -> str:
    return segment.name or f"audience-{position + 1}"


def _factor(spec: ENTCapacitySpec, grid: Grid) -> Floats:
    """What events and the boost make of demand, per minute."""
    factor = np.ones(grid.length)
    for event in spec.events:
        begin, end = grid.index(event.from_), grid.index(event.until)
        corners = [begin - EVENT_RAMP, begin, end, end + EVENT_RAMP]
        factor *= np.interp(np.arange(grid.length), corners, [1.0, event.percent / 100, event.percent / 100, 1.0])
    if spec.boost is not None:
        factor[: max(grid.index(spec.boost.until), 0)] *= 1 + spec.boost.percent / 100
    return factor


def _band(sessions: Floats, height: Floats, users: float, per_session: float, rows: Floats) -> None:
    """Low, expected, crowd and high of sessions, then of log-ins, written into eight ``rows``.

    Log-ins are what makes the sessions: λ = max(0, n' + n/S), by Little's law. A band has a height, and a width in
    time, since coming early is the commonest error.
    """
    logins = np.diff(sessions, append=sessions[-1])
    logins += sessions * per_session
    np.maximum(logins, 0.0, out=logins)
    below, above, edge = 1 - height, 1 + height, np.ones(BAND_WIDTH)
    for first, curve in ((0, sessions), (4, logins)):  # one at a time: they fit in the processor's cache
        around = np.concatenate((curve[0] * edge, curve, curve[-1] * edge))
        np.multiply(below, sliding_min(around, 2 * BAND_WIDTH + 1), out=rows[first])
        rows[first + 1] = curve
        np.multiply(above, curve, out=rows[first + 2])
        np.multiply(above, sliding_max(around, 2 * BAND_WIDTH + 1), out=rows[first + 3])
    np.minimum(rows[2:4], users, out=rows[2:4])


def _flags(presence: Presence, name: str) -> Bools:
    return presence.by_day({on: getattr(day, name) for on, day in presence.days.items()}).astype(bool)


def _use(weights: Weights, found: _Found) -> Floats:
    """Use of a workload per minute, of 1, by the kinds of day; the heaviest where a group's places disagree."""
    percents = dict(weights)
    uses = (
        each.by_day({on: percents.get(day.day.kind, 100) / 100 for on, day in each.days.items()})
        for each in found.presences
    )
    return reduce(np.maximum, uses)
