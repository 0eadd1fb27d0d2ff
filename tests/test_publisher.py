"""The plan for other programs: written once for each edition, and never into what is somebody else's."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from answering import served
from entcapacity import publisher
from entcapacity.clock import Clock
from entcapacity.cost import cost
from entcapacity.fields import API_VERSION
from entcapacity.kube import Kube
from entcapacity.plan import plan
from entcapacity.planner import Made
from entcapacity.publisher import Publisher, edition
from entcapacity.running import Options, surroundings
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object
from entcapacity.turns import Turns
from entcapacity.world import CAPACITY
from specs import APRIL_2021, capacity, facts, window

NOW = datetime(2021, 4, 6, 6, tzinfo=UTC)
PLAN = plan(capacity(), facts(APRIL_2021), NOW, window("2021-04-06T06:00:00+00:00", 3))
MADE = Made(PLAN, None, cost(PLAN), (), timedelta(0), ("first",))
OTHER = replace(MADE, key=("second",))
DOCUMENT = {"apiVersion": API_VERSION, "kind": CAPACITY, "metadata": {"name": "ent", "namespace": "ent", "uid": "1"}}


def test_an_edition_is_a_plan_as_of_a_quarter_of_a_day() -> None:
    assert edition(MADE, NOW) == edition(MADE, NOW + timedelta(hours=5, minutes=59))
    assert edition(MADE, NOW) != edition(MADE, NOW + timedelta(hours=6))
    assert edition(MADE, NOW) != edition(OTHER, NOW)


def published(
    work: Callable[[Publisher, Surroundings], Awaitable[None]], somebody: list[bool] | None = None
) -> tuple[list[Object], list[Object]]:
    """The ConfigMaps and Events that an API server takes; a ConfigMap that ``somebody`` wrote is there first."""
    maps: list[Object] = []
    events: list[Object] = []
    owners = [{"manager": "kubectl-create", "fieldsV1": {"f:data": {"f:notes": {}}}}]

    async def handle(request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        if request.path.endswith("/events"):
            events.append(body)
        elif "dryRun" not in request.query:
            maps.append(body)
        elif somebody and somebody[0]:
            body["metadata"]["managedFields"] = owners
        return web.json_response(body)

    async def publishing(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent", clock=Clock(NOW)), kube)
        await work(Publisher(("ent", "ent"), around), around)

    served(handle, publishing)
    return maps, events


async def done(publisher: Publisher) -> None:
    """Until nothing is being published."""
    async with asyncio.timeout(10):
        if publisher._publishing is not None:
            await publisher._publishing


def test_each_edition_is_published_once() -> None:
    async def work(publisher: Publisher, _: Surroundings) -> None:
        for made in (MADE, MADE, OTHER):
            publisher.offer(DOCUMENT, made, NOW)
            await done(publisher)
        assert publisher.published == edition(OTHER, NOW)

    maps, events = published(work)
    assert len(maps) == 2
    assert events == []
    assert {each["metadata"]["name"] for each in maps} == {"ent-plan"}
    (owner,) = maps[0]["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == (CAPACITY, "ent", "1")
    assert list(json.loads(maps[0]["data"]["plan.json"])["workloads"]) == ["portal"]


def test_of_several_that_come_while_all_are_busy_the_last_is_published() -> None:
    async def work(publisher: Publisher, around: Surroundings) -> None:
        around.turns = Turns(1)
        async with around.turns.turn(NOW):
            for made in (MADE, OTHER):
                publisher.offer(DOCUMENT, made, NOW)
                await asyncio.sleep(0.01)
            assert publisher.published == ()
        await done(publisher)
        assert publisher.published == edition(OTHER, NOW)

    maps, _ = published(work)
    assert len(maps) == 1


def test_once_it_is_stopped_nothing_is_published() -> None:
    async def work(publisher: Publisher, _: Surroundings) -> None:
        publisher.stop()
        publisher.offer(DOCUMENT, MADE, NOW)
        await asyncio.sleep(0)  # it has begun
        publisher.stop()
        with pytest.raises(asyncio.CancelledError):
            await done(publisher)

    assert published(work) == ([], [])


def test_what_is_somebody_elses_is_told_once_and_tried_again_with_the_next_plan() -> None:
    somebody = [True]

    async def work(publisher: Publisher, _: Surroundings) -> None:
        for made in (MADE, MADE, OTHER):
            publisher.offer(DOCUMENT, made, NOW)
            await done(publisher)
        assert publisher.published == ()
        somebody[0] = False
        publisher.offer(DOCUMENT, OTHER, NOW)  # which was refused
        await done(publisher)
        assert publisher.published == ()
        third: Any = replace(MADE, key=("third",))
        publisher.offer(DOCUMENT, third, NOW)
        await done(publisher)
        assert publisher.published == edition(third, NOW)

    maps, events = published(work, somebody)
    assert len(maps) == 1
    assert [(each["reason"], each["type"]) for each in events] == [("PlanNotPublished", "Warning")]
    assert "ent-plan belongs to kubectl-create" in events[0]["message"]


def refused(status: int, *offers: Made) -> tuple[int, list[str]]:
    """How often it is tried where an API server answers so, and which Events there are."""
    tried: list[str] = []
    events: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        if request.path.endswith("/events"):
            events.append((await request.json())["reason"])
            return web.json_response({})
        tried.append(request.path)
        return web.json_response({"message": "the label owner is required"}, status=status)

    async def publishing(kube: Kube) -> None:
        by = Publisher(("ent", "ent"), surroundings(Options(namespace="ent", clock=Clock(NOW)), kube))
        for made in offers:
            by.offer(DOCUMENT, made, NOW)
            await done(by)

    served(handle, publishing)
    return len(tried), events


@pytest.mark.parametrize("status", [403, 422])
def test_what_is_refused_is_told_once_and_tried_again_with_the_next_plan_only(status: int) -> None:
    """Whatever wakes us: each try costs a dry run, and all reasons written anew."""
    assert refused(status, MADE, MADE, MADE, OTHER, OTHER) == (2, ["PlanNotPublished"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again_with_the_same_plan_but_not_at_once(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(status, MADE, MADE, OTHER) == (1, [])
    monkeypatch.setattr(publisher, "RETRY_SECONDS", 0)
    assert refused(status, MADE, MADE, OTHER) == (3, [])
