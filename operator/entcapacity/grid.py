"""The 1-minute UTC grid that everything is computed on, and its view in local time.

Local dates and times exist only here, at the edge: Réunion is UTC+4, Polynésie UTC−10, and days have 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from entcapacity.fields import MINUTES_PER_DAY

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def minute_of(instant: datetime) -> int:
    """Whole minutes since 1970 UTC, rounded down. Raises ``ValueError`` for a naive datetime."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no offset: say in which zone it is meant")
    return (instant - _EPOCH) // MINUTE


def instant_of(minute: int) -> datetime:
    """The UTC instant of a minute since 1970."""
    return _EPOCH + int(minute) * MINUTE


@dataclass(frozen=True, slots=True)
class Grid:
    """Consecutive minutes in UTC, from ``start`` (minutes since 1970), ``length`` of them."""

    start: int
    length: int

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Grid:
        """The minutes from ``start`` on, before ``end``. Raises ``ValueError`` where there are none."""
        first, last = minute_of(start), minute_of(end)
        if last <= first:
            raise ValueError(f"the window ends at {end}, not after its start {start}")
        return cls(first, last - first)

    @classmethod
    def at(cls, instant: datetime) -> Grid:
        """The one minute that begins at an instant, or next after it."""
        return cls(-((_EPOCH - instant) // MINUTE), 1)

    @property
    def stop(self) -> int:
        """The first minute after the grid."""
        return self.start + self.length

    def index(self, instant: datetime) -> int:
        """Position of an instant; negative or ≥ length where it lies outside."""
        return minute_of(instant) - self.start

    def index_from(self, instant: datetime) -> int:
        """The first position that is not before an instant; may lie outside."""
        return -((instant_of(self.start) - instant) // MINUTE)

    def instant(self, index: int) -> datetime:
        """The UTC instant of a position."""
        return instant_of(self.start + index)

    def padded(self, before: int, after: int) -> Grid:
        """The grid with minutes added on both sides."""
        return Grid(self.start - before, self.length + before + after)


@dataclass(frozen=True, slots=True, eq=False)
class LocalGrid:
    """A grid as one time zone sees it."""

    days: tuple[date, ...]
    """Local dates touched, with one more on either side."""
    day: Ints
    """For each minute of the grid, the position of its local date in ``days``."""
    minute: Ints
    """For each minute of the grid, the minutes since local midnight as a clock shows them, 0 to 1439."""

    @property
    def flat(self) -> Ints:
        """For each minute of the grid, its position in an array of days × 1440 clock minutes."""
        return self.day * MINUTES_PER_DAY + self.minute


@lru_cache(maxsize=32)
def local(grid: Grid, timezone: str) -> LocalGrid:
    """How ``timezone`` sees ``grid``. In French zones offsets change on whole UTC hours."""
    zone = ZoneInfo(timezone)
    next_hour = -(-grid.start // 60) * 60
    probes = np.array([grid.start, *range(next_hour, grid.stop, 60)], dtype=np.int64)
    offsets = np.array([_offset(zone, int(probe)) for probe in probes], dtype=np.int64)
    minutes = np.arange(grid.start, grid.stop, dtype=np.int64)
    clock = minutes + offsets[np.searchsorted(probes, minutes, side="right") - 1]
    ordinals, minute = np.divmod(clock, MINUTES_PER_DAY)
    first_day = int(ordinals.min()) - 1
    days = tuple(_EPOCH.date() + timedelta(days=n) for n in range(first_day, int(ordinals.max()) + 2))
    return LocalGrid(days, ordinals - first_day, minute)


def on_clock(instant: datetime, timezone: str) -> str:
    """An instant as people of a time zone read it, ``2021-04-06 08:30``."""
    return f"{local_time(instant, timezone):%Y-%m-%d %H:%M}"


def local_time(instant: datetime, timezone: str) -> datetime:
    """An instant with the date and the clock of a time zone."""
    return instant.astimezone(ZoneInfo(timezone))


def local_date(instant: datetime, timezone: str) -> date:
    """The date that it is in a time zone at an instant."""
    return local_time(instant, timezone).date()


def midnight(on: date, timezone: str) -> datetime:
    """When a date begins in a time zone, on its clock: what is added to it is clock time, too."""
    return datetime.combine(on, time(), ZoneInfo(timezone))


def _offset(zone: ZoneInfo, minute: int) -> int:
    """Minutes that ``zone`` is ahead of UTC."""
    offset = instant_of(minute).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // MINUTE


def ratio(over: Floats, under: Floats) -> Floats:
    """``over / under``, and 1 where that is nothing of nothing."""
    return np.divide(over, under, out=np.ones_like(under), where=under > 0)


def spans(flags: Bools, within: slice) -> Iterator[tuple[int, int]]:
    """First and last-plus-one position of each run of true values, of those within a slice."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags[within], [False])).astype(int))) + within.start
    return zip(map(int, edges[::2]), map(int, edges[1::2]), strict=True)


Curves = TypeVar("Curves", bound="DataclassInstance")


def shortened(curves: Curves, length: int) -> Curves:
    """A dataclass with only the first minutes of each of its arrays, as copies: the rest is let go of."""
    values = {each.name: getattr(curves, each.name) for each in fields(curves)}
    return replace(curves, **{n: v[:length].copy() for n, v in values.items() if isinstance(v, np.ndarray)})


Numbers = TypeVar("Numbers", Floats, Ints)


def sliding_max(values: Numbers, width: int) -> Numbers:
    """Largest value in each window of ``width``; ``width − 1`` values fewer than came in."""
    return _sliding(np.maximum, values, width)


def sliding_min(values: Numbers, width: int) -> Numbers:
    """Smallest value in each window of ``width``; ``width − 1`` values fewer than came in."""
    return _sliding(np.minimum, values, width)


def _sliding(extreme: np.ufunc, values: Numbers, width: int) -> Numbers:
    """By doubling: log₂(width) passes instead of ``width``."""
    covered = 1
    while covered < width:
        step = min(covered, width - covered)
        values = extreme(values[:-step], values[step:])
        covered += step
    return values
