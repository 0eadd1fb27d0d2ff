"""What is asked of a real API server besides floors: what no event tells, and what is somebody else's."""

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio import client, config

from answering import answered, served
from applying import a_workload
from cluster.control_plane import Cluster
from entcapacity import leader
from entcapacity.drivers import held
from entcapacity.kube import ClusterError, Kube
from entcapacity.ownership import look_at
from entcapacity.running import Options, surroundings, sweep
from entcapacity.targets import Objects, Ref, Seen, seen
from operating import deployment, hpa

PLAN = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ent-plan"}, "data": {"plan.json": "{}"}}


def on(cluster: Cluster, work: Callable[[Kube], Awaitable[None]]) -> None:
    """Does something with a cluster as its administrator."""

    async def done() -> None:
        settings = client.Configuration()
        await config.load_kube_config(str(cluster.kubeconfig), client_configuration=settings)  # type: ignore[no-untyped-call]
        kube = Kube(client.ApiClient(settings))
        try:
            await work(kube)
        finally:
            await kube.close()

    asyncio.run(done())


def config_map(cluster: Cluster, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cluster.kubectl("get", "configmap", "ent-plan", "-n", namespace, "-o=json"))
    return found


def test_a_plan_goes_into_no_config_map_that_holds_data_of_somebody(cluster: Cluster, namespace: str) -> None:
    async def publish(kube: Kube) -> None:
        await kube.apply_config_map(namespace, "ent-plan", PLAN)

    on(cluster, publish)
    cluster.kubectl("label", "configmap", "ent-plan", "-n", namespace, "kept=yes")
    on(cluster, publish)  # ours again
    assert config_map(cluster, namespace)["data"] == {"plan.json": "{}"}
    cluster.kubectl("delete", "configmap", "ent-plan", "-n", namespace)
    cluster.kubectl("create", "configmap", "ent-plan", "-n", namespace, "--from-literal=notes=mine")
    before = config_map(cluster, namespace)
    with pytest.raises(ClusterError, match="ent-plan belongs to kubectl-create"):
        on(cluster, publish)
    assert config_map(cluster, namespace) == before


@pytest.mark.usefixtures("kinds")
def test_what_was_deleted_while_no_watch_saw_it_is_forgotten(cluster: Cluster, namespace: str) -> None:
    documents = [deployment("auth", 0), hpa("auth"), hpa("gone")]
    cluster.kubectl(
        "create", "-n", namespace, "-f-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
    )
    there = json.loads(cluster.kubectl("get", "deployments,hpa", "-n", namespace, "-o=json"))["items"]
    cluster.kubectl("delete", "hpa", "gone", "-n", namespace)
    cluster.kubectl("scale", "deployment/auth", "--replicas=1", "-n", namespace)

    async def swept(kube: Kube) -> None:
        around = surroundings(Options(namespace=namespace), kube)
        for each in there:
            around.world.put(each)
        assert len(around.world.objects(namespace).hpas) == 2
        auth = Ref("apps/v1", "Deployment", namespace, "auth")
        await look_at(around, auth)
        assert around.world.objects(namespace).workloads[auth.key]["spec"]["replicas"] == 1
        for watched in ((namespace,), ()):
            await sweep(around, watched)
            objects = around.world.objects(namespace)
            assert [each["metadata"]["name"] for each in objects.hpas] == ["auth"]
            assert list(objects.workloads) == [("apps", "Deployment", "auth")]

    on(cluster, swept)


def a_hook(namespace: str, port: int, resource: str, seconds: int) -> dict[str, Any]:
    """An admission webhook of a namespace that may be done without, as most are."""
    group, plural = resource.split("/")
    rule = {"operations": ["CREATE", "UPDATE"], "apiGroups": [group], "apiVersions": ["*"], "resources": [plural]}
    hook = {
        "name": f"{plural}.example.org",
        "clientConfig": {"url": f"https://127.0.0.1:{port}/"},
        "failurePolicy": "Ignore",
        "timeoutSeconds": seconds,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "rules": [rule],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": f"{namespace}-{plural}"},
        "webhooks": [hook],
    }


