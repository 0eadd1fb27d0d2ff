"""The hoster's commands on the real cluster, with the user's kubeconfig, also with one that may only read."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import ClickException
from click.testing import CliRunner

from entcapacity.cli import connection
from entcapacity.cli.commands import cli
from entcapacity.kube import Kube
from entcapacity.schooldays import embedded
from entcapacity.territories import PLACES
from entcapacity.vocabulary import DayKind, Level, Role
from operating import Platform, capacity, deployment, eventually, heeds, hpa, now

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


def keda_scales(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": {"name": name}, "minReplicaCount": 5, "maxReplicaCount": 80, "triggers": []},
    }


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
BUSY = [{"name": "auth", "ordinaryPeak": {"replicas": 40}, "startup": "2m"}]
"""So that every day has steps, in holidays, too."""


def a_school_day() -> date:
    """The next Tuesday with class in zone B after a day with class: nothing but an announcement changes it."""
    days, place = embedded(), PLACES["59"]

    def has_class(on: date) -> bool:
        return days.known_at(None).day(on, place, Level.COLLEGE, Role.PUPIL).kind is DayKind.ON_SITE

    on = now().date() + timedelta(days=2)
    while not (on.weekday() == 1 and has_class(on) and has_class(on - timedelta(days=1))):
        on += timedelta(days=1)
    return on


def ics(day: date) -> str:
    """A day off, as calendar programs write it."""
    event = f"BEGIN:VEVENT\nUID:1\nSUMMARY:Fermeture\nDTSTART;VALUE=DATE:{day:%Y%m%d}\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{event}END:VCALENDAR\n"


# --- plan and explain -------------------------------------------------------------------------------------------------


def test_the_plan_read_from_the_cluster_is_the_one_its_operator_makes(platform: Platform, user: User) -> None:
    platform.apply(deployment("auth"), hpa("auth", 3, 200), capacity(BUSY))
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
    looking = reader(platform)
    mine, theirs = user.reads("plan", "ent"), looking.asks("plan", "ent", "-o", "json")
    assert json.loads(theirs.stdout)["workloads"] == mine["workloads"]
    assert theirs.stderr == "", "no KEDA here, so nothing is hidden"
    platform.apply(keda_scales("auth"))
    uid = platform.get("scaledobject", "auth")["metadata"]["uid"]
    platform.delete("hpa", "auth")
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "auth", "uid": uid}
    made = hpa("auth", 7, 80)
    made["metadata"] |= {"name": "keda-hpa-auth", "ownerReferences": [owner]}
    platform.apply(made)
    assert user.reads("plan", "ent")["workloads"][0]["min"] == 5
    done = looking.asks("plan", "ent", "-o", "json")
    assert "note: ScaledObjects of namespace" in done.stderr
    assert json.loads(done.stdout)["workloads"][0]["min"] == 1, "what KEDA made of it is not its minimum"


def test_who_may_not_read_announcements_gets_no_wrong_plan(platform: Platform) -> None:
    platform.apply(deployment("auth"), capacity(AUTH))
    said = reader(platform, everywhere=False).asks("plan", "ent", code=1).stderr
    assert "may not list schoolannouncements.entcapacity.io in the whole cluster: ask for that right" in said


def test_a_calendar_in_a_config_map_counts_and_one_that_may_not_be_read_is_told(platform: Platform, user: User) -> None:
    day, name = a_school_day(), f"private-{platform.namespace}"
    audience = [{"zones": ["B"], "levels": ["College"], "pupils": 300000, "calendar": name}]
    platform.apply(
        deployment("auth"),
        capacity(AUTH, audience=audience),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"local.ics": ics(day)}},
        {
            "apiVersion": "entcapacity.io/v1alpha1",
            "kind": "SchoolCalendar",
            "metadata": {"name": name},
            "spec": {"fromConfigMap": {"name": name, "key": "local.ics"}},
        },
    )
    asked = ["plan", "--from", f"{day}T12:00:00+01:00", "--days", "1", "-o", "json"]
    done = user.asks(*asked, "--operator-namespace", platform.namespace)
    assert json.loads(done.stdout)["calendar"]["days"][0]["kind"] == "Holiday"
    assert done.stderr == ""
    elsewhere = user.asks(*asked)
    assert json.loads(elsewhere.stdout)["calendar"]["days"][0]["kind"] == "OnSite"
    assert f"note: calendar {name}: there is no ConfigMap {name}; planned without its file" in elsewhere.stderr
    hidden = reader(platform).asks(*asked, "--operator-namespace", platform.namespace)
    assert "configmaps" in hidden.stderr
    assert "planned without its file" in hidden.stderr


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


@pytest.mark.parametrize("terminal", [False, True], ids=["into a file", "on a terminal"])
def test_status_watches_until_it_is_interrupted(platform: Platform, user: User, terminal: bool) -> None:
    platform.apply(deployment("auth"), capacity(AUTH, mode="Observe"))
    reading, writing = pty.openpty() if terminal else os.pipe()
    watching = subprocess.Popen(
        [sys.executable, "-m", "entcapacity", "status", "-n", platform.namespace, "--watch"],
        env=os.environ | {"KUBECONFIG": str(user.kubeconfig), "LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    seen = b""
    while b"Enforce" not in seen:
        found = os.read(reading, 4096)
        assert found, seen
        seen += found
        if b"Observe" in seen:
            platform.patch("entcapacity", "ent", {"spec": {"mode": "Enforce"}})
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=20)
    os.close(reading)
    assert (watching.returncode, said) == (0, b""), seen


# --- announce, withdraw, boost ----------------------------------------------------------------------------------------


@pytest.fixture
def announced(platform: Platform) -> Iterator[str]:
    """A name for an announcement that only this platform heeds; it is taken away in the end."""
    name = f"remote-{platform.namespace}"
    platform.apply(deployment("auth"), hpa("auth", 2, 9), capacity(AUTH, announcementSelector=heeds(name)))
    yield name
    platform.cluster.kubectl("delete", "schoolannouncement", name, "--ignore-not-found", "--wait=false")


def sentence(name: str, *more: str) -> list[str]:
    """What the administrator types."""
    return ["announce", "remote", f"--from={a_school_day()}", f"--name={name}", f"--label=test={name}", *more]


def said_in(kubeconfig: Path, *arguments: str, stdin: str = "", code: int = 0) -> str:
    """What a command says that has no namespace, on both outputs, in one line."""
    done = command(kubeconfig, *arguments, stdin=stdin)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return " ".join((done.stdout + done.stderr).split())


def there(platform: Platform, name: str) -> bool:
    return bool(platform.cluster.kubectl("get", "schoolannouncement", name, "--ignore-not-found", "-o=name"))


def test_announce_shows_the_effect_and_writes_nothing_unless_told(
    platform: Platform, user: User, announced: str
) -> None:
    said = said_in(user.kubeconfig, *sentence(announced), stdin="n\n", code=1)
    assert f"{platform.namespace}/ent Enforce" in said
    assert f"Tue {a_school_day()}" in said
    assert "OnSite → Remote" in said
    assert "its autoscaler's maximum is 9: raise it there" in " ".join(said.split())
    assert "Error: nothing was applied" in said
    assert "dry run, nothing is written" in said_in(user.kubeconfig, *sentence(announced, "--dry-run"))
    assert not there(platform, announced)


def test_announce_applies_what_was_agreed_to_and_withdraw_takes_it_back(
    platform: Platform, user: User, announced: str
) -> None:
    assert "Apply? [y/N]" in said_in(user.kubeconfig, *sentence(announced), stdin="y\n")
    made = platform.get("schoolannouncement", announced)
    assert made["spec"]["periods"] == [{"from": str(a_school_day()), "schooling": "Remote"}]
    again = said_in(user.kubeconfig, *sentence(announced, "--yes"))
    assert "is there already" in again
    other = said_in(user.kubeconfig, *sentence(announced, "--yes", "--level", "Lycee"), code=1)
    assert "says something else: withdraw it and give this one another --name" in other
    labelled = said_in(user.kubeconfig, *sentence(announced, "--yes", "--label=more=x"), code=1)
    assert "with other labels: give this one another --name" in labelled
    day = user.reads("plan", "--from", f"{a_school_day()}T12:00:00+01:00", "--days", "1")["calendar"]["days"][0]
    assert day["kind"] == "Remote"
    assert "did you mean" in said_in(user.kubeconfig, "withdraw", announced[:-1], "--yes", code=1)
    said = said_in(user.kubeconfig, "withdraw", announced, "--yes")
    assert "Remote → OnSite" in said
    assert f"SchoolAnnouncement {announced} withdrawn" in said
    assert platform.get("schoolannouncement", announced)["spec"]["withdrawnAt"]
    assert "was withdrawn already" in said_in(user.kubeconfig, "withdraw", announced, "--yes", code=1)
    anew = said_in(user.kubeconfig, *sentence(announced, "--yes"), code=1)
    assert "was withdrawn at" in anew
    assert "give this one another --name" in anew


def test_announce_in_several_contexts_says_where_it_was_applied(platform: Platform, user: User, announced: str) -> None:
    contexts = json.loads(user.kubeconfig.read_text(encoding="utf-8"))
    reading = json.loads(reader(platform).kubeconfig.read_text(encoding="utf-8"))
    contexts["users"].append({"name": "reader", "user": reading["users"][0]["user"]})
    contexts["contexts"].append({"name": "dr", "context": {"cluster": "test", "user": "reader"}})
    both = platform.cluster.directory / f"{platform.namespace}.two.kubeconfig"
    both.write_text(json.dumps(contexts), encoding="utf-8")
    said = said_in(both, *sentence(announced, "--context=test", "--context=dr", "--yes"), code=1)
    assert f"test: SchoolAnnouncement {announced} created" in said
    assert "Error: dr: " in said
    assert "may not create schoolannouncements.entcapacity.io in the whole cluster" in said
    assert there(platform, announced)


def test_announce_for_git_asks_no_cluster(platform: Platform, tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    text = command(nowhere, *sentence("for-git", "-o", "yaml")).stdout
    file = tmp_path / "for-git.yaml"
    file.write_text(text, encoding="utf-8")
    platform.cluster.kubectl("apply", "--dry-run=server", "-f", str(file))
    assert yaml.safe_load(text)["kind"] == "SchoolAnnouncement"
    assert yaml.safe_load(command(nowhere, "announce", "-f", str(file), "-o", "yaml").stdout) == yaml.safe_load(text)


def test_boost_shows_its_effect_and_is_taken_away_again(platform: Platform, user: User) -> None:
    marked = capacity(BUSY)
    marked["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "ent:entcapacity.io/ENTCapacity:ent/ent"}
    platform.apply(deployment("auth"), marked)
    done = user.asks("boost", "ent", "--percent", "50", "--for", "36h", stdin="y\n")
    assert "comes from Git by Argo CD" in done.stderr
    assert " → " in done.stdout
    assert platform.get("entcapacity", "ent")["spec"]["boost"]["percent"] == 50
    assert "back to what is expected" in user.asks("boost", "ent", "--off", "--yes").stdout
    assert "boost" not in platform.get("entcapacity", "ent")["spec"]
    refused = reader(platform).asks("boost", "ent", "--percent", "50", "--for", "3h", "--yes", code=1).stderr
    assert "may not patch entcapacities.entcapacity.io in namespace" in refused


# --- what is not there ------------------------------------------------------------------------------------------------


def failed(kubeconfig: Path, *arguments: str) -> str:
    """What a command says that ends with exit code 1, in one line."""
    result = CliRunner().invoke(cli, arguments, env={"KUBECONFIG": str(kubeconfig)})
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    return " ".join(result.stderr.split())


def test_a_cluster_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "gone", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "me", "user": {"token": "x"}}],
        "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": "me"}}],
        "current-context": "gone",
    }
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(kubeconfig), encoding="utf-8")
    for arguments in (["plan"], ["status"], ["withdraw", "x"]):
        said = failed(file, *arguments)
        assert said.startswith("Error: the API server does not answer: "), said
        assert "127.0.0.1:1" in said


def test_without_a_kubeconfig_it_is_said_where_one_was_looked_for(tmp_path: Path) -> None:
    said = failed(tmp_path / "none", "status")
    assert said == f"Error: there is no kubeconfig at {tmp_path / 'none'}: set KUBECONFIG to its file"
    assert failed(tmp_path / "none", "plan") == f"{said}, or give files with -f"
    broken = tmp_path / "broken"
    broken.write_text("contexts: [", encoding="utf-8")
    assert "cannot be used" in failed(broken, "status")


def test_a_cluster_without_our_resources_is_told_to_install_them(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(platform.cluster.kubeconfig))

    async def ask(kube: Kube, _: str) -> list[Any]:
        return list(await kube.every("entcapacity.io/v9", "ENTCapacity"))  # answered as a group that is not there

    with pytest.raises(ClickException, match="install the chart, with its CRDs"):
        connection.asked(ask)


def test_a_plugin_of_kubectl_speaks_as_one(platform: Platform, user: User, tmp_path: Path) -> None:
    platform.apply(deployment("auth"), capacity(AUTH))
    plugin = tmp_path / "kubectl-entcap"
    plugin.write_text(f"#!{sys.executable}\nfrom entcapacity.cli import main\nmain()\n", encoding="utf-8")
    plugin.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "KUBECONFIG": str(user.kubeconfig)}
    kubectl = str(platform.cluster.binaries["kubectl"])

    def entcap(*arguments: str) -> str:
        done = subprocess.run(
            [kubectl, "entcap", *arguments], env=environment, capture_output=True, text=True, timeout=60
        )
        return done.stdout + done.stderr

    assert '"name": "ent"' in entcap("plan", "ent", "-n", platform.namespace, "-o", "json")
    said = entcap("plan", "--help")
    assert "Usage: kubectl entcap plan" in said
    assert "kubectl entcap plan occitanie -n ent" in said
