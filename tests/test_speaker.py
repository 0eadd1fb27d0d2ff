"""What is said of an ENTCapacity: at once what matters, figures now and then, and an Event of each turn."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from answering import served
from entcapacity import speaker
from entcapacity.fields import API_VERSION
from entcapacity.kube import ClusterError, Kube
from entcapacity.reasons import reason
from entcapacity.running import Options, surroundings
from entcapacity.speaker import Speaker, turned, weighty
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object
from entcapacity.world import CAPACITY

NOW = datetime(2021, 4, 6, 6, tzinfo=UTC)
KEY = ("ent", "ent")
CONDITION = {"type": "Ready", "status": "True", "reason": "AllWell", "message": "", "observedGeneration": 1}
STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "today": "Remote",
    "sessions": 1200,
    "ready": "4/4",
    "cost": {"replicaHours": 100},
    "admission": {"sessions": 6000},
    "workloads": [{"name": "auth", "planned": 4, "need": 3, "floor": 4, "ready": 4}],
}


@pytest.mark.parametrize(
    "figures",
    [
        {"sessions": 1300},
        {"cost": {"replicaHours": 99}},
        {"admission": {"sessions": 7500}},
        {"workloads": [{**STATUS["workloads"][0], "need": 4}]},
        {"conditions": [{**CONDITION, "message": "other words", "lastTransitionTime": "2021-04-06T06:00:00Z"}]},
    ],
)
def test_figures_and_words_alone_are_not_worth_a_write_at_once(figures: dict[str, Any]) -> None:
    assert weighty(STATUS | figures) == weighty(STATUS)


@pytest.mark.parametrize(
    "news",
    [
        {"today": "OnSite"},
        {"ready": "3/4"},
        {"observedGeneration": 2},
        {"nextChange": {"workload": "auth"}},
        {"workloads": [{**STATUS["workloads"][0], "floor": 6}]},
        {"workloads": []},
        {"conditions": [{**CONDITION, "reason": "Observing"}]},
        {"conditions": []},
    ],
)
def test_everything_else_is(news: dict[str, Any]) -> None:
    assert weighty(STATUS | news) != weighty(STATUS)


def test_a_condition_turned_where_its_status_or_reason_is_new() -> None:
    same, other = {**CONDITION, "message": "other words"}, {**CONDITION, "reason": "Observing"}
    assert turned([CONDITION], [same]) == []
    assert turned([CONDITION], [other]) == [other]
    assert turned([], [same]) == [same]


# --- what is written --------------------------------------------------------------------------------------------------


def spoken(work: Callable[[Speaker, Surroundings], Awaitable[None]]) -> tuple[list[Object], list[Object]]:
    """The statuses and Events that an API server is sent."""
    statuses: list[Object] = []
    events: list[Object] = []

    async def handle(request: web.Request) -> web.Response:
        if request.path.endswith("/events"):
            events.append(await request.json())
            return web.json_response(events[-1])
        statuses.append(json.loads(await request.text()))
        return web.json_response(document(str(len(statuses) + 1), statuses[-1]["status"]))

    async def speaking(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent"), kube)
        around.world.put(document("1", {}))
        await work(Speaker(KEY, around), around)

    served(handle, speaking)
    return [each["status"] for each in statuses], events


def document(version: str, status: dict[str, Any]) -> Object:
    metadata = {"name": "ent", "namespace": "ent", "uid": "1", "generation": 1, "resourceVersion": version}
    return {"apiVersion": API_VERSION, "kind": CAPACITY, "metadata": metadata, "status": status}


def there(around: Surroundings) -> Object:
    found = around.world.get(CAPACITY, KEY)
    assert found is not None
    return found


def test_news_wait_a_moment_figures_five_minutes_and_what_is_known_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speaker, "_STATUS_SECONDS", 60.0)

    async def work(by: Speaker, around: Surroundings) -> None:
        shown = {"today": "Remote", "sessions": 1200}
        assert await by.say(there(around), [], NOW, shown) == []
        assert await by.say(there(around), [], NOW, shown) == []
        (figures,) = await by.say(there(around), [], NOW, {**shown, "sessions": 1300})
        (news,) = await by.say(there(around), [], NOW, {**shown, "today": "OnSite"})
        assert 290 < figures <= 300
        assert 0 < news <= 60
        monkeypatch.setattr(speaker, "_STATUS_SECONDS", 0.0)
        assert await by.say(there(around), [], NOW, {**shown, "today": "OnSite"}) == []

    statuses, _ = spoken(work)
    assert [each["today"] for each in statuses] == ["Remote", "OnSite"]


def test_without_a_plan_what_was_said_of_it_stays_but_what_programs_act_on() -> None:
    async def work(by: Speaker, around: Surroundings) -> None:
        before = {"today": "Remote", "admission": {"sessions": 6000, "longestWaitSeconds": 60}}
        around.limits[KEY] = 4500
        await by.say(document("1", before), [reason("Invalid", problem="spec.audience: is missing")], NOW, {})

    (status,), _ = spoken(work)
    assert status["today"] == "Remote"
    assert status["admission"] == {"sessions": 4500, "longestWaitSeconds": 60}
    assert {each["type"]: each["status"] for each in status["conditions"]}["Accepted"] == "False"


def test_events_warn_of_what_turned_bad_and_not_of_what_somebody_asked_for() -> None:
    async def work(by: Speaker, around: Surroundings) -> None:
        found = [reason("Observing"), reason("NotReady", workload="auth", ready=2, due=6)]
        await by.say(there(around), found, NOW, {"today": "Remote"})

    _, events = spoken(work)
    told = {each["reason"]: each["type"] for each in events}
    assert {told[each] for each in ("Valid", "Observing", "NotObserved")} == {"Normal"}
    assert told["NotReady"] == "Warning"


def test_what_comes_and_goes_is_told_once_in_a_while_and_its_condition_follows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(speaker, "_STATUS_SECONDS", 0)
    caplog.set_level("INFO", "entcapacity")
    shown, late = {"today": "Remote"}, reason("NotReady", workload="auth", ready=29, due=30)

    async def work(by: Speaker, around: Surroundings) -> None:
        for found in ([late], [], [late], [], [late]):
            await by.say(there(around), found, NOW, shown)
        monkeypatch.setattr(speaker, "_SAME_SECONDS", 0)
        await by.say(there(around), [], NOW, shown)

    statuses, events = spoken(work)
    known = [{each["type"]: each["status"] for each in status["conditions"]} for status in statuses]
    assert [each["CapacitySufficient"] for each in known] == ["False", "True", "False", "True", "False", "True"]
    told = Counter(each["reason"] for each in events)
    assert (told["NotReady"], told["Sufficient"]) == (2, 2)  # Ready, too, is not for want of replicas; once long after
    assert sum("CapacitySufficient=" in each.getMessage() for each in caplog.records) == 3


def test_a_pass_that_failed_is_said_in_a_condition_and_an_event() -> None:
    async def work(by: Speaker, _: Surroundings) -> None:
        await by.say_failure(ValueError("no such day"))

    (status,), events = spoken(work)
    planned = next(each for each in status["conditions"] if each["type"] == "Planned")
    assert (planned["status"], planned["reason"]) == ("False", "PassFailed")
    assert "ValueError: no such day" in planned["message"]
    assert ("PassFailed", "Warning") in {(each["reason"], each["type"]) for each in events}


def test_of_what_is_gone_no_failure_is_said() -> None:
    async def work(by: Speaker, around: Surroundings) -> None:
        gone = there(around)
        gone["metadata"]["deletionTimestamp"] = "2021-04-06T06:00:00Z"
        await by.say_failure(ValueError("no such day"))

    assert spoken(work) == ([], [])


def test_why_a_deletion_waits_is_said_once_and_again_where_it_is_another_reason() -> None:
    async def work(by: Speaker, around: Surroundings) -> None:
        for problem in ("not reachable", "not reachable", "forbidden"):
            await by.say_not_gone(there(around), ClusterError(0, problem))

    statuses, events = spoken(work)
    assert statuses == []
    assert [(each["reason"], each["type"]) for each in events] == [("NotGivenBack", "Warning")] * 2
    assert "forbidden" in events[-1]["message"]
