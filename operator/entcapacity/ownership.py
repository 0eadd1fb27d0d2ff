"""Whose a workload is: who may hold it, who holds it after, and how everything is given back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus

from entcapacity import targets
from entcapacity.drivers import Write, runs_above
from entcapacity.kube import ClusterError
from entcapacity.parse import InvalidResource
from entcapacity.reasons import Reason, reason
from entcapacity.reconcile import handed_over, release
from entcapacity.spec import ENTCapacity, Workload
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object, Ref, Seen
from entcapacity.world import World

log = logging.getLogger("entcapacity")


async def given_back(around: Surroundings, document: Object, heirs: bool) -> None:
    """Gives back what an ENTCapacity holds, found by its mark, whatever its spec says now.

    With ``heirs``, what another one scales, too, is handed over to that one.
    """
    namespace, name = document["metadata"]["namespace"], document["metadata"]["name"]
    objects = await all_objects(around, namespace, document, strict=True)
    problems = await let_go(around, document, targets.held_by(name, objects), heirs)
    if problems:
        raise ClusterError(0, "not given back yet: " + "; ".join(each.text(around.language) for each in problems))


async def let_go(around: Surroundings, document: Object, held: Iterable[Seen], heirs: bool) -> list[Reason]:
    """Gives back what an ENTCapacity holds, or with ``heirs`` hands it over to another one that scales it, too.

    Answers with what could not be done.
    """
    namespace, name = document["metadata"]["namespace"], document["metadata"]["name"]

    async def let_one_go(each: Seen) -> Reason | None:
        heir = heir_of(around.world, document, each.target) if heirs else ""
        problem = await write(around, each, handed_over(each, heir) if heir else release(each, name))
        if problem is not None:
            return problem
        log.info("%s/%s: %s given %s", namespace, name, each.at, f"to {heir}" if heir else "back")
        if not heir:
            await _tell_kept(around, each)
        return None

    # all at once: where each waits for a webhook that has died, one after the other takes as long as a dead loop
    return [each for each in await asyncio.gather(*map(let_one_go, held)) if each is not None]


async def write(around: Surroundings, seen: Seen, writes: Iterable[Write]) -> Reason | None:
    """Does the writes in turn, and tells the world how things then are; answers with what went wrong."""
    for each in writes:
        try:
            answer = await around.kube.write(each)
        except ClusterError as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                await look_at(around, seen.at, seen.uid)
            return reason("WriteFailed", workload=seen.name, object=str(each.at), problem=str(error))
        if each.how == "Apply":
            around.world.put(answer)
        else:
            around.world.scaled(each.at, answer)
    return None


async def look_at(around: Surroundings, at: Ref, uid: str = "") -> None:
    """Looks at an object itself, of which no watch may tell; with ``uid``, one that is gone is forgotten."""
    try:
        found = await around.kube.get(at)
    except ClusterError as error:
        log.info("no look at %s: %s", at, error)
        return
    if found is None:
        metadata = {"namespace": at.namespace, "name": at.name, "uid": uid}
        around.world.drop({"apiVersion": at.api_version, "kind": at.kind, "metadata": metadata})
    elif around.world.put(found):
        log.info("%s/%s: of its last change no watch has told yet", at.namespace, at)


async def all_objects(around: Surroundings, namespace: str, document: Object, strict: bool = False) -> targets.Objects:
    """What the watches brought, with targets of other kinds that are asked for now, all at once.

    One that gives no answer is unreadable, and keeps nothing else waiting; with ``strict`` it raises ``ClusterError``.
    """
    objects = around.world.objects(namespace)
    workloads, unreadable = dict(objects.workloads), {}

    async def ask(ref: Ref) -> None:
        workloads.pop(ref.key, None)
        try:
            found = await around.kube.get(ref)
            if found is not None:
                workloads[ref.key] = targets.with_scale(found, await around.kube.scale(ref))
        except ClusterError as error:
            if strict and not error.status:
                raise
            unreadable[ref.key] = str(error)

    asked = set()
    for each in document.get("spec", {}).get("workloads", []):
        target = each.get("target") or {}
        kind, api_version = target.get("kind", "Deployment"), target.get("apiVersion", "apps/v1")
        ref = Ref(api_version, kind, namespace, target.get("name", ""))
        if not ref.watched and api_version.count("/") == 1:
            asked.add(ref)
    await asyncio.gather(*map(ask, asked))
    return replace(objects, workloads=workloads, unreadable=unreadable)


async def _tell_kept(around: Surroundings, seen: Seen) -> None:
    """Says what a workload had before where it keeps what it has."""
    former = seen.former.minimum if seen.former is not None else None
    if runs_above(seen):
        most = {"maximum": str(seen.maximum), "former": str(seen.bounds.max)}
        said = reason("MaximumKept", object=str(seen.at), replicas=seen.replicas, **most)
    elif seen.driver == "Scale" and former not in (None, seen.replicas):
        said = reason("ReplicasKept", object=str(seen.at), replicas=seen.replicas, former=former)
    else:
        return
    try:
        await around.kube.event(seen.at, seen.uid, "Normal", said.code, said.text(around.language))
    except ClusterError as error:
        log.info("%s: no Event written: %s", seen.at, error)


def seen_for(world: World, document: Object, workload: Workload, objects: targets.Objects) -> Seen | Reason:
    """A workload of an ENTCapacity as the cluster has it, or why it is not that one's to scale."""
    namespace = document["metadata"]["namespace"]
    owner = older_owner(world, document, targets.target_of(workload, namespace))
    if owner:
        return reason("TargetTaken", workload=workload.name, by=owner)
    return targets.seen(workload, namespace, objects)


def older_owner(world: World, document: Object, target: Ref) -> str:
    """The name of an older ENTCapacity of the same namespace that scales the same target; empty where there is none.

    One that only observes keeps nobody from acting.
    """
    others = _also_scaling(world, document, target)
    acting = (each for each in others if each[1].spec.mode == "Enforce")
    return next((other.name for each, other in acting if targets.older(each, document)), "")


def heir_of(world: World, document: Object, target: Ref) -> str:
    """The name of the ENTCapacity that acts on a target when this one is gone; empty where there is none."""
    first: tuple[Object, ENTCapacity] | None = None
    for each in _also_scaling(world, document, target):
        if each[1].spec.mode == "Enforce" and (first is None or targets.older(each[0], first[0])):
            first = each
    return first[1].name if first is not None else ""


def _also_scaling(world: World, document: Object, target: Ref) -> Iterator[tuple[Object, ENTCapacity]]:
    """The other ENTCapacities of the same namespace that scale a target."""
    namespace = document["metadata"]["namespace"]
    for each in world.capacities(namespace):
        metadata = each["metadata"]
        if metadata["uid"] == document["metadata"].get("uid") or "deletionTimestamp" in metadata:
            continue
        if not _may_scale(each, target):
            continue
        try:
            capacity = world.parsed(each)
        except InvalidResource:
            continue
        if any(targets.target_of(workload, namespace) == target for workload in capacity.spec.workloads):
            yield each, capacity


def _may_scale(document: Object, target: Ref) -> bool:
    """Whether an ENTCapacity names a target at all: cheap, since each pass asks it of all others in the namespace."""
    workloads = document.get("spec", {}).get("workloads", [])
    return any((each.get("target") or each).get("name") == target.name for each in workloads)
