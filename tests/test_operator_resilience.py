"""The operator when things break or others interfere, on a real cluster: what it holds stays held, and it says why."""

import asyncio
import json
import re
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cluster.control_plane import Cluster
from entcapacity import pulse, running
from entcapacity.kubeconfig import connect
from operating import (
    ACCOUNT,
    Operator,
    Platform,
    Recorder,
    a_platform,
    announcement,
    capacity,
    deployment,
    eventually,
    heeds,
    hpa,
    install_kinds,
)

REMOTE = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
ANNOUNCED = "2021-03-31T20:00:00+02:00"
MORNING = "2021-04-06T06:55:00+02:00"
"""Of a remote day whose floors are all to be there by now: one that comes late catches up."""
NIGHT = "2021-04-06T00:30:00+02:00"
"""Hours before anything changes."""
PEAK = 14
"""Where floors end then, since the HPA allows no more."""
LEASE = "ent-capacity"
PARIS = ZoneInfo("Europe/Paris")
FAMILIES = {
    f"entcapacity_{each}"
    for each in (
        "leading",
        "expected_sessions",
        "high_sessions",
        "lead_seconds",
        "need_replicas",
        "planned_replicas",
        "floor_replicas",
        "ready_replicas",
        "due_replicas",
        "shortfall_replicas",
        "next_change_timestamp_seconds",
        "condition",
        "last_pass_timestamp_seconds",
        "announcements_in_force",
        "calendar_known_until_timestamp_seconds",
        "writes",
        "passes",
        "failed_passes",
    )
}


def auth(**more: Any) -> dict[str, Any]:
    return {"name": "auth", "ordinaryPeak": {"replicas": 6}, "startup": "1m", **more}


def a_ramp(platform: Platform, **more: Any) -> Recorder:
    """What has to rise by one replica a minute from 2 to the peak, and every value of its floor."""
    platform.apply(
        deployment("auth"),
        hpa("auth", most=PEAK),
        announcement(platform.namespace, ANNOUNCED, REMOTE),
        capacity([auth()], announcementSelector=heeds(platform.namespace), ramp={"upPerMinute": 1}, **more),
    )
    return platform.record("hpa", "auth", ".spec.minReplicas")


def assert_one_a_minute(floors: Recorder) -> None:
    """It rises by a replica each minute; by two where a busy machine was late by a (sped up) minute."""
    assert {after - before for before, after in pairwise(floors.values())} <= {1, 2}


def virtual(operator: Operator) -> datetime:
    """The operator's time when its last pass ended."""
    return datetime.fromtimestamp(metric(operator, "entcapacity_last_pass_timestamp_seconds"), UTC)


def asked(operator: Operator, path: str) -> tuple[int, str]:
    """The status and text of an answer to a GET; 0 and nothing where there is no answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{operator.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""  # it does not listen yet


def metric(operator: Operator, called: str, /, **labels: str) -> float:
    """A sample of the operator's metrics; -1 where there is none."""
    _, text = asked(operator, "/metrics")
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == called and labels.items() <= sample.labels.items():
                return float(sample.value)
    return -1.0


def writes(platform: Platform, resource: str = "", since: datetime | None = None) -> list[dict[str, Any]]:
    """What the operators of a platform wrote, the Lease left out, as the API server's audit log has it."""
    return [
        each
        for each in platform.cluster.audit(f"system:serviceaccount:{platform.namespace}:{ACCOUNT}")
        if each["verb"] in ("create", "update", "patch", "delete")
        and (each["objectRef"]["resource"] == resource if resource else each["objectRef"]["resource"] != "leases")
        and (since is None or received(each) >= since)
    ]


def received(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["requestReceivedTimestamp"])


def holder(platform: Platform) -> str:
    """Who holds the Lease; empty where nobody does."""
    return str(platform.get("lease", LEASE)["spec"].get("holderIdentity") or "")


def started(begin: str, operator_since: float, speed: float) -> str:
    """An instant for the clock of an operator that begins now, as if that of an earlier one had gone on."""
    passed = timedelta(seconds=(time.monotonic() - operator_since) * speed)
    return (datetime.fromisoformat(begin) + passed).isoformat(timespec="seconds")


# --- one acts at a time ---------------------------------------------------------------------------------------------


