"""The API server, as far as the operator needs it: read, list, apply, scale, and say."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from math import inf
from typing import Any, Final

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from entcapacity.drivers import Write
from entcapacity.targets import MANAGER, Object, Ref, data_owner

READ_SECONDS: Final = 10.0
"""How long what is read may take."""
WRITE_SECONDS: Final = 35.0
"""How long a write may take: an admission webhook that has died is waited for by the API server, 10 s by default and
30 at most, before it does without (``failurePolicy: Ignore``)."""
NODES_SECONDS: Final = 10.0
"""How long a list of nodes serves all who ask."""
BY_HAND: Final = "entcapacity-cli"
"""Field manager of what a user's command writes."""
_PAGE: Final = 500
"""How many objects are asked for at once: of Deployments, some 5 MB."""
_NODES: Final = 100
"""Of nodes, which tell of all images that they have, as much."""
_TRIES: Final = 3
"""How often a list is begun."""
_APPLY: Final = "application/apply-patch+yaml"
PLURALS: Final[Mapping[str, str]] = {
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "ScaledObject": "scaledobjects",
    "ENTCapacity": "entcapacities",
    "SchoolAnnouncement": "schoolannouncements",
    "SchoolCalendar": "schoolcalendars",
}
"""The kinds that are watched, as addresses name them."""


Where = tuple[str, str, str, str, str]
"""Group, version, namespace, plural, name."""


class ClusterError(Exception):
    """What the API server refused, or why it could not be asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status; 0 where there was no answer."""


