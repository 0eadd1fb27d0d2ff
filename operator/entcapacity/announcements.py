"""What announcements make of a day, and since when it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from entcapacity.grid import local_time, midnight
from entcapacity.reasons import reason
from entcapacity.school import Period, SchoolAnnouncement
from entcapacity.schooldays import Day
from entcapacity.territories import Place
from entcapacity.vocabulary import DayKind, Level, Schooling

PREPARATION: Final = timedelta(days=7)
"""Preparation for an announced first day begins with the announcement, but at most this long before."""

_FAR: Final = date.max
_CLASS: Final = frozenset({Schooling.ON_SITE, Schooling.HYBRID, Schooling.REMOTE})


@dataclass(frozen=True, slots=True)
class Effect:
    """One period of one announcement, as it holds for a place and level."""

    announcement: str
    announced_at: datetime
    """As clocks show it there."""
    period: Period
    last: date
    """Last local date it holds on; a withdrawal keeps the dates that had begun."""

    def holds_on(self, on: date) -> bool:
        """Whether a local date lies in the period."""
        return self.period.from_ <= on <= self.last


@dataclass(frozen=True, slots=True)
class Announcements:
    """The announcements known at one instant, latest first."""

    known: tuple[SchoolAnnouncement, ...]
    as_of: datetime | None

    def effects(self, place: Place, level: Level) -> tuple[Effect, ...]:
        """What concerns a place and level, the strongest first.

        The latest announcement wins an overlap, ties by name; within one announcement the narrower period does.
        """
        return tuple(
            Effect(each.name, local_time(each.spec.announced_at, place.timezone), period, last)
            for each in self.known
            if each.spec.scope.covers(place, level)
            for period in sorted(each.spec.periods, key=_width)
            if (not period.levels or level in period.levels)
            and (last := _last_date(each, period, self.as_of, place)) >= period.from_
        )


def known_at(announcements: Iterable[SchoolAnnouncement], as_of: datetime | None) -> Announcements:
    """The announcements made by ``as_of``; ``None`` means all of them."""
    made = [each for each in announcements if as_of is None or each.spec.announced_at <= as_of]
    made.sort(key=lambda each: (each.spec.announced_at, each.name), reverse=True)
    return Announcements(tuple(made), as_of)


def apply(effects: tuple[Effect, ...], day: Day, on: date) -> Day:
    """``day`` as the strongest of ``effects`` that holds on that date makes it.

    Weekends and public holidays stay. ``Holiday`` and ``Closed`` replace weekdays; ``OnSite``, ``Hybrid`` and
    ``Remote`` say how class is held on days that have it, and ``terms: Replace`` gives class to term holidays too.
    """
    holding = [each for each in effects if each.holds_on(on)]
    return _applied(holding, day) if holding else day


def _applied(effects: Sequence[Effect], day: Day) -> Day:
    """``day`` as the first of ``effects`` makes it; the weaker ones may have given class to it before."""
    effect, *weaker = effects
    period = effect.period
    would = _applied(weaker, day) if weaker else day
    if day.kind in (DayKind.WEEKEND, DayKind.PUBLIC_HOLIDAY):
        if period.schooling is Schooling.HOLIDAY or period.terms == "Replace":
            return replace(day, in_holiday=period.schooling is Schooling.HOLIDAY)
        return would
    if period.schooling in _CLASS and period.terms == "Keep" and not (day.kind.has_class or would.kind.has_class):
        return would
    if period.schooling in _CLASS and day.kind is DayKind.CLOSED:
        return day
    if period.schooling is Schooling.ON_SITE and day.kind is DayKind.ON_SITE:
        return day
    return Day(
        kind=DayKind(period.schooling),
        reason=reason(
            "Announced",
            kind=reason(f"Kind{period.schooling}"),
            announcement=effect.announcement,
            announcedAt=f"{effect.announced_at:%Y-%m-%d %H:%M}",
        ),
        in_holiday=period.schooling is Schooling.HOLIDAY,
        on_site_percent=100 if period.on_site_percent is None else period.on_site_percent,
        announced=effect.announcement,
    )


def preparation(effect: Effect, first: date, timezone: str) -> tuple[datetime, datetime] | None:
    """When people prepare for ``first``, the first day that is held otherwise; ``None`` where no time was left."""
    end = midnight(first, timezone)
    begin = max(effect.announced_at, end - PREPARATION)
    return (begin, end) if begin < end else None


def _width(period: Period) -> tuple[timedelta, bool]:
    return (period.until or _FAR) - period.from_, not period.levels


def _last_date(each: SchoolAnnouncement, period: Period, as_of: datetime | None, place: Place) -> date:
    last = period.until or _FAR
    withdrawn = each.spec.withdrawn_at
    if withdrawn is not None and (as_of is None or withdrawn <= as_of):
        local = local_time(withdrawn, place.timezone)
        begun = local.time() > time(0)  # who was told to stay at home this morning is at home today
        return min(last, local.date() if begun else local.date() - timedelta(days=1))
    return last