def test_killed_in_the_middle_of_a_ramp_it_loses_no_step_and_repeats_none(platform: Platform) -> None:
    floors = a_ramp(platform)
    since = time.monotonic()
    first = platform.operator(MORNING, 30)
    eventually(lambda: platform.floor("auth") >= 6, 40)
    first.kill()
    assert platform.floor("auth") < PEAK - 3
    platform.cluster.kubectl("delete", "lease", LEASE, "-n", platform.namespace)  # waiting for it is another test
    platform.operator(started(MORNING, since, 30), 30)
    eventually(lambda: floors.values()[-1] == PEAK, 60)
    assert_one_a_minute(floors)
    assert len(writes(platform, "horizontalpodautoscalers")) == len(floors.values()) - 1


def test_a_standby_is_ready_does_nothing_and_takes_over_within_the_lease_when_the_leader_dies(
    platform: Platform,
) -> None:
    floors = a_ramp(platform)
    first = platform.operator(MORNING, 20)
    second = platform.operator(MORNING, 20, leads=False)
    eventually(lambda: asked(second, "/readyz") == (200, "ok"), 20)
    led_by = holder(platform)
    before = len(floors.values())
    eventually(lambda: len(floors.values()) > before + 1)
    assert (metric(first, "entcapacity_leading"), metric(second, "entcapacity_leading")) == (1, 0)
    assert asked(second, "/healthz")[0] == 200
    assert not second.leads()
    first.kill()
    died = time.monotonic()
    there = floors.values()[-1]
    eventually(second.leads, 30)
    took = time.monotonic() - died
    assert 5 < took < 15 + 2 * 2 + 1
    assert holder(platform) != led_by
    eventually(lambda: floors.values()[-1] > there)
    assert floors.values() == sorted(floors.values())
    # nothing is written twice where two are there
    assert len(writes(platform, "horizontalpodautoscalers")) == len(floors.values()) - 1


def test_asked_to_stop_it_gives_the_lease_up_at_once(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    first = platform.operator(NIGHT)
    second = platform.operator(NIGHT, 1, leads=False)
    eventually(lambda: asked(second, "/readyz")[0] == 200, 20)
    led_by = holder(platform)
    first.stop()
    begun = time.monotonic()
    assert holder(platform) != led_by
    eventually(second.leads, 10)
    assert time.monotonic() - begun < 5


# --- on time, and quiet -----------------------------------------------------------------------------------------------


def test_floors_change_within_two_seconds_of_their_planned_instants(platform: Platform) -> None:
    speed = 12
    floors = a_ramp(platform)
    operator = platform.operator(MORNING, speed)
    eventually(lambda: platform.get("configmap", "ent-plan"), 20)
    published = json.loads(platform.get("configmap", "ent-plan")["data"]["plan.json"])
    planned: dict[int, datetime] = {}
    for each in published["workloads"]["auth"]:
        planned.setdefault(each["floor"], datetime.fromisoformat(each["time"]))
    start, begun, early = datetime.fromisoformat(MORNING), time.monotonic(), []
    while time.monotonic() < begun + 8:  # of many looks, the one that came the soonest after a pass says when it was
        early.append(datetime.now(UTC) - (virtual(operator) - start) / speed)
        time.sleep(0.1)
    eventually(lambda: len(floors.values()) > 4, 30)
    values = floors.values()[1:]
    came = dict(zip(values, map(received, writes(platform, "horizontalpodautoscalers")), strict=False))
    late = [came[floor] - (min(early) + (planned[floor] - start) / speed) for floor in values[1:]]
    assert len(late) >= 3
    assert all(timedelta(seconds=-0.5) < each < timedelta(seconds=2) for each in late), late


def test_a_floor_that_somebody_lowers_is_put_right_within_five_seconds(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth(min=8)], ramp={"upPerMinute": 100}))
    platform.operator(NIGHT)
    eventually(lambda: platform.floor("auth") == 8, 20)
    platform.patch("hpa", "auth", {"spec": {"minReplicas": 3}})
    begun = time.monotonic()
    eventually(lambda: platform.floor("auth") == 8, 5)
    assert time.monotonic() - begun < 5
    assert platform.reason("Enforced") != "Contested"


