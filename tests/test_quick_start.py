"""The quick start word for word: real Helm, kubectl and our command in a shell, on the test cluster.

It is Helm 3, which is the one that is there as a program; its commands are those of Helm 4.

KWOK's pods run nothing. What the chart's pods would run is run here, as processes, with the ServiceAccount and the
arguments that the chart gives them.
"""

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.binaries import helm3
from cluster.control_plane import Cluster, ClusterError
from operating import Operator, install_kinds
from pages import ROOT
from test_command_blocks import environment, follow, working_copy

SYSTEM, PLATFORM = "ent-capacity", "ent"
KINDS = [f"{each}.entcapacity.io" for each in ("entcapacities", "schoolannouncements", "schoolcalendars")]
PORT = "--port=8080"


class Kubelet(threading.Thread):
    """Runs what the pods of a namespace would run: an operator for its Deployment, and each Job to its end."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(name="kubelet", daemon=True)
        self.cluster = cluster
        self.operator: Operator | None = None
        self.ran: list[str] = []
        """What was run, one after the other: ``run``, ``release``."""
        self.problems: list[str] = []
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.3):
            try:
                self._look()
            except ClusterError as error:  # it looks again in a moment
                print(error)
            except (AssertionError, subprocess.SubprocessError) as error:
                self.problems.append(str(error))

    def end(self) -> None:
        self._ended.set()
        self.join(90)
        if self.operator is not None:
            print(self.operator.said())
            self.operator.kill()

    def _look(self) -> None:
        deployments, jobs = self._items("deployments"), self._items("jobs")
        if deployments and self.operator is None:
            self.ran.append("run")
            account, (_, *arguments) = self._told(deployments[0])
            arguments.remove(PORT)  # a free one instead
            self.operator = Operator(account, self.cluster.directory, time.monotonic_ns(), *arguments)
        elif not deployments and self.operator is not None:
            self.operator.stop()
            self.operator = None
        for each in jobs:
            if not each.get("status", {}).get("succeeded") and each["metadata"]["uid"] not in self.ran:
                self._run_job(each)

    def _run_job(self, job: dict[str, Any]) -> None:
        account, arguments = self._told(job)
        selector = f"--selector=batch.kubernetes.io/job-name={job['metadata']['name']}"
        pods = self.cluster.kubectl("get", "pods", "-n", SYSTEM, selector, "-o=name").split()
        if not pods:
            return  # not yet made
        self.ran += [job["metadata"]["uid"], arguments[0]]
        command = [sys.executable, "-m", "entcapacity", *arguments]
        env = os.environ | {"KUBECONFIG": str(account), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            self.problems.append(f"{shlex.join(arguments)}: {done.stderr}")
        phase = "Failed" if done.returncode else "Succeeded"
        status = json.dumps({"status": {"phase": phase}})
        self.cluster.kubectl("patch", pods[0], "-n", SYSTEM, "--subresource=status", "--type=merge", "-p", status)

    def _items(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.cluster.kubectl("get", kind, "-n", SYSTEM, "-o=json"))["items"]
        return found

    def _told(self, made: dict[str, Any]) -> tuple[Path, list[str]]:
        """The ServiceAccount's kubeconfig and the arguments of what a Deployment or a Job runs."""
        pod = made["spec"]["template"]["spec"]
        return self.cluster.kubeconfig_for(pod["serviceAccountName"], SYSTEM), list(pod["containers"][0]["args"])


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster that does not know our kinds; afterwards it knows them, and nothing is left of the quick start."""
    cluster.kubectl("delete", "crd", *KINDS, "--ignore-not-found", "--timeout=60s")
    try:
        yield cluster
    finally:
        for each in (SYSTEM, PLATFORM):
            cluster.kubectl("delete", "namespace", each, "--ignore-not-found", "--wait=false")
        install_kinds(cluster)


@pytest.fixture
def kubelet(bare: Cluster) -> Iterator[Kubelet]:
    made = Kubelet(bare)
    made.start()
    try:
        yield made
    finally:
        made.end()


def ours(cluster: Cluster) -> set[str]:
    """What there is in the whole cluster by our names."""
    there = cluster.kubectl("get", "namespaces,clusterroles,clusterrolebindings,crds", "-o=name").splitlines()
    return {each for each in there if "ent-capacity" in each or "entcapacity" in each or each.endswith("/ent")}


@pytest.mark.usefixtures("cluster")
@pytest.mark.helm3
def test_the_quick_start_works_from_top_to_bottom(bare: Cluster, kubelet: Kubelet, tmp_path: Path) -> None:
    before = ours(bare)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "kubectl").symlink_to(bare.binaries["kubectl"])
    (programs / "helm").symlink_to(helm3())
    environ = environment(tmp_path, KUBECONFIG=str(bare.kubeconfig))
    environ["PATH"] = f"{programs}{os.pathsep}{environ['PATH']}"

    follow(ROOT / "docs" / "quickstart.md", working_copy(tmp_path), environ, "on a cluster")

    # the operator ran, and the uninstall ran what gives everything back
    assert [each for each in kubelet.ran if each in ("run", "release")] == ["run", "release"]
    assert kubelet.problems == []
    assert ours(bare) - before == set()
