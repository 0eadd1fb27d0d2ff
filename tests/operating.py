"""The operator as a process on the real test cluster, and what a hoster has there: for tests, each in its namespace."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from cluster.control_plane import ClusterError, Reached, free_ports

ROOT = Path(__file__).parent.parent
ACCOUNT = "ent-capacity"
MARK = "entcapacity.io/former"
Found = TypeVar("Found")


def eventually(look: Callable[[], Found], seconds: float = 20) -> Found:
    """What ``look`` finds as soon as it is something; an assertion error with what it found last."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found: Any = look()
        except (ClusterError, KeyError, TypeError) as error:
            found, problem = None, f"{type(error).__name__}: {error}"
        else:
            problem = repr(found)
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {problem}"
        time.sleep(0.1)


class Operator:
    """One process of the operator."""

    def __init__(self, kubeconfig: Path, directory: Path, number: int, *arguments: str) -> None:
        (self.port,) = free_ports(1)
        self.log = directory / f"operator-{number}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "entcapacity", "run", "--host=127.0.0.1", f"--port={self.port}", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"KUBECONFIG": str(kubeconfig), "LC_ALL": "C.UTF-8"},
            )

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Asks it to end, and sees that it does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"it did not stop:\n{self.said()}") from None

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def leads(self) -> bool:
        """Whether it has taken the Lease."""
        assert self.running(), f"it ended by itself:\n{self.said()}"
        return "holds the Lease" in self.said()


class Recorder:
    """Every value that a field had, one after the other, as a watch brings it."""

    def __init__(self, cluster: Reached, namespace: str, kind: str, name: str, field: str) -> None:
        self._file = cluster.directory / f"recorded-{namespace}-{kind}-{name}"
        with self._file.open("wb") as out:
            self._process = subprocess.Popen(
                [
                    str(cluster.binaries["kubectl"]),
                    f"--kubeconfig={cluster.kubeconfig}",
                    "get",
                    kind,
                    name,
                    f"--namespace={namespace}",
                    "--watch",
                    f"--output=jsonpath={{{field}}} ",
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )
        eventually(self.values)

    def values(self) -> list[int]:
        """Until now, each once for as long as it stood."""
        values: list[int] = []
        for each in map(int, self._file.read_text().split()):
            if not values or values[-1] != each:
                values.append(each)
        return values

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Platform:
    """A namespace with what a hoster has in it, and operators that are limited to it."""

    def __init__(self, cluster: Reached, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.kubeconfig = shipped_rights(cluster, namespace)
        self._made: list[tuple[str, str]] = []
        self._operators: list[Operator] = []
        self._recorders: list[Recorder] = []

    # --- what is there ------------------------------------------------------------------------------------------------

    def apply(self, *documents: Mapping[str, Any]) -> None:
        """Creates or changes objects as an administrator does."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(documents)}
        self.cluster.kubectl("apply", "-n", self.namespace, "-f-", stdin=json.dumps(items))
        self._made += [(each["kind"], each["metadata"]["name"]) for each in documents]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """An object as it is."""
        found: dict[str, Any] = json.loads(self.cluster.kubectl("get", kind, name, "-n", self.namespace, "-o=json"))
        return found

    def patch(self, kind: str, name: str, patch: Mapping[str, Any], manager: str = "somebody") -> None:
        """Changes an object by a merge patch."""
        self.cluster.kubectl(
            "patch",
            kind,
            name,
            "-n",
            self.namespace,
            "--type=merge",
            f"--field-manager={manager}",
            "-p",
            json.dumps(patch),
        )

    def delete(self, kind: str, name: str) -> None:
        """Deletes an object and waits until it is gone."""
        self.cluster.kubectl("delete", kind, name, "-n", self.namespace, "--timeout=30s")

    def floor(self, name: str) -> int:
        """The minimum of an HPA."""
        return int(self.get("hpa", name)["spec"]["minReplicas"])

    def replicas(self, name: str, kind: str = "deployment") -> int:
        """What a workload is asked for."""
        return int(self.get(kind, name)["spec"]["replicas"])

    def ready(self, name: str, kind: str = "deployment") -> int:
        """Replicas that serve."""
        return int(self.get(kind, name)["status"].get("readyReplicas", 0))

    def status(self, name: str = "ent") -> dict[str, Any]:
        """The status of an ENTCapacity."""
        found: dict[str, Any] = self.get("entcapacity", name).get("status", {})
        return found

    def condition(self, of: str, name: str = "ent") -> dict[str, Any]:
        """One of its conditions."""
        found: dict[str, Any] = next(
            (each for each in self.status(name).get("conditions", []) if each["type"] == of), {}
        )
        return found

    def reason(self, of: str, name: str = "ent") -> str:
        """The reason of one of its conditions; empty where there is none yet."""
        return str(self.condition(of, name).get("reason", ""))

    def record(self, kind: str, name: str, field: str) -> Recorder:
        """Begins to record a field."""
        recorder = Recorder(self.cluster, self.namespace, kind, name, field)
        self._recorders.append(recorder)
        return recorder

    # --- who runs -----------------------------------------------------------------------------------------------------

    def operator(self, at: str = "", speed: float = 1, *more: str, leads: bool = True) -> Operator:
        """Starts an operator; ``at`` is an instant for its clock."""
        arguments = [f"--namespace={self.namespace}", f"--watch-namespace={self.namespace}", *more]
        if at:
            arguments += [f"--clock-start={at}", f"--clock-speed={speed}"]
        made = Operator(
            self.kubeconfig, self.cluster.directory, len(list(self.cluster.directory.glob("operator-*"))), *arguments
        )
        self._operators.append(made)
        if leads:
            eventually(made.leads, 60)
        return made

    def close(self) -> None:
        """Ends what was started, and takes away what has no namespace; pytest shows the logs where a test failed."""
        for operator in self._operators:
            print(operator.said())
        for recorder in self._recorders:
            recorder.stop()
        for operator in self._operators:
            operator.kill()  # how it stops when it is asked is for tests of their own
        for kind, name in self._made:
            if kind in ("SchoolAnnouncement", "SchoolCalendar"):
                self.cluster.kubectl("delete", kind, name, "--ignore-not-found", "--wait=false")
            elif kind == "ENTCapacity":
                free = json.dumps({"metadata": {"finalizers": None}})
                self.cluster.kubectl(
                    "patch", kind, name, "-n", self.namespace, "--type=merge", "-p", free, "--request-timeout=10s"
                ) if self._there(kind, name) else None

    def left(self) -> str:
        """What is there, for people who wonder why a test failed."""
        kinds = "entcapacities,deployments,statefulsets,hpa,pods"
        try:
            return self.cluster.kubectl("get", kinds, "-n", self.namespace, "-o=wide", "--request-timeout=2s")
        except ClusterError as error:
            return str(error)

    def _there(self, kind: str, name: str) -> bool:
        return bool(self.cluster.kubectl("get", kind, name, "-n", self.namespace, "--ignore-not-found", "-o=name"))


# --- documents --------------------------------------------------------------------------------------------------------


def deployment(name: str, replicas: int = 2, kind: str = "Deployment", delay: str = "") -> dict[str, Any]:
    """A workload whose pods are Ready after a second, or after ``delay``."""
    pod = {"containers": [{"name": name, "image": name, "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}
    annotations = {"pod-ready.stage.kwok.x-k8s.io/delay": delay} if delay else {}
    spec: dict[str, Any] = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": pod},
    }
    if kind == "StatefulSet":
        spec |= {"serviceName": name, "podManagementPolicy": "Parallel"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def hpa(name: str, least: int = 2, most: int = 60, metrics: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """An HPA for the Deployment of the same name; without metrics that can be read it is blind."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    spec = {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": target}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": spec | ({"metrics": metrics} if metrics else {}),
    }


