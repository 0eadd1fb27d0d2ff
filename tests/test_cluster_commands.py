"""The hoster's commands on the real cluster, with the user's kubeconfig, also with one that may only read."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from operating import Platform, capacity, deployment, eventually, hpa, now

READS: list[dict[str, Any]] = [
    {"apiGroups": ["entcapacity.io"], "resources": ["entcapacities"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets"], "verbs": ["get", "list"]},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["get", "list"]},
]
KNOWS = [
    {"apiGroups": ["entcapacity.io"], "resources": ["schoolannouncements", "schoolcalendars"], "verbs": ["get", "list"]}
]


def command(kubeconfig: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What a user's command answers."""
    return subprocess.run(
        [sys.executable, "-m", "entcapacity", *arguments],
        input=stdin,
        env=os.environ | {"KUBECONFIG": str(kubeconfig), "LC_ALL": "C.UTF-8", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=60,
    )


class User:
    """An administrator at a terminal."""

    def __init__(self, platform: Platform, kubeconfig: Path) -> None:
        self.platform, self.kubeconfig = platform, kubeconfig

    def asks(self, *arguments: str, stdin: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        """The answer to a command in the platform's namespace."""
        done = command(self.kubeconfig, *arguments, "-n", self.platform.namespace, stdin=stdin)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def reads(self, *arguments: str) -> Any:
        """The JSON document that a command answers with."""
        return json.loads(self.asks(*arguments, "-o", "json").stdout)


@pytest.fixture
def user(platform: Platform) -> User:
    """Somebody who may do everything."""
    return User(platform, platform.cluster.kubeconfig)


def reader(platform: Platform, everywhere: bool = True) -> User:
    """Somebody who may only read, and without ``everywhere`` only in the namespace."""
    name, namespace, rbac = f"reader-{platform.namespace}", platform.namespace, "rbac.authorization.k8s.io"
    subjects = [{"kind": "ServiceAccount", "name": "reader", "namespace": namespace}]
    documents: list[dict[str, Any]] = [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}}]
    for kind, rules in (("Role", READS), *((("ClusterRole", KNOWS),) if everywhere else ())):
        metadata = {"name": name}
        documents += [
            {"apiVersion": f"{rbac}/v1", "kind": kind, "metadata": metadata, "rules": rules},
            {
                "apiVersion": f"{rbac}/v1",
                "kind": f"{kind}Binding",
                "metadata": metadata,
                "roleRef": {"apiGroup": rbac, "kind": kind, "name": name},
                "subjects": subjects,
            },
        ]
    items = {"apiVersion": "v1", "kind": "List", "items": documents}
    platform.cluster.kubectl("apply", "-n", namespace, "-f-", stdin=json.dumps(items))
    return User(platform, platform.cluster.kubeconfig_for("reader", namespace))


AUTH = [{"name": "auth", "ordinaryPeak": {"replicas": 6}, "startup": "2m"}]


# --- plan and explain -------------------------------------------------------------------------------------------------


def test_the_plan_read_from_the_cluster_is_the_one_its_operator_makes(platform: Platform, user: User) -> None:
    busy = [{"name": "auth", "ordinaryPeak": {"replicas": 40}, "startup": "2m"}]  # so that holidays have steps, too
    platform.apply(deployment("auth"), hpa("auth", 3, 200), capacity(busy))
    platform.operator()
    published = eventually(lambda: json.loads(platform.get("configmap", "ent-plan")["data"]["plan.json"]))
    document = user.reads("plan", "ent")
    (mine,) = document["workloads"]
    assert (mine["min"], mine["max"]) == (3, 200), "what the HPA was found with, not what is held there"
    theirs = {each["time"]: each["floor"] for each in published["workloads"]["auth"]}
    until = min(document["until"], published["until"])
    common = [each for each in mine["steps"][1:] if each["time"] < until]
    assert len(common) > 10
    soon = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")  # until then floors follow what is there
    assert {each["time"]: each["floor"] for each in common if each["time"] > soon} == {
        time: floor for time, floor in theirs.items() if soon < time < until
    }


def test_the_only_platform_of_a_namespace_needs_no_name(platform: Platform, user: User) -> None:
    platform.apply(deployment("auth", 4), capacity(AUTH))
    assert user.reads("plan")["name"] == "ent"
    explained = user.reads("explain")
    assert [each["name"] for each in explained["workloads"]] == ["auth"]
    platform.apply(capacity([{"name": "other", "ordinaryPeak": {"replicas": 2}}], name="second"))
    assert "several of kind ENTCapacity" in user.asks("plan", code=1).stderr


def test_an_unknown_name_a_missing_namespace_and_an_unknown_context_are_told(platform: Platform, user: User) -> None:
    platform.apply(deployment("auth"), capacity(AUTH))
    assert "did you mean 'ent'?" in user.asks("plan", "entt", code=1).stderr
    assert "there is no ENTCapacity in namespace nowhere" in command(user.kubeconfig, "plan", "-n", "nowhere").stderr
    assert "has no context 'tset': did you mean 'test'?" in user.asks("plan", "--context", "tset", code=1).stderr


def test_who_may_only_read_sees_the_same_plan_and_what_is_hidden_is_told(platform: Platform, user: User) -> None:
    platform.apply(deployment("auth"), hpa("auth", 3, 60), capacity(AUTH))
    done = reader(platform).asks("plan", "ent", "-o", "json")
    assert json.loads(done.stdout)["workloads"] == user.reads("plan", "ent")["workloads"]
    assert "note: ScaledObjects of namespace" in done.stderr


def test_who_may_not_read_announcements_gets_no_wrong_plan(platform: Platform) -> None:
    platform.apply(deployment("auth"), capacity(AUTH))
    said = reader(platform, everywhere=False).asks("plan", "ent", code=1).stderr
    assert "may not list schoolannouncements.entcapacity.io in the whole cluster: ask for that right" in said


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_shows_each_platform_in_eighty_columns(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity(AUTH))
    looking = reader(platform)
    assert "NoOperator" in looking.asks("status").stdout
    platform.operator()
    eventually(lambda: platform.condition("Ready"))
    table = looking.asks("status", "--lang", "fr").stdout
    assert "Plateforme" in table
    assert max(map(len, table.splitlines())) <= 80
    (shown,) = looking.reads("status", "ent")["platforms"]
    assert shown["mode"] == "Enforce"
    assert shown["planned"] >= 2
    assert shown["condition"]["reason"]


def test_status_watches_until_it_is_interrupted(platform: Platform, user: User) -> None:
    platform.apply(deployment("auth"), capacity(AUTH, mode="Observe"))
    watching = subprocess.Popen(
        [sys.executable, "-m", "entcapacity", "status", "-n", platform.namespace, "--watch"],
        env=os.environ | {"KUBECONFIG": str(user.kubeconfig), "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    seen = []
    for line in watching.stdout:
        seen.append(line)
        if "Observe" in line:
            platform.patch("entcapacity", "ent", {"spec": {"mode": "Enforce"}})
        if "Enforce" in line:
            break
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=20)
    assert (watching.returncode, said) == (0, ""), "".join(seen)