@pytest.fixture(scope="module")
def quiet(cluster: Cluster, kinds: None) -> Iterator[tuple[Platform, Operator]]:  # noqa: ARG001 -- they must be there
    """A platform at night, when nothing changes, and its operator."""
    namespace = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", namespace)
    cluster.kubectl("wait", "--for=create", "-n", namespace, "serviceaccount/default", "--timeout=30s")
    with a_platform(cluster, namespace) as platform:
        platform.apply(deployment("auth", 4), hpa("auth", 4), capacity([auth()]))
        eventually(lambda: platform.ready("auth") == 4, 40)  # what is not Ready when it comes is not yet due
        operator = platform.operator(NIGHT)
        eventually(lambda: platform.status().get("ready") == "4/4", 40)
        eventually(lambda: platform.reason("Enforced") == "HPABlind", 40)  # these HPAs read no metric
        yield platform, operator
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def test_metrics_are_parsed_and_every_family_is_there(quiet: tuple[Platform, Operator]) -> None:
    platform, operator = quiet
    status, text = asked(operator, "/metrics")
    families = {each.name: each for each in text_string_to_metric_families(text)}
    assert status == 200
    assert set(families) >= FAMILIES
    assert all(each.documentation for each in families.values())
    of = {"namespace": platform.namespace, "name": "ent"}
    for each in ("planned", "floor", "ready", "due"):
        assert metric(operator, f"entcapacity_{each}_replicas", workload="auth", **of) == 4
    assert metric(operator, "entcapacity_leading") == 1
    assert metric(operator, "entcapacity_condition", type="Accepted", status="True", **of) == 1
    assert metric(operator, "entcapacity_condition", type="Accepted", status="False", **of) == 0
    assert metric(operator, "entcapacity_writes_total", workload="auth", result="ok", driver="HPA", **of) == 1
    change = datetime.fromtimestamp(metric(operator, "entcapacity_next_change_timestamp_seconds", **of), UTC)
    assert change == datetime.fromisoformat(platform.status()["nextChange"]["at"])


def test_probes_answer_while_it_is_alive(quiet: tuple[Platform, Operator]) -> None:
    _, operator = quiet
    assert asked(operator, "/healthz") == (200, "ok")
    assert asked(operator, "/readyz") == (200, "ok")


def test_the_published_plan_holds_changes_only_is_small_and_belongs_to_its_platform(
    quiet: tuple[Platform, Operator],
) -> None:
    platform, _ = quiet
    found = platform.get("configmap", "ent-plan")
    text = found["data"]["plan.json"]
    document = json.loads(text)
    floors = [each["floor"] for each in document["workloads"]["auth"]]
    times = [datetime.fromisoformat(each["time"]) for each in document["workloads"]["auth"]]
    assert all(one != other for one, other in pairwise(floors))
    assert times == sorted(set(times))
    assert len(floors) > 5
    assert times[-1] < datetime.fromisoformat(document["until"])
    assert datetime.fromisoformat(document["until"]) - datetime.fromisoformat(document["from"]) == timedelta(hours=48)
    assert len(text.encode()) <= 256 * 1024
    (owner,) = found["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("ENTCapacity", platform.get("entcapacity", "ent")["metadata"]["uid"])


def test_an_idle_cluster_sees_no_writes_but_the_lease(quiet: tuple[Platform, Operator]) -> None:
    platform, _ = quiet
    begun = datetime.now(UTC)
    time.sleep(12)  # all that is done at shorter periods than a status is done within ten
    done = writes(platform, since=begun)
    # figures alone are refreshed every five minutes
    assert [each for each in done if each["objectRef"].get("subresource") != "status"] == []
    assert len(done) <= 1
    assert 3 <= len(writes(platform, "leases", begun)) <= 8


def test_the_session_limit_that_entcore_polls_follows_the_ready_replicas(platform: Platform) -> None:
    platform.apply(
        deployment("portal", delay="3s"),
        hpa("portal", most=30),
        capacity([{"name": "portal", "capacity": {"sessions": 1000}, "min": 6, "startup": "1m"}]),
    )
    operator = platform.operator(NIGHT)
    standby = platform.operator(NIGHT, leads=False)

    def limit(of: Operator = operator) -> int:
        """As entcore's auth module reads the answer: the number under the name of its platform."""
        status, text = asked(of, "/session/limit")
        answer = json.loads(text) if status == 200 else {}
        assert all(type(each) is int for each in answer.values())
        return int(answer.get("ent", 0))

    eventually(lambda: platform.floor("portal") == 6, 20)
    assert limit() <= 2 * 1000
    eventually(lambda: platform.ready("portal") == 6, 20)
    eventually(lambda: limit() == 6 * 1000, 5)
    eventually(lambda: platform.status()["admission"]["sessions"] == 6 * 1000, 5)
    eventually(lambda: limit(standby) == 6 * 1000, 15)  # a Service asks either
    pairs, carries = (("portal", "auth"), ("auth", "portal")), {"capacity": {"sessions": 1000}}
    circle = [{"name": name, "after": [other], **carries} for name, other in pairs]
    platform.patch("entcapacity", "ent", {"spec": {"workloads": circle}})
    eventually(lambda: platform.reason("Accepted") == "Invalid")
    platform.cluster.kubectl("scale", "deployment/portal", "-n", platform.namespace, "--replicas=8")
    eventually(lambda: limit() == 8 * 1000, 20)  # what is there carries what it did


# --- others write, too ------------------------------------------------------------------------------------------------


def test_a_writer_who_keeps_resetting_the_field_is_named_and_answered_a_bounded_number_of_times(
    platform: Platform,
) -> None:
    speed = 40
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth(min=8)], ramp={"upPerMinute": 100}))
    platform.operator(NIGHT, speed)
    eventually(lambda: platform.floor("auth") == 8, 20)
    before = len(writes(platform, "horizontalpodautoscalers"))
    begun, contested = time.monotonic(), 0
    while time.monotonic() < begun + 600 / speed:
        if platform.floor("auth") == 8:
            platform.patch("hpa", "auth", {"spec": {"minReplicas": 3}}, "nightly-cron")
        time.sleep(0.1)
        if not contested and platform.reason("Enforced") == "Contested":
            contested = len(writes(platform, "horizontalpodautoscalers")) - before
    done = len(writes(platform, "horizontalpodautoscalers")) - before
    said = platform.condition("Enforced")
    assert (said["status"], said["reason"]) == ("False", "Contested")
    assert "nightly-cron" in said["message"]
    assert contested >= 5  # so often it is put right at once
    assert contested + 2 <= done <= 5 + 10 + 1  # then once a minute
    eventually(lambda: platform.floor("auth") == 8, 60 / speed + 3)  # whoever stops has lost


