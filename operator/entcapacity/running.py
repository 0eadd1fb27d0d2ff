"""The operator as a process: the Lease, Kopf while it is held, HTTP always, and a way to let go of everything."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import kopf
from aiohttp import web

from entcapacity import handlers
from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.kube import ClusterError, Kube
from entcapacity.kubeconfig import connect
from entcapacity.leader import RELEASING, RENEW_SECONDS, lead, take
from entcapacity.meters import Meters
from entcapacity.observing import Prometheus
from entcapacity.ownership import given_back
from entcapacity.pulse import Pulse
from entcapacity.serving import application
from entcapacity.summary import released
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Ref, holders
from entcapacity.world import ANNOUNCEMENT, CALENDAR, CAPACITY, World, as_kept

_OWN_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_STOP_SECONDS: Final = 10.0
_LET_GO_SECONDS: Final = RENEW_SECONDS + _STOP_SECONDS
"""How long one that held the Lease may still act after another has taken it, which refuses its renewals."""
_AGAIN_SECONDS: Final = 2.0
_SWEEP_SECONDS: Final = 600.0
_LASTS_SECONDS: Final = 60.0
"""Kopf gives up a refused watch sooner."""
_WATCHES: Final = "watches"
_LINE: Final = "%(asctime)s %(levelname)-8s %(message)s"

log = logging.getLogger("entcapacity")


def own_namespace() -> str:
    """The namespace of the pod that this runs in, or the usual one of operators."""
    if _OWN_NAMESPACE.exists():
        return _OWN_NAMESPACE.read_text().strip()
    return os.environ.get("POD_NAMESPACE", "ent-capacity")


@dataclass(frozen=True, slots=True)
class Options:
    """How the operator runs."""

    namespace: str = field(default_factory=own_namespace)
    """Where its Lease and the ConfigMaps of calendars are."""
    watched: tuple[str, ...] = ()
    """Namespaces that it is limited to; none for all."""
    lease: str = "ent-capacity"
    identity: str = field(default_factory=lambda: f"{socket.gethostname()}_{uuid.uuid4().hex[:8]}")
    host: str = "0.0.0.0"
    port: int = 8080
    language: str = "en"
    prometheus: str = ""
    """Its URL; empty for none."""
    clock: Clock = field(default_factory=Clock)


async def run(options: Options) -> None:
    """Runs until it is told to stop."""
    stopping = asyncio.Event()
    _heed_signals(stopping)
    if options.clock.start is not None:
        log.warning(
            "THE CLOCK IS MOVED, for demonstrations and tests only: it is %s, %g times as fast",
            options.clock.now().isoformat(timespec="seconds"),
            options.clock.speed,
        )
    kube = await connect()
    around = surroundings(options, kube)
    runner = web.AppRunner(application(around, around.pulse, lambda: True, options.watched), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, options.host, options.port).start()

        async def work(ended: asyncio.Event) -> None:
            around.meters.leading.set(1)
            sweeping = asyncio.create_task(_sweep_now_and_then(around, options.watched))
            try:
                while not ended.is_set() and await _operate(options, around, ended, stopping):
                    around.world.clear()
                    await asyncio.wait({asyncio.create_task(ended.wait())}, timeout=_AGAIN_SECONDS)
            finally:
                sweeping.cancel()
                around.meters.leading.set(0)
                around.meters.clear()
                around.world.clear()
                around.almanac.stop()
                around.pulse.rest(_WATCHES)
            if not ended.is_set():  # Kopf ended by itself: on a signal that it took
                stopping.set()

        await lead(kube.api.configuration, (options.namespace, options.lease), options.identity, stopping, work)
    finally:
        await runner.cleanup()
        await kube.close()


def surroundings(options: Options, kube: Kube) -> Surroundings:
    """What all keepers share."""
    world = World()
    # several operators, each with its namespaces, would quarrel over the status of what has none
    almanac = Almanac(world, kube, options.clock, options.namespace, options.language, speaks=not options.watched)
    prometheus = Prometheus(options.prometheus) if options.prometheus else None
    return Surroundings(world, kube, options.clock, Meters(), Pulse(), almanac, prometheus, options.language)


def _heed_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)


async def _operate(options: Options, around: Surroundings, ended: asyncio.Event, stopping: asyncio.Event) -> bool:
    """Kopf, until ``ended`` is set; whether it is to be tried again, since an error ended it.

    An API server that has just started refuses what it will grant in a moment, and Kopf takes that for final. Where
    no attempt lasts, the probe tells of it.
    """
    started = asyncio.Event()
    operating = asyncio.create_task(
        kopf.operator(
            registry=handlers.registry(around),
            settings=handlers.settings(bool(options.watched)),
            clusterwide=not options.watched,
            namespaces=options.watched,
            stop_flag=ended,
            ready_flag=started,
            # without one it asks for the user's name, and that of an image has none; Kopf keeps the type to itself
            identity=options.identity,  # type: ignore[arg-type]
        )
    )
    starting, ending = asyncio.create_task(started.wait()), asyncio.create_task(ended.wait())
    await asyncio.wait({operating, starting, ending}, return_when=asyncio.FIRST_COMPLETED)
    _heed_signals(stopping)  # Kopf took them, and on one of them would wait for what ends only with ``ended``
    over, _ = await asyncio.wait({operating, ending}, timeout=_LASTS_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if not over:
        around.pulse.rest(_WATCHES)  # this attempt lasts, whatever became of those before
        await asyncio.wait({operating, ending}, return_when=asyncio.FIRST_COMPLETED)
    starting.cancel()
    ending.cancel()
    failed = await _bounded(operating)
    if failed and not ended.is_set():
        around.pulse.expect(_WATCHES)
        return True
    return False


async def _bounded(operating: asyncio.Task[None]) -> bool:
    """Waits for Kopf's end; whether it was an error."""
    done, _ = await asyncio.wait({operating}, timeout=_STOP_SECONDS)
    if not done:
        operating.cancel()
        await asyncio.gather(operating, return_exceptions=True)
    elif not operating.cancelled() and operating.exception() is not None:
        log.error("Kopf ended: %s", operating.exception())
        return True
    return False