def test_admission_webhooks_that_have_died_cost_neither_a_floor_nor_the_lease(cluster: Cluster, namespace: str) -> None:
    """As long as the API server does without them: after 10 s by default, after the 3 s of Gatekeeper for a Lease."""
    objects = {"apiVersion": "v1", "kind": "List", "items": [deployment("auth", 0), hpa("auth")]}
    cluster.kubectl("create", "-n", namespace, "-f-", stdin=json.dumps(objects))
    there = [json.loads(cluster.kubectl("get", each, "auth", "-n", namespace, "-o=json")) for each in ("deploy", "hpa")]
    auth = seen(a_workload(), namespace, Objects({("apps", "Deployment", "auth"): there[0]}, (there[1],)))
    assert isinstance(auth, Seen)
    (floor,) = held(auth, "ent", 12, None)

    async def both(kube: Kube) -> None:
        began, held_for, stopping = time.monotonic(), 0.0, asyncio.Event()

        async def work(ended: asyncio.Event) -> None:
            nonlocal held_for
            since = time.monotonic()
            await ended.wait()
            held_for = time.monotonic() - since

        leading = asyncio.create_task(leader.lead(kube.api.configuration, (namespace, "ent"), "me", stopping, work))
        await kube.write(floor)
        assert time.monotonic() - began > 9  # the webhook was asked
        await asyncio.sleep(max(0.0, began + 15 - time.monotonic()))  # longer than one renewal lasts
        stopping.set()
        await leading
        assert held_for > leader.RENEW_SECONDS

    with socket.create_server(("127.0.0.1", 0), backlog=64) as never:  # which takes connections and answers none
        port = never.getsockname()[1]
        hooks = [
            a_hook(namespace, port, "coordination.k8s.io/leases", 3),
            a_hook(namespace, port, "autoscaling/horizontalpodautoscalers", 10),
        ]
        cluster.kubectl("create", "-f-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": hooks}))
        try:
            time.sleep(1.5)  # until the API server knows them
            on(cluster, both)
        finally:
            for each in hooks:
                cluster.kubectl("delete", "validatingwebhookconfiguration", each["metadata"]["name"])
    assert cluster.kubectl("get", "hpa", "auth", "-n", namespace, "-o=jsonpath={.spec.minReplicas}") == "12"


# --- what is answered by whatever stands before an API server ---------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (429, "too many requests", "Too Many Requests"),
        (503, "<html>no healthy upstream</html>", "Service Unavailable"),
        (403, '{"kind": "Status", "message": "pods is forbidden"}', "pods is forbidden"),
        (503, '["no", "object"]', "Service Unavailable"),
        (500, '"a word"', "Internal Server Error"),
    ],
)
def test_a_refusal_keeps_its_status_whatever_its_words_are(status: int, body: str, said: str) -> None:
    async def refused(kube: Kube) -> None:
        with pytest.raises(ClusterError, match=said) as error:
            await kube.pods("ent", "app=auth")
        assert error.value.status == status

    answered(lambda _: web.Response(status=status, text=body), refused)


@pytest.mark.parametrize("body", ["<html>log in</html>", '["no", "object"]', ""])
def test_an_answer_that_is_no_object_is_none(body: str) -> None:
    async def refused(kube: Kube) -> None:
        with pytest.raises(ClusterError, match="the API server answers no") as error:
            await kube.pods("ent", "app=auth")
        assert error.value.status == 0

    answered(lambda _: web.Response(text=body), refused)


def test_a_list_comes_in_pages_and_is_begun_anew_where_its_version_is_forgotten() -> None:
    asked: list[str] = []

    def pages(request: web.Request) -> web.Response:
        after = request.query.get("continue", "")
        asked.append(after)
        if after == "second" and asked.count(after) == 1:
            return web.json_response({"code": 410, "reason": "Expired", "message": "too old"}, status=410)
        names, following = {"": (["a", "b"], "second"), "second": (["c"], "third"), "third": (["d"], "")}[after]
        # of a list that was begun anew, the version is that of the second beginning
        metadata = {"resourceVersion": "7" if "second" in asked else "6"} | (
            {"continue": following} if following else {}
        )
        return web.json_response({"metadata": metadata, "items": [{"metadata": {"name": each}} for each in names]})

    async def listing(kube: Kube) -> None:
        found, version = await kube.listed("apps/v1", "Deployment", "", lambda each: {"is": each["metadata"]["name"]})
        assert found == [{"is": each} for each in "abcd"]
        assert version == "7"
        assert asked == ["", "second", "", "second", "third"]

    answered(pages, listing)


