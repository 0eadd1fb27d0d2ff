"""Demand curves: which share of a role's users is in session at each minute of a local day.

The built-in ones are data (``data/demand.yaml``), each assumption documented in docs/model.md; a spec replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import numpy as np
import yaml

from entcapacity.fields import MINUTES_PER_DAY, minutes_of
from entcapacity.grid import Floats
from entcapacity.spec import ClosedHours, Demand, Segment
from entcapacity.vocabulary import DayKind, Level, Role, Weekday

WEEKDAYS: Final = tuple(Weekday)
REOPENING: Final = 10
"""Minutes in which people come back after hours in which they were kept out."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A curve for some roles, levels and weekdays; ``share`` has one value per minute, of 1."""

    kind: DayKind | None
    roles: frozenset[Role]
    levels: frozenset[Level]
    weekdays: frozenset[Weekday]
    share: Floats

    def fits(self, kind: DayKind, role: Role, level: Level, weekday: Weekday) -> bool:
        """Whether this is a curve for these."""
        return (
            self.kind in (None, kind)
            and role in self.roles
            and level in self.levels
            and (not self.weekdays or weekday in self.weekdays)
        )


@dataclass(frozen=True, slots=True)
class Defaults:
    """The documented assumptions in ``data/demand.yaml``."""

    samples: tuple[Samples, ...]
    band: Mapping[str, float]
    """Height of the band by kind of day, and for ``FirstRemote``; of 1."""
    first_day_after_break: float
    evening_before_return: float
    evening_from: int
    """Minutes since local midnight from which the evening before counts."""
    evening_like: tuple[DayKind, int]
    """Kind and weekday whose evening it is, whatever the day itself is."""
    ramp: int
    """Minutes in which a modifier comes and goes."""
    first_remote_day: float
    preparation: Mapping[Role, float]
    teachers_per_pupil: float
    parents_per_pupil: float
    level_pupils: Mapping[Level, float]
    """National numbers of pupils, by which the curves of several levels in one segment are mixed."""


@lru_cache(maxsize=1)
def defaults() -> Defaults:
    """The built-in assumptions."""
    text = resources.files(__package__).joinpath("data", "demand.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    modifiers, ratios = data["modifiers"], data["userRatios"]
    evening = modifiers["eveningBeforeReturn"]
    return Defaults(
        samples=tuple(map(_built_in, data["curves"])),
        band={kind: percent / 100 for kind, percent in data["band"].items()},
        first_day_after_break=modifiers["firstDayAfterBreak"]["percent"] / 100,
        evening_before_return=evening["percent"] / 100,
        evening_from=minutes_of(evening["from"]),
        evening_like=(DayKind(evening["like"]["kind"]), WEEKDAYS.index(Weekday(evening["like"]["weekday"]))),
        ramp=modifiers["rampMinutes"],
        first_remote_day=modifiers["firstRemoteDay"]["percent"] / 100,
        preparation={Role(role): percent / 100 for role, percent in modifiers["preparation"].items()},
        teachers_per_pupil=ratios["teachersPer1000Pupils"] / 1000,
        parents_per_pupil=ratios["parentsPer1000Pupils"] / 1000,
        level_pupils={Level(level): float(count) for level, count in data["levelPupils"].items()},
    )


def _built_in(entry: Mapping[str, Any]) -> Samples:
    return Samples(
        DayKind(entry["kind"]) if "kind" in entry else None,
        frozenset(map(Role, entry.get("roles", Role))),
        frozenset(map(Level, entry.get("levels", Level))),
        frozenset(map(Weekday, entry.get("weekdays", ()))),
        sample([(minutes_of(at), float(percent)) for at, percent in entry["points"].items()]),
    )


def sample(points: Sequence[tuple[int, float]]) -> Floats:
    """Share per minute, of 1, from points (minutes since midnight, percent), linear between them."""
    times, percents = zip(*points, strict=True)
    share: Floats = np.interp(np.arange(MINUTES_PER_DAY), times, percents) / 100
    return share


def users_of(segment: Segment) -> dict[Role, float]:
    """Users of a segment by role; teachers and parents default to the national ratios to pupils."""
    known = defaults()
    teachers, parents = segment.teachers, segment.parents
    return {
        Role.PUPIL: float(segment.pupils),
        Role.TEACHER: segment.pupils * known.teachers_per_pupil if teachers is None else float(teachers),
        Role.PARENT: segment.pupils * known.parents_per_pupil if parents is None else float(parents),
    }


class Shares:
    """Shares per minute for a spec's demand: its own curves before the built-in ones, hours closed, levels mixed.

    Answers are remembered, as the same weekdays come again and again.
    """

    def __init__(self, demand: Demand) -> None:
        own = (
            Samples(
                kind,
                frozenset(curve.roles),
                frozenset(curve.levels),
                frozenset(curve.weekdays),
                sample([(point.at, point.percent) for point in curve.points]),
            )
            for kind, curves in demand.curves.items()
            for curve in curves
        )
        self._samples = (*own, *defaults().samples)
        self._hours = demand.hours
        self._known: dict[Hashable, Floats] = {}

    def remember(self, key: Hashable, compute: Callable[[], Floats]) -> Floats:
        """What was computed for ``key`` before, or is now."""
        if (known := self._known.get(key)) is None:
            known = self._known[key] = compute()
        return known

    def share(self, kind: DayKind, on_site_percent: int, weekday: int, role: Role, levels: tuple[Level, ...]) -> Floats:
        """Share of a role's users in session at each of 1440 local minutes, of 1.

        ``weekday`` counts from Monday, 0. Levels are mixed by the national numbers of pupils.
        """
        return self.remember(
            (kind, on_site_percent, weekday, role, levels),
            lambda: self._mixed(kind, on_site_percent, WEEKDAYS[weekday], role, levels),
        )

    def _mixed(
        self, kind: DayKind, on_site_percent: int, weekday: Weekday, role: Role, levels: tuple[Level, ...]
    ) -> Floats:
        weights = np.array([defaults().level_pupils[level] for level in levels])
        curves = [self._curve(kind, on_site_percent, weekday, role, level) for level in levels]
        share: Floats = np.average(curves, axis=0, weights=weights)
        for closed in self._hours:
            share = _closed(share, closed, kind, role)
        return share

    def _curve(self, kind: DayKind, on_site_percent: int, weekday: Weekday, role: Role, level: Level) -> Floats:
        own = next((each.share for each in self._samples if each.fits(kind, role, level, weekday)), None)
        if own is not None:
            return own
        on_site = self._curve(DayKind.ON_SITE, 100, weekday, role, level)
        if kind is DayKind.UNKNOWN:
            return on_site
        remote = self._curve(DayKind.REMOTE, 0, weekday, role, level)
        return (on_site_percent * on_site + (100 - on_site_percent) * remote) / 100


def _closed(share: Floats, hours: ClosedHours, kind: DayKind, role: Role) -> Floats:
    if role not in hours.roles or (hours.day_kinds and kind not in hours.day_kinds):
        return share
    begin, end = hours.closed
    minutes = np.arange(MINUTES_PER_DAY)
    return share * np.where(minutes < begin, 1.0, np.clip((minutes - end + 1) / REOPENING, 0.0, 1.0))


@lru_cache(maxsize=1)
def built_in() -> Shares:
    """The shares of a spec that replaces nothing."""
    return Shares(Demand())
