"""Platforms as a cluster has them, read with the rights of whoever asks, for the commands: what the operator would
plan from, and a word on what may not be read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from http import HTTPStatus
from typing import Final, TypeVar

from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.facts import Facts
from entcapacity.fields import API_VERSION
from entcapacity.gathering import facts_of, remembered
from entcapacity.kube import ClusterError, Kube
from entcapacity.meters import Meters
from entcapacity.ownership import all_objects, seen_for
from entcapacity.parse import InvalidResource, parse
from entcapacity.pulse import Pulse
from entcapacity.reasons import Reason, reason
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import ENTCapacity
from entcapacity.surroundings import Surroundings
from entcapacity.targets import SCALED, Object, Seen, owned_by_keda
from entcapacity.world import ANNOUNCEMENT, CALENDAR, CAPACITY, World

Found = TypeVar("Found")

_HPA: Final = "HorizontalPodAutoscaler"
_SCALED_OBJECT: Final = "ScaledObject"
_TRIES: Final = 5
"""How often a busy API server is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Platform:
    """An ENTCapacity, and what its plan is made from."""

    document: Object
    capacity: ENTCapacity
    """Without the calendars that it names and that are not there: what the operator plans until they are."""
    facts: Facts
    """With the floors in effect now."""
    found: tuple[Reason, ...]
    """What could not be known, and what stands in the way."""

    @property
    def name(self) -> str:
        """``namespace/name``."""
        return f"{self.capacity.metadata.namespace}/{self.capacity.name}"


class Platforms:
    """The platforms of one cluster; raises ``ClusterError`` where an answer without what is missing would be wrong."""

    def __init__(self, kube: Kube, home: str) -> None:
        """``home`` is the operator's namespace, which holds the ConfigMaps of SchoolCalendars."""
        world, clock = World(), Clock()
        almanac = Almanac(world, kube, clock, home, "en", speaks=False)
        self._around = Surroundings(world, kube, clock, Meters(), Pulse(), almanac)
        self._home = home
        self._hidden: dict[str, frozenset[str]] = {}
        """By namespace that was read, the kinds that may not be."""
        self._knows_school = False

    async def documents(self, namespace: str) -> list[Object]:
        """As ``capacities``."""
        found = await capacities(self._around.kube, namespace)
        for each in found:
            self._around.world.put(each)
        return found

    async def one(self, namespace: str, name: str | None) -> Platform:
        """The one of that name, or the only one of its namespace."""
        return await self.of(chosen(await self.documents(namespace), name, f"in namespace {namespace}"))

    async def announcements(self) -> tuple[SchoolAnnouncement, ...]:
        """Everything that was announced, and can be read."""
        await self._school()
        return self._around.almanac.announcements

    async def announcement(self, name: str) -> SchoolAnnouncement:
        """The one of that name."""
        there = {each.name: each for each in await self.announcements()}
        if name in (wrong := self._around.almanac.unreadable):
            raise ClusterError(0, f"upgrade entcapacity, which cannot read {ANNOUNCEMENT} {name}: {wrong[name]}")
        return named(there, name, ANNOUNCEMENT, "in this cluster")

    async def of(self, document: Object) -> Platform:
        """What the plan of an ENTCapacity is made from; its namespace's others were brought by ``documents``."""
        capacity = parsed(document)
        await self._school()
        namespace, spec = capacity.metadata.namespace, capacity.spec
        hidden = await self._scaled(namespace)
        objects = await all_objects(self._around, namespace, document)
        seen = {each.name: seen_for(self._around.world, document, each, objects) for each in spec.workloads}
        # while HPAs are hidden, nobody knows what scales a workload, nor whether what it has is its own
        there = {name: each for name, each in seen.items() if isinstance(each, Seen) and _HPA not in hidden}
        found = [reason("NotRead", kind=each, namespace=namespace) for each in sorted(hidden)]
        found += self._about_calendars(capacity)
        unreadable = self._around.almanac.unreadable.items()
        found += [reason("AnnouncementNotRead", announcement=each, problem=wrong) for each, wrong in unreadable]
        problems = [each for each in seen.values() if isinstance(each, Reason)]
        found += [each for each in problems if not (hidden and each.code in ("TargetMissing", "ScaledObjectUnknown"))]
        almanac = self._around.almanac
        spec = almanac.calendars.without_missing(spec)
        facts = facts_of(spec, almanac.calendars.days, almanac.announcements, there, remembered(document, spec))
        floors = {name: each.minimum for name, each in there.items()}
        planned = capacity.model_copy(update={"spec": spec})
        return Platform(document, planned, replace(facts, floors=floors), tuple(found))

    async def _school(self) -> None:
        """Announcements and calendars, once."""
        if self._knows_school:
            return
        for kind in (ANNOUNCEMENT, CALENDAR):
            for each in await _every(self._around.kube, API_VERSION, kind):
                self._around.world.put(each)
        await self._around.almanac.look()
        self._knows_school = True

    async def _scaled(self, namespace: str) -> frozenset[str]:
        """What scales and is scaled in a namespace, once; answers with the kinds that are there and may not be read."""
        if namespace in self._hidden:
            return self._hidden[namespace]
        hidden = set()
        for api_version, kind in SCALED:
            try:
                for each in await _every(self._around.kube, api_version, kind, namespace):
                    self._around.world.put(each)
            except ClusterError as error:
                if error.status == HTTPStatus.FORBIDDEN:
                    hidden.add(kind)
                elif error.status != HTTPStatus.NOT_FOUND:  # KEDA may not be there
                    raise
        if _HPA not in hidden and not any(map(owned_by_keda, self._around.world.objects(namespace).hpas)):
            hidden.discard(_SCALED_OBJECT)  # forbidden is also what is not there at all
        self._hidden[namespace] = frozenset(hidden)
        return self._hidden[namespace]

    def _about_calendars(self, capacity: ENTCapacity) -> list[Reason]:
        found, _ = self._around.almanac.calendars.concerning(capacity.spec)
        return [
            reason("CalendarNotRead", **dict(each.args), namespace=self._home)
            if each.code == "CalendarUnreadable"
            else each
            for each in found
        ]


