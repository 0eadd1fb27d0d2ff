"""How long raises took and pods to start, as measured on what a cluster shows."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from answering import answered
from entcapacity.clock import Clock
from entcapacity.kube import Kube
from entcapacity.reconcile import Asked
from entcapacity.running import Options, surroundings
from entcapacity.startups import Startups
from entcapacity.stopwatch import Stopwatch
from entcapacity.targets import Objects, Seen, seen
from operating import deployment
from specs import capacity

SPEED = 60.0
ASKED = {"portal": Asked(5, None)}


def pod(name: str, created: datetime, node: str) -> dict[str, Any]:
    """One that was Ready 2 s after it was created."""
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": (created + timedelta(seconds=2)).isoformat()}
    metadata = {"name": name, "creationTimestamp": created.isoformat()}
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": {"conditions": [ready]}}


def there(ready: int, replicas: int = 5, **spec: Any) -> tuple[dict[str, Seen], Objects]:
    document = deployment("portal", replicas)
    document["spec"] |= spec
    document["status"] = {"readyReplicas": ready, "replicas": replicas}
    objects = Objects({("apps", "Deployment", "portal"): document})
    found = seen(capacity().workloads[0], "ent", objects)
    assert isinstance(found, Seen)
    return {"portal": found}, objects


def measured(work: Callable[[Stopwatch], Awaitable[None]], status: int = 200) -> tuple[dict[str, Startups], str]:
    """The start-up times that are known afterwards, and the metrics."""
    now = datetime.now(UTC).replace(microsecond=0)
    soon = now + timedelta(minutes=1)  # whenever it was written, they came after
    pods = [
        pod("before", now - timedelta(hours=1), "old"),
        pod("warm", soon, "old"),
        pod("cold", soon, "new"),
    ]
    created = {"old": now - timedelta(days=1), "new": soon + timedelta(seconds=1)}
    nodes = [{"metadata": {"name": each, "creationTimestamp": at.isoformat()}} for each, at in created.items()]
    found: list[tuple[dict[str, Startups], str]] = []

    def answer(request: web.Request) -> web.Response:
        items = nodes if request.path.endswith("/nodes") else pods
        return web.json_response({"items": items}, status=status)

    async def measuring(kube: Kube) -> None:
        around = surroundings(Options(namespace="ent", clock=Clock(speed=SPEED)), kube)
        stopwatch = Stopwatch(("ent", "ent"), around)
        await work(stopwatch)
        found.append((stopwatch.startups, around.meters.text().decode()))

    answered(answer, measuring)
    return found[0]


RAISE = 'entcapacity_raise_to_ready_seconds{name="ent",namespace="ent",workload="portal"}'


def test_pods_are_looked_at_once_all_are_ready_that_were_asked_for() -> None:
    async def work(stopwatch: Stopwatch) -> None:
        stopwatch.wrote("portal", 5, 2)
        for ready in (2, 4):
            await stopwatch.look(*_with(ASKED, ready))
            assert stopwatch.startups == {}
        await stopwatch.look(*_with(ASKED, 5))

    startups, metrics = measured(work)
    assert startups == {"portal": Startups((round(2 * SPEED),), (round(2 * SPEED),))}
    assert RAISE in metrics


def _with(asked: dict[str, Asked], ready: int, **spec: Any) -> tuple[dict[str, Seen], dict[str, Asked], Objects]:
    workloads, objects = there(ready, **spec)
    return workloads, asked, objects


def test_nothing_is_measured_where_some_were_not_ready_in_between_or_nothing_says_which_pods_they_are() -> None:
    async def interrupted(stopwatch: Stopwatch) -> None:
        stopwatch.wrote("portal", 5, 2)
        for ready in (4, 3, 5):
            await stopwatch.look(*_with(ASKED, ready))

    async def unlabelled(stopwatch: Stopwatch) -> None:
        stopwatch.wrote("portal", 5, 2)
        await stopwatch.look(*_with(ASKED, 5, selector={}))

    for work in (interrupted, unlabelled):
        startups, metrics = measured(work)
        assert startups == {}
        assert RAISE in metrics  # which says nothing of pods


def test_a_floor_that_raises_nothing_is_no_raise() -> None:
    async def work(stopwatch: Stopwatch) -> None:
        stopwatch.wrote("portal", 5, 6)
        await stopwatch.look(*_with(ASKED, 5))

    startups, metrics = measured(work)
    assert startups == {}
    assert RAISE not in metrics


def test_pods_that_may_not_be_read_are_not_measured_and_fail_nothing() -> None:
    async def work(stopwatch: Stopwatch) -> None:
        stopwatch.wrote("portal", 5, 2)
        await stopwatch.look(*_with(ASKED, 5))

    assert measured(work, status=403)[0] == {}
