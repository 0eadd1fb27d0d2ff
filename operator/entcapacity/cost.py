"""What a plan costs: replica-hours, CPU, memory and nodes, against the usual week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Final

import numpy as np

from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import Grid, Ints, local
from entcapacity.plan import Plan, plan
from entcapacity.schooldays import SchoolDays
from entcapacity.terms import Covered, Terms

_GIB: Final = 2**30
_WEEK: Final = 7 * MINUTES_PER_DAY
# A week of January without any public holiday in any territory, and its Monday.
_USUAL: Final = SchoolDays(Terms((), (Covered(date(2020, 12, 1), date(2021, 2, 28)),)))
_MONDAY: Final = datetime(2021, 1, 11, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cost:
    """What floors hold over a window. CPU in cores, memory in GiB; 0 where no requests are known."""

    replica_hours: float
    usual_replica_hours: float
    """The same window if every weekday in it were an ordinary class day."""
    peak_replicas: int
    cpu_hours: float
    peak_cpu: float
    memory_gib_hours: float
    peak_memory_gib: float
    peak_nodes: int | None
    """Nodes at the peak, by ``podsPerNode``; ``None`` where that is not declared."""


def cost(made: Plan) -> Cost:
    """The cost of the floors in the plan's window from ``as_of`` on, and of the usual week's over the same hours."""
    ahead = made.ahead
    floors = {each.name: each.floor[ahead] for each in made.workloads}
    requests = {each.name: each.workload.requests for each in made.workloads}
    total: Ints = np.sum(list(floors.values()), axis=0)
    nothing = np.zeros(len(total))
    cpu = sum((asked.cpu * floors[name] for name, asked in requests.items() if asked), nothing)
    memory = sum((asked.memory / _GIB * floors[name] for name, asked in requests.items() if asked), nothing)
    per_node = made.spec.nodes.pods_per_node
    return Cost(
        replica_hours=float(total.sum()) / 60,
        usual_replica_hours=float(_usual(made).sum()) / 60,
        peak_replicas=int(total.max(initial=0)),
        cpu_hours=float(cpu.sum()) / 60,
        peak_cpu=float(cpu.max(initial=0)),
        memory_gib_hours=float(memory.sum()) / 60,
        peak_memory_gib=float(memory.max(initial=0)),
        peak_nodes=ceil(int(total.max(initial=0)) / per_node) if per_node else None,
    )


def _usual(made: Plan) -> Ints:
    """Replicas per minute of the window in a usual week: class on weekdays, nothing announced, added or rehearsed."""
    audience = tuple(each.model_copy(update={"calendar": None}) for each in made.spec.audience)
    spec = made.spec.model_copy(update={"audience": audience, "events": (), "boost": None, "rehearsal": None})
    facts = replace(made.facts, schooldays=_USUAL, announcements=(), floors={})
    week = plan(spec, facts, _MONDAY, Grid.between(_MONDAY - timedelta(days=1), _MONDAY + timedelta(days=8)))
    total = np.sum([each.floor[week.inner] for each in week.workloads], axis=0)
    usual = np.zeros(_WEEK, dtype=np.int64)
    usual[_minute_of_week(week.window, made.timezone)] = total
    return usual[_minute_of_week(made.window, made.timezone)][made.ahead.start - made.inner.start :]


def _minute_of_week(window: Grid, timezone: str) -> Ints:
    seen = local(window, timezone)
    weekdays = np.array([on.weekday() for on in seen.days])
    return weekdays[seen.day] * MINUTES_PER_DAY + seen.minute
