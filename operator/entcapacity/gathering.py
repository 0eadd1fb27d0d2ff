"""The facts of a plan, gathered from what a cluster says of one platform: the operator and the commands ask here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from entcapacity.facts import Facts
from entcapacity.fields import MEASURED
from entcapacity.school import SchoolAnnouncement
from entcapacity.schooldays import SchoolDays
from entcapacity.spec import ENTCapacitySpec
from entcapacity.startups import Startups
from entcapacity.targets import Object, Seen


def facts_of(
    spec: ENTCapacitySpec,
    days: SchoolDays,
    announcements: tuple[SchoolAnnouncement, ...],
    there: Mapping[str, Seen],
    startups: Mapping[str, Startups],
) -> Facts:
    """All but the floors in effect; ``there`` and ``startups`` are by workload."""
    wanted = {each.name for each in spec.workloads if each.startup == MEASURED}
    measured: dict[str, timedelta | None] = {
        name: each.measured(spec.nodes.startup) for name, each in startups.items() if name in wanted
    }
    return Facts(
        days,
        announcements,
        startups={name: each for name, each in measured.items() if each is not None},
        bounds={name: each.bounds for name, each in there.items()},
        in_order=frozenset(name for name, each in there.items() if each.in_order),
    )


def remembered(document: Object, spec: ENTCapacitySpec) -> dict[str, Startups]:
    """By workload, the start-up times that an ENTCapacity's status keeps."""
    known, found = {each.name for each in spec.workloads}, {}
    for each in document.get("status", {}).get("workloads", []):
        times = each.get("startup", {})
        samples = [tuple(times.get(name, {}).get("samples", ())) for name in ("warm", "newNode")]
        if each["name"] in known:
            found[each["name"]] = Startups(*samples)
    return found
