"""Load → replicas of each workload."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from entcapacity.demand import Peak
from entcapacity.grid import Floats, Ints
from entcapacity.spec import ENTCapacitySpec, Workload, scales_with

BETA: Final = 2.0
"""Square-root staffing: replicas for n sessions are sized for n + β√n (Halfin & Whitt 1981; Green, Kolesar & Whitt
2007). β = 2 leaves about 2 % of arrivals a moment above the mean; it matters on small platforms."""
ROUNDING: Final = 1e-9
"""What floating point may add to a whole number of replicas without asking for one more."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What one replica carries at 100 %; infinite where a workload does not scale with it."""

    sessions: float = math.inf
    logins: float = math.inf
    """Log-ins per minute."""
    connections: float = math.inf
    """Connections of clients, for a pooler."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """How a workload turns load into replicas."""

    carried: Carried
    utilization: float
    """Target utilisation ρ, of 1."""
    domains: int = 1
    """Failure domains that replicas are spread over."""
    lost: int = 0
    """How many of them may be lost."""

    def need(self, sessions: Floats, logins: Floats) -> Ints:
        """Replicas that serve a load: R = max(⌈(n + β√n)/(ρu)⌉, ⌈λ/(ρμ)⌉), spread over failure domains."""
        by_sessions = _replicas((sessions + BETA * np.sqrt(sessions)) / (self.utilization * self.carried.sessions))
        by_logins = _replicas(logins / (self.utilization * self.carried.logins))
        return self.spread_over(np.maximum(by_sessions, by_logins))

    def need_for_connections(self, connections: Floats) -> Ints:
        """Replicas of a pooler for the connections that its clients hold.

        Not spread again: clients are spread already, and those of a lost failure domain hold no connections.
        """
        return _replicas(connections / (self.utilization * self.carried.connections))

    def spread_over(self, replicas: Ints) -> Ints:
        """The fewest replicas of which so many are left when the largest failure domains are gone.

        About × z/(z − tolerated); more where replicas do not divide evenly over the domains.
        """
        if not self.lost:
            return replicas
        spread = -(-replicas * self.domains // (self.domains - self.lost))
        for _ in range(self.domains):
            left = spread - self.lost * (spread // self.domains) - np.minimum(self.lost, spread % self.domains)
            spread = spread + (left < replicas)
        return spread


def sizing(workload: Workload, spec: ENTCapacitySpec, peak: Peak, connections: float = 0.0) -> Sizing:
    """How a workload is sized: measured capacity where there is one, else calibrated by ``ordinaryPeak``.

    ``peak`` is the model's own expected peak of an ordinary Monday, so that an error in the users' share cancels;
    ``connections`` is what a pooler's clients hold then.
    """
    utilization = spec.target_utilization_percent / 100
    kind = scales_with(workload, spec.workloads)
    measured = workload.capacity
    return Sizing(
        Carried(
            sessions=_carried(workload, utilization, measured.sessions if measured else None, peak.sessions)
            if kind in ("Sessions", "Both")
            else math.inf,
            logins=_carried(workload, utilization, measured.logins_per_minute if measured else None, peak.logins)
            if kind in ("Logins", "Both")
            else math.inf,
            connections=_carried(workload, utilization, None, connections) if kind == "Clients" else math.inf,
        ),
        utilization,
        *((spec.spread.failure_domains, spec.spread.tolerate) if spec.spread else (1, 0)),
    )


def ordinary_replicas(workload: Workload, sized: Sizing, peak: Peak) -> int:
    """Replicas at the peak of an ordinary Monday: as declared, else what it needs by its measured capacity."""
    if workload.ordinary_peak is not None:
        return workload.ordinary_peak.replicas
    return int(sized.need(np.array([peak.sessions]), np.array([peak.logins]))[0])


def clients_of(workload: Workload, workloads: tuple[Workload, ...]) -> Mapping[str, int]:
    """Connections per replica of each workload that comes after a pooler; where none declares any, 1 each."""
    after = [each for each in workloads if workload.name in each.after]
    declared = {each.name: each.connections.per_replica for each in after if each.connections}
    return declared or dict.fromkeys((each.name for each in after), 1)


def _carried(workload: Workload, utilization: float, measured: int | None, peak: float) -> float:
    if measured is not None:
        return float(measured)
    if workload.ordinary_peak is None or peak <= 0:
        return math.inf
    percent = workload.ordinary_peak.utilization_percent
    busy = utilization if percent is None else percent / 100
    return peak / (workload.ordinary_peak.replicas * busy)


def _replicas(exact: NDArray[np.floating[Any]]) -> Ints:
    replicas: Ints = np.ceil(exact - ROUNDING).astype(np.int64)
    return replicas
