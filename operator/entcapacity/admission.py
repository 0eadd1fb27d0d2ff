"""What a plan lets in where capacity ends: who waits, how long, and at which tier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from math import inf, isfinite, isinf

import numpy as np

from entcapacity.demand import Load, weights_of
from entcapacity.grid import MINUTE, Floats, ratio, spans
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.smoothing import Admission, admit


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in which people wait."""

    since: datetime
    until: datetime
    """When nobody waits any more; the end of the window where that is not reached."""
    most: int
    """Most people waiting at once."""
    longest: timedelta | None
    """Longest wait; ``None`` where the queue does not empty within what was planned."""
    limited_by: str
    """The workload or limit that lets in the fewest when it begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Ceilings:
    """What the ready replicas and the limits carry, per minute of the plan's grid, in terms of the plain load."""

    logins: Floats
    sessions: Floats
    login_limits: dict[str, Floats]
    session_limits: dict[str, Floats]


def ceilings(plan: Plan) -> Ceilings:
    """Log-ins per minute and sessions that everything together lets in, at 100 % utilisation."""
    length = plan.grid.length
    logins = {each.name: np.full(length, float(each.logins_per_minute)) for each in plan.spec.limits}
    sessions: dict[str, Floats] = {}
    for each in plan.workloads:
        carried = each.sizing.carried
        if isfinite(carried.logins):
            logins[each.name] = _ceiling(plan, each, carried.logins, "logins")
        if isfinite(carried.sessions):
            sessions[each.name] = _ceiling(plan, each, carried.sessions, "sessions")
    nothing = np.full(length, np.inf)
    return Ceilings(
        reduce(np.minimum, logins.values(), nothing), reduce(np.minimum, sessions.values(), nothing), logins, sessions
    )


def admission(plan: Plan, ceiling: Ceilings) -> Admission:
    """Who gets in when, if people come as they are expected, as many as is planned on; arrays are on the plan's grid.

    Nobody waits from before ``as_of``: what was ready then, the plan does not know.
    """
    load = plan.demand.load
    past = np.arange(plan.grid.length) < plan.grid.index_from(plan.as_of)
    return admit(
        load.logins.coming(plan.spec.demand.plan_on),
        load.sessions.coming(plan.spec.demand.plan_on),
        np.where(past, np.inf, ceiling.logins),
        np.where(past, np.inf, ceiling.sessions),
        plan.spec.demand.session_length / MINUTE,
    )


def waits(plan: Plan) -> Iterator[Wait]:
    """The times in the window, from ``as_of`` on, in which people wait."""
    ceiling = ceilings(plan)
    let_in = admission(plan, ceiling)
    for first, last in spans(let_in.queue >= 1.0, plan.ahead):
        longest = float(let_in.wait[first:last].max())
        yield Wait(
            plan.grid.instant(first),
            plan.grid.instant(last),
            int(np.ceil(let_in.queue[first:last].max())),
            None if isinf(longest) else longest * MINUTE,
            _tightest(plan.demand.load, ceiling, first, plan.spec.demand.plan_on),
        )


def _tightest(load: Load, ceiling: Ceilings, index: int, plan_on: str) -> str:
    """Whose ceiling the load goes beyond the most."""
    logins, sessions = (float(each.coming(plan_on)[index]) for each in (load.logins, load.sessions))
    left = {name: float(limit[index]) / max(logins, 1.0) for name, limit in ceiling.login_limits.items()}
    for name, limit in ceiling.session_limits.items():
        left[name] = min(left.get(name, inf), float(limit[index]) / max(sessions, 1.0))
    return min(left, key=lambda name: left[name])


def _ceiling(plan: Plan, workload: WorkloadPlan, carried: float, what: str) -> Floats:
    """What a workload's ready replicas carry, in plain sessions or log-ins where it is used more or less heavily."""
    ceiling: Floats = workload.ready.astype(np.float64) * carried
    weights = weights_of(workload.workload.weights)
    if weights:
        plain, weighted = (getattr(plan.demand.loads[each], what).expected for each in ((), weights))
        ceiling *= ratio(plain, weighted)
    return ceiling
