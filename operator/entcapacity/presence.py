"""Which share of each role is in session, minute by minute, where one calendar holds.

Shares do not depend on how many users there are, so that segments with the same calendar have them in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import numpy as np

from entcapacity.curves import Shares, defaults
from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import MINUTE, Floats, Grid, LocalGrid, local, local_time, midnight
from entcapacity.streams import REMOTE, Kinds, LocalDay, View
from entcapacity.territories import Place
from entcapacity.vocabulary import Level, Role

ROLES: Final = tuple(Role)
_BLEND: Final = 15
"""Minutes before and after midnight in which kinds of day blend."""

Span = tuple[int, int]
"""First clock minute of a local day, and the one after the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """What people of one calendar do, per minute of a grid."""

    shares: Floats
    """Share of users in session, of 1: layers × roles × minutes. Where levels disagree about a day there is a layer for
    each opinion."""
    place: Place
    """Where that calendar holds, or one place of several."""
    seen: LocalGrid
    days: Mapping[date, LocalDay]

    def sessions(self, users: Mapping[Role, float]) -> Floats:
        """Sessions of so many users of each role; where levels disagree, the larger."""
        layers = np.array([users[role] for role in ROLES]) @ self.shares
        sessions: Floats = np.maximum.reduce(layers)
        return sessions

    def by_day(self, value: Mapping[date, float]) -> Floats:
        """A value of each local day, per minute."""
        return np.array([value[on] for on in self.seen.days])[self.seen.day]


def presence(view: View, shares: Shares, grid: Grid) -> Presence:
    """What people of a view do on ``grid``."""
    seen = local(grid, view.place.timezone)
    days = {on: view.local_day(on) for on in seen.days}
    spans = _preparation(view, seen.days)
    rows = [_opinions(view, day, shares, spans.get(day.on, ())) for day in days.values()]
    layers = max(map(len, rows))
    by_role = np.empty((layers, len(ROLES), len(rows), MINUTES_PER_DAY))
    for position, opinions in enumerate(rows):
        for layer in range(layers):
            by_role[layer, :, position] = opinions[min(layer, len(opinions) - 1)]
    _blend(by_role)
    return Presence(by_role.reshape(layers, len(ROLES), -1).take(seen.flat, axis=2), view.place, seen, days)


def _opinions(view: View, local_day: LocalDay, shares: Shares, prepared: Sequence[Span]) -> list[Floats]:
    """Roles × clock minutes of a local day, for each opinion of what day it is."""
    spans = () if local_day.day.kind in REMOTE else tuple(prepared)
    flags = (local_day.first_remote, local_day.after_break, local_day.before_return)
    return [
        shares.remember(
            (kinds, levels, local_day.on.weekday(), flags, spans),
            partial(_day, shares, kinds, levels, local_day, spans),
        )
        for kinds, levels in view.groups(local_day.on).items()
    ]


def _day(shares: Shares, kinds: Kinds, levels: tuple[Level, ...], day: LocalDay, prepared: Sequence[Span]) -> Floats:
    known = defaults()
    rows = _roles(shares, kinds, levels, day.on.weekday())
    if day.first_remote:
        rows = rows * known.first_remote_day
    if day.after_break:
        rows = rows * known.first_day_after_break
    if day.before_return:
        kind, weekday = known.evening_like
        evening = _roles(shares, (kind, 100, kind), levels, weekday)
        coming = _coming(known.evening_from)
        rows = (1 - coming) * rows + coming * known.evening_before_return * evening
    for begin, end in prepared:
        more = np.array([[known.preparation.get(role, 1.0) - 1.0] for role in ROLES])
        rows = rows.copy()
        rows[:, begin:end] *= 1.0 + more * _coming(begin or -known.ramp)[begin:end]
    return rows


def _roles(shares: Shares, kinds: Kinds, levels: tuple[Level, ...], weekday: int) -> Floats:
    kind, on_site_percent, teachers_kind = kinds
    return np.stack(
        [
            shares.share(teachers_kind if role is Role.TEACHER else kind, on_site_percent, weekday, role, levels)
            for role in ROLES
        ]
    )


def _coming(begin: int) -> Floats:
    """0 before clock minute ``begin``, 1 once a modifier is there: a step would look like a burst of log-ins."""
    share: Floats = np.clip((np.arange(MINUTES_PER_DAY) - begin) / defaults().ramp, 0.0, 1.0)
    return share


def _preparation(view: View, days: Sequence[date]) -> dict[date, list[Span]]:
    """The clock minutes of local days in which people prepare for what was announced, without overlaps."""
    timezone = view.place.timezone
    found: dict[date, list[Span]] = {}
    for begin, end in view.preparation():
        first, last = local_time(begin, timezone), local_time(end, timezone)
        for on in days:
            if first.date() <= on <= last.date():
                span = tuple(
                    min(max((each - midnight(on, timezone)) // MINUTE, 0), MINUTES_PER_DAY) for each in (first, last)
                )
                _add(found.setdefault(on, []), (span[0], span[1]))
    return found


def _add(spans: list[Span], span: Span) -> None:
    """Adds a span, running it together with what it overlaps."""
    begin, end = span
    for other in [each for each in spans if each[0] <= end and begin <= each[1]]:
        spans.remove(other)
        begin, end = min(begin, other[0]), max(end, other[1])
    if begin < end:
        spans.append((begin, end))
        spans.sort()


def _blend(rows: Floats) -> None:
    """Runs each day into the next over 30 minutes round midnight; the last two axes are days × clock minutes."""
    step = (np.arange(2 * _BLEND) + 0.5) / (2 * _BLEND)
    ending, starting = rows[..., :-1, -1:].copy(), rows[..., 1:, :1].copy()
    rows[..., :-1, -_BLEND:] += step[:_BLEND] * (starting - rows[..., :-1, -_BLEND:])
    rows[..., 1:, :_BLEND] += (1 - step[_BLEND:]) * (ending - rows[..., 1:, :_BLEND])
