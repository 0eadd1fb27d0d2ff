"""A pass over one ENTCapacity, and what is told of it where there is nothing to follow."""

import json
from typing import Any

import pytest
from aiohttp import web

from answering import served
from entcapacity import planner
from entcapacity.clock import Clock
from entcapacity.fields import API_VERSION
from entcapacity.keeper import Keeper
from entcapacity.kube import Kube
from entcapacity.running import Options, surroundings
from entcapacity.targets import Object
from operating import deployment
from specs import AUDIENCE, instant

KEY = ("ent", "ent")
NIGHT = instant("2021-04-06T02:00:00+02:00")


def platform(**spec: Any) -> Object:
    """An ENTCapacity of one workload, as the API server gives it."""
    metadata = {"name": "ent", "namespace": "ent", "uid": "1", "generation": 1, "resourceVersion": "1"}
    asked = {"mode": "Enforce", "audience": AUDIENCE, "workloads": [{"name": "auth", "ordinaryPeak": {"replicas": 6}}]}
    return {"apiVersion": API_VERSION, "kind": "ENTCapacity", "metadata": metadata, "spec": asked | spec}


def reasons_told(document: Object) -> set[str]:
    """Why conditions are not True, as Prometheus is told after a pass."""
    told: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        if not request.path.endswith("/status"):
            return web.json_response({"items": []})
        status = json.loads(await request.text())["status"]
        metadata = {**document["metadata"], "resourceVersion": "2"}
        return web.json_response({**document, "metadata": metadata, "status": status})

    async def passing(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent", clock=Clock(NIGHT)), kube)
        there = deployment("auth")
        there["metadata"] |= {"namespace": "ent", "uid": "auth", "resourceVersion": "1"}
        for each in (document, there):
            around.world.put(each)
        await Keeper(KEY, around)._pass()
        text = around.meters.text().decode()
        told.extend(line for line in text.splitlines() if line.startswith("entcapacity_reason{"))

    served(handle, passing)
    return {line.partition('reason="')[2].partition('"')[0] for line in told}


CIRCLE = [{"name": "auth", "ordinaryPeak": {"replicas": 6}, "after": ["auth"]}]


def broken(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(("mode", "enforced"), [("Enforce", "NotPlanned"), ("Observe", "Observing")])
@pytest.mark.parametrize("why", ["Invalid", "PlanFailed"])
def test_what_is_not_planned_is_told_and_whether_anything_would_be_written(
    why: str, mode: str, enforced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the alert ENTCapacityNotPlanned asks for it."""
    monkeypatch.setattr(planner, "plan", broken)
    more = {"workloads": CIRCLE} if why == "Invalid" else {}
    found = reasons_told(platform(mode=mode, **more))
    assert {why, enforced} <= found
    assert found <= {why, enforced, "NotPlanned", "NotObserved"}