async def _sweep_now_and_then(around: Surroundings, watched: tuple[str, ...]) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await sweep(around, watched)
        except Exception:
            log.exception("the sweep failed; tried again in %d s", _SWEEP_SECONDS)


async def sweep(around: Surroundings, watched: tuple[str, ...]) -> None:
    """Forgets what was deleted while a watch was connecting anew: of that no event tells."""
    for api_version, kind in handlers.KINDS:
        namespaces = watched if kind not in (ANNOUNCEMENT, CALENDAR) else ()
        for namespace in namespaces or ("",):
            try:
                found, version = await around.kube.listed(api_version, kind, namespace, as_kept)
            except ClusterError as error:
                if error.status != HTTPStatus.NOT_FOUND:  # of a CRD that is not installed there is nothing
                    log.info("%s: not listed: %s", kind, error)
                continue
            around.world.listed(api_version, kind, namespace, found, version)


def speak(log_format: str, verbose: bool = False) -> None:
    """Has log lines written, as text or JSON: ours, and of libraries what is a fault."""
    form: Any = kopf.LogFormat.JSON if log_format == "json" else _LINE
    kopf.configure(verbose=verbose, quiet=not verbose, log_format=form)
    log.setLevel(logging.DEBUG if verbose else logging.INFO)


async def release(options: Options, context: str | None = None) -> list[str]:
    """Gives everything back and frees finalizers; answers with what could not be done.

    It takes the Lease, from a running operator, too, and waits until that one has let go. Operators that are there now
    do nothing more, for as long as they live.
    """
    kube = await connect(context)
    stopping, problems, identity = asyncio.Event(), [], RELEASING + options.identity
    try:
        taken = await take(kube.api, (options.namespace, options.lease), identity)

        async def work(_: asyncio.Event) -> None:
            if taken:
                log.info("the operator that held the Lease lets go: in %d s everything is given back", _LET_GO_SECONDS)
                await asyncio.sleep(_LET_GO_SECONDS)
            around = surroundings(options, kube)
            problems.extend(await _release_all(around, options.watched))
            stopping.set()

        await lead(kube.api.configuration, (options.namespace, options.lease), identity, stopping, work)
    finally:
        await kube.close()
    return problems


async def _release_all(around: Surroundings, watched: tuple[str, ...]) -> list[str]:
    problems = []
    for namespace in watched or ("",):
        for api_version, kind in handlers.HELD:
            try:
                found, _ = await around.kube.listed(api_version, kind, namespace, as_kept)
                for each in found:
                    around.world.put(each)
            except ClusterError as error:
                if error.status != HTTPStatus.NOT_FOUND:  # a CRD that is not installed holds nothing
                    problems.append(f"{kind}: {error}")
    for document in around.world.every(CAPACITY):
        try:
            await given_back(around, document, heirs=False)
            await around.kube.free(Ref.of(document), handlers.FINALIZER)
            if "deletionTimestamp" not in document["metadata"] and document.get("status", {}).get("workloads"):
                # an operator that comes later must not take for what was there before what was given back long ago
                await around.kube.apply_status(Ref.of(document), released(document["status"]))
        except ClusterError as error:
            problems.append(f"{document['metadata']['namespace']}/{document['metadata']['name']}: {error}")
    for namespace in around.world.namespaces():
        for name in holders(around.world.objects(namespace)):  # what was deleted without us left its marks
            try:
                await given_back(around, {"metadata": {"namespace": namespace, "name": name}}, heirs=False)
            except ClusterError as error:
                problems.append(f"{namespace}: {error}")
    log.info("released: %d of kind %s, problems: %d", len(list(around.world.every(CAPACITY))), CAPACITY, len(problems))
    return problems