def test_fields_that_gitops_will_put_back_are_named_at_acceptance_with_the_way_out(platform: Platform) -> None:
    tracked = hpa("portal")
    tracked["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "ent:autoscaling/HPA:ent/portal"}
    platform.apply(deployment("auth"), deployment("portal"), tracked)
    platform.apply(deployment("notes"), hpa("notes"))
    platform.apply(deployment("mails"))
    for manager, document in (("argocd-controller", hpa("auth")), ("helm", hpa("mails"))):
        arguments = ("apply", "--server-side", f"--field-manager={manager}", "-n", platform.namespace, "-f-")
        platform.cluster.kubectl(*arguments, stdin=json.dumps(document))
    names = ("auth", "portal", "notes", "mails")
    platform.apply(capacity([auth(name=each) for each in names], mode="Observe"))
    platform.operator(NIGHT)
    eventually(lambda: platform.condition("Accepted"), 20)
    for mode in ("Observe", "Enforce"):
        platform.patch("entcapacity", "ent", {"spec": {"mode": mode}})
        generation = platform.get("entcapacity", "ent")["metadata"]["generation"]
        eventually(lambda generation=generation: platform.status().get("observedGeneration") == generation, 20)
        said = platform.condition("Accepted")
        assert (said["status"], said["reason"]) == ("False", "GitOpsOwned")
        for name in ("auth", "portal"):
            assert f"HorizontalPodAutoscaler {name}: Argo CD will put minReplicas back" in said["message"]
            assert f"name: {name}, jsonPointers: [/spec/minReplicas]" in said["message"]
        assert "notes" not in said["message"]
        assert "ignoreDifferences" in said["message"]
        if mode == "Observe":  # later it is ours, and nothing tells of Helm any more
            assert "HorizontalPodAutoscaler mails: Helm applies minReplicas on the server" in said["message"]
    assert platform.reason("Ready") == "GitOpsOwned"


def test_where_one_workload_may_not_be_written_the_others_go_on_and_it_is_said(platform: Platform) -> None:
    role = f"{ACCOUNT}-{platform.namespace}"
    shipped = platform.get("role", role)
    rules = []
    for rule in shipped["rules"]:
        if rule["resources"] == ["horizontalpodautoscalers"]:
            rules.append({**rule, "verbs": ["get", "list", "watch"]})
            rules.append({**rule, "verbs": ["patch"], "resourceNames": ["portal"]})
        elif rule["resources"] == ["deployments/scale", "statefulsets/scale"]:
            rules.append({**rule, "resources": ["deployments/scale"]})
        else:
            rules.append(rule)
    platform.patch("role", role, {"rules": rules})
    platform.apply(deployment("auth"), hpa("auth"), deployment("portal"), hpa("portal"))
    platform.apply(deployment("redis", kind="StatefulSet"))
    redis = auth(name="redis", min=3, target={"kind": "StatefulSet", "name": "redis"})
    platform.apply(capacity([auth(min=5), auth(name="portal", min=5), redis], ramp={"upPerMinute": 100}))
    platform.operator(NIGHT)
    eventually(lambda: platform.floor("portal") == 5, 20)
    eventually(lambda: platform.reason("Enforced") == "WriteFailed", 10)
    said = platform.condition("Enforced")["message"]
    assert "auth: HorizontalPodAutoscaler auth was not written" in said
    assert "redis: StatefulSet redis was not written" in said
    assert "forbidden" in said
    assert "portal: " not in said.replace("portal: HPA portal reads no metric", "")
    assert (platform.floor("auth"), platform.replicas("redis", "statefulset")) == (2, 2)
    before = datetime.now(UTC)
    platform.patch("hpa", "portal", {"spec": {"minReplicas": 3}})
    eventually(lambda: platform.floor("portal") == 5, 5)
    time.sleep(5)
    refused = [each for each in writes(platform, since=before) if each["responseStatus"]["code"] == 403]
    assert 0 < len(refused) <= 8  # two workloads, every five seconds at most, in about six seconds
    platform.patch("role", role, {"rules": shipped["rules"]})
    eventually(lambda: platform.floor("auth") == 5, 20)
    eventually(lambda: platform.replicas("redis", "statefulset") == 3, 10)


def test_rights_that_come_late_are_waited_for_and_a_status_that_is_refused_keeps_no_floor_from_moving(
    platform: Platform,
) -> None:
    """As after a restart of the API server, which at first refuses what it will grant; here for longer than Kopf tries.

    Of the status floors do not depend.
    """
    role = f"{ACCOUNT}-{platform.namespace}"
    shipped = platform.get("role", role)["rules"]
    platform.patch("role", role, {"rules": [each for each in shipped if each["resources"] == ["leases"]]})
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth(min=5)], ramp={"upPerMinute": 100}))
    operator = platform.operator(NIGHT)
    eventually(lambda: "Kopf ended" in operator.said(), 40)
    assert (platform.floor("auth"), asked(operator, "/healthz")[0]) == (2, 200)
    but_status = [each for each in shipped if each["resources"] != ["entcapacities/status"]]
    platform.patch("role", role, {"rules": but_status})
    eventually(lambda: platform.floor("auth") == 5, 15)
    assert platform.status() == {}
    platform.patch("role", role, {"rules": shipped})
    eventually(lambda: platform.reason("Planned") == "UpToDate", 15)


