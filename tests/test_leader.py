"""The Lease at an API server that answers slowly, and in somebody else's hands."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from answering import served
from entcapacity import leader
from entcapacity.kube import Kube

FASTER = 4
"""Than the real times."""


class Config(leader.Config):
    """That allows of pauses below a second."""

    def __init__(self, lock: Any, lease: float, renew: float, retry: float, *ways: Any) -> None:
        super().__init__(lock, lease, renew, 1, *ways)
        self.retry_period = retry


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEASE_SECONDS", "RENEW_SECONDS", "RETRY_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(leader, name, getattr(leader, name) / FASTER)
    monkeypatch.setattr(leader, "Config", Config)
    monkeypatch.setattr(leader, "LEASE_SECONDS", int(leader.LEASE_SECONDS))  # a Lease tells whole seconds


class Leases:
    """One Lease, as an API server keeps it: what is written on an older version is refused."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.there: dict[str, Any] = {}
        self.asked: Counter[str] = Counter()

    async def handle(self, request: web.Request) -> web.Response:
        self.asked[request.method] += 1
        await asyncio.sleep(self.seconds / FASTER)
        if request.method in ("POST", "PUT", "PATCH"):
            body = await request.json()
            if request.method == "PUT" and body["metadata"]["resourceVersion"] != self._version:
                return web.json_response({"code": 409, "message": "the object has been modified"}, status=409)
            self.taken(**body["spec"])
        if not self.there:
            return web.json_response({"code": 404, "message": "not found"}, status=404)
        return web.json_response(self.there)

    def taken(self, **spec: Any) -> None:
        metadata = {"name": "ent", "namespace": "ent", "resourceVersion": str(int(self._version) + 1)}
        spec = {**self.there.get("spec", {}), **spec}
        self.there = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    @property
    def _version(self) -> str:
        return str(self.there.get("metadata", {}).get("resourceVersion", "0"))


class Led:
    """Since when somebody leads, and how often they ended."""

    def __init__(self) -> None:
        self.now = asyncio.Event()
        self.ended = 0

    async def work(self, ended: asyncio.Event) -> None:
        self.now.set()
        await ended.wait()
        self.now.clear()
        self.ended += 1


@asynccontextmanager
async def leading(kube: Kube) -> AsyncIterator[Led]:
    """Somebody who leads whenever that can be."""
    led, stopping = Led(), asyncio.Event()
    task = asyncio.create_task(leader.lead(kube.api.configuration, ("ent", "ent"), "me", stopping, led.work))
    try:
        yield led
    finally:
        stopping.set()
        await task


async def until(happened: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds / FASTER):
        while not happened():
            await asyncio.sleep(0.01)


def on(leases: Leases, work: Callable[[Led], Awaitable[None]]) -> None:
    async def done(kube: Kube) -> None:
        async with leading(kube) as led:
            await work(led)

    served(leases.handle, done)


def test_at_3_s_an_answer_it_is_taken_and_kept() -> None:
    async def kept(led: Led) -> None:
        await until(led.now.is_set, 15)
        await asyncio.sleep(20 / FASTER)
        assert led.now.is_set()
        assert not led.ended

    on(Leases(3), kept)


def test_an_api_server_that_becomes_slow_does_not_cost_it() -> None:
    leases = Leases()

    async def kept(led: Led) -> None:
        await until(led.now.is_set, 15)
        leases.seconds = 3
        await asyncio.sleep(20 / FASTER)
        assert not led.ended

    on(leases, kept)


def test_whoever_holds_it_renews_without_a_look() -> None:
    leases = Leases()

    async def renewed(_: Led) -> None:
        await until(lambda: leases.asked["PUT"] >= 3, 30)
        assert leases.asked["GET"] == 1
        assert leases.there["spec"]["holderIdentity"] == "me"

    on(leases, renewed)


def test_an_answer_that_never_comes_ends_it_in_time() -> None:
    leases = Leases()

    async def ended(led: Led) -> None:
        await until(lambda: leases.asked["PUT"] >= 1, 30)
        leases.seconds, since = 60, time.monotonic()
        await until(lambda: led.ended == 1, 15)
        assert time.monotonic() - since <= leader.RENEW_SECONDS + 0.5

    on(leases, ended)


def test_whoever_else_takes_it_is_seen_and_waited_for() -> None:
    leases = Leases()

    async def taken(led: Led) -> None:
        await until(lambda: leases.asked["PUT"] >= 2, 30)
        leases.taken(holderIdentity="another")
        await until(lambda: led.ended == 1, 8)
        await asyncio.sleep(8 / FASTER)
        assert leases.there["spec"]["holderIdentity"] == "another"
        await until(led.now.is_set, 25)  # it was not renewed
        assert leases.there["spec"]["holderIdentity"] == "me"

    on(leases, taken)


def test_what_changes_it_and_takes_it_not_costs_nothing() -> None:
    leases = Leases()

    async def kept(led: Led) -> None:
        await until(lambda: leases.asked["PUT"] >= 2, 30)
        leases.taken()  # such as a label
        renewed = leases.asked["PUT"]
        await until(lambda: leases.asked["PUT"] >= renewed + 3, 30)
        assert not led.ended

    on(leases, kept)


def test_one_that_gives_everything_back_ends_it_for_good_though_nobody_had_it_before() -> None:
    leases = Leases()

    async def released(led: Led) -> None:
        await until(lambda: leases.asked["PUT"] >= 2, 30)
        leases.taken(holderIdentity=f"{leader.RELEASING}me")
        await until(lambda: led.ended == 1, 8)
        asked = leases.asked.copy()
        await asyncio.sleep(25 / FASTER)  # longer than it holds
        assert not led.now.is_set()
        assert leases.asked == asked

    on(leases, released)


def test_it_is_taken_to_give_everything_back_however_slow_the_answers() -> None:
    leases = Leases()
    leases.taken(holderIdentity="another")
    leases.seconds = 3

    async def taken(kube: Kube) -> None:
        assert await leader.take(kube.api, ("ent", "ent"), f"{leader.RELEASING}me")
        assert leases.there["spec"]["holderIdentity"] == f"{leader.RELEASING}me"

    served(leases.handle, taken)