def test_a_list_that_is_forgotten_again_and_again_is_an_error() -> None:
    asked: Counter[bool] = Counter()

    def pages(request: web.Request) -> web.Response:
        following = bool(request.query.get("continue"))
        asked[following] += 1
        if following:
            return web.json_response({"message": "too old"}, status=410)
        return web.json_response({"metadata": {"resourceVersion": "7", "continue": "more"}, "items": []})

    async def listing(kube: Kube) -> None:
        with pytest.raises(ClusterError, match="too old"):
            await kube.every("apps/v1", "Deployment")
        assert asked == {False: 3, True: 3}

    answered(pages, listing)


def test_nodes_are_listed_once_for_all_who_ask_and_again_where_one_is_named_that_is_new() -> None:
    asked: Counter[str] = Counter()

    def nodes(request: web.Request) -> web.Response:
        asked[request.path] += 1
        names = [f"node-{each}" for each in range(asked[request.path])]
        return web.json_response({"items": [{"metadata": {"name": each}} for each in names]})

    async def several(kube: Kube) -> None:
        found = await asyncio.gather(*(kube.nodes() for _ in range(20)))
        assert all(len(each) == 1 for each in found)
        assert len(await kube.nodes({"node-0"})) == 1
        assert len(await kube.nodes({"node-1"})) == 2
        assert asked == {"/api/v1/nodes": 2}

    answered(nodes, several)


def test_of_a_large_cluster_nodes_come_in_pages_and_only_what_is_read_of_them_is_kept() -> None:
    age, has = "2026-09-01T00:00:00Z", {"cpu": "8", "memory": "32Gi"}

    def pages(request: web.Request) -> web.Response:
        assert request.query["limit"] == "100"
        begin = int(request.query["continue"] or 0)
        metadata = {"continue": str(begin + 100)} if begin < 200 else {}
        items = [
            {
                "metadata": {"name": f"node-{each}", "creationTimestamp": age, "labels": {"zone": "a"}},
                "spec": {"podCIDR": "10.0.0.0/24"},
                "status": {"allocatable": has, "images": [{"names": ["auth:1"]}]},
            }
            for each in range(begin, min(begin + 100, 250))
        ]
        return web.json_response({"metadata": metadata, "items": items})

    async def listing(kube: Kube) -> None:
        kept = [
            {"metadata": {"name": f"node-{each}", "creationTimestamp": age}, "status": {"allocatable": has}}
            for each in range(250)
        ]
        assert await kube.nodes() == kept

    answered(pages, listing)


def test_nodes_that_are_not_answered_are_asked_for_once_by_all() -> None:
    asked: Counter[str] = Counter()

    async def handle(request: web.Request) -> web.Response:
        asked[request.path] += 1
        await asyncio.sleep(0.6)
        return web.Response(status=504)

    async def several(kube: Kube) -> None:
        begun = time.monotonic()
        found = await asyncio.gather(*(kube.nodes({"new"}) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(each, ClusterError) for each in found)
        assert time.monotonic() - begun < 2
        assert asked == {"/api/v1/nodes": 1}

    served(handle, several)


def test_requests_that_hang_however_many_do_not_cost_the_lease() -> None:
    lease: dict[str, Any] = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "ent", "namespace": "ent", "resourceVersion": "1"},
        "spec": {},
    }
    hanging = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal hanging
        if "/leases/" not in request.path:
            hanging += 1
            await asyncio.sleep(60)
        elif request.method == "PUT":
            lease["spec"] = (await request.json())["spec"]
        return web.json_response(lease)

    async def led(kube: Kube) -> None:
        floors = [asyncio.create_task(kube.get(Ref("apps/v1", "Deployment", "ent", f"{each}"))) for each in range(120)]
        while hanging < 100:  # as many as one client has connections
            await asyncio.sleep(0.05)
        leads, stopping = asyncio.Event(), asyncio.Event()

        async def work(ended: asyncio.Event) -> None:
            leads.set()
            await ended.wait()

        leading = asyncio.create_task(leader.lead(kube.api.configuration, ("ent", "ent"), "me", stopping, work))
        async with asyncio.timeout(5):
            await leads.wait()
        stopping.set()
        for each in floors:
            each.cancel()
        await asyncio.gather(leading, *floors, return_exceptions=True)

    served(handle, led)
