"""The charts installed, upgraded, rolled back and uninstalled by real Helm, on a real cluster.

Nodes are KWOK's and run nothing, and no stage there ends a Job. What the pods would run is run here, as processes: with
the ServiceAccount, the environment and the arguments of the pods that there are.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import helm_python as helm
import pytest

from charted import OPERATOR, PLATFORM
from cluster.control_plane import Cluster, ClusterError
from operating import MARK, Operator, deployment, eventually, hpa, install_kinds

RELEASE = "ent-capacity"
KINDS = [f"{each}.entcapacity.io" for each in ("entcapacities", "schoolannouncements", "schoolcalendars")]
LONGER_THAN_A_LEASE = 18.0
OCCITANIE = {
    "mode": "Enforce",
    "audience": [{"academies": ["Toulouse", "Montpellier"], "levels": ["College", "Lycee"], "pupils": 300000}],
    "workloads": [{"name": "auth", "ordinaryPeak": {"replicas": 6}, "min": 5}],
    "calendar": {"days": [{"from": "2027-11-12", "description": "pont"}]},
}
"""A platform whose floor rises whatever the day is."""
FLOOR = 5


class Hoster:
    """Who installs, and what runs in the pods that come of it."""

    def __init__(self, cluster: Cluster, system: str, ent: str) -> None:
        self.cluster, self.system, self.ent = cluster, system, ent
        self.helm = {each: helm.Config(kubeconfig_path=cluster.kubeconfig, namespace=each) for each in (system, ent)}
        self.operators: list[Operator] = []

    def install(self, chart: Path, name: str, namespace: str, **values: Any) -> None:
        self.helm[namespace].install(chart, name, values, namespace=namespace, wait="watcher", timeout=60)

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
        where = ("-n", namespace) if namespace else ()
        found: dict[str, Any] = json.loads(self.cluster.kubectl("get", kind, name, *where, "-o=json"))
        return found

    def every(self, kinds: str) -> list[str]:
        """Names of what there is in the operator's namespace."""
        return self.cluster.kubectl("get", kinds, "-n", self.system, "-o=name").split()

    def run_operators(self) -> None:
        """A process for each pod of the Deployment; those of before end."""
        self.stop_operators()
        made = self.get("deployment", RELEASE, self.system)["spec"]
        for _ in range(made["replicas"]):
            self.operators.append(
                Operator(self._account(made), self.cluster.directory, time.monotonic_ns(), *self._of(made))
            )
        eventually(lambda: any(each.leads() for each in self.operators), 60)

    def stop_operators(self) -> None:
        for each in self.operators:
            each.stop()
        self.operators.clear()

    def run_job(self, name: str) -> subprocess.CompletedProcess[str]:
        """What the Job's pod would run."""
        made = eventually(lambda: self.get("job", name, self.system))["spec"]
        command, *arguments = made["template"]["spec"]["containers"][0]["args"]
        return subprocess.run(
            [sys.executable, "-m", "entcapacity", command, *arguments],
            env=os.environ | {"KUBECONFIG": str(self._account(made)), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def end_job(self, name: str) -> None:
        """Says of its pod what a kubelet would."""
        (pod,) = self.cluster.kubectl(
            "get", "pods", "-n", self.system, f"--selector=batch.kubernetes.io/job-name={name}", "-o=name"
        ).split()
        done = json.dumps({"status": {"phase": "Succeeded"}})
        self.cluster.kubectl("patch", pod, "-n", self.system, "--subresource=status", "--type=merge", "-p", done)

    def _account(self, made: dict[str, Any]) -> Path:
        return self.cluster.kubeconfig_for(made["template"]["spec"]["serviceAccountName"], self.system)

    @staticmethod
    def _of(made: dict[str, Any]) -> list[str]:
        """The arguments, without what would have two pods on one machine take the same port."""
        command, *arguments = made["template"]["spec"]["containers"][0]["args"]
        assert command == "run"
        assert "--port=8080" in arguments
        return [each for each in arguments if each != "--port=8080"]

    def floor(self) -> int:
        return int(self.get("hpa", "auth", self.ent)["spec"]["minReplicas"])

    def language(self) -> str:
        (found,) = (
            each
            for each in self.get("deployment", RELEASE, self.system)["spec"]["template"]["spec"]["containers"][0]["args"]
            if each.startswith("--lang")
        )
        return str(found).partition("=")[2]

    def ready(self) -> str:
        """What the platform says of itself."""
        conditions = self.get("entcapacity", "occitanie", self.ent).get("status", {}).get("conditions", [])
        return str(next((each["message"] for each in conditions if each["type"] == "Enforced"), ""))


@pytest.fixture
def hoster(cluster: Cluster, namespace: str) -> Iterator[Hoster]:
    """Two namespaces, one of them empty, and a cluster without our kinds; afterwards it has them again."""
    system = f"{namespace}-system"
    cluster.kubectl("delete", "crd", *KINDS, "--ignore-not-found", "--timeout=60s")
    cluster.kubectl("create", "namespace", system)
    made = Hoster(cluster, system, namespace)
    try:
        yield made
    finally:
        for each in made.operators:
            print(each.said())
        made.stop_operators()
        cluster.kubectl("delete", "namespace", system, "--wait=false")
        install_kinds(cluster)