class Kube:
    """Answers are objects as the API server writes them; every error is a ``ClusterError``."""

    def __init__(self, api: client.ApiClient) -> None:
        self.api = api
        self._custom = client.CustomObjectsApi(api)
        self._plurals: dict[tuple[str, str], str] = {}
        self._nodes: list[Object] = []
        self._nodes_at = -inf
        self._no_nodes: ClusterError | None = None
        self._listing_nodes = asyncio.Lock()

    async def close(self) -> None:
        """Closes all connections."""
        await self.api.close()  # type: ignore[no-untyped-call]

    async def get(self, ref: Ref) -> Object | None:
        """An object; ``None`` where there is none."""
        try:
            found: Object = await _answered(self._custom.get_namespaced_custom_object(*await self._where(ref)))
        except ClusterError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    async def scale(self, ref: Ref) -> Object:
        """The scale of an object."""
        found: Object = await _answered(self._custom.get_namespaced_custom_object_scale(*await self._where(ref)))
        return found

    async def every(self, api_version: str, kind: str, namespace: str = "") -> list[Object]:
        """All objects of a kind, in one namespace or in all, each with its kind, which lists leave out."""
        found, _ = await self.listed(api_version, kind, namespace)
        return found

    async def listed(
        self, api_version: str, kind: str, namespace: str = "", keep: Callable[[Object], Object] = dict
    ) -> tuple[list[Object], str]:
        """The same, and the resource version at which it was so; of each, only what ``keep`` makes of it is held."""
        group, version = api_version.split("/")
        plural = await self._plural(api_version, kind)

        async def page(after: str) -> Object:
            asked = (
                self._custom.list_namespaced_custom_object(
                    group, version, namespace, plural, limit=_PAGE, _continue=after
                )
                if namespace
                else self._custom.list_cluster_custom_object(group, version, plural, limit=_PAGE, _continue=after)
            )
            found: Object = await _answered(asked)
            return found

        return await _paged(page, lambda each: keep({"apiVersion": api_version, "kind": kind, **each}))

    async def write(self, write: Write) -> Object:
        """Does what a driver wants written; answers with the object, or its scale, as it then is."""
        where = await self._where(write.at)
        if write.how == "Scale":
            scaled = self._custom.patch_namespaced_custom_object_scale(
                *where, write.body, field_manager=write.manager, _content_type="application/merge-patch+json"
            )
            found: Object = await _answered(scaled, WRITE_SECONDS)
            return found
        return await self._apply(where, write.body, write.manager)

    async def apply_status(self, ref: Ref, status: Mapping[str, Any]) -> Object:
        """Writes the status of one of our own resources."""
        body = {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": {"name": ref.name} | ({"namespace": ref.namespace} if ref.namespace else {}),
            "status": status,
        }
        group, version = ref.api_version.split("/")
        plural = await self._plural(ref.api_version, ref.kind)
        options: dict[str, Any] = {"field_manager": MANAGER, "force": True, "_content_type": _APPLY}
        if ref.namespace:
            asked = self._custom.patch_namespaced_custom_object_status(
                group, version, ref.namespace, plural, ref.name, body, **options
            )
        else:
            asked = self._custom.patch_cluster_custom_object_status(group, version, plural, ref.name, body, **options)
        found: Object = await _answered(asked, WRITE_SECONDS)
        return found

    async def create(self, body: Mapping[str, Any], dry_run: bool = False) -> Object:
        """Creates one of our own resources that have no namespace; with ``dry_run``, it is only checked."""
        group, version = body["apiVersion"].split("/")
        plural = await self._plural(body["apiVersion"], body["kind"])
        options: dict[str, Any] = {"field_manager": BY_HAND} | ({"dry_run": "All"} if dry_run else {})
        found: Object = await _answered(
            self._custom.create_cluster_custom_object(group, version, plural, dict(body), **options), WRITE_SECONDS
        )
        return found

    async def change(self, ref: Ref, patch: Mapping[str, Any], dry_run: bool = False) -> Object:
        """Changes fields of one of our own resources by a merge patch; with ``dry_run``, it is only checked."""
        options: dict[str, Any] = {"field_manager": BY_HAND, "_content_type": "application/merge-patch+json"}
        options |= {"dry_run": "All"} if dry_run else {}
        group, version, namespace, plural, name = await self._where(ref)
        asked = (
            self._custom.patch_namespaced_custom_object(group, version, namespace, plural, name, dict(patch), **options)
            if namespace
            else self._custom.patch_cluster_custom_object(group, version, plural, name, dict(patch), **options)
        )
        found: Object = await _answered(asked, WRITE_SECONDS)
        return found

    async def free(self, ref: Ref, finalizer: str) -> None:
        """Takes a finalizer off an object, so that its deletion does not wait for us."""
        found = await self.get(ref)
        left = [each for each in (found or {}).get("metadata", {}).get("finalizers", []) if each != finalizer]
        if found is None or left == found["metadata"].get("finalizers", []):
            return
        version = found["metadata"]["resourceVersion"]  # so that nobody else's finalizer is lost
        body = {"metadata": {"finalizers": left or None, "resourceVersion": version}}
        await _answered(
            self._custom.patch_namespaced_custom_object(
                *await self._where(ref), body, _content_type="application/merge-patch+json"
            ),
            WRITE_SECONDS,
        )

    async def config_map(self, namespace: str, name: str) -> Object | None:
        """A ConfigMap; ``None`` where there is none."""
        try:
            found: Object = await self._core("GET", f"namespaces/{namespace}/configmaps/{name}")
        except ClusterError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    async def apply_config_map(self, namespace: str, name: str, body: Mapping[str, Any]) -> None:
        """Writes a ConfigMap of ours; where there is somebody else's of its name, that is an error, and it is left."""
        # tried first, since what would be added to somebody's ConfigMap makes it go with its ENTCapacity
        path, manager = f"namespaces/{namespace}/configmaps/{name}", {"fieldManager": MANAGER}
        tried = await self._core("PATCH", path, body, _APPLY, **manager, dryRun="All", force="true")
        if other := data_owner(tried):
            raise ClusterError(HTTPStatus.CONFLICT, f"ConfigMap {name} belongs to {other}: give that another name")
        await self._core("PATCH", path, body, _APPLY, **manager)

    async def event(self, about: Ref, uid: str, kind: str, code: str, message: str) -> None:
        """Says something about an object: an Event, ``Normal`` or ``Warning``."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        namespace = about.namespace or "default"
        body = {
            "metadata": {"generateName": f"{about.name}-", "namespace": namespace},
            "involvedObject": {
                "apiVersion": about.api_version,
                "kind": about.kind,
                "name": about.name,
                "namespace": about.namespace,
                "uid": uid,
            },
            "type": kind,
            "reason": code,
            "message": message[:1024],
            "source": {"component": MANAGER},
            "reportingComponent": MANAGER,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await self._core("POST", f"namespaces/{namespace}/events", body)

    async def pods(self, namespace: str, selector: str) -> list[Object]:
        """Pods with labels."""
        found: list[Object] = (await self._core("GET", f"namespaces/{namespace}/pods", labelSelector=selector))["items"]
        return found

    async def events(self, namespace: str) -> list[Object]:
        """The Events of a namespace."""
        found: list[Object] = (await self._core("GET", f"namespaces/{namespace}/events"))["items"]
        return found

    async def nodes(self, named: Collection[str] = ()) -> list[Object]:
        """All nodes, of each its name, its age and what it has, as they were within the last ``NODES_SECONDS``, or now
        where one that is ``named`` was not there yet: a large cluster's are megabytes, and after a restart all
        ENTCapacities ask for them at once. An error is everybody's for as long."""
        async with self._listing_nodes:
            old = time.monotonic() - self._nodes_at > NODES_SECONDS
            known = {each["metadata"]["name"] for each in self._nodes}
            if old or (self._no_nodes is None and not known.issuperset(named)):
                self._no_nodes = None
                try:
                    self._nodes, _ = await _paged(self._page_of_nodes, _slim_node)
                except ClusterError as error:
                    self._no_nodes = error
                self._nodes_at = time.monotonic()
            if self._no_nodes is not None:
                raise self._no_nodes.with_traceback(None)  # it would grow with each time that it is raised
            return self._nodes

    async def _page_of_nodes(self, after: str) -> Object:
        query = {"limit": str(_NODES), "continue": after}
        found: Object = await self._core("GET", "nodes", None, "application/json", **query)
        return found

    async def quotas(self, namespace: str) -> list[Object]:
        """The ResourceQuotas of a namespace."""
        found: list[Object] = (await self._core("GET", f"namespaces/{namespace}/resourcequotas"))["items"]
        return found

    async def _core(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, how: str = "application/json", **query: str
    ) -> Any:
        """A request to the core API. Not by the library's own CoreV1Api: what that imports takes longer than all else
        that an operator does before it leads."""
        headers = {"Accept": "application/json", "Content-Type": how}
        asked = await self.api.param_serialize(
            method, f"/api/v1/{path}", None, [*query.items()], headers, body, auth_settings=["BearerToken"]
        )

        async def answer() -> Any:
            return (await self.api.call_api(*asked, _preload_content=False)).response

        return await _raw(answer(), READ_SECONDS if method == "GET" else WRITE_SECONDS)

    async def _apply(self, where: Where, body: Mapping[str, Any], manager: str) -> Object:
        asked = self._custom.patch_namespaced_custom_object(
            *where, dict(body), field_manager=manager, force=True, _content_type=_APPLY
        )
        found: Object = await _answered(asked, WRITE_SECONDS)
        return found

    async def _where(self, ref: Ref) -> Where:
        group, version = ref.api_version.split("/")
        return group, version, ref.namespace, await self._plural(ref.api_version, ref.kind), ref.name

    async def _plural(self, api_version: str, kind: str) -> str:
        """The name of a kind in addresses; asked for once where it is none of those that we know."""
        if kind in PLURALS:
            return PLURALS[kind]
        if (api_version, kind) not in self._plurals:
            group, version = api_version.split("/")
            found = await _answered(self._custom.get_api_resources(group, version))
            for each in found.resources:
                if "/" not in each.name:
                    self._plurals[api_version, each.kind] = each.name
        if (api_version, kind) not in self._plurals:
            raise ClusterError(HTTPStatus.NOT_FOUND, f"{api_version} has no kind {kind}: is its CRD installed?")
        return self._plurals[api_version, kind]


