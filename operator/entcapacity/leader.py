"""One operator acts at a time: the one that holds the Lease."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.leaselock import LeaseLock

LEASE_SECONDS: Final = 15
"""After so long without a sign of the leader, another one takes over."""
RENEW_SECONDS: Final = 10
RETRY_SECONDS: Final = 2
KEPT_SECONDS: Final = 60
"""So long one that is kept stays taken: time for whatever uninstalls to take the operators away."""

log = logging.getLogger("entcapacity")


class _Lock(LeaseLock):
    """A Lease that an API server that does not answer is no error of: it is as if it could not be renewed."""

    def __init__(self, name: str, namespace: str, identity: str, api: client.ApiClient) -> None:
        super().__init__(name, namespace, identity, api)
        self.others = asyncio.Event()
        """Set while it bears the name of somebody else."""
        self._seen: tuple[Any, float] = (None, 0.0)
        """What it was last, and since when."""

    async def get(self, name: str, namespace: str) -> Any:
        try:
            there, record = await asyncio.wait_for(super().get(name, namespace), RETRY_SECONDS)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return False, ApiException(status=0, reason=str(error) or type(error).__name__)
        holder = record.holder_identity if isinstance(record, LeaderElectionRecord) else None
        if holder and holder != self.identity:
            self.others.set()
        else:
            self.others.clear()
        if isinstance(record, LeaderElectionRecord):
            self._heed(record)
        return there, record

    def _heed(self, record: LeaderElectionRecord) -> None:
        """The library waits as long as we would be waited for. Where the holder asked for longer, it looks renewed."""
        now, found = time.monotonic(), dict(vars(record))
        if found != self._seen[0]:
            self._seen = found, now
        if now - self._seen[1] < float(record.lease_duration or 0) - LEASE_SECONDS:
            record.renew_time = str(now)

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        # not the library's own: kubernetes 37.0 asks for pretty=True there, which its own client refuses
        body = client.V1Lease(metadata=client.V1ObjectMeta(name=name), spec=self.update_lease(election_record))
        return await _done(self.api_instance.create_namespaced_lease(namespace, body))

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        done = await _done(super().update(name, namespace, updated_record))
        if done:
            self.others.clear()  # it bore the name of one that is dead
        return done


async def _done(asked: Awaitable[Any]) -> bool:
    """Whether a request was granted."""
    try:
        return bool(await asyncio.wait_for(asked, RETRY_SECONDS))
    except (ApiException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("the Lease was not written: %s", error)
        return False


async def lead(
    api: client.ApiClient,
    lease: tuple[str, str],
    identity: str,
    stopping: asyncio.Event,
    work: Callable[[asyncio.Event], Awaitable[None]],
    keep: bool = False,
) -> None:
    """Does ``work`` while the Lease (namespace, name) is held, again whenever it is; gives it up when stopping.

    ``work`` is given an event that is set when it has to end. With ``keep`` the Lease stays taken for a while.
    """
    lock = _Lock(lease[1], lease[0], identity, api)
    while not stopping.is_set():
        leading = asyncio.Event()

        async def started(leading: asyncio.Event = leading) -> None:
            leading.set()

        async def ended() -> None:
            """Seen by the end of the election itself."""

        settings = Config(lock, LEASE_SECONDS, RENEW_SECONDS, RETRY_SECONDS, started, ended)
        election = asyncio.create_task(LeaderElection(settings).run())
        try:
            await _any(leading.wait(), stopping.wait(), besides=election)
            if election.done() and not leading.is_set() and not stopping.is_set():
                log.error("no look at the Lease %s/%s: %r", *lease, election.exception())
                await _any(asyncio.sleep(RETRY_SECONDS), stopping.wait())
            if leading.is_set() and not stopping.is_set():
                log.info("%s holds the Lease %s/%s", identity, *lease)
                await _work_while_held(election, stopping, lock.others, work)
                if not stopping.is_set():
                    log.warning("%s has lost the Lease %s/%s", identity, *lease)
        finally:
            election.cancel()
            await asyncio.gather(election, return_exceptions=True)
        if stopping.is_set() and leading.is_set() and not lock.others.is_set():
            free = {"holderIdentity": None, "leaseDurationSeconds": 1}
            await _leave(lock, lease, {"leaseDurationSeconds": KEPT_SECONDS} if keep else free)


async def take(api: client.ApiClient, lease: tuple[str, str], identity: str) -> bool:
    """Takes the Lease (namespace, name) whoever holds it; answers whether somebody may still act on it for a while."""
    leases, name, namespace = client.CoordinationV1Api(api), lease[1], lease[0]
    try:
        found = await asyncio.wait_for(leases.read_namespaced_lease(name, namespace), RETRY_SECONDS)
        held = found.spec is not None and bool(found.spec.holder_identity)
        if held:
            body = {"spec": {"holderIdentity": identity}}
            taken = leases.patch_namespaced_lease(name, namespace, body, _content_type="application/merge-patch+json")
            await asyncio.wait_for(taken, RETRY_SECONDS)
    except (ApiException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("the Lease %s/%s is not taken from anybody: %s", *lease, error)
        return False
    return held


async def _work_while_held(
    election: asyncio.Task[None],
    stopping: asyncio.Event,
    others: asyncio.Event,
    work: Callable[[asyncio.Event], Awaitable[None]],
) -> None:
    ended = asyncio.Event()
    working = asyncio.ensure_future(work(ended))
    signs = [asyncio.create_task(each.wait()) for each in (stopping, others)]
    try:
        await asyncio.wait({working, election, *signs}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in signs:
            each.cancel()
        ended.set()
        await working


async def _any(*signs: Coroutine[Any, Any, Any], besides: asyncio.Task[None] | None = None) -> None:
    """Waits for the first sign, or the end of a task that goes on otherwise."""
    waiting = [asyncio.create_task(each) for each in signs]
    try:
        await asyncio.wait({*waiting, *([besides] if besides else [])}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


async def _leave(lock: _Lock, lease: tuple[str, str], left: dict[str, Any]) -> None:
    """Leaves the Lease like this to whoever comes next."""
    try:
        await asyncio.wait_for(
            lock.api_instance.patch_namespaced_lease(
                lease[1], lease[0], {"spec": left}, _content_type="application/merge-patch+json"
            ),
            RETRY_SECONDS,
        )
    except (ApiException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("the Lease runs out by itself: %s", error)
