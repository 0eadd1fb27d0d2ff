"""The test cluster itself: what the tests of the operator may rely on, and that it goes when they are over."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cluster import binaries
from cluster.control_plane import Cluster, ClusterError

WITH_CLUSTER = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}  # for a Python that imports it


def alive(pid: int) -> bool:
    """Whether this process still runs; one that nobody has waited for is no longer running."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")


def children(parent: int) -> list[int]:
    table = subprocess.run(["ps", "-A", "-o", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    return [pid for ppid, pid in (map(int, line.split()) for line in table.splitlines()) if ppid == parent]


def deployment(delay: str | None = None) -> str:
    """Three pods, Ready after ``delay`` or after what is usual on the test cluster."""
    annotations = {"pod-ready.stage.kwok.x-k8s.io/delay": delay} if delay else {}
    pod = {"containers": [{"name": "portal", "image": "portal"}]}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "portal"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "portal"}},
            "template": {"metadata": {"labels": {"app": "portal"}, "annotations": annotations}, "spec": pod},
        },
    }
    return json.dumps(manifest)


def pods(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cluster.kubectl("get", "pods", "-n", namespace, "-o=json"))["items"]
    return found


def test_deployment_rolls_out_and_its_pods_become_ready(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "-n", namespace, "-f-", stdin=deployment())
    cluster.kubectl("rollout", "status", "-n", namespace, "deployment/portal", "--timeout=30s")
    assert [pod["status"]["phase"] for pod in pods(cluster, namespace)] == ["Running"] * 3


def test_pod_becomes_ready_as_late_as_its_annotation_says(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "-n", namespace, "-f-", stdin=deployment(delay="6s"))
    cluster.kubectl("rollout", "status", "-n", namespace, "deployment/portal", "--timeout=30s")
    for pod in pods(cluster, namespace):
        scheduled, ready = (
            datetime.fromisoformat(condition["lastTransitionTime"])
            for kind in ("PodScheduled", "Ready")
            for condition in pod["status"]["conditions"]
            if condition["type"] == kind
        )
        assert timedelta(seconds=5) <= ready - scheduled <= timedelta(seconds=15)  # the times are whole seconds


def test_autoscaler_that_sees_no_metric_still_goes_up_to_its_minimum(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "-n", namespace, "-f-", stdin=deployment())
    cluster.kubectl("autoscale", "-n", namespace, "deployment/portal", "--min=3", "--max=9", "--cpu=50%")
    autoscaler = "horizontalpodautoscaler/portal"
    cluster.kubectl("wait", "-n", namespace, autoscaler, "--for=condition=ScalingActive=False", "--timeout=30s")
    cluster.kubectl("patch", "-n", namespace, autoscaler, "--type=merge", '--patch={"spec": {"minReplicas": 5}}')
    cluster.kubectl("wait", "-n", namespace, "deployment/portal", "--for=jsonpath={.spec.replicas}=5", "--timeout=30s")


def test_a_field_that_its_only_owner_leaves_out_is_lost_unless_it_was_handed_over(
    cluster: Cluster, namespace: str
) -> None:
    def apply(manager: str, manifest: dict[str, Any]) -> None:
        arguments = ("apply", "-n", namespace, "--server-side", f"--field-manager={manager}", "-f-")
        cluster.kubectl(*arguments, stdin=json.dumps(manifest))

    def replicas() -> int:
        return int(cluster.kubectl("get", "deployment", "portal", "-n", namespace, "-o=jsonpath={.spec.replicas}"))

    whole = json.loads(deployment())
    bare = whole | {"spec": {name: value for name, value in whole["spec"].items() if name != "replicas"}}
    handed_over = {name: whole[name] for name in ("apiVersion", "kind", "metadata")} | {"spec": {"replicas": 3}}
    apply("flux", whole)
    apply("flux", bare)
    assert replicas() == 1
    apply("flux", whole)
    apply("handover", handed_over)
    apply("flux", bare)
    assert replicas() == 3


