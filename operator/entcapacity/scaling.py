"""How each workload is scaled: what it grows with, what a replica carries, how far ahead, and between which bounds.

All of it follows from spec and facts, before any day is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from entcapacity.demand import ordinary_peak
from entcapacity.facts import Bounds, Facts
from entcapacity.fields import MEASURED
from entcapacity.grid import MINUTE
from entcapacity.sizing import Sizing, clients_of, ordinary_replicas, sizing
from entcapacity.spec import MAX_REPLICAS, ENTCapacitySpec, ScalesWith, Workload, scales_with

DEFAULT_STARTUP: Final = timedelta(minutes=2)
"""From asking to Ready, until it was measured."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Whole minutes from asking for a replica to the need for it."""

    own: int
    """Start-up, warm-up and node start-up of the workload itself."""
    chain: int
    """The same of the workloads that come after it, one after the other."""
    before: tuple[int, int]
    """``readyBefore`` on ordinary and on exceptional days."""

    @property
    def ordinary(self) -> int:
        """Minutes on ordinary days."""
        return self.own + self.chain + self.before[0]

    @property
    def exceptional(self) -> int:
        """Minutes on exceptional days."""
        return self.own + self.chain + self.before[1]


@dataclass(frozen=True, slots=True)
class Rise:
    """How fast a floor rises ahead of a need."""

    up: int
    """Replicas in ``every`` minutes."""
    every: int = 1
    in_order: bool = False
    """Whether it is one pod at a time, since each comes when the one before is Ready."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """How one workload is scaled."""

    workload: Workload
    scales_with: ScalesWith
    sizing: Sizing
    lead: Lead
    rise: Rise
    clients: Mapping[str, int]
    """For a pooler, the connections per replica of each client; else empty."""
    ordinary: int
    """Replicas at the peak of an ordinary Monday."""
    minimum: int
    """Never above ``maximum``, whatever the spec says: the API server would refuse it."""
    maximum: int
    """``MAX_REPLICAS`` where none is known."""
    raised: int
    """The maximum on announced days."""

    @property
    def most(self) -> int:
        """The most it may ever have."""
        return max(self.maximum, self.raised)


def scalings(spec: ENTCapacitySpec, facts: Facts) -> dict[str, Scaling]:
    """How each workload is scaled, by name; clients before the poolers that follow them."""
    found: dict[str, Scaling] = {}
    lengths: dict[str, int] = {}  # L(w): of the longest chain that begins with a workload
    monday = ordinary_peak(spec)
    for workload in _clients_first(spec.workloads):
        kind = scales_with(workload, spec.workloads)
        clients = clients_of(workload, spec.workloads) if kind == "Clients" else {}
        held = sum(count * found[name].ordinary for name, count in clients.items())
        peak = monday.used(workload.weights)
        sized = sizing(workload, spec, peak, held)
        chain = max((lengths[each.name] for each in spec.workloads if workload.name in each.after), default=0)
        lead = _lead(workload, kind, chain, spec, facts)
        lengths[workload.name] = lead.own + chain
        bounds = facts.bounds.get(workload.name, Bounds())
        own = own_maximum(workload, bounds)
        maximum = min(each for each in (own, bounds.max, MAX_REPLICAS) if each)  # never above the HPA's
        raised = workload.max_when_announced
        minimum = next(each for each in (workload.min, bounds.min, 1) if each is not None)
        found[workload.name] = Scaling(
            workload,
            kind,
            sized,
            lead,
            _rise(workload, spec, facts),
            clients,
            ordinary_replicas(workload, sized, peak),
            minimum=min(minimum, maximum),
            maximum=maximum,
            raised=maximum if raised is None else max(raised, own or bounds.max or 0),
        )
    return found


def own_maximum(workload: Workload, bounds: Bounds) -> int | None:
    """The spec's maximum. What stood there before stays, though it be more, unless the spec has a minimum, too."""
    if workload.max is None or workload.min is not None:
        return workload.max
    return max(workload.max, bounds.min or 0)


def minutes(duration: timedelta) -> int:
    """Whole minutes, rounded up."""
    return ceil(duration / MINUTE)


def _clients_first(workloads: tuple[Workload, ...]) -> tuple[Workload, ...]:
    """Workloads such that each comes when all that come after it in the chain have come: clients before poolers."""
    done: dict[str, Workload] = {}
    left = list(workloads)
    while left:
        ready = [each for each in left if not any(each.name in other.after for other in left)]
        if not ready:
            raise ValueError("after goes round in a circle")
        done.update({each.name: each for each in ready})
        left = [each for each in left if each.name not in done]
    return tuple(done.values())


def _lead(workload: Workload, kind: ScalesWith, chain: int, spec: ENTCapacitySpec, facts: Facts) -> Lead:
    own = _own_lead(workload, spec, facts)
    if kind == "Clients":
        return Lead(own, 0, (0, 0))  # it follows its clients' floors, which lead already
    before = (minutes(spec.ready_before.ordinary), minutes(spec.ready_before.exceptional))
    return Lead(own, chain, before)


def _rise(workload: Workload, spec: ENTCapacitySpec, facts: Facts) -> Rise:
    if workload.name in facts.in_order:
        return Rise(1, max(1, minutes(_startup(workload, facts))), in_order=True)
    return Rise(spec.ramp.up_per_minute)


def _startup(workload: Workload, facts: Facts) -> timedelta:
    startup = workload.startup
    measured = facts.startups.get(workload.name, DEFAULT_STARTUP) if startup == MEASURED else startup
    assert isinstance(measured, timedelta)
    return measured


def _own_lead(workload: Workload, spec: ENTCapacitySpec, facts: Facts) -> int:
    return minutes(_startup(workload, facts) + workload.warmup + spec.nodes.startup)
