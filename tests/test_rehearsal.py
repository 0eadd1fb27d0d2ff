"""A rehearsal: whose floors, at what cost, what became of the pods; and the command against the real operator."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from entcapacity.cli import holding
from entcapacity.cli.commands import cli
from entcapacity.grid import Grid
from entcapacity.plan import plan
from entcapacity.reasons import Reason
from entcapacity.rehearsal import (
    Course,
    Stuck,
    extra_replica_hours,
    floors_on,
    meant,
    next_school_day,
    obstacle,
    ready_after,
    rehearsal_of,
    why_not_ready,
    whys,
)
from entcapacity.spec import OrdinaryPeak, Workload
from entcapacity.targets import Objects, Seen, seen
from operating import ROOT, Operator, Platform, capacity, deployment, eventually, hpa
from specs import APRIL_2021, announcement, facts, instant, occitanie
from specs import capacity as spec_with

# --- what to hold -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2021-03-15T20:00:00+01:00", "2021-03-16"),
        ("2021-03-19T23:30:00+01:00", "2021-03-22"),  # a Friday
        ("2021-04-02T20:00:00+02:00", "2021-04-06"),  # before Easter Monday
        ("2021-04-09T20:00:00+02:00", "2021-04-26"),  # before the holidays that the announcement moved
        ("2026-07-04T20:00:00+02:00", "2026-09-01"),
    ],
)
def test_the_next_school_day_is_one_with_class(now: str, expected: str) -> None:
    assert next_school_day(spec_with(), facts(APRIL_2021), instant(now)) == date.fromisoformat(expected)


def test_where_schools_stay_closed_for_months_there_is_no_next_school_day() -> None:
    closed = {"from": "2026-06-29", "until": "2027-01-31", "schooling": "Closed"}
    made = announcement("closed", "2026-06-25T20:00:00+02:00", closed)
    assert next_school_day(spec_with(), facts(made), instant("2026-06-28T20:00:00+02:00")) is None


def test_the_floors_are_the_days_highest_whatever_a_rehearsal_asks_for() -> None:
    now, tuesday = instant("2021-04-05T21:00:00+02:00"), date(2021, 4, 6)
    spec, known = spec_with(), facts(APRIL_2021, floors={"portal": 3})
    floors = floors_on(spec, known, now, tuesday)
    day = plan(
        spec, known, now, Grid.between(instant("2021-04-06T00:00:00+02:00"), instant("2021-04-07T00:00:00+02:00"))
    )
    assert floors == {"portal": int(day.workload("portal").floor[day.inner].max())}
    assert floors["portal"] > 3 * floors_on(spec, facts(), now, tuesday)["portal"]
    until = now + timedelta(minutes=30)
    already = spec.model_copy(update={"rehearsal": rehearsal_of({"portal": 900}, now, until)})
    assert floors_on(already, known, now, tuesday) == floors


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"mode": "Observe"}, "RehearseObserves"),
        ({"suspendUntil": "2021-03-16T12:00:00+01:00"}, "RehearseSuspended"),
        ({"suspendUntil": "2021-03-15T12:00:00+01:00"}, ""),
        ({"rehearsal": {"from": "2021-03-15T19:00:00Z", "until": "2021-03-15T20:30:00Z"}}, "RehearseRunning"),
        ({"rehearsal": {"from": "2021-03-15T18:00:00Z", "until": "2021-03-15T19:30:00Z"}}, ""),
    ],
)
def test_a_rehearsal_is_refused_where_nothing_would_come_of_it(spec: dict[str, Any], code: str) -> None:
    if "rehearsal" in spec:
        spec["rehearsal"]["floors"] = [{"name": "portal", "replicas": 20}]
    made = occitanie(**{"mode": "Enforce", **spec})
    found = obstacle(made, instant("2021-03-15T21:00:00+01:00"))
    assert (found.code if found else "") == code


def test_without_a_date_the_next_school_day_is_meant_also_of_a_platform_that_observes() -> None:
    found = meant(occitanie(), facts(), instant("2021-03-15T21:00:00+01:00"), None, timedelta(minutes=30))
    assert not isinstance(found, Reason)
    assert found[0] == date(2021, 3, 16)
    assert found[1].until == instant("2021-03-15T21:30:00+01:00")


def test_what_it_costs_is_what_the_floors_have_more() -> None:
    now = instant("2021-03-15T21:00:00+01:00")
    spec = spec_with(ramp={"upPerMinute": 10, "downPerMinute": 10})
    held = rehearsal_of({"portal": 50}, now, now + timedelta(minutes=30))
    usual = plan(spec, facts(floors={"portal": 10}), now, Grid.between(now, now + timedelta(hours=1)))
    floor = usual.workload("portal").floor[usual.inner]
    up = [10, 20, 30, 40, *[50] * 26, 40, 30, 20, 10]
    expected = sum(max(0, asked - int(before)) for asked, before in zip(up, floor, strict=False)) / 60
    assert extra_replica_hours(spec, facts(floors={"portal": 10}), held) == pytest.approx(expected, abs=0.4)


# --- what became of the pods ------------------------------------------------------------------------------------------

SINCE = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
AUTH: Any = {**deployment("auth"), "metadata": {"name": "auth", "namespace": "ent"}}


def pod(*conditions: tuple[str, str, str, str], app: str = "auth", **status: Any) -> dict[str, Any]:
    made = [dict(zip(("type", "status", "reason", "message"), each, strict=True)) for each in conditions]
    return {"metadata": {"name": "auth-1", "labels": {"app": app}}, "status": {"conditions": made, **status}}


def waiting(code: str, message: str = "") -> list[dict[str, Any]]:
    return [{"name": "auth", "state": {"waiting": {"reason": code, "message": message}}}]


def event(kind: str, name: str, message: str, at: str = "2026-11-22T20:00:10Z", code: str = "FailedCreate") -> Any:
    about = {"kind": kind, "name": name}
    return {"metadata": {}, "reason": code, "involvedObject": about, "message": message, "lastTimestamp": at}


NOWHERE = ("PodScheduled", "False", "Unschedulable", "0/3 nodes are available: 3 Insufficient cpu.")
SCHEDULED = ("PodScheduled", "True", "", "")
UNREADY = ("Ready", "False", "ContainersNotReady", "containers with unready status: [auth]")
QUOTA = 'pods "auth-1" is forbidden: exceeded quota: few'


@pytest.mark.parametrize(
    ("pods", "events", "found"),
    [
        ([pod(("Ready", "True", "", ""))], [], []),
        ([pod(NOWHERE), pod(NOWHERE)], [], [Stuck("Unschedulable", 2, NOWHERE[3])]),
        ([pod(NOWHERE, app="portal")], [], []),
        (
            [pod(SCHEDULED, UNREADY, containerStatuses=waiting("ImagePullBackOff", "Back-off pulling image"))],
            [],
            [Stuck("ImagePullBackOff", 1, "Back-off pulling image")],
        ),
        (
            [pod(SCHEDULED, initContainerStatuses=waiting("CrashLoopBackOff"), containerStatuses=waiting("None"))],
            [],
            [Stuck("CrashLoopBackOff", 1, "")],
        ),
        ([pod(SCHEDULED, UNREADY)], [], [Stuck("ContainersNotReady", 1, UNREADY[3])]),
        ([pod(reason="Evicted", message="low on memory")], [], [Stuck("Evicted", 1, "low on memory")]),
        ([pod(phase="Pending", conditions=None)], [], [Stuck("Pending", 1, "")]),
        (
            [pod(NOWHERE), pod(UNREADY), pod(UNREADY)],
            [],
            [Stuck("ContainersNotReady", 2, UNREADY[3]), Stuck("Unschedulable", 1, NOWHERE[3])],
        ),
        ([], [event("ReplicaSet", "auth-5d8f", QUOTA)], [Stuck("FailedCreate", 0, QUOTA)]),
        ([], [event("StatefulSet", "auth", QUOTA)], []),
        ([], [event("ReplicaSet", "auth-worker-5d8f", QUOTA)], []),
        ([], [event("ReplicaSet", "auth-5d8f", QUOTA, "2026-11-22T19:59:59Z")], []),
        ([], [event("ReplicaSet", "auth-5d8f", QUOTA, code="SuccessfulCreate")], []),
        (
            [],
            [event("ReplicaSet", "auth-1", "older"), event("ReplicaSet", "auth-2", QUOTA, "2026-11-22T20:09:00Z")],
            [Stuck("FailedCreate", 0, QUOTA)],
        ),
    ],
)
def test_why_pods_are_not_ready(pods: list[Any], events: list[Any], found: list[Stuck]) -> None:
    assert list(why_not_ready(AUTH, pods, events, SINCE)) == found


def test_a_pod_that_is_going_is_none_that_does_not_become_ready() -> None:
    going = pod(UNREADY)
    going["metadata"]["deletionTimestamp"] = "2026-11-22T20:00:00Z"
    assert not list(why_not_ready(AUTH, [going], [], SINCE))


def looked(ready: int, replicas: int, floor: int) -> Seen:
    target = {**AUTH, "spec": {**AUTH["spec"], "replicas": replicas}, "status": {"readyReplicas": ready}}
    scaler = {**hpa("auth", floor), "metadata": {"name": "auth", "namespace": "ent"}}
    workload = Workload(name="auth", ordinary_peak=OrdinaryPeak(replicas=1))
    found = seen(workload, "ent", Objects({("apps", "Deployment", "auth"): target}, (scaler,)))
    assert isinstance(found, Seen)
    return found


def test_a_course_keeps_when_it_was_ready_and_why_it_is_not() -> None:
    course = Course("auth", 6, 2)
    stuck = Stuck("Unschedulable", 2, "0/3 nodes\nare available")
    course.look(0, looked(2, 2, 2), [])
    assert [each.text() for each in whys(course, "ent", None)] == [
        "the operator asks for 2 so far; where that stays, see the conditions of ent"
    ]
    course.look(4, looked(2, 2, 6), [])
    assert [each.code for each in whys(course, "ent", None)] == ["RehearseFewer"]
    course.look(8, looked(4, 6, 6), [stuck, Stuck("FailedCreate", 0, QUOTA)])
    assert [each.text() for each in whys(course, "ent", None)] == [
        "2 pods: Unschedulable 0/3 nodes are available",
        f"pods not made: {QUOTA}",
    ]
    assert (course.reached, ready_after([course])) == (False, None)
    course.look(20, looked(6, 6, 6), [stuck])
    assert (course.reached, course.stuck, list(whys(course, "ent", None))) == (True, (), [])
    course.look(24, looked(5, 6, 6), [stuck])
    assert [each.code for each in whys(course, "ent", "0 min 20 s")] == ["RehearseLost", "RehearseStuck"]
    assert course.looks == [(0, 2), (8, 4), (20, 6), (24, 5)]
    assert ready_after([course, Course("portal", 3, 0, ready_after=7)]) == 20


# --- the command, on the real cluster ---------------------------------------------------------------------------------

BUSY = [{"name": "auth", "ordinaryPeak": {"replicas": 20}}]


class Rehearser:
    """Somebody who may read the namespace, and change ENTCapacities in it, and nothing else."""

    def __init__(self, platform: Platform) -> None:
        self.platform, namespace = platform, platform.namespace
        kubectl = platform.cluster.kubectl
        kubectl("create", "serviceaccount", "rehearser", "-n", namespace)
        subject = f"--serviceaccount={namespace}:rehearser"
        seen = "pods,events,deployments.apps,statefulsets.apps,horizontalpodautoscalers.autoscaling"
        for role, verbs, resources in (
            ("view", "get,list", seen),
            ("edit", "get,list,patch", "entcapacities.entcapacity.io"),
        ):
            kubectl("create", "role", role, "-n", namespace, f"--verb={verbs}", f"--resource={resources}")
            kubectl("create", "rolebinding", role, "-n", namespace, f"--role={role}", subject)
        school = "--resource=schoolannouncements.entcapacity.io,schoolcalendars.entcapacity.io"
        name = f"school-{namespace}"
        kubectl("create", "clusterrole", name, "--verb=get,list", school)
        kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", subject)
        self.kubeconfig: Path = platform.cluster.kubeconfig_for("rehearser", namespace)

    def begins(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts the command."""
        return subprocess.Popen(
            [sys.executable, "-m", "entcapacity", "rehearse", "ent", "-n", self.platform.namespace, *arguments],
            env=os.environ | {"KUBECONFIG": str(self.kubeconfig), "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rehearses(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """What it says in the end, on both outputs."""
        process = self.begins(*arguments)
        out, err = process.communicate(timeout=180)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return out, err


@pytest.fixture
def rehearser(platform: Platform) -> Rehearser:
    return Rehearser(platform)


def rehearsing(platform: Platform) -> bool:
    return "rehearsal" in platform.get("entcapacity", "ent")["spec"]


def test_floors_are_held_become_ready_and_are_given_back(platform: Platform, rehearser: Rehearser) -> None:
    platform.apply(
        deployment("auth"), hpa("auth", 2, 100), capacity(BUSY, ramp={"upPerMinute": 50, "downPerMinute": 20})
    )
    platform.operator()
    eventually(lambda: platform.condition("Ready"))
    planned, _ = rehearser.rehearses("--dry-run", "-o", "json")
    assert not rehearsing(platform)
    (before,) = json.loads(planned)["workloads"]
    assert before["floor"] > 15
    out, err = rehearser.rehearses("--for", "1m", "--yes", "-o", "json")
    document = json.loads(out)
    chapter = (
        (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").partition("\n## rehearse\n")[2].partition("\n## ")[0]
    )
    told = set(re.findall(r"`(\w+)`", chapter))
    (auth,) = document["workloads"]
    assert {*document, *auth, *auth["course"][0]} - {"version"} <= told
    assert document["ready"] is True
    assert document["readyAfterSeconds"] == auth["readyAfterSeconds"] <= 60
    assert (auth["floor"], auth["held"], auth["pending"]) == (before["floor"], before["floor"], [])
    assert auth["course"][-1]["ready"] == auth["atTheEnd"] >= auth["floor"]
    assert "Over: everything was Ready after 0 min" in err
    assert f"auth {auth['atTheEnd']}/{auth['floor']}" in err
    assert not rehearsing(platform)
    eventually(lambda: platform.floor("auth") < auth["floor"], 90)


def test_what_stays_pending_is_told_and_ctrl_c_gives_back(platform: Platform, rehearser: Rehearser) -> None:
    stuck: Any = deployment("auth", 0)
    stuck["spec"]["template"]["spec"]["nodeSelector"] = {"example.org/room": "gone"}
    few: Any = deployment("portal")
    few["spec"]["template"]["spec"]["priorityClassName"] = "system-cluster-critical"
    of_portal = {"scopeName": "PriorityClass", "operator": "In", "values": ["system-cluster-critical"]}
    pods = {"hard": {"pods": "6"}, "scopeSelector": {"matchExpressions": [of_portal]}}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": pods}
    workloads = [*BUSY, {"name": "portal", "ordinaryPeak": {"replicas": 20}}]
    platform.apply(quota, stuck, few, capacity(workloads))
    platform.operator()
    process = rehearser.begins("--for", "30m", "--yes", "--lang", "fr")
    told, wanted = "", ("Unschedulable", "exceeded quota: few", "portal 6/")
    try:
        assert process.stdout is not None
        while not all(each in told for each in wanted):
            line = process.stdout.readline()
            assert line, told
            told += line
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1, out + err
    assert "Traceback" not in err
    said = " ".join(out.split())
    assert "Unschedulable" in said
    assert "exceeded quota: few" in said
    assert "Arrêté avant la fin" in said
    assert "Rendu" in said
    assert not rehearsing(platform)


def test_a_command_that_is_killed_leaves_an_end_behind(platform: Platform, rehearser: Rehearser) -> None:
    platform.apply(deployment("auth"), hpa("auth", 2, 100), capacity(BUSY))
    operator: Operator = platform.operator()
    process = rehearser.begins("--for", "90m", "--yes")
    eventually(lambda: rehearsing(platform), 60)
    process.kill()
    process.communicate(timeout=20)
    left = platform.get("entcapacity", "ent")["spec"]["rehearsal"]
    lasts = datetime.fromisoformat(left["until"]) - datetime.fromisoformat(left["from"])
    assert lasts == timedelta(minutes=90)
    _, err = rehearser.rehearses("--yes", code=1)
    assert "a rehearsal of ent runs until" in err
    operator.stop()
    # the same spec an hour after its end: the floor falls to what it would have been
    over = (datetime.fromisoformat(left["until"]) + timedelta(hours=2)).isoformat()
    platform.operator(over)
    held = left["floors"][0]["replicas"]
    eventually(lambda: platform.status().get("workloads", [{}])[0].get("planned", held) < held, 60)


def test_where_nothing_would_come_of_it_that_is_said_beforehand(platform: Platform, rehearser: Rehearser) -> None:
    platform.apply(deployment("auth"), hpa("auth", 2, 100), capacity(BUSY, mode="Observe"))
    assert "ent has mode Observe" in rehearser.rehearses("--yes", code=1)[1]
    out, err = rehearser.rehearses("--dry-run")
    assert "note: ent has mode Observe" in err
    assert "replica-hours more than without" in out
    platform.patch("entcapacity", "ent", {"spec": {"mode": "Enforce", "suspendUntil": "2100-01-01T00:00:00Z"}})
    assert "ent is suspended until 2100-01-01 01:00" in rehearser.rehearses("--yes", code=1)[1]
    platform.patch("entcapacity", "ent", {"spec": {"suspendUntil": None}})
    assert "is over: choose today" in rehearser.rehearses("--day", "2021-04-06", code=2)[1]
    assert "write 1m to 12h" in rehearser.rehearses("--for", "13h", code=2)[1]
    assert "not a duration" in rehearser.rehearses("--for", "long", code=2)[1]
    may_read = ["--verb=get,list", "--resource=entcapacities.entcapacity.io,deployments.apps,statefulsets.apps"]
    platform.cluster.kubectl("create", "role", "look", "-n", platform.namespace, *may_read)
    subject = f"--serviceaccount={platform.namespace}:rehearser"
    platform.cluster.kubectl("create", "rolebinding", "look", "-n", platform.namespace, "--role=look", subject)
    out, err = rehearser.rehearses(code=1)  # nobody is there to answer
    assert "replica-hours more than without" in out
    assert "nobody can be asked here: --yes" in err
    platform.cluster.kubectl("delete", "rolebinding", "edit", "-n", platform.namespace)
    _, err = rehearser.rehearses("--yes", code=1)
    assert "rehearser may not patch entcapacities.entcapacity.io" in err
    assert "given back" not in err
    assert not rehearsing(platform)


def test_without_an_operator_it_is_taken_back(
    platform: Platform, rehearser: Rehearser, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.apply(deployment("auth"), hpa("auth", 2, 100), capacity(BUSY))
    monkeypatch.setenv("KUBECONFIG", str(rehearser.kubeconfig))
    monkeypatch.setattr(holding, "TAKEN_UP_SECONDS", 5)
    done = CliRunner().invoke(cli, ["rehearse", "ent", "-n", platform.namespace, "--yes", "--lang", "en"])
    assert done.exit_code == 1, done.output
    assert "no operator took it up within 5 s" in done.stderr
    assert not rehearsing(platform)
    assert platform.floor("auth") == 2
