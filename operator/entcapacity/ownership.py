"""Whose a workload is: who may hold it, who holds it after, and how everything is given back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from entcapacity import targets
from entcapacity.kube import ClusterError
from entcapacity.parse import InvalidResource, parse
from entcapacity.reasons import reason
from entcapacity.reconcile import handed_over, release
from entcapacity.spec import ENTCapacity
from entcapacity.surroundings import Surroundings
from entcapacity.targets import WATCHED, Object, Ref, Seen
from entcapacity.world import CAPACITY, World

log = logging.getLogger("entcapacity")


async def given_back(around: Surroundings, document: Object, heirs: bool) -> None:
    """Gives back what an ENTCapacity holds, found by its mark, whatever its spec says now.

    With ``heirs``, what another one scales, too, is handed over to that one.
    """
    namespace, name = document["metadata"]["namespace"], document["metadata"]["name"]
    problems = []
    objects = await all_objects(around, namespace, document)
    for each in targets.held_by(name, objects):
        heir = heir_of(around.world, document, each.target) if heirs else ""
        for write in handed_over(each, heir) if heir else release(each, name):
            try:
                around.world.put(await around.kube.write(write))
            except ClusterError as error:
                problems.append(f"{each.at}: {error}")
                break
        else:
            log.info("%s/%s: %s given %s", namespace, name, each.at, f"to {heir}" if heir else "back")
            if not heir:
                await tell_kept(around, each)
    if problems:
        raise ClusterError(0, "not given back yet: " + "; ".join(problems))


async def all_objects(around: Surroundings, namespace: str, document: Object) -> targets.Objects:
    """What the watches brought, with targets of other kinds that are asked for now."""
    objects, unreadable = around.world.objects(namespace), {}
    workloads = dict(objects.workloads)
    for each in document.get("spec", {}).get("workloads", []):
        target = each.get("target") or {}
        kind, api_version = target.get("kind", "Deployment"), target.get("apiVersion", "apps/v1")
        if kind not in WATCHED and api_version.count("/") == 1:
            ref = Ref(api_version, kind, namespace, target["name"])
            key = (targets.group_of(api_version), kind, ref.name)
            workloads.pop(key, None)
            try:
                found = await around.kube.get(ref)
                if found is not None:
                    workloads[key] = targets.with_scale(found, await around.kube.scale(ref))
            except ClusterError as error:
                if not error.status:
                    raise
                unreadable[key] = str(error)
    return replace(objects, workloads=workloads, unreadable=unreadable)


async def tell_kept(around: Surroundings, let_go: Seen) -> None:
    """Says what a workload had before where it keeps what it has."""
    former = let_go.former.minimum if let_go.former is not None else None
    if let_go.driver != "Scale" or former is None or former == let_go.replicas:
        return
    said = reason("ReplicasKept", object=str(let_go.at), replicas=let_go.replicas, former=former)
    try:
        await around.kube.event(let_go.at, let_go.uid, "Normal", said.code, said.text(around.language))
    except ClusterError as error:
        log.info("%s: no Event written: %s", let_go.at, error)


def older_owner(world: World, document: Object, target: Ref) -> str:
    """The name of an older ENTCapacity of the same namespace that scales the same target; empty where there is none."""
    others = _also_scaling(world, document, target)
    return next((other.name for each, other in others if targets.older(each, document)), "")


def heir_of(world: World, document: Object, target: Ref) -> str:
    """The name of the ENTCapacity that acts on a target when this one is gone; empty where there is none."""
    first: tuple[Object, ENTCapacity] | None = None
    for each in _also_scaling(world, document, target):
        if first is None or targets.older(each[0], first[0]):
            first = each
    return first[1].name if first is not None and first[1].spec.mode == "Enforce" else ""


def _also_scaling(world: World, document: Object, target: Ref) -> Iterator[tuple[Object, ENTCapacity]]:
    """The other ENTCapacities of the same namespace that scale a target."""
    namespace = document["metadata"]["namespace"]
    for each in world.every(CAPACITY):
        metadata = each["metadata"]
        if metadata["namespace"] != namespace or metadata["uid"] == document["metadata"].get("uid"):
            continue
        if "deletionTimestamp" in metadata or not _may_scale(each, target):
            continue
        try:
            capacity = parse(each)
        except InvalidResource:
            continue
        assert isinstance(capacity, ENTCapacity)
        if any(targets.target_of(workload, namespace) == target for workload in capacity.spec.workloads):
            yield each, capacity


def _may_scale(document: Object, target: Ref) -> bool:
    """Whether an ENTCapacity names a target at all: cheap, since each pass asks it of all others in the namespace."""
    workloads = document.get("spec", {}).get("workloads", [])
    return any((each.get("target") or each).get("name") == target.name for each in workloads)