def test_a_deletion_that_waits_for_a_right_says_so_in_one_event(platform: Platform) -> None:
    role = f"{ACCOUNT}-{platform.namespace}"
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth(min=5)], ramp={"upPerMinute": 100}))
    platform.operator(NIGHT)
    eventually(lambda: platform.floor("auth") == 5, 20)
    shipped = platform.get("role", role)["rules"]
    reads = {"verbs": ["get", "list", "watch"]}
    rules = [each | reads if each["apiGroups"] == ["autoscaling"] else each for each in shipped]
    platform.patch("role", role, {"rules": rules})
    get = ("get", "events", "-n", platform.namespace, "-o=json")
    time.sleep(1)  # until the API server refuses it
    platform.cluster.kubectl("delete", "entcapacity", "ent", "-n", platform.namespace, "--wait=false")

    def told() -> list[str]:
        items = json.loads(platform.cluster.kubectl(*get))["items"]
        return [each["message"] for each in items if each["reason"] == "NotGivenBack"]

    eventually(told, 15)
    time.sleep(6)  # it was tried again
    (said,) = told()
    assert "its deletion waits" in said
    assert "forbidden" in said
    platform.patch("role", role, {"rules": shipped})
    there = ("get", "entcapacity", "ent", "-n", platform.namespace, "--ignore-not-found", "-o=name")
    eventually(lambda: not platform.cluster.kubectl(*there), 20)
    assert platform.floor("auth") == 2


