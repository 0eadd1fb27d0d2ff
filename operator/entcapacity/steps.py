"""The steps of a plan, each with its reason: which need at which minute asks for it, and on what day.

Made when asked for; the plan itself is only arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import numpy as np

from entcapacity import smoothing
from entcapacity.demand import BAND_WIDTH, EVENT_RAMP, Stream
from entcapacity.grid import MINUTE, local_time
from entcapacity.plan import Plan, WorkloadPlan, may_fall
from entcapacity.reasons import Reason, listed, reason
from entcapacity.streams import LocalDay
from entcapacity.territories import Place
from entcapacity.vocabulary import DayKind, Level


@dataclass(frozen=True, slots=True)
class Step:
    """From ``time`` on, ``floor`` replicas are asked for."""

    time: datetime
    floor: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Driver:
    """The need that a floor is there for."""

    index: int
    """Its minute, as a position on the plan's grid."""
    need: int


def steps(plan: Plan, workload: WorkloadPlan) -> Iterator[Step]:
    """Every change of the floor in the plan's window from ``as_of`` on, the first one being what holds there."""
    first, last = plan.ahead.start, plan.ahead.stop
    if first >= last:
        return
    floor = workload.floor
    changes = [first, *(first + 1 + np.flatnonzero(np.diff(floor[first:last]))).tolist()]
    for index, each in zip(changes, why(plan, workload, changes), strict=True):
        yield Step(plan.grid.instant(index), int(floor[index]), each)


def why(plan: Plan, workload: WorkloadPlan, indices: Iterable[int]) -> Iterator[Reason]:
    """The reasons for a workload's floors at some positions of the plan's grid."""
    return map(_Why(plan, workload), indices)


def driver(plan: Plan, workload: WorkloadPlan, index: int) -> Driver:
    """The minute whose need asks for the floor at ``index``: the one that asks for the most.

    On a tie, as where the maximum is reached, the one that would ask for more if it could, then the earliest.
    """
    return _Why(plan, workload).driver(index)


def day_reason(plan: Plan, index: int) -> Reason:
    """What kind of day the busiest users have at a minute, and for whom."""
    instant = plan.grid.instant(index)
    stream = max(plan.demand.streams, key=lambda each: float(each.sessions[index]))
    place, day = stream.day_at(instant)
    hour = local_time(instant, place.timezone).hour
    why = _with_announcement(_what(day, hour), who(stream, place, day), day)
    if day.partly or len({days[day.on].day.kind for days in stream.days if day.on in days}) > 1:
        why = reason("PartlyConcerned", day=why, segment=stream.segment)
    around = BAND_WIDTH * MINUTE if plan.spec.demand.plan_on == "High" else timedelta()  # who comes early or late
    if plan.spec.boost is not None and instant < plan.spec.boost.until + around:
        why = reason("Boosted", day=why, percent=plan.spec.boost.percent)
    around += EVENT_RAMP * MINUTE
    for event in plan.spec.events:
        if event.from_ - around <= instant < event.until + around:
            why = reason("Event", name=event.name, percent=event.percent, day=why)
    return why


def who(stream: Stream, place: Place, day: LocalDay) -> Reason:
    """Whom a day concerns: ``lycées of zone C``."""
    zones = [place.zone] if day.partly else list(dict.fromkeys(each.zone for each in stream.places))
    several, names = "" if len(zones) == 1 else "s", listed(zones)
    if len(day.levels) == len(Level):
        return reason(f"Zone{several}", names=names)
    levels = listed([reason(f"Level{level}") for level in day.levels])
    return reason("LevelsOf", levels=levels, where=reason(f"OfZone{several}", names=names))