async def capacities(kube: Kube, namespace: str) -> list[Object]:
    """The ENTCapacities of a namespace, or with ``""`` of all of them, by name."""
    found = await _every(kube, API_VERSION, CAPACITY, namespace)
    return sorted(found, key=lambda each: (each["metadata"]["namespace"], each["metadata"]["name"]))


async def _every(kube: Kube, api_version: str, kind: str, namespace: str = "") -> list[Object]:
    """All of a kind; asked again where the API server is busy."""
    tries = _TRIES
    while True:
        try:
            return await kube.every(api_version, kind, namespace)
        except ClusterError as error:
            tries -= 1
            if error.status != HTTPStatus.TOO_MANY_REQUESTS or not tries:
                raise
            await asyncio.sleep(1)


def chosen(documents: Sequence[Object], name: str | None, where: str) -> Object:
    """The object of that name, or the only one there is; ``ClusterError`` with the names there are."""
    by_name: Mapping[str, Object] = {each["metadata"]["name"]: each for each in documents}
    kind = documents[0]["kind"] if documents else CAPACITY
    there = ", ".join(by_name)
    if not by_name:
        raise ClusterError(0, f"there is no {kind} {where}: choose another --namespace, or make one")
    if name is None:
        if len(by_name) > 1:
            raise ClusterError(0, f"there are several of kind {kind} {where}, name one of them: {there}")
        return next(iter(by_name.values()))
    return named(by_name, name, kind, where)


def named(there: Mapping[str, Found], name: str, kind: str, where: str) -> Found:
    """What goes by a name; ``ClusterError`` with the nearest one where nothing does."""
    if name not in there:
        near = get_close_matches(name, there, n=1)
        way = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(there) or 'none'}"
        raise ClusterError(0, f"there is no {kind} {name!r} {where}: {way}")
    return there[name]


def parsed(document: Object) -> ENTCapacity:
    """An ENTCapacity of the cluster; ``ClusterError`` where it is invalid."""
    try:
        capacity = parse(document)
    except InvalidResource as error:
        name = document["metadata"]["name"]
        raise ClusterError(0, f"{document['kind']} {name} is invalid: {error}") from None
    assert isinstance(capacity, ENTCapacity)
    return capacity