def test_watches_that_failed_once_and_live_now_are_not_missed(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the pod would be killed two minutes after each short trouble."""
    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig))
    monkeypatch.setattr(running, "_LASTS_SECONDS", 2.0)
    monkeypatch.setattr(pulse, "SILENT_SECONDS", 1.0)
    options = running.Options(namespace=platform.namespace, watched=(platform.namespace,))

    async def silent() -> list[list[str]]:
        kube, ended = await connect(), asyncio.Event()
        around = running.surroundings(options, kube)
        around.pulse.expect("watches")  # as after an attempt that failed
        operating = asyncio.create_task(running._operate(options, around, ended, asyncio.Event()))
        found = []
        for _ in range(2):
            await asyncio.sleep(1.5)
            found.append(around.pulse.silent())
            await asyncio.sleep(2.5)
        ended.set()
        assert not await operating  # it is not to be tried again
        await kube.close()
        await asyncio.sleep(1)  # Kopf's watches are closed with a handshake that nobody waits for
        return found

    assert asyncio.run(silent()) == [["watches"], []]


# --- the calendar, and clocks -----------------------------------------------------------------------------------------


def a_calendar(name: str, key: str) -> dict[str, Any]:
    return {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "SchoolCalendar",
        "metadata": {"name": name},
        "spec": {"fromConfigMap": {"name": "files", "key": key}},
    }


def test_of_a_calendar_file_the_last_good_version_stays_and_without_one_floors_only_rise(platform: Platform) -> None:
    holiday = "\n".join(
        [
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            "SUMMARY:Pont",
            "DTSTART;VALUE=DATE:20210406",
            "DTEND;VALUE=DATE:20210407",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    name, rubbish = platform.namespace, "<html>503 Service Unavailable</html>"
    files = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "files"}}
    platform.apply({**files, "data": {"good.ics": holiday, "bad.ics": rubbish}}, a_calendar(name, "bad.ics"))
    audience = [{"zones": ["B"], "levels": ["College", "Lycee"], "pupils": 300000, "calendar": name}]
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth(min=5)], audience=audience))
    platform.operator("2021-04-06T07:40:00+02:00")
    eventually(lambda: platform.reason("Planned") == "Holding", 20)
    assert platform.reason("CalendarKnown") == "CalendarUnreadable"
    eventually(lambda: platform.floor("auth") == 6, 5)  # as on the class day that the embedded calendar knows
    platform.patch("hpa", "auth", {"spec": {"minReplicas": 9}})
    time.sleep(3)
    assert platform.floor("auth") == 9

    platform.apply(a_calendar(name, "good.ics"))
    eventually(lambda: platform.floor("auth") == 5, 10)
    eventually(lambda: platform.status().get("today") == "Holiday", 10)
    assert platform.reason("Planned") == "UpToDate"

    # the same file goes bad where it is: it is looked at every ten seconds
    platform.apply({**files, "data": {"good.ics": rubbish}})
    eventually(lambda: platform.reason("CalendarKnown") == "CalendarUnreadable", 20)
    assert "its last good version" in platform.condition("CalendarKnown")["message"]
    assert platform.reason("Planned") == "UpToDate"
    assert platform.status()["today"] == "Holiday"


def test_a_calendar_that_ends_is_said_and_weekdays_beyond_it_count_as_class_days(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    platform.operator("2031-09-09T10:00:00+02:00")  # a Tuesday
    eventually(lambda: platform.condition("CalendarKnown"), 20)
    said = platform.condition("CalendarKnown")
    assert (said["status"], said["reason"]) == ("False", "CalendarEnds")
    assert "later weekdays are planned as class days" in said["message"]
    assert platform.status()["today"] == "Unknown"
    assert platform.floor("auth") > 2


def test_in_the_night_of_two_hours_two_oclock_floors_follow_the_local_clock(platform: Platform) -> None:
    """A batch job every night at half past two, local time: on 25 October 2026 that comes twice."""
    speed = 480
    curve = [("00:00", 1), ("02:20", 1), ("02:25", 30), ("02:35", 30), ("02:40", 1), ("24:00", 1)]
    points = [{"at": at, "percent": percent} for at, percent in curve]
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        capacity(
            [auth(warmup="0s")],
            demand={"planOn": "Expected", "curves": {each: [{"points": points}] for each in ("Holiday", "Weekend")}},
            readyBefore={"ordinary": "1m", "exceptional": "1m"},
            ramp={"upPerMinute": 1000, "downPerMinute": 1000, "hold": "1m"},
        ),
    )
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    begin = "2026-10-25T01:00:00+02:00"
    operator = platform.operator(begin, speed)
    eventually(lambda: platform.get("configmap", "ent-plan"), 20)
    document = json.loads(platform.get("configmap", "ent-plan")["data"]["plan.json"])
    end = datetime.fromisoformat("2026-10-25T03:00:00+01:00")
    expected = [
        (datetime.fromisoformat(each["time"]), each["floor"])
        for each in document["workloads"]["auth"]
        if datetime.fromisoformat(each["time"]) < end
    ]
    highest = max(floor for _, floor in expected)
    tops = [at for (_, before), (at, floor) in pairwise(expected) if before < highest and floor == highest]
    assert [f"{at.astimezone(PARIS):%H:%M %z}" for at in tops] == ["02:21 +0200", "02:21 +0100"]
    eventually(lambda: floors.values().count(highest) == 2 and floors.values()[-1] < highest, 60)
    assert "a pass failed" not in operator.said()


def test_an_overseas_platform_rises_in_the_morning_of_its_own_time(platform: Platform) -> None:
    reunion = [{"academies": ["La Réunion"], "levels": ["College", "Lycee"], "pupils": 300000}]
    for name in ("auth", "reunion"):
        platform.apply(deployment(name), hpa(name))
    platform.apply(capacity([auth()]), capacity([auth(name="reunion")], name="outre-mer", audience=reunion))
    platform.operator("2026-09-08T07:40:00+04:00")  # 05:40 in Paris
    eventually(lambda: platform.floor("reunion") >= 6, 30)
    eventually(lambda: platform.condition("Ready"), 20)
    assert platform.floor("auth") == 2
    first = datetime.fromisoformat(platform.status()["nextChange"]["at"])
    assert first.astimezone(UTC).hour in (3, 4)  # of the metropole, when it is past eight there


# --- what stands in the way is said -----------------------------------------------------------------------------------


def test_start_up_is_measured_believed_from_five_pods_on_and_kept_over_a_restart(platform: Platform) -> None:
    platform.apply(
        deployment("auth", delay="3s"),
        hpa("auth"),
        capacity([auth(min=3, startup="Measured", ordinaryPeak={"replicas": 30})], ramp={"upPerMinute": 50}),
    )

    def lead() -> int:
        document = json.loads(platform.get("configmap", "ent-plan")["data"]["plan.json"])
        return max(map(int, re.findall(r"lead (\d+) min", json.dumps(document))))

    def measured() -> dict[str, Any]:
        found: dict[str, Any] = platform.status()["workloads"][0]["startup"]["warm"]
        return found

    first = platform.operator(NIGHT, 60)
    eventually(lambda: len(measured()["samples"]) == 1, 90)
    assert "p95Minutes" not in measured()
    assumed = eventually(lead, 10)
    platform.patch(
        "entcapacity", "ent", {"spec": {"workloads": [auth(min=8, startup="Measured", ordinaryPeak={"replicas": 30})]}}
    )
    eventually(lambda: len(measured()["samples"]) == 6, 40)
    found = measured()
    assert all(3 * 60 <= each <= 8 * 60 for each in found["samples"])
    assert 3 <= found["p50Minutes"] <= found["p95Minutes"] <= 8
    eventually(lambda: lead() == 15 + found["p95Minutes"] != assumed, 10)
    leads = metric(first, "entcapacity_lead_seconds", workload="auth", day="ordinary")
    assert leads == 60 * lead()
    taken = metric(first, "entcapacity_raise_to_ready_seconds", workload="auth")  # pods, and an HPA that follows
    assert max(found["samples"]) - 60 <= taken <= 20 * 60
    first.stop()
    platform.operator(NIGHT, 60)
    eventually(lambda: platform.status()["observedGeneration"], 10)
    eventually(lambda: lead() == 15 + found["p95Minutes"], 10)
    assert measured()["samples"] == found["samples"]


def test_what_is_announced_too_late_is_said_with_the_instant_at_which_all_is_ready(platform: Platform) -> None:
    speed = 40
    name = platform.namespace
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        announcement(name, "2021-04-06T07:20:00+02:00", REMOTE),
        capacity([auth()], announcementSelector=heeds(name), ramp={"upPerMinute": 5}),
    )
    start = datetime.fromisoformat("2021-04-06T07:19:00+02:00")
    platform.operator(start.isoformat(), speed)
    begun = time.monotonic()
    eventually(lambda: platform.reason("CapacitySufficient") == "TooLate", 30)
    said = platform.condition("CapacitySufficient")
    (shown,) = re.findall(r"everything is Ready at (2021-04-06 \d\d:\d\d)", said["message"])
    ready_at = datetime.fromisoformat(f"{shown}+02:00")
    assert (
        timedelta(minutes=3) <= ready_at - datetime.fromisoformat("2021-04-06T07:20:00+02:00") <= timedelta(minutes=15)
    )
    time.sleep(max(0, (ready_at - start).total_seconds() / speed - (time.monotonic() - begun)))
    need = eventually(lambda: platform.status()["workloads"][0]["need"])
    assert need > 10
    eventually(
        lambda: platform.ready("auth") >= need, 10
    )  # the cluster has its own delays, 40 times as long on this clock


def test_quotas_and_nodes_that_are_too_small_are_said_days_ahead(platform: Platform) -> None:
    name = platform.namespace
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"requests.cpu": "200"}},
    }
    large = deployment("auth")
    large["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "20"}}
    platform.apply(
        quota,
        large,
        hpa("auth"),
        announcement(name, ANNOUNCED, REMOTE),
        capacity([auth()], announcementSelector=heeds(name)),
    )
    eventually(lambda: platform.get("resourcequota", "small")["status"]["used"]["requests.cpu"] == "40")
    platform.operator("2021-04-01T09:00:00+02:00")
    eventually(lambda: platform.condition("CapacitySufficient"), 20)
    said = platform.condition("CapacitySufficient")
    assert said["status"] == "False"
    assert re.search(r"ResourceQuota small: \d+ of requests\.cpu are missing at 2021-04-06 0\d:\d\d", said["message"])
    assert re.search(r"the nodes lack \d+ of cpu at 2021-04-06 0\d:\d\d", said["message"])
    assert platform.condition("Ready")["status"] == "False"


# --- the API server goes ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def troubled(cluster: Cluster) -> Iterator[Cluster]:  # noqa: ARG001 -- where that cannot be, this cannot either
    """A cluster of its own: after an outage its controllers take their time, and other tests should not."""
    with TemporaryDirectory(prefix="ent-capacity-") as directory, Cluster(Path(directory)) as running:
        install_kinds(running)
        yield running


def test_outages_of_the_api_server(troubled: Cluster) -> None:
    """A short one costs neither the Lease nor a step; after a long one it acts on what was due, and never dips; without
    its Lease it still stops when asked."""
    for each in ("one", "other"):
        troubled.kubectl("create", "namespace", each)
        troubled.kubectl("wait", "--for=create", "-n", each, "serviceaccount/default", "--timeout=30s")
    with a_platform(troubled, "one") as platform, a_platform(troubled, "other") as second:
        floors = a_ramp(platform)
        second.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
        operator, other = platform.operator(MORNING, 20), second.operator(NIGHT)
        eventually(lambda: platform.floor("auth") >= 4, 40)
        eventually(lambda: second.condition("Planned"), 20)

        troubled.stop_api_server()
        time.sleep(2)
        troubled.start_api_server()
        there = floors.values()[-1]
        between = platform.record("hpa", "auth", ".spec.minReplicas")
        eventually(lambda: platform.floor("auth") >= there + 2, 30)
        assert "has lost the Lease" not in operator.said()
        platform.patch("hpa", "auth", {"spec": {"minReplicas": there}})
        eventually(lambda: platform.floor("auth") > there, 5)  # its watches live

        troubled.stop_api_server()
        there = between.values()[-1]
        try:
            for each in (operator, other):
                eventually(lambda each=each: "has lost the Lease" in each.said(), 30)
            assert asked(operator, "/readyz")[0] == 200
            assert asked(operator, "/healthz")[0] == 200
            assert metric(operator, "entcapacity_leading") == 0
            other.stop()
        finally:
            troubled.start_api_server()
        back = time.monotonic()
        after = platform.record("hpa", "auth", ".spec.minReplicas")
        eventually(lambda: platform.floor("auth") > there, 40)
        assert time.monotonic() - back < 30
        eventually(lambda: after.values()[-1] >= there + 3, 30)
        assert_one_a_minute(floors)
        assert [there, *after.values()] == sorted([there, *after.values()])
