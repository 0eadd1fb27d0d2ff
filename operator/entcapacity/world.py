"""What the watches have brought: the newest version of each object, and who wants to be woken by a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from entcapacity.parse import InvalidResource, parse
from entcapacity.spec import ENTCapacity
from entcapacity.targets import GROUP, HPA_API, KEDA_API, Object, Objects, Ref, group_of, slim

CAPACITY: Final = "ENTCapacity"
ANNOUNCEMENT: Final = "SchoolAnnouncement"
CALENDAR: Final = "SchoolCalendar"
_HPA: Final = (group_of(HPA_API), "HorizontalPodAutoscaler")
_SCALED_OBJECT: Final = (group_of(KEDA_API), "ScaledObject")

Kind = tuple[str, str]
"""API group and kind."""
Key = tuple[str, str]
"""Namespace and name."""


class World:
    """Objects by kind; a change wakes all in its namespace, one without a namespace wakes everybody."""

    def __init__(self) -> None:
        self._objects: dict[Kind, dict[str, dict[str, Object]]] = {}
        """By kind, namespace and name: a pass looks at its own namespace only, however many there are."""
        self._parsed: dict[str, tuple[int, ENTCapacity | InvalidResource]] = {}
        self._wakers: dict[Key, Callable[[], None]] = {}

    def put(self, found: Object) -> bool:
        """Takes a version of an object, unless it is known or a newer one is: an answer to a write overtakes its watch
        event. Answers whether it was new."""
        namespace, name = _key(found)
        inside = self._objects.setdefault(_kind(found), {}).setdefault(namespace, {})
        known = inside.get(name)
        if (
            known is not None
            and known["metadata"]["uid"] == found["metadata"]["uid"]
            and _version(found) <= _version(known)
        ):
            return False
        if known is not None and known["metadata"]["uid"] != found["metadata"]["uid"]:
            self._parsed.pop(known["metadata"]["uid"], None)
        inside[name] = as_kept(found)
        self._wake(namespace)
        return True

    def scaled(self, at: Ref, scale: Object) -> None:
        """Takes the answer to a new scale, which has the version of the object that was scaled."""
        known = self._inside((group_of(at.api_version), at.kind), at.namespace).get(at.name)
        if known is not None:
            version = {"resourceVersion": scale["metadata"]["resourceVersion"]}
            spec = {**known["spec"], "replicas": scale["spec"].get("replicas", 0)}
            self.put({**known, "metadata": {**known["metadata"], **version}, "spec": spec})

    def drop(self, found: Object) -> None:
        """Forgets a deleted object, unless another of its name has come."""
        namespace, name = _key(found)
        kept = self._inside(_kind(found), namespace)
        known = kept.get(name)
        if known is not None and known["metadata"]["uid"] == found["metadata"]["uid"]:
            del kept[name]
            self._parsed.pop(known["metadata"]["uid"], None)
            self._wake(namespace)

    def listed(self, api_version: str, kind: str, namespace: str, found: Iterable[Object], version: str) -> None:
        """Takes a list of all objects of a kind, in one namespace or in all, as things were at a resource version.

        What came since is left; what was deleted while no watch saw it is forgotten.
        """
        there = {_key(each): each for each in found}
        kept = self._objects.get((group_of(api_version), kind), {})
        for inside in [namespace] if namespace else list(kept):
            for name, known in list(kept.get(inside, {}).items()):
                if _version(known) > _comparable(version):
                    continue
                if (inside, name) in there:
                    self.put(there[inside, name])
                else:
                    self.drop(known)

    def clear(self) -> None:
        """Forgets everything: whoever leads next begins with what the watches bring then."""
        self._objects.clear()
        self._parsed.clear()

    def parsed(self, document: Object) -> ENTCapacity:
        """The ENTCapacity in a document, parsed once for each of its generations. Raises ``InvalidResource``."""
        uid, generation = document["metadata"]["uid"], document["metadata"]["generation"]
        if uid not in self._parsed or self._parsed[uid][0] != generation:
            try:
                made = parse(document)
                assert isinstance(made, ENTCapacity)
                self._parsed[uid] = generation, made
            except InvalidResource as error:
                self._parsed[uid] = generation, error
        _, known = self._parsed[uid]
        if isinstance(known, InvalidResource):
            raise known.with_traceback(None)  # it would grow with each time that it is raised
        return known

    def get(self, kind: str, key: Key) -> Object | None:
        """One of our own resources."""
        return self._inside((GROUP, kind), key[0]).get(key[1])

    def every(self, kind: str) -> Iterator[Object]:
        """All of our own resources of a kind, by namespace and name."""
        kept = self._objects.get((GROUP, kind), {})
        return (kept[namespace][name] for namespace in sorted(kept) for name in sorted(kept[namespace]))

    def capacities(self, namespace: str) -> Iterator[Object]:
        """The ENTCapacities of a namespace, by name."""
        kept = self._inside((GROUP, CAPACITY), namespace)
        return (kept[name] for name in sorted(kept))

    def namespaces(self) -> list[str]:
        """All in which there is anything, by name."""
        there = {namespace for kept in self._objects.values() for namespace, inside in kept.items() if inside}
        return sorted(there - {""})

    def objects(self, namespace: str) -> Objects:
        """What may be scaled in a namespace, and what scales it there."""
        workloads = {
            (*kind, name): each
            for kind in self._objects
            if kind not in (_HPA, _SCALED_OBJECT) and kind[0] != GROUP
            for name, each in self._inside(kind, namespace).items()
        }
        hpas, scaled = (tuple(self._inside(kind, namespace).values()) for kind in (_HPA, _SCALED_OBJECT))
        return Objects(workloads, hpas, scaled)

    def wakes(self, key: Key, wake: Callable[[], None]) -> None:
        """Has ``wake`` called when something changes that an ENTCapacity may depend on."""
        self._wakers[key] = wake

    def sleeps(self, key: Key, wake: Callable[[], None]) -> None:
        """Calls it no more, unless somebody else has come in its place."""
        if self._wakers.get(key) == wake:
            del self._wakers[key]

    def wake(self) -> None:
        """Wakes everybody, for what no object tells."""
        self._wake("")

    def _inside(self, kind: Kind, namespace: str) -> dict[str, Object]:
        return self._objects.get(kind, {}).get(namespace, {})

    def _wake(self, namespace: str) -> None:
        for key, wake in self._wakers.items():
            if not namespace or key[0] == namespace:
                wake()


def as_kept(found: Object) -> Object:
    """What is kept of an object: of ours everything, of others what is read of them."""
    return found if _kind(found)[0] == GROUP else slim(found)


def _kind(found: Object) -> Kind:
    return group_of(found["apiVersion"]), found["kind"]


def _key(found: Object) -> Key:
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]


def _version(found: Object) -> int:
    """Comparable since Kubernetes says that resource versions are (KEP-5504); before, they were in fact."""
    return _comparable(found["metadata"].get("resourceVersion", "0"))


def _comparable(version: str) -> int:
    return int(version) if version.isdigit() else 0
