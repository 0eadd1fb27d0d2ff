"""The number of sessions that a gate is told: what serves now, and nothing more because something is unclear."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from answering import served
from entcapacity.clock import Clock
from entcapacity.fields import API_VERSION
from entcapacity.keeper import Keeper
from entcapacity.kube import Kube
from entcapacity.running import Options, surroundings
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object
from operating import deployment, hpa
from specs import AUDIENCE, instant

KEY = ("ent", "ent")
CARRIES = {"capacity": {"sessions": 1000}}
SECOND = {**hpa("auth"), "metadata": {"name": "second"}}
POOL = {"apiVersion": "example.org/v1", "kind": "Pool", "name": "auth"}


def platform(status: Any = None, **auth: Any) -> Object:
    """An ENTCapacity of two workloads that only observes, as the API server gives it."""
    metadata = {"name": "ent", "namespace": "ent", "uid": "1", "generation": 1, "resourceVersion": "1"}
    workloads = [{"name": "auth", **CARRIES, **auth}, {"name": "portal", **CARRIES}]
    spec = {"audience": AUDIENCE, "workloads": workloads}
    return {
        "apiVersion": API_VERSION,
        "kind": "ENTCapacity",
        "metadata": metadata,
        "spec": spec,
        "status": status or {},
    }


def there(document: Object, ready: int = 0, version: int = 1) -> Object:
    """A document as the API server gives it back."""
    metadata = {**document["metadata"], "namespace": "ent", "resourceVersion": str(version)}
    metadata["uid"] = f"{document['kind']} {metadata['name']}"
    return {**document, "metadata": metadata, "status": {"readyReplicas": ready}}


def limits(
    document: Object, *changes: Callable[[Surroundings], None], pool: dict[str, int] | None = None
) -> list[int | None]:
    """What the gate is told after a pass, and after another one for each change; 3 of auth and 14 of portal serve.

    ``pool`` has the replicas of a Pool; where it has none, the API server gives no answer.
    """
    told: list[int | None] = []
    known = {"document": document}

    async def handle(request: web.Request) -> web.Response:
        if "/pools/" in request.path:
            if not pool:
                return web.json_response({"message": "etcdserver: request timed out"}, status=500)
            made = {**POOL, "metadata": {"name": "auth", "namespace": "ent", "uid": "pool"}}
            return web.json_response({**made, "spec": pool, "status": pool})
        if request.path.endswith("/apis/example.org/v1"):
            kind = {"name": "pools", "singularName": "pool", "kind": "Pool", "namespaced": True, "verbs": ["get"]}
            return web.json_response({"groupVersion": "example.org/v1", "resources": [kind]})
        if not request.path.endswith("/status"):
            return web.json_response({"items": []})
        version = str(int(known["document"]["metadata"]["resourceVersion"]) + 1)
        status = json.loads(await request.text())["status"]
        metadata = {**known["document"]["metadata"], "resourceVersion": version}
        known["document"] = {**known["document"], "metadata": metadata, "status": status}
        return web.json_response(known["document"])

    async def passing(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent", clock=Clock(instant("2021-04-06T02:00:00+02:00"))), kube)
        for each in (document, there(deployment("auth"), 3), there(hpa("auth")), there(deployment("portal"), 14)):
            around.world.put(each)
        keeper = Keeper(KEY, around)
        for change in (lambda _: None, *changes):
            change(around)
            await keeper._pass()
            told.append(around.limits.get(KEY))

    served(handle, passing)
    return told


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (lambda around: around.world.put(there(SECOND)), 3000),
        (lambda around: around.world.put(there(deployment("auth"), 2, 2)), 2000),
        (lambda around: around.world.drop(there(deployment("auth"), 3)), 0),
    ],
)
def test_a_gate_is_not_opened_by_what_is_unclear_or_gone(change: Callable[[Surroundings], None], then: int) -> None:
    assert limits(platform(), change) == [3000, then]


def test_what_gives_no_answer_for_once_serves_as_it_did() -> None:
    pool = {"replicas": 5}

    def no_answer(_: Surroundings) -> None:
        pool.clear()

    def answers(_: Surroundings) -> None:
        pool["replicas"] = 6

    assert limits(platform(target=POOL), no_answer, answers, pool=pool) == [5000, 5000, 6000]


def test_an_operator_that_comes_new_takes_it_from_the_status() -> None:
    status = {"workloads": [{"name": "auth", "ready": 5}, {"name": "portal", "ready": 9}]}
    assert limits(platform(status=status, target=POOL)) == [5000]
