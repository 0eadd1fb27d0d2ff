"""Kopf's part: it brings what the watches see into the world, and starts and ends keepers. Nothing is decided here."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import kopf

from entcapacity.fields import API_VERSION
from entcapacity.keeper import Keeper
from entcapacity.kube import PLURALS, ClusterError
from entcapacity.surroundings import Surroundings
from entcapacity.targets import GROUP, SCALED, Object
from entcapacity.world import ANNOUNCEMENT, CALENDAR, CAPACITY, Key

_RETRY_SECONDS = 5
FINALIZER = f"{GROUP}/gives-back"
HELD = ((API_VERSION, CAPACITY), *SCALED)
"""Kinds that the operator marks."""
KINDS = (*HELD, (API_VERSION, ANNOUNCEMENT), (API_VERSION, CALENDAR))
"""Kinds that it watches."""


class _Nothing(kopf.DiffBaseStorage):
    """Remembers no earlier version, so that nothing is written for it: nobody here asks what changed."""

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence:
        return self.build(body=body)

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        pass


def registry(around: Surroundings) -> kopf.OperatorRegistry:
    """The handlers. Indices, since Kopf starts no daemon before all that is indexed has been listed once: whoever
    planned without an announcement that is still on its way would lower a floor."""
    made = kopf.OperatorRegistry()
    keepers: dict[tuple[Key, str], Keeper] = {}
    """By name and uid: one that comes after a deletion has nothing to do with the one before."""

    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        found = kopf.login_with_service_account(**kwargs)
        if found is None:
            return kopf.login_with_kubeconfig(**kwargs)
        # Kopf would ask for a name, and so for DNS; the pod is told an address, at which everything else is asked
        return replace(found, server=around.kube.api.configuration.host)

    def brought(body: Object, **_: Any) -> None:
        around.world.put(dict(body))

    def happened(event: Any, **_: Any) -> None:
        if event["type"] == "DELETED":
            around.world.drop(event["object"])
            metadata = event["object"]["metadata"]  # of one whose finalizer somebody took off, nobody else tells
            keepers.pop(((metadata.get("namespace", ""), metadata["name"]), metadata["uid"]), None)
        else:
            around.world.put(event["object"])

    kopf.on.login(registry=made)(login)
    for api_version, kind in KINDS:
        watched = (*api_version.split("/"), PLURALS[kind])
        kopf.index(*watched, registry=made, id=f"known_{PLURALS[kind]}")(brought)
        kopf.on.event(*watched, registry=made, id=f"changed_{PLURALS[kind]}")(happened)

    def keeper_of(namespace: str | None, name: str, uid: str) -> Keeper:
        key = (namespace or "", name)
        return keepers.setdefault((key, uid), Keeper(key, around))

    async def keep(namespace: str | None, name: str, uid: str, stopped: Any, **_: Any) -> None:
        ending = asyncio.Event()

        async def end() -> None:
            await stopped.wait()
            ending.set()

        watcher = asyncio.create_task(end())
        try:
            await keeper_of(namespace, name, uid).keep(ending)
        finally:
            watcher.cancel()

    async def give_back(body: Any, namespace: str | None, name: str, uid: str, **_: Any) -> None:
        try:
            await keeper_of(namespace, name, uid).give_back(dict(body))
        except ClusterError as error:
            raise kopf.TemporaryError(str(error), delay=_RETRY_SECONDS) from None
        keepers.pop(((namespace or "", name), uid), None)

    capacities = (*API_VERSION.split("/"), PLURALS[CAPACITY])
    daemon = kopf.daemon(*capacities, registry=made, id="keep", cancellation_backoff=5, cancellation_timeout=5)
    daemon(keep)
    kopf.on.delete(*capacities, registry=made, id="give_back")(give_back)
    return made


def settings(limited: bool) -> kopf.OperatorSettings:
    """Kopf's settings, each for a reason; ``limited`` to some namespaces, it looks for no new ones and no new kinds."""
    made = kopf.OperatorSettings()
    made.scanning.disabled = limited  # neither is a right that it then has
    made.peering.standalone = True  # the Lease decides
    made.posting.enabled = False  # our Events are about decisions, not about handlers
    made.persistence.finalizer = FINALIZER
    made.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    made.persistence.diffbase_storage = _Nothing()
    made.watching.chunk_size = 500  # of all Deployments of a large cluster at once, the memory would not hold
    made.watching.server_timeout = 300
    made.watching.client_timeout = 330
    made.watching.connect_timeout = 5
    made.networking.request_timeout = 15
    made.networking.connect_timeout = 5
    made.networking.error_backoffs = (0.5, 1, 1, 2, 2, 5, 5)
    made.queueing.idle_timeout = 5
    return made
