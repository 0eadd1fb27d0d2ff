"""What the status of an ENTCapacity says, and the plan that other programs read, from plan and cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor, isfinite
from typing import Any, Final

import numpy as np

from entcapacity.admission import waits
from entcapacity.cost import Cost
from entcapacity.demand import weights_of
from entcapacity.grid import MINUTE, Grid, local_date, midnight
from entcapacity.plan import Plan, WorkloadPlan, selected
from entcapacity.reasons import Reason
from entcapacity.slots import SLOT_MINUTES
from entcapacity.startups import Startups, percentile
from entcapacity.steps import steps
from entcapacity.targets import Seen

PUBLISHED: Final = timedelta(hours=48)
"""How far the plan for other programs reaches."""
_MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Carried:
    """What the ready replicas carry."""

    sessions: int | None
    """``None`` where no workload says."""
    logins_per_minute: float | None


def carried(plan: Plan, ready: Mapping[str, int], index: int) -> Carried:
    """What replicas that are ready carry at a minute, at 100 %, in terms of the plain load; workloads that were never
    read are left out."""
    sessions, logins = [], [float(each.logins_per_minute) for each in plan.spec.limits]
    for each in plan.workloads:
        if each.name not in ready:
            continue
        use = _use(plan, each, index)
        if isfinite(each.sizing.carried.sessions):
            sessions.append(ready[each.name] * each.sizing.carried.sessions / use)
        if isfinite(each.sizing.carried.logins):
            logins.append(ready[each.name] * each.sizing.carried.logins / use)
    return Carried(floor(min(sessions)) if sessions else None, min(logins, default=None))


def _use(plan: Plan, workload: WorkloadPlan, index: int) -> float:
    plain = float(plan.demand.load.sessions.expected[index])
    weighted = float(plan.demand.loads[weights_of(workload.workload.weights)].sessions.expected[index])
    return weighted / plain if plain > 0 else 1.0


def today(plan: Plan, now: datetime) -> str:
    """What today is for most users."""
    stream = max(plan.demand.streams, key=lambda each: each.users)
    _, day = stream.day_at(now)
    return day.day.kind.value


def in_force(plan: Plan, now: datetime) -> int:
    """How many of the heeded announcements are known, not withdrawn, and say something of today or a day to come."""
    on = local_date(now, plan.timezone)
    return sum(
        made.spec.announced_at <= now
        and (made.spec.withdrawn_at is None or now < made.spec.withdrawn_at)
        and any(each.until is None or each.until >= on for each in made.spec.periods)
        for made in selected(plan.spec, plan.facts.announcements)
    )


@dataclass(frozen=True, slots=True)
class Change:
    """The next change of a floor."""

    at: datetime
    workload: str
    before: int
    after: int


def next_change(plan: Plan, index: int) -> Change | None:
    """The first change of any floor after a minute of the plan's grid, the largest where several come at once."""
    found: list[Change] = []
    for each in plan.workloads:
        later = each.floor[index + 1 : plan.inner.stop]
        differs = np.flatnonzero(later != each.floor[index])
        if differs.size:
            at = index + 1 + int(differs[0])
            found.append(Change(plan.grid.instant(at), each.name, int(each.floor[index]), int(each.floor[at])))
    return min(found, key=lambda each: (each.at, -abs(each.after - each.before)), default=None)


def next_step(plan: Plan, index: int) -> datetime | None:
    """When something is to be written next: any floor or maximum changes."""
    later = slice(index + 1, plan.inner.stop)
    differs = np.logical_or.reduce(
        [
            (each.floor[later] != each.floor[index]) | (each.maximum[later] != each.maximum[index])
            for each in plan.workloads
        ]
    )
    return plan.grid.instant(index + 1 + int(np.argmax(differs))) if differs.any() else None


def longest_wait(plan: Plan) -> timedelta | None:
    """The longest wait that a plan expects; ``None`` where some wait beyond its end."""
    longest = [each.longest for each in waits(plan)]
    return None if None in longest else max((each for each in longest if each is not None), default=timedelta(0))


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Plan and cluster at one moment; mappings are by workload."""

    plan: Plan
    later: Change | None
    """The next change where the plan's own window has none."""
    cost: Cost
    longest_wait: timedelta | None
    seen: Mapping[str, Seen | Reason]
    ready: Mapping[str, int]
    """Replicas that serve, also of what is not ours to scale; those of the last look where there is none now."""
    floors: Mapping[str, int]
    """Those that are held, as they are written."""
    startups: Mapping[str, Startups]


