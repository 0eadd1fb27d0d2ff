"""Whether the cluster has room for a plan: ResourceQuotas, and nodes where nobody said that new ones come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from kubernetes.utils.quantity import parse_quantity

from entcapacity.grid import Floats, on_clock
from entcapacity.plan import Plan
from entcapacity.reasons import Reason, reason
from entcapacity.targets import Object

_QUOTAS = {
    "cpu": ("requests.cpu", "cpu"),
    "memory": ("requests.memory", "memory"),
    "limits.cpu": ("limits.cpu",),
    "limits.memory": ("limits.memory",),
    "pods": ("pods", "count/pods"),
}
"""What a replica takes, and the names under which a ResourceQuota bounds it."""


@dataclass(frozen=True, slots=True)
class Room:
    """What bounds the pods of a namespace."""

    quotas: Sequence[Object] = ()
    nodes: Sequence[Object] = ()


def takes(target: Object) -> Mapping[str, float]:
    """What one replica takes: requests and limits of its pod template's containers, in cores and bytes, and one pod.

    A limit is the request, too, where there is none, as the API server fills it in.
    """
    taken = dict.fromkeys(_QUOTAS, 0.0) | {"pods": 1.0}
    pod = target.get("spec", {}).get("template", {}).get("spec", {})
    for container in pod.get("containers", []):
        resources = container.get("resources", {})
        limits = resources.get("limits") or {}
        for name, amount in {**limits, **(resources.get("requests") or {})}.items():
            if name in ("cpu", "memory"):
                taken[name] += _number(amount)
        for name, amount in limits.items():
            if name in ("cpu", "memory"):
                taken[f"limits.{name}"] += _number(amount)
    return taken


def shortages(
    plan: Plan, running: Mapping[str, int], taken: Mapping[str, Mapping[str, float]], room: Room
) -> Iterator[Reason]:
    """What will be short, each at its worst minute; ``running`` and ``taken`` are by workload."""
    ahead = plan.ahead
    for resource, names in _QUOTAS.items():
        asked, now = _asked(plan, taken, resource), sum(running[name] * each[resource] for name, each in taken.items())
        if not asked[ahead].size:
            continue
        peak = ahead.start + int(np.argmax(asked[ahead]))
        at = on_clock(plan.grid.instant(peak), plan.timezone)
        more = float(asked[peak]) - now
        for quota in filter(_counts_all, room.quotas):
            status = quota.get("status", {})
            for name in names:
                if name in status.get("hard", {}):
                    left = _number(status["hard"][name]) - _number(status.get("used", {}).get(name, "0"))
                    if more > left:
                        yield reason(
                            "QuotaShort",
                            quota=quota["metadata"]["name"],
                            resource=name,
                            missing=_amount(more - left, resource),
                            at=at,
                        )
        nodes = plan.spec.nodes
        limit = resource.startswith("limits.")  # of which nodes may promise more than they have
        if room.nodes and not limit and not nodes.startup and nodes.max is None:
            there = sum(
                _number(each.get("status", {}).get("allocatable", {}).get(resource, "0")) for each in room.nodes
            )
            if float(asked[peak]) > there:
                missing = _amount(float(asked[peak]) - there, resource)
                yield reason("AllocatableShort", resource=resource, missing=missing, at=at)


def _counts_all(quota: Object) -> bool:
    """Whether a quota bounds every pod; of one that is for some only, nobody knows whether ours are among them."""
    spec = quota.get("spec", {})
    return not spec.get("scopes") and not spec.get("scopeSelector")


def _asked(plan: Plan, taken: Mapping[str, Mapping[str, float]], resource: str) -> Floats:
    total = np.zeros(plan.grid.length)
    for each in plan.workloads:
        if each.name in taken:
            total += each.floor * taken[each.name][resource]
    return total


def _number(quantity: str) -> float:
    return float(parse_quantity(quantity))  # type: ignore[no-untyped-call]


def _amount(value: float, resource: str) -> str:
    return f"{value / 2**30:.1f}Gi" if resource.endswith("memory") else f"{value:g}"
