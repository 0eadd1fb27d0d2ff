"""What replicas and limits carry together, in terms of the plain load: where that ends, people wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from math import isfinite

import numpy as np

from entcapacity.demand import Demand, weights_of
from entcapacity.grid import Floats, Ints, ratio
from entcapacity.sizing import Sizing
from entcapacity.spec import ENTCapacitySpec, Workload


@dataclass(frozen=True, slots=True, eq=False)
class Ceilings:
    """Log-ins per minute and sessions that are let in, per minute of the demand's grid, at 100 % utilisation."""

    logins: Floats
    sessions: Floats
    login_limits: dict[str, Floats]
    session_limits: dict[str, Floats]


def carried_by(replicas: Iterable[tuple[Workload, Sizing, Ints]], spec: ENTCapacitySpec, asked: Demand) -> Ceilings:
    """What so many replicas of the workloads carry, and the limits that are not ours to scale."""
    length = asked.grid.length
    logins = {each.name: np.full(length, float(each.logins_per_minute)) for each in spec.limits}
    sessions: dict[str, Floats] = {}
    for workload, sizing, count in replicas:
        carried = sizing.carried
        if isfinite(carried.logins):
            logins[workload.name] = _ceiling(asked, workload, count, carried.logins, "logins")
        if isfinite(carried.sessions):
            sessions[workload.name] = _ceiling(asked, workload, count, carried.sessions, "sessions")
    nothing = np.full(length, np.inf)
    return Ceilings(
        reduce(np.minimum, logins.values(), nothing), reduce(np.minimum, sessions.values(), nothing), logins, sessions
    )


def _ceiling(asked: Demand, workload: Workload, replicas: Ints, carried: float, what: str) -> Floats:
    """What a workload's replicas carry, in plain sessions or log-ins where it is used more or less heavily."""
    ceiling: Floats = replicas.astype(np.float64) * carried
    weights = weights_of(workload.weights)
    if weights:
        plain, weighted = (getattr(asked.loads[each], what).expected for each in ((), weights))
        ceiling *= ratio(plain, weighted)
    return ceiling
