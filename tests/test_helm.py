"""The charts installed, upgraded, rolled back and uninstalled by real Helm, on a real cluster.

Nodes are KWOK's: they run nothing, and no stage there ends a Job. What the pods would run is run here, as processes,
with the ServiceAccount and the arguments of the pods that there are.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from charted import OPERATOR, PLATFORM, notes, rendered
from cluster.control_plane import Cluster
from helms import Helm
from operating import MARK, Operator, Recorder, announcement, deployment, eventually, hpa, install_kinds

CALLED = "ent-capacity"
KINDS = [f"{each}.entcapacity.io" for each in ("entcapacities", "schoolannouncements", "schoolcalendars")]
PORT = "--port=8080"
LONGER_THAN_A_LEASE = 18.0
"""Seconds after which another one takes over where nobody keeps the Lease."""
FLOOR = 5
OCCITANIE = {
    "mode": "Enforce",
    "audience": [{"academies": ["Toulouse", "Montpellier"], "levels": ["College", "Lycee"], "pupils": 300000}],
    "workloads": [{"name": "auth", "ordinaryPeak": {"replicas": FLOOR}, "min": FLOOR, "max": FLOOR}],
    "calendar": {"days": [{"from": "2027-11-12", "description": "pont"}]},
}
"""A platform whose floor is the same on whatever day this runs."""


class Hoster:
    """Who installs the operator in one namespace and a platform in another, and what runs in the pods."""

    def __init__(self, cluster: Cluster, system: str, ent: str) -> None:
        self.cluster, self.system, self.ent = cluster, system, ent
        self.operators: list[Operator] = []

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
        where = ("-n", namespace) if namespace else ()
        found: dict[str, Any] = json.loads(self.cluster.kubectl("get", kind, name, *where, "-o=json"))
        return found

    def names(self, kinds: str, *options: str) -> list[str]:
        return self.cluster.kubectl("get", kinds, *options, "-o=name").split()

    def run_operators(self) -> None:
        """A process for each pod of the Deployment; those from before are asked to end, as its rollout does."""
        self.stop_operators()
        made = self.get("deployment", CALLED, self.system)["spec"]
        command, *arguments = arguments_of(made)
        assert command == "run"
        arguments.remove(PORT)  # all run on this machine
        account = self._account(made)
        self.operators = [
            Operator(account, self.cluster.directory, time.monotonic_ns(), *arguments) for _ in range(made["replicas"])
        ]
        eventually(lambda: any(each.leads() for each in self.operators), 60)

    def stop_operators(self) -> None:
        for each in self.operators:
            each.stop()

    def run_job(self, name: str) -> subprocess.CompletedProcess[str]:
        """Runs what the Job's pod would run."""
        made = eventually(lambda: self.get("job", name, self.system))["spec"]
        return subprocess.run(
            [sys.executable, "-m", "entcapacity", *arguments_of(made)],
            env=os.environ | {"KUBECONFIG": str(self._account(made)), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def end_job(self, name: str) -> None:
        """Says of the Job's pod what a kubelet would: that it has succeeded."""
        (pod,) = self.names("pods", "-n", self.system, f"--selector=batch.kubernetes.io/job-name={name}")
        done = json.dumps({"status": {"phase": "Succeeded"}})
        self.cluster.kubectl("patch", pod, "-n", self.system, "--subresource=status", "--type=merge", "-p", done)

    def floor(self) -> int:
        return int(self.get("hpa", "auth", self.ent)["spec"]["minReplicas"])

    def says(self, words: str) -> bool:
        """Whether a condition of the platform has these words."""
        conditions = self.get("entcapacity", "occitanie", self.ent)["status"]["conditions"]
        return any(words in each["message"] for each in conditions)

    def _account(self, made: dict[str, Any]) -> Path:
        return self.cluster.kubeconfig_for(made["template"]["spec"]["serviceAccountName"], self.system)


@pytest.fixture
def hoster(cluster: Cluster, namespace: str) -> Iterator[Hoster]:
    """A cluster that does not know our kinds, with a namespace for the operator; afterwards it knows them."""
    cluster.kubectl("delete", "crd", *KINDS, "--ignore-not-found", "--timeout=60s")
    system = f"{namespace}-system"
    cluster.kubectl("create", "namespace", system)
    made = Hoster(cluster, system, namespace)
    try:
        yield made
    finally:
        for each in made.operators:
            print(each.said())
            each.kill()
        cluster.kubectl("delete", "schoolannouncement,schoolcalendar", "--all", "--ignore-not-found", "--wait=false")
        cluster.kubectl("delete", "namespace", system, "--wait=false")
        install_kinds(cluster)


def test_from_the_install_to_the_uninstall(helm: type[Helm], hoster: Hoster) -> None:
    cluster, ent, system = hoster.cluster, hoster.ent, hoster.system
    cluster.kubectl("apply", "-n", ent, "-f-", stdin=listed(deployment("auth"), hpa("auth")))
    before = hoster.get("hpa", "auth", ent)["spec"]
    operator, platform = (helm(namespace, cluster.kubeconfig) for namespace in (system, ent))

    # the quick start: two installs
    said = operator.install(OPERATOR, CALLED, wait=True)
    assert said == notes(rendered(OPERATOR, {}, CALLED, system))
    hoster.run_operators()
    platform.install(PLATFORM, "occitanie", OCCITANIE | {"mode": "Observe"})
    eventually(lambda: hoster.get("entcapacity", "occitanie", ent)["status"]["conditions"])
    assert hoster.floor() == before["minReplicas"]
    platform.upgrade(PLATFORM, "occitanie", OCCITANIE)
    eventually(lambda: hoster.floor() == FLOOR, 30)
    spring = announcement(
        "spring-2021",
        "2021-03-31T20:00:00+02:00",
        {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"},
    )
    cluster.kubectl("apply", "-f-", stdin=listed(spring))
    eventually(lambda: hoster.get("schoolannouncement", "spring-2021").get("status"))
    eventually(lambda: hoster.get("schoolcalendar", f"{ent}-occitanie").get("status"))

    # a tenant, who may edit its namespace, may edit its platform
    tenant = f"system:serviceaccount:{ent}:default"
    cluster.kubectl(
        "create", "rolebinding", "tenant", "-n", ent, "--clusterrole=edit", f"--serviceaccount={ent}:default"
    )
    eventually(lambda: cluster.kubectl("auth", "can-i", "create", "entcapacities", "-n", ent, f"--as={tenant}"))
    # and with the roles that the chart has for people, it reads what all platforms share, and announces
    for role, verb in (("reader", "list"), ("announcer", "create")):
        cluster.kubectl(
            "create",
            "clusterrolebinding",
            f"{ent}-{role}",
            f"--clusterrole={system}-{CALLED}-{role}",
            f"--serviceaccount={ent}:default",
        )
        asked = ("auth", "can-i", verb, "schoolannouncements", f"--as={tenant}")
        eventually(lambda asked=asked: cluster.kubectl(*asked))

    # an upgrade, after which it speaks French, and back
    uid = hoster.get("entcapacity", "occitanie", ent)["metadata"]["uid"]
    floors = Recorder(cluster, ent, "hpa", "auth", ".spec.minReplicas")
    try:
        operator.upgrade(OPERATOR, CALLED, {"language": "fr", "replicas": 1}, wait=True)
        hoster.run_operators()
        eventually(lambda: hoster.says("chaque jour planifié est connu"), 30)
        operator.rollback(CALLED)
        assert "--lang=en" in arguments_of(hoster.get("deployment", CALLED, system)["spec"])
        assert operator.history(CALLED) == ["superseded", "superseded", "deployed"]
        assert hoster.get("entcapacity", "occitanie", ent)["metadata"]["uid"] == uid

        # the uninstall, as slow as it may be: what still runs does not raise again what was given back
        with ThreadPoolExecutor() as aside:
            gone = aside.submit(operator.uninstall, CALLED)
            released = hoster.run_job(f"{CALLED}-release")
            assert released.returncode == 0, released.stderr
            assert hoster.floor() == before["minReplicas"]
            time.sleep(LONGER_THAN_A_LEASE)
            assert all(each.running() for each in hoster.operators)
            hoster.stop_operators()  # as kubelets do when the Deployment goes, which is now
            hoster.end_job(f"{CALLED}-release")
            gone.result()
        time.sleep(2)
        assert floors.values() == [FLOOR, before["minReplicas"]]
    finally:
        floors.stop()

    left = hoster.get("hpa", "auth", ent)
    assert left["spec"] == before
    assert MARK not in left["metadata"].get("annotations", {})
    theirs = f"--selector=app.kubernetes.io/instance={CALLED}"
    there = eventually(
        lambda: [hoster.names("deployments,jobs,services,pdb,serviceaccounts,roles", "-n", system, theirs)]
    )
    assert there == [[]]
    assert hoster.names("clusterroles,clusterrolebindings", theirs) == []
    assert set(hoster.names("crd", theirs)) == {
        f"customresourcedefinition.apiextensions.k8s.io/{each}" for each in KINDS
    }
    kept = hoster.get("entcapacity", "occitanie", ent)["metadata"]
    assert kept["uid"] == uid
    assert not kept.get("finalizers")

    # without an operator a platform goes at once
    platform.uninstall("occitanie")
    eventually(lambda: not hoster.names("entcapacities", "-n", ent, "--ignore-not-found") or None)

    # installed anew it takes its CRDs back; where they are not to be kept they go
    operator.install(OPERATOR, CALLED, {"crds": {"keep": False}, "release": {"enabled": False}})
    operator.uninstall(CALLED)
    cluster.kubectl("wait", "--for=delete", *(f"crd/{each}" for each in KINDS), "--timeout=20s")


def arguments_of(made: dict[str, Any]) -> list[str]:
    """What a Deployment's or a Job's pods are told to run."""
    found: list[str] = made["template"]["spec"]["containers"][0]["args"]
    return found


def listed(*documents: dict[str, Any]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(documents)})