async def _paged(
    page: Callable[[str], Awaitable[Object]], keep: Callable[[Object], Object]
) -> tuple[list[Object], str]:
    """A list that comes in pages, each told by what the one before says comes ``after`` it, and its resource version.

    It is begun anew where the API server has forgotten that version meanwhile.
    """
    found: list[Object] = []
    after, begun = "", 1
    while True:
        try:
            answer = await page(after)
        except ClusterError as error:
            if error.status != HTTPStatus.GONE or not after or begun == _TRIES:
                raise
            found, after, begun = [], "", begun + 1
            continue
        found += map(keep, answer["items"])
        metadata = answer.get("metadata", {})  # what is aggregated may have no version
        del answer  # before the next one comes
        after = metadata.get("continue", "")
        if not after:
            return found, metadata.get("resourceVersion", "")


def _slim_node(found: Object) -> Object:
    metadata, status = found["metadata"], found.get("status", {})
    return {
        "metadata": {name: metadata[name] for name in ("name", "creationTimestamp") if name in metadata},
        "status": {"allocatable": status.get("allocatable", {})},
    }


async def _answered(asked: Awaitable[Any], seconds: float = READ_SECONDS) -> Any:
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except ApiException as error:
        raise ClusterError(error.status or 0, _message(error.body, error.reason)) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ClusterError(0, f"the API server does not answer: {error or type(error).__name__}") from None


async def _raw(asked: Awaitable[Any], seconds: float) -> Any:
    async def read() -> tuple[int, str, str]:
        response = await asked
        return response.status, response.reason, await response.text(errors="replace")

    status, why, text = await _answered(read(), seconds)
    if status >= HTTPStatus.BAD_REQUEST:  # also of what stands before the API server, and says so in plain words
        raise ClusterError(status, _message(text, why))
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ClusterError(0, f"the API server answers no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ClusterError(0, f"the API server answers no object: {text[:200]}")
    return found


def _message(body: str | None, why: str | None) -> str:
    """What the API server says in words, or else the HTTP status does."""
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return str(why)
