"""What the watches have brought: the newest version of each object, and who wants to be woken by a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from entcapacity.parse import InvalidResource, parse
from entcapacity.spec import ENTCapacity
from entcapacity.targets import GROUP, HPA_API, KEDA_API, Object, Objects, Ref, group_of

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
        self._objects: dict[Kind, dict[Key, Object]] = {}
        self._parsed: dict[str, tuple[int, ENTCapacity | InvalidResource]] = {}
        self._wakers: dict[Key, Callable[[], None]] = {}

    def put(self, found: Object) -> bool:
        """Takes a version of an object, unless it is known or a newer one is: an answer to a write overtakes its watch
        event. Answers whether it was new."""
        kept = self._objects.setdefault(_kind(found), {})
        key = _key(found)
        known = kept.get(key)
        if (
            known is not None
            and known["metadata"]["uid"] == found["metadata"]["uid"]
            and _version(found) <= _version(known)
        ):
            return False
        if known is not None and known["metadata"]["uid"] != found["metadata"]["uid"]:
            self._parsed.pop(known["metadata"]["uid"], None)
        kept[key] = found
        self._wake(key[0])
        return True

    def scaled(self, at: Ref, scale: Object) -> None:
        """Takes the answer to a new scale, which has the version of the object that was scaled."""
        known = self._objects.get((group_of(at.api_version), at.kind), {}).get((at.namespace, at.name))
        if known is not None:
            version = {"resourceVersion": scale["metadata"]["resourceVersion"]}
            spec = {**known["spec"], "replicas": scale["spec"].get("replicas", 0)}
            self.put({**known, "metadata": {**known["metadata"], **version}, "spec": spec})

    def drop(self, found: Object) -> None:
        """Forgets a deleted object, unless another of its name has come."""
        kept = self._objects.get(_kind(found), {})
        known = kept.get(_key(found))
        if known is not None and known["metadata"]["uid"] == found["metadata"]["uid"]:
            del kept[_key(found)]
            self._parsed.pop(known["metadata"]["uid"], None)
            self._wake(_key(found)[0])

    def listed(self, api_version: str, kind: str, namespace: str, found: Iterable[Object], version: str) -> None:
        """Takes a list of all objects of a kind, in one namespace or in all, as things were at a resource version.

        What came since is left; what was deleted while no watch saw it is forgotten.
        """
        there = {_key(each): each for each in found}
        for key, known in list(self._objects.get((group_of(api_version), kind), {}).items()):
            if (namespace and key[0] != namespace) or _version(known) > _comparable(version):
                continue
            if key in there:
                self.put(there[key])
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
        return self._objects.get((GROUP, kind), {}).get(key)

    def every(self, kind: str) -> Iterator[Object]:
        """All of our own resources of a kind, by name."""
        kept = self._objects.get((GROUP, kind), {})
        return (kept[key] for key in sorted(kept))

    def namespaces(self) -> list[str]:
        """All in which there is anything, by name."""
        return sorted({key[0] for kept in self._objects.values() for key in kept if key[0]})

    def objects(self, namespace: str) -> Objects:
        """What may be scaled in a namespace, and what scales it there."""
        inside = {
            kind: [each for key, each in kept.items() if key[0] == namespace] for kind, kept in self._objects.items()
        }
        workloads = {
            (*kind, each["metadata"]["name"]): each
            for kind, kept in inside.items()
            if kind not in (_HPA, _SCALED_OBJECT) and kind[0] != GROUP
            for each in kept
        }
        return Objects(workloads, tuple(inside.get(_HPA, ())), tuple(inside.get(_SCALED_OBJECT, ())))

    def wakes(self, key: Key, wake: Callable[[], None]) -> None:
        """Has ``wake`` called when something changes that an ENTCapacity may depend on."""
        self._wakers[key] = wake

    def sleeps(self, key: Key, wake: Callable[[], None]) -> None:
        """Calls it no more, unless somebody else has come in its place."""
        if self._wakers.get(key) == wake:
            del self._wakers[key]

    def _wake(self, namespace: str) -> None:
        for key, wake in self._wakers.items():
            if not namespace or key[0] == namespace:
                wake()


def _kind(found: Object) -> Kind:
    return group_of(found["apiVersion"]), found["kind"]


def _key(found: Object) -> Key:
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]


def _version(found: Object) -> int:
    """Comparable since Kubernetes says that resource versions are (KEP-5504); before, they were in fact."""
    return _comparable(found["metadata"].get("resourceVersion", "0"))


def _comparable(version: str) -> int:
    return int(version) if version.isdigit() else 0
