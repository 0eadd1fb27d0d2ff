"""What one ENTCapacity holds, and gives back."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from answering import served
from entcapacity import pulse
from entcapacity.enforcer import Enforcer
from entcapacity.fields import API_VERSION
from entcapacity.kube import Kube
from entcapacity.reasons import Reason
from entcapacity.running import Options, surroundings
from entcapacity.stopwatch import Stopwatch
from entcapacity.targets import FORMER, Object, Objects, held_by
from operating import hpa

KEY = ("ent", "ent")
METADATA = {"name": "ent", "namespace": "ent", "uid": "1"}
DOCUMENT = {"apiVersion": API_VERSION, "kind": "ENTCapacity", "metadata": METADATA}


def held(name: str) -> Object:
    """An HPA that we hold at 30, and that had 2."""
    found = hpa(name, 30)
    annotations = {FORMER: json.dumps({"by": "ent", "minimum": 2})}
    found["metadata"] |= {"namespace": "ent", "uid": name, "resourceVersion": "1", "annotations": annotations}
    return found


def test_what_is_given_back_is_given_back_all_at_once_and_with_a_sign_of_life_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A webhook that has died keeps each write waiting: one after the other, the probe would take us for dead, too."""
    names = [f"auth-{each}" for each in range(10)]
    asked: set[str] = set()
    all_asked = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        body: dict[str, Any] = json.loads(await request.text())
        asked.add(body["metadata"]["name"])
        if len(asked) == len(names):
            all_asked.set()
        async with asyncio.timeout(5):
            await all_asked.wait()
        version = {"uid": body["metadata"]["name"], "resourceVersion": "2"}
        return web.json_response({**body, "metadata": {**body["metadata"], **version}})

    async def letting_go(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent"), kube)
        around.pulse.beat("ent/ent")
        await asyncio.sleep(1.1)
        found: list[Reason] = []
        by = Enforcer(KEY, around, Stopwatch(KEY, around))
        monkeypatch.setattr(pulse, "SILENT_SECONDS", 1)
        giving = asyncio.create_task(by.let_go(DOCUMENT, held_by("ent", Objects({}, tuple(map(held, names)))), found))
        await asyncio.sleep(0)
        assert around.pulse.silent() == []
        assert await giving == found == []

    served(handle, letting_go)
    assert asked == set(names)