def test_refuses_who_has_no_right_and_keeps_a_record_of_it(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "-n", namespace, "serviceaccount", "nobody")
    nobody = cluster.kubeconfig_for("nobody", namespace)
    with pytest.raises(ClusterError, match='cannot list resource "pods"'):
        cluster.kubectl("get", "pods", kubeconfig=nobody)
    asked = [
        (event["verb"], event["objectRef"]["resource"], event["responseStatus"]["code"])
        for event in cluster.audit(f"system:serviceaccount:{namespace}:nobody")
        if "objectRef" in event  # the others are questions of kubectl about what there is
    ]
    assert asked == [("list", "pods", 403)]


def test_data_outlive_an_outage_of_the_api_server(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "-n", namespace, "-f-", stdin=deployment())
    cluster.kubectl("rollout", "status", "-n", namespace, "deployment/portal", "--timeout=30s")
    before = {pod["metadata"]["uid"] for pod in pods(cluster, namespace)}
    cluster.stop_api_server()
    with pytest.raises(ClusterError, match="refused"):
        pods(cluster, namespace)
    cluster.start_api_server()
    assert {pod["metadata"]["uid"] for pod in pods(cluster, namespace)} == before
    cluster.kubectl("scale", "-n", namespace, "deployment/portal", "--replicas=4")
    cluster.kubectl("rollout", "status", "-n", namespace, "deployment/portal", "--timeout=60s")


def test_cluster_started_by_hand_runs_until_it_is_stopped_and_nothing_of_it_remains(
    cluster: Cluster, tmp_path: Path
) -> None:
    for name, path in binaries.find().items():
        (tmp_path / name).symlink_to(path)
    environment = WITH_CLUSTER | {"KUBEBUILDER_ASSETS": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}

    def by_hand(command: str) -> str:
        arguments = [sys.executable, "-m", "cluster", command]
        return subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True).stderr

    by_hand("start")
    holder = tmp_path / "ent-capacity" / "cluster.pid"
    try:
        programs = children(int(holder.read_text()))
        assert len(programs) == len(cluster.programs)
        assert "node-0" in cluster.kubectl("get", "nodes", kubeconfig=tmp_path / "ent-capacity" / "kubeconfig")
    finally:
        by_hand("stop")
    assert not any(alive(pid) for pid in programs)

    holder.write_text(str(cluster.programs["kwok"].pid))  # as if the number had been taken by a program of others
    assert by_hand("stop") == "No test cluster is running.\n"
    assert "node-0" in cluster.kubectl("get", "nodes")
    assert not any(program.ended_by_itself() for program in cluster.programs.values())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends programs with whoever started them")
def test_programs_end_even_when_the_tests_are_killed(tmp_path: Path) -> None:
    starts_one = """
import pathlib, sys, time
from cluster.control_plane import Program
program = Program(pathlib.Path(sys.argv[1]), "/bin/sleep", "600")
program.start()
print(program.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", starts_one, str(tmp_path / "log")], env=WITH_CLUSTER, stdout=subprocess.PIPE
    ) as tests:
        assert tests.stdout is not None
        pid = int(tests.stdout.readline())
        time.sleep(0.5)  # the program has asked to end with its parent
        assert alive(pid)
        tests.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_says_in_one_line_what_to_do_where_the_programs_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "HOME", tmp_path)
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    with pytest.raises(binaries.Unavailable, match="run `make cluster-build` once"):
        binaries.find()
    with pytest.raises(binaries.Unavailable, match="run `make cluster-build` once"):
        binaries.helm3()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(binaries.Unavailable, match="install Go"):
        binaries.build()


def test_programs_at_hand_are_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "HOME", tmp_path / "cache")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    (tmp_path / "etcd").touch()
    assert binaries.locations()["etcd"] == tmp_path / "etcd"
    assert binaries.locations()["kwok"] == binaries.cache() / "kwok"