class _Why:
    """Reasons for one workload's floors, with what they share computed once."""

    def __init__(self, plan: Plan, workload: WorkloadPlan) -> None:
        self._plan, self._workload = plan, workload
        ramp = plan.spec.ramp
        self._up, self._down, self._rise = ramp.up_per_minute, ramp.down_per_minute, workload.rise
        self._hold = ceil(ramp.hold / MINUTE)
        self._served, self._asked = workload.served, workload.asked
        self._leads = np.where(plan.demand.exceptional, workload.lead.exceptional, workload.lead.ordinary)
        falling = may_fall(plan.spec, plan.grid) if workload.clients else None
        self._fallen = smoothing.fall(plan.grid.length, self._down, falling)

    def __call__(self, index: int) -> Reason:
        workload = self._workload
        floor, asked = int(workload.floor[index]), int(self._asked[index])
        rehearsal = self._plan.spec.rehearsal
        if rehearsal is not None and asked > workload.wanted[index]:
            until = self._clock(self._plan.grid.index(rehearsal.until), index)
            return reason(
                "Rehearsed", floor=int(workload.rehearsed.max()), until=until, up=self._rising(), down=self._down
            )
        if floor != asked:
            code = "CatchingUp" if floor < asked else "ComingDown"
            in_effect = workload.in_effect or 0
            since = self._clock(self._plan.grid.index_from(self._plan.as_of), index)
            return reason(code, inEffect=in_effect, since=since, up=self._up, down=self._down, wanted=asked)
        found = self.driver(index)
        if found.need <= workload.minimum:
            return reason("Minimum", need=int(workload.need[index]))
        at, lead = self._clock(found.index, index), int(self._leads[found.index])
        if workload.clients:
            clients = ", ".join(workload.clients)
            return reason("Clients", clients=clients, need=self._need(found), at=at, lead=workload.lead.own)
        day = day_reason(self._plan, found.index)
        if workload.belated[found.index]:
            day = reason("StillComingIn", day=day)
        if found.index >= index:
            return reason("Driven", day=day, need=self._need(found), at=at, up=self._rising(), lead=lead)
        return reason("Held", day=day, need=self._need(found), at=at, hold=self._hold, down=self._down)

    def _need(self, found: Driver) -> Reason:
        need = int(self._workload.need[found.index])
        return (
            reason("NeedOf", need=need) if need == found.need else reason("NeedAboveLimit", need=need, limit=found.need)
        )

    def driver(self, index: int) -> Driver:
        begin, end = self._reach(index)
        minutes = np.arange(begin, end)
        rise = self._rise.up * np.maximum(minutes - self._leads[begin:end] - index, 0) // self._rise.every
        left = np.minimum(minutes + self._hold, index)
        drop = np.maximum(self._fallen[index] - self._fallen[left], 0)
        asked = self._served[begin:end] - rise - drop
        ties = np.flatnonzero(asked == asked.max())
        best = begin + int(ties[np.argmax(self._workload.need[begin:end][ties])])
        return Driver(best, int(self._served[best]))

    def _reach(self, index: int) -> tuple[int, int]:
        """Minutes whose need can ask for the floor at ``index``."""
        most = int(self._served.max())
        after = int(self._leads.max()) + most * self._rise.every // self._rise.up + 1
        before = self._hold + (len(self._served) if self._workload.clients else most // self._down + 1)
        return max(0, index - before), min(len(self._served), index + after)

    def _rising(self) -> int | str:
        """Replicas a minute; one in several of them where pods come one after the other."""
        return self._rise.up if self._rise.every == 1 else f"{self._rise.up / self._rise.every:.2g}"

    def _clock(self, index: int, seen_from: int) -> Reason:
        """A minute as the platform's clock shows it; with the date where that is not the step's own."""
        shown, step = (local_time(self._plan.grid.instant(each), self._plan.timezone) for each in (index, seen_from))
        if shown.date() == step.date():
            return reason("AtTime", time=f"{shown:%H:%M}")
        return reason("AtDate", date=f"{shown:%Y-%m-%d %H:%M}")


def _what(day: LocalDay, hour: int) -> Reason:
    if day.before_return and hour >= 17:
        return reason("EveningBeforeReturn")
    kind = day.day.kind
    if kind is DayKind.UNKNOWN:
        return reason("UnknownDay")
    if day.first_remote and kind is DayKind.HYBRID:
        return reason("FirstHybridDay", percent=day.day.on_site_percent)
    if day.first_remote:
        return reason("FirstRemoteDay")
    if kind is DayKind.REMOTE:
        return reason("RemoteDay")
    if kind is DayKind.HYBRID:
        return reason("HybridDay", percent=day.day.on_site_percent)
    if day.after_break:
        return reason("FirstDayAfterBreak")
    if day.changed:
        return reason("BackOnSite")
    if kind is DayKind.ON_SITE:
        return reason("OnSiteDay")
    return reason("ClosedDay") if kind is DayKind.CLOSED else reason("OffDay", name=day.day.reason)


def _with_announcement(what: Reason, whom: Reason, day: LocalDay) -> Reason:
    if day.day.announced:
        announced_at = dict(day.day.reason.args)["announcedAt"]
        return reason("AudienceDayAnnounced", what=what, who=whom, announcedAt=announced_at)
    return reason("AudienceDay", what=what, who=whom)