def capacity(workloads: list[dict[str, Any]], name: str = "ent", **spec: Any) -> dict[str, Any]:
    """An ENTCapacity of zone B that acts, and heeds announcements only as ``announcementSelector`` says."""
    audience = [{"zones": ["B"], "levels": ["College", "Lycee"], "pupils": 300000}]
    return {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "ENTCapacity",
        "metadata": {"name": name},
        "spec": {
            "mode": "Enforce",
            "announcementSelector": {"matchLabels": {"test": "none"}},
            "audience": audience,
            "workloads": workloads,
            **spec,
        },
    }


def announcement(name: str, announced: str, *periods: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """A SchoolAnnouncement labelled with its name, for ``announcementSelector``."""
    return {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "SchoolAnnouncement",
        "metadata": {"name": name, "labels": {"test": name}},
        "spec": {"cause": "Confinement", "announcedAt": announced, "periods": list(periods), **spec},
    }


def heeds(name: str) -> dict[str, Any]:
    """The selector for an announcement of that name."""
    return {"matchLabels": {"test": name}}


# --- kinds ------------------------------------------------------------------------------------------------------------


def install_kinds(cluster: Reached) -> None:
    """Puts our own resources on a cluster, and KEDA's, reduced to what is written there."""
    for each in (*(ROOT / "crds").glob("*.yaml"), ROOT / "tests" / "cluster" / "scaledobjects.yaml"):
        cluster.kubectl("apply", "--server-side", "-f", str(each))
    for each in ("entcapacities.entcapacity.io", "scaledobjects.keda.sh"):
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{each}", "--timeout=20s")


# --- rights -----------------------------------------------------------------------------------------------------------


def shipped_rights(cluster: Reached, namespace: str) -> Path:
    """A kubeconfig of a ServiceAccount with the rights that ship, and no others, limited to a namespace."""
    rules = yaml.safe_load((ROOT / "charts/ent-capacity/files/rules.yaml").read_text(encoding="utf-8"))
    rbac, called = "rbac.authorization.k8s.io", f"{ACCOUNT}-{namespace}"
    subjects = [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}]
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": namespace}},
        *_role("Role", called, [*rules["namespaced"], *rules["own"]], subjects, rbac, namespace),
        *_role("ClusterRole", called, rules["cluster"], subjects, rbac),
    ]
    cluster.kubectl("apply", "-f-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
    return cluster.kubeconfig_for(ACCOUNT, namespace)


def _role(
    kind: str, name: str, rules: list[Any], subjects: list[Any], rbac: str, namespace: str = ""
) -> Iterator[dict[str, Any]]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    yield {"apiVersion": f"{rbac}/v1", "kind": kind, "metadata": metadata, "rules": rules}
    ref = {"apiGroup": rbac, "kind": kind, "name": name}
    yield {
        "apiVersion": f"{rbac}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": ref,
        "subjects": subjects,
    }


@contextmanager
def a_platform(cluster: Reached, namespace: str) -> Iterator[Platform]:
    """A platform that is cleared away."""
    made = Platform(cluster, namespace)
    try:
        yield made
    finally:
        made.close()


def now() -> datetime:
    """The real time."""
    return datetime.now(UTC)
