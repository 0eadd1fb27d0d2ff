"""What the operator answers over HTTP, with an API server that counts what it is asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from answering import answered
from entcapacity import serving
from entcapacity.kube import Kube
from entcapacity.running import Options, surroundings
from entcapacity.serving import application

Answer = tuple[int, str]


class Statuses:
    """An API server with the statuses of ENTCapacities."""

    def __init__(self) -> None:
        self.sessions: dict[str, int] = {"occitanie": 6000}
        self.status = 200
        self.asked = 0

    def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        items = [
            {"metadata": {"name": name, "namespace": "ent"}, "status": {"admission": {"sessions": sessions}}}
            for name, sessions in self.sessions.items()
        ]
        return web.json_response({"metadata": {"resourceVersion": "7"}, "items": items}, status=self.status)


def asking(statuses: Statuses, work: Callable[[Callable[[], Awaitable[Answer]], Any], Awaitable[None]]) -> None:
    """Does something that asks for the session limit."""

    async def done(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent"), kube)
        runner = web.AppRunner(application(around, around.pulse, lambda: True), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, port = runner.addresses[0]
        try:
            async with aiohttp.ClientSession() as session:

                async def limit() -> Answer:
                    async with session.get(f"http://127.0.0.1:{port}/session/limit") as answer:
                        return answer.status, await answer.text()

                await work(limit, around)
        finally:
            await runner.cleanup()

    answered(statuses.answer, done)


def test_statuses_are_read_once_for_all_who_ask_and_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = Statuses()

    async def often(limit: Callable[[], Awaitable[Answer]], around: Any) -> None:
        for found in await asyncio.gather(*(limit() for _ in range(50))):
            assert found == (200, '{"occitanie": 6000}')
        assert statuses.asked == 1
        statuses.sessions["occitanie"] = 7000
        assert await limit() == (200, '{"occitanie": 6000}')
        around.limits["ent", "occitanie"] = 8000  # what a leader knows itself is told at once
        assert await limit() == (200, '{"occitanie": 8000}')
        around.limits.clear()
        monkeypatch.setattr(serving, "STATUSES_SECONDS", 0.0)
        assert await limit() == (200, '{"occitanie": 7000}')
        assert statuses.asked == 2

    asking(statuses, often)


def test_a_refusal_is_everybodys_for_as_long_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = Statuses()
    statuses.status = 500

    async def refused(limit: Callable[[], Awaitable[Answer]], around: Any) -> None:
        assert {status for status, _ in await asyncio.gather(*(limit() for _ in range(50)))} == {503}
        around.limits["ent", "occitanie"] = 8000
        assert await limit() == (200, '{"occitanie": 8000}')
        assert statuses.asked == 1
        around.limits.clear()
        statuses.status = 200
        monkeypatch.setattr(serving, "STATUSES_SECONDS", 0.0)
        assert await limit() == (200, '{"occitanie": 6000}')

    asking(statuses, refused)
