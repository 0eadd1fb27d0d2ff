"""What scales a workload on a simulated cluster: an object kept as an API server keeps it under server-side apply.

Who owns a field decides when it goes. The operator's writes are done to it, and it is read as any cluster is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from entcapacity.drivers import Write
from entcapacity.spec import Workload
from entcapacity.targets import FIELDS, FORMER, HPA_API, KEDA_API, Driver, Object, Objects, Ref, Seen, seen, target_of

NAMESPACE: Final = "ent"
SOMEBODY: Final = "somebody"
"""Who wrote what was there before."""
_KINDS: Final = {"HPA": (HPA_API, "HorizontalPodAutoscaler"), "ScaledObject": (KEDA_API, "ScaledObject")}


class Applied:
    """The object that scales one workload, and how many replicas the workload is asked for."""

    def __init__(
        self, workload: Workload, driver: Driver, minimum: int | None, maximum: int | None = None, replicas: int = 1
    ) -> None:
        """With what was written there before anybody held it; ``None`` where nothing was."""
        self.driver, self.replicas = driver, replicas
        self.least, self.most = FIELDS[driver]
        self.fields: dict[str, Any] = {}
        self._workload, self._target = workload, target_of(workload, NAMESPACE)
        self._at = self._target if driver == "Scale" else Ref(*_KINDS[driver], NAMESPACE, workload.name)
        self._owners: dict[str, set[str]] = {}
        stated = {self.least: minimum} | ({self.most: maximum} if self.most else {})
        self._apply(SOMEBODY, {field: value for field, value in stated.items() if value is not None})

    def do(self, writes: Iterable[Write]) -> None:
        """What an API server does."""
        for each in writes:
            self._do(each)

    def seen(self) -> Seen:
        """How the operator sees it; all replicas are taken to be Ready."""
        replicas = {"replicas": self.replicas}
        status = replicas | {"readyReplicas": self.replicas}
        if self.driver == "Scale":
            target = _object(self._at, self._metadata(), replicas, status)
            objects = Objects({self._target.key: target})
        else:
            ref = self._target
            spec = {field: value for field, value in self.fields.items() if field != FORMER}
            spec["scaleTargetRef"] = {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}
            held = _object(self._at, self._metadata(), spec, {})
            objects = Objects(
                {ref.key: _object(ref, {}, replicas, status)},
                (held,) if self.driver == "HPA" else (),
                (held,) if self.driver == "ScaledObject" else (),
            )
        found = seen(self._workload, NAMESPACE, objects)
        assert isinstance(found, Seen)
        return found

    def _metadata(self) -> dict[str, Any]:
        owned: dict[str, dict[str, Any]] = {}
        for field, owners in self._owners.items():
            for owner in owners:
                owned.setdefault(owner, {})[f"f:{field}"] = {}
        marks = {FORMER: self.fields[FORMER]} if FORMER in self.fields else {}
        managed = [{"manager": owner, "fieldsV1": {"f:spec": fields}} for owner, fields in owned.items()]
        return {"annotations": marks, "managedFields": managed}

    def _do(self, write: Write) -> None:
        if write.how == "Scale":
            self.replicas = write.body["spec"]["replicas"]
            if self.driver == "Scale":
                self.fields[self.least] = self.replicas
        else:
            marks = write.body["metadata"].get("annotations", {})
            self._apply(write.manager, {**write.body.get("spec", {}), **marks})

    def _apply(self, manager: str, fields: dict[str, Any]) -> None:
        for field, value in fields.items():
            if self.fields.get(field) != value:
                self.fields[field], self._owners[field] = value, set()
            self._owners[field].add(manager)
        for field, owners in list(self._owners.items()):
            if field not in fields:
                owners.discard(manager)
                if not owners:
                    del self._owners[field], self.fields[field]


def _object(at: Ref, metadata: dict[str, Any], spec: dict[str, Any], status: dict[str, int]) -> Object:
    metadata = {"name": at.name, "namespace": at.namespace, "uid": f"{at}", **metadata}
    return {"apiVersion": at.api_version, "kind": at.kind, "metadata": metadata, "spec": spec, "status": status}
