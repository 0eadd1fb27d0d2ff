"""What a cluster says about school: nobody waits for an answer that does not come, and a mistake is never a no."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from entcapacity import almanac as module
from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.kube import Kube
from entcapacity.targets import Object
from entcapacity.world import World
from specs import AUDIENCE, WORKLOADS, capacity
from test_calendars import BETTER, GOOD
from test_kube import served

V1 = "entcapacity.io/v1alpha1"
PERIOD = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
SPEC = {
    "cause": "Confinement",
    "scope": {"zones": ["A", "B", "C"]},
    "announcedAt": "2021-03-31T20:00:00+02:00",
    "periods": [PERIOD],
}


def resource(kind: str, name: str, spec: dict[str, Any], version: int = 1, **metadata: Any) -> Object:
    known = {"name": name, "uid": f"{kind}-{name}", "resourceVersion": str(version), "generation": 1, **metadata}
    return {"apiVersion": V1, "kind": kind, "metadata": known, "spec": spec}


def announced(name: str = "confinement", version: int = 1, **metadata: Any) -> Object:
    return resource("SchoolAnnouncement", name, SPEC, version, **metadata)


def a_calendar() -> Object:
    return resource("SchoolCalendar", "pont", {"fromConfigMap": {"name": "files", "key": "pont.ics"}})


def platform(name: str) -> Object:
    return resource("ENTCapacity", name, {"audience": AUDIENCE, "workloads": WORKLOADS}, namespace="ent")


class Server:
    """An API server with one ConfigMap, which counts what it is asked and answers as long as it is well."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.text = GOOD
        self.well = True
        self.statuses: dict[str, Any] = {}

    async def handle(self, request: web.Request) -> web.Response:
        self.asked[request.method] += 1
        if not self.well:
            await asyncio.sleep(60)
        if request.method == "GET":
            return web.json_response({"data": {"pont.ics": self.text}})
        body = await request.json()
        name = body["metadata"]["name"]
        self.statuses[name] = body["status"]
        return web.json_response({**announced(name, 1 + self.asked["PATCH"]), "status": body["status"]})


def looked(work: Callable[[World, Almanac, Server], Awaitable[None]], speaks: bool = False) -> None:
    """Does something with an almanac and the API server that it asks."""
    server = Server()

    async def done(kube: Kube) -> None:
        world = World()
        made = Almanac(world, kube, Clock(), "ent", "en", speaks=speaks)
        try:
            await work(world, made, server)
        finally:
            made.stop()
            await asyncio.sleep(0)

    served(server.handle, done)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.05)


def test_a_status_that_is_not_answered_keeps_nobody_waiting() -> None:
    async def look(world: World, almanac: Almanac, server: Server) -> None:
        server.well = False
        world.put(announced())
        begun = time.monotonic()
        for _ in range(5):
            await asyncio.gather(*(almanac.look() for _ in range(20)))
            await asyncio.sleep(0.06)
        assert time.monotonic() - begun < 2
        assert [each.name for each in almanac.announcements] == ["confinement"]
        assert server.asked == {"PATCH": 1}

    looked(look, speaks=True)


def test_a_status_says_how_many_an_announcement_concerns_and_that_is_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: Counter[str] = Counter()
    concerns = module.concerns

    def counting(announcement: Any, spec: Any) -> bool:
        counted[announcement.name] += 1
        return concerns(announcement, spec)

    monkeypatch.setattr(module, "concerns", counting)

    async def look(world: World, almanac: Almanac, server: Server) -> None:
        async def seen(said: dict[str, int]) -> None:
            for _ in range(3):
                await almanac.look()
                await asyncio.sleep(0.1)
            assert {name: each["concerned"] for name, each in server.statuses.items()} == said

        for each in (announced("one"), announced("other"), platform("a"), platform("b")):
            world.put(each)
        await seen({"one": 2, "other": 2})
        assert counted == {"one": 2, "other": 2}
        world.put(announced("third"))
        await seen({"one": 2, "other": 2, "third": 2})
        assert counted == {"one": 2, "other": 2, "third": 2}
        world.put(platform("c"))
        await seen({"one": 3, "other": 3, "third": 3})

    looked(look, speaks=True)


def test_a_file_is_waited_for_once_and_then_read_beside_everything_else() -> None:
    async def look(world: World, almanac: Almanac, server: Server) -> None:
        woken = asyncio.Event()
        world.put(a_calendar())
        await asyncio.gather(*(almanac.look() for _ in range(20)))
        assert server.asked == {"GET": 1}
        first = almanac.calendars
        assert first.files.keys() == {"pont"}
        world.wakes(("ent", "ent"), woken.set)
        server.text = BETTER
        await asyncio.sleep(0.06)
        await almanac.look()  # from which on it is read
        async with asyncio.timeout(5):
            await woken.wait()
        await almanac.look()
        assert almanac.calendars.files != first.files
        server.well = False
        better, begun = almanac.calendars, time.monotonic()
        for _ in range(5):
            await asyncio.sleep(0.06)
            await almanac.look()
        assert time.monotonic() - begun < 2
        assert almanac.calendars is better

    looked(look)


def test_a_label_counts_at_once() -> None:
    async def look(world: World, almanac: Almanac, _: Server) -> None:
        world.put(announced())
        await almanac.look()
        world.put(announced(version=2, labels={"platform": "occitanie"}))  # which makes no new generation
        await almanac.look()
        assert almanac.announcements[0].metadata.labels == {"platform": "occitanie"}

    looked(look)


def test_an_announcement_that_cannot_be_read_is_told_to_those_that_heed_it() -> None:
    async def look(world: World, almanac: Almanac, _: Server) -> None:
        newer = resource("SchoolAnnouncement", "newer", {**SPEC, "cause": "Eclipse"}, labels={"platform": "occitanie"})
        world.put(newer)
        world.put(announced())
        await almanac.look()
        assert [each.name for each in almanac.announcements] == ["confinement"]
        (said,) = almanac.unread(capacity())
        assert said.code == "AnnouncementNotRead"
        assert "newer" in said.text()
        other = capacity(announcementSelector={"matchLabels": {"platform": "bretagne"}})
        assert almanac.unread(other) == []
        world.drop(newer)
        await almanac.look()
        assert almanac.unread(capacity()) == []

    looked(look)
