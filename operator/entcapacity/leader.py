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
"""After so long without a renewal, a leader stops acting."""
RETRY_SECONDS: Final = 2
ANSWER_SECONDS: Final = 5
"""How long each request for the Lease may take: a write longer than the 3 s for which Gatekeeper is waited for when it
has died. Writes of so long, with pauses between, are in time; a look before each would not be."""
RELEASING: Final = "release:"
"""So begins the identity of what takes the Lease to give everything back."""

log = logging.getLogger("entcapacity")


class _Lock(LeaseLock):
    """A Lease that an API server that does not answer is no error of: it is as if it could not be renewed."""

    def __init__(self, name: str, namespace: str, identity: str, api: client.ApiClient) -> None:
        super().__init__(name, namespace, identity, api)
        self.others = asyncio.Event()
        """Set while it bears the name of somebody else."""
        self.released = asyncio.Event()
        """Set for good once it was taken to give everything back, while we were there."""
        self._holder: str | None = None
        """Whose it was at the last look."""
        self._ours = False
        """Whether the last that is known of it is what we wrote ourselves."""
        self._renewed = time.monotonic()
        """No later than the time that it bears."""

    async def lapse(self) -> None:
        """Waits until it was not renewed for so long that it must not be acted on any more."""
        while (left := self._renewed + RENEW_SECONDS - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def get(self, name: str, namespace: str) -> Any:
        """What we wrote, if that was the last: should somebody have written since, our next write is refused."""
        if self._ours and self.lease_reference is not None:
            return True, self.election_record(self.lease_reference)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                there, record = await super().get(name, namespace)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return False, ApiException(status=0, reason=str(error) or type(error).__name__)
        if isinstance(record, LeaderElectionRecord):
            self._heed(record.holder_identity or "")
        return there, record

    def _heed(self, holder: str) -> None:
        theirs, new = holder not in ("", self.identity), self._holder not in (None, holder)
        if theirs:
            self.others.set()
        else:
            self.others.clear()
        # one that was there at the first look is over: an operator that is installed anew acts
        if theirs and new and holder.startswith(RELEASING) and not self.identity.startswith(RELEASING):
            self.released.set()
        self._holder = holder

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        # not the library's own: kubernetes 37.0 asks for pretty=True there, which its own client refuses
        body = client.V1Lease(metadata=client.V1ObjectMeta(name=name), spec=self.update_lease(election_record))
        return await self._write(self.api_instance.create_namespaced_lease(namespace, body))

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        # not the library's own, which forgets the version that is answered
        assert self.lease_reference is not None  # it was looked at, or written
        self.lease_reference.spec = self.update_lease(updated_record, self.lease_reference.spec)
        return await self._write(self.api_instance.replace_namespaced_lease(name, namespace, self.lease_reference))

    async def _write(self, asked: Awaitable[client.V1Lease]) -> bool:
        """Whether it was granted."""
        begun, self._ours = time.monotonic(), False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self.lease_reference = await asked
        except (ApiException, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("the Lease was not written: %s", str(error) or type(error).__name__)
            return False
        self._renewed, self._ours = begun, True
        self._heed(self.identity)  # if it bore a name, then of one that is dead
        return True


async def lead(
    server: client.Configuration,
    lease: tuple[str, str],
    identity: str,
    stopping: asyncio.Event,
    work: Callable[[asyncio.Event], Awaitable[None]],
) -> None:
    """Does ``work`` while the Lease (namespace, name) is held, again whenever it is; gives it up when stopping.

    ``work`` is given an event that is set when it has to end. The Lease has connections of its own to the ``server``:
    requests that hang must not cost it. After one whose identity begins with ``RELEASING`` nobody that saw it come acts
    any more: the Deployment is about to go, however long that takes. Whoever starts later does.
    """
    async with client.ApiClient(server) as api:
        lock = _Lock(lease[1], lease[0], identity, api)
        while not (stopping.is_set() or lock.released.is_set()):
            leading = asyncio.Event()

            async def started(leading: asyncio.Event = leading) -> None:
                leading.set()

            async def ended() -> None:
                """Seen by the end of the election itself."""

            settings = Config(lock, LEASE_SECONDS, RENEW_SECONDS, RETRY_SECONDS, started, ended)
            election = asyncio.create_task(LeaderElection(settings).run())
            try:
                await _any(leading.wait(), stopping.wait(), lock.released.wait(), besides=election)
                if election.done() and not leading.is_set() and not stopping.is_set():
                    log.error("no look at the Lease %s/%s: %r", *lease, election.exception())
                    await _any(asyncio.sleep(RETRY_SECONDS), stopping.wait())
                if leading.is_set() and not stopping.is_set():
                    log.info("%s holds the Lease %s/%s", identity, *lease)
                    await _work_while_held(lock, election, stopping, work)
                    if not stopping.is_set():
                        log.warning("%s has lost the Lease %s/%s", identity, *lease)
            finally:
                election.cancel()
                await asyncio.gather(election, return_exceptions=True)
            if (
                stopping.is_set()
                and leading.is_set()
                and not lock.others.is_set()
                and not identity.startswith(RELEASING)
            ):
                await _free(lock, lease)
        if not stopping.is_set():
            log.warning("everything was given back for an uninstall: nothing is done here until this pod is replaced")
            await stopping.wait()


async def take(api: client.ApiClient, lease: tuple[str, str], identity: str) -> bool:
    """Takes the Lease (namespace, name) whoever holds it; answers whether somebody may still act on it for a while."""
    leases, name, namespace = client.CoordinationV1Api(api), lease[1], lease[0]
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await leases.read_namespaced_lease(name, namespace)
        held = found.spec is not None and bool(found.spec.holder_identity)
        if held:
            body = {"spec": {"holderIdentity": identity}}
            async with asyncio.timeout(ANSWER_SECONDS):
                await leases.patch_namespaced_lease(name, namespace, body, _content_type="application/merge-patch+json")
    except (ApiException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("the Lease %s/%s is not taken from anybody: %s", *lease, error)
        return False
    return held


async def _work_while_held(
    lock: _Lock,
    election: asyncio.Task[None],
    stopping: asyncio.Event,
    work: Callable[[asyncio.Event], Awaitable[None]],
) -> None:
    ended = asyncio.Event()
    working = asyncio.ensure_future(work(ended))
    signs = [asyncio.create_task(each) for each in (stopping.wait(), lock.others.wait(), lock.lapse())]
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


async def _free(lock: _Lock, lease: tuple[str, str]) -> None:
    """Whoever comes next need not wait until the Lease runs out."""
    free = {"spec": {"holderIdentity": None, "leaseDurationSeconds": 1}}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await lock.api_instance.patch_namespaced_lease(
                lease[1], lease[0], free, _content_type="application/merge-patch+json"
            )
    except (ApiException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("the Lease runs out by itself: %s", error)
