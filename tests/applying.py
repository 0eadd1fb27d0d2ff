"""One object as an API server keeps it under server-side apply: who owns a field decides when it goes."""

from collections.abc import Iterable
from typing import Any

from entcapacity.drivers import Write
from entcapacity.spec import Workload
from entcapacity.targets import FIELDS, FORMER, Driver, Objects, Seen, seen
from specs import capacity

KINDS = {
    "HPA": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "ScaledObject": ("keda.sh/v1alpha1", "ScaledObject"),
    "Scale": ("apps/v1", "Deployment"),
}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "auth"}
SOMEBODY = "somebody"


class Applied:
    """What scales the Deployment ``auth``, and the Deployment; keeps every value that minimum and maximum had."""

    def __init__(self, driver: Driver, minimum: int | None, maximum: int | None = None, replicas: int = 3) -> None:
        self.driver = driver
        self.least, self.most = FIELDS[driver]
        self.replicas = replicas
        self.fields: dict[str, Any] = {}
        self._owners: dict[str, set[str]] = {}
        stated = {self.least: minimum} | ({self.most: maximum} if self.most else {})
        self._apply(SOMEBODY, {field: value for field, value in stated.items() if value is not None})
        self.history = [self.values]

    @property
    def values(self) -> tuple[int | None, int | None]:
        """Minimum and maximum as they are written there."""
        return self.fields.get(self.least), self.fields.get(self.most)

    @property
    def owners(self) -> set[str]:
        """Everybody who owns a field."""
        return set().union(*self._owners.values())

    def do(self, writes: Iterable[Write]) -> None:
        """What an API server does."""
        for each in writes:
            if each.how == "Scale":
                self.replicas = each.body["spec"]["replicas"]
                if self.driver == "Scale":
                    self.fields[self.least] = self.replicas
            else:
                marks = each.body["metadata"].get("annotations", {})
                self._apply(each.manager, {**each.body.get("spec", {}), **marks})
            self.history.append(self.values)

    def set(self, **fields: int | None) -> None:
        """Somebody's hand."""
        for field, value in fields.items():
            self._owners[field] = {SOMEBODY}
            self.fields[field] = value

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

    def seen(self, workload: Workload | None = None) -> Seen:
        """How the operator sees it."""
        api_version, kind = KINDS[self.driver]
        spec = {field: value for field, value in self.fields.items() if field != FORMER}
        marks = {FORMER: self.fields[FORMER]} if FORMER in self.fields else {}
        there = {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {"name": "auth", "namespace": "ent", "uid": "1", "annotations": marks},
            "spec": {**spec, "scaleTargetRef": TARGET},
        }
        target = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "auth", "namespace": "ent", "uid": "2"},
            "spec": {"replicas": self.replicas},
            "status": {"replicas": self.replicas, "readyReplicas": self.replicas},
        }
        if self.driver == "Scale":
            target = {**there, "status": target["status"]}
        objects = Objects(
            {("apps", "Deployment", "auth"): target},
            (there,) if self.driver == "HPA" else (),
            (there,) if self.driver == "ScaledObject" else (),
        )
        found = seen(workload or a_workload(), "ent", objects)
        assert isinstance(found, Seen)
        return found


def a_workload(**more: Any) -> Workload:
    """A workload called ``auth``."""
    spec = capacity(workloads=[{"name": "auth", "ordinaryPeak": {"replicas": 6}, **more}])
    found: Workload = spec.workloads[0]
    return found
