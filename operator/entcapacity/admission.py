"""What a plan lets in where capacity ends: who waits, how long, and at which tier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf, isinf

import numpy as np

from entcapacity.ceilings import Ceilings, carried_by
from entcapacity.demand import Load
from entcapacity.grid import MINUTE, spans
from entcapacity.plan import Plan
from entcapacity.smoothing import Admission, admit


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in which people wait."""

    since: datetime
    until: datetime
    """When nobody waits any more; the end of the window where that is not reached."""
    most: int
    """Most people waiting at once: users who want in, each counted once however often they try."""
    longest: timedelta | None
    """Longest wait; ``None`` where the queue does not empty within what was planned."""
    limited_by: str
    """The workload or limit that lets in the fewest when it begins."""


def ceilings(plan: Plan) -> Ceilings:
    """What the ready replicas and the limits carry together, per minute of the plan's grid."""
    return carried_by(((each.workload, each.sizing, each.ready) for each in plan.workloads), plan.spec, plan.demand)


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
        plan.demand.users,
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