def status(state: State, now: datetime, language: str) -> dict[str, Any]:
    """Everything but conditions and ``observedGeneration``."""
    plan, cost = state.plan, state.cost
    index = plan.grid.index(now)
    ready, planned = sum(state.ready.values()), sum(int(each.floor[index]) for each in plan.workloads)
    found: dict[str, Any] = {
        "today": today(plan, now),
        "sessions": _rounded(float(plan.demand.load.sessions.expected[index])),
        "ready": f"{ready}/{planned}",
        "workloads": [_workload(each, index, state, language) for each in plan.workloads],
        "admission": _admission(carried(plan, state.ready, index), state, now),
        "cost": {
            "replicaHours": round(cost.replica_hours),
            "usualReplicaHours": round(cost.usual_replica_hours),
            "percent": round(100 * cost.replica_hours / cost.usual_replica_hours) if cost.usual_replica_hours else 100,
        },
    }
    change = next_change(plan, index) or state.later
    if change is not None:
        found["nextChange"] = {
            "at": iso(change.at),
            "workload": change.workload,
            "from": change.before,
            "to": change.after,
            "message": f"{change.workload} {change.before} → {change.after}",
        }
    return found


def released(status: Mapping[str, Any]) -> dict[str, Any]:
    """A status once everything was given back: no workload has a floor any more, nor is it known what stood there
    before us."""
    gone = ("floor", "former")
    workloads = [{name: value for name, value in each.items() if name not in gone} for each in status["workloads"]]
    return {**status, "workloads": workloads}


def _workload(planned: WorkloadPlan, index: int, state: State, language: str) -> dict[str, Any]:
    name, seen = planned.name, state.seen[planned.name]
    floor, startups = state.floors.get(name), state.startups.get(name)
    found: dict[str, Any] = {"name": name, "planned": int(planned.floor[index]), "need": int(planned.need[index])}
    if name in state.ready:
        found["ready"] = state.ready[name]
    if isinstance(seen, Reason):
        return found | {"message": seen.text(language)[:1024]}
    found |= {"driver": seen.driver, "replicas": seen.replicas}
    if seen.rolling_out:
        found["message"] = Reason("RollingOut").text(language)
    if seen.maximum is not None:
        found["maximum"] = seen.maximum
    if floor is not None:
        found["floor"] = floor
    if seen.former is not None and seen.former.by:
        former = {"minimum": seen.former.minimum, "maximum": seen.former.maximum}
        found["former"] = {name: value for name, value in former.items() if value is not None}
    if startups is not None and (startups.warm or startups.new_node):
        measured = {"warm": startups.warm, "newNode": startups.new_node}
        found["startup"] = {name: _samples(samples) for name, samples in measured.items() if samples}
    return found


def _samples(samples: tuple[int, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"samples": list(samples)}
    for percent in (50, 95):
        seconds = percentile(samples, percent)
        if seconds is not None:
            found[f"p{percent}Minutes"] = -(-seconds // 60)
    return found


def _admission(carries: Carried, state: State, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if carries.sessions is not None:
        found["sessions"] = carries.sessions
    if carries.logins_per_minute is not None:
        found["loginsPerSecond"] = floor(carries.logins_per_minute / 60)
    if state.longest_wait is not None:
        found["longestWaitSeconds"] = round(state.longest_wait.total_seconds())
    if slots := list(_slots(state.plan, now)):
        found["slots"] = slots
    return found


def _slots(plan: Plan, now: datetime) -> Iterator[dict[str, Any]]:
    """When each segment should begin on the next day that has slots; a slot lasts until the next one, or 15 minutes."""
    wanted, today_there = plan.spec.shaping.slots, local_date(now, plan.timezone)
    ahead = next((each for each in plan.demand.starts if each.on >= today_there), None)
    if wanted is None or ahead is None:
        return
    begins = {segment: wanted.from_ + minutes for segment, minutes in ahead.shifts}
    begin_of_day = midnight(ahead.on, plan.timezone)
    for segment, begin in begins.items():
        end = min((each for each in begins.values() if each > begin), default=begin + SLOT_MINUTES)
        # clock time, so that a slot at 08:00 is at 08:00 on every day
        since, until = (begin_of_day + timedelta(minutes=each) for each in (begin, end))
        yield {"segment": segment, "from": iso(since), "until": iso(until)}


def _rounded(value: float) -> int:
    """To two digits, so that a status is not written for every session."""
    return int(float(f"{value:.2g}"))


def iso(instant: datetime) -> str:
    """An instant as the API server writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def published(plan: Plan, name: str, now: datetime, language: str) -> str:
    """The plan of the next 48 hours as JSON for other programs: only changes, with their reasons; at most 256 KiB.

    Where that is not enough, it ends earlier, and says so.
    """
    until = min(now + PUBLISHED, plan.window.instant(plan.window.length))
    changes = {each.name: list(_changes(plan, each, Grid.between(now, until), language)) for each in plan.workloads}
    while True:
        document = {
            "version": 1,
            "platform": name,
            "from": iso(now),
            "until": iso(until),
            "timezone": plan.timezone,
            "workloads": {
                workload: [{"time": iso(time), **change} for time, change in all_of_it if time < until]
                for workload, all_of_it in changes.items()
            },
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) <= _MOST_BYTES or until <= now + MINUTE:
            return text
        until = now + (until - now) / 2


def _changes(
    plan: Plan, workload: WorkloadPlan, window: Grid, language: str
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    end = window.instant(window.length)
    for each in steps(plan, workload):
        if each.time >= end:
            return
        yield each.time, {"floor": each.floor, "reason": each.reason.text(language)}
