"""A rehearsal in the cluster: written into the spec, looked at until its end, and taken out of it again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import click

from entcapacity.cli import connection, options
from entcapacity.cli.rehearsals import Ended, Prepared, Show
from entcapacity.drivers import Write
from entcapacity.grid import local_date, on_clock
from entcapacity.kube import ClusterError, Kube
from entcapacity.plan import most_users_live_in
from entcapacity.platforms import Platform
from entcapacity.reasons import Argument, Reason, reason
from entcapacity.rehearsal import MANAGER, Course, meant, why_not_ready
from entcapacity.targets import (
    HPA_API,
    KEDA_API,
    WATCHED,
    Object,
    Objects,
    Ref,
    Seen,
    owned_by_keda,
    seen,
    target_of,
    with_scale,
)

LOOK_SECONDS: Final = 5.0
TAKEN_UP_SECONDS: Final = 60
"""How long an operator may take to see the spec."""


async def prepared(kube: Kube, platform: Platform, on: date | None, span: timedelta, language: str) -> Prepared:
    """What is to be held of a date, by default the next school day, and how things stand before."""
    now = datetime.now(UTC).replace(microsecond=0)
    if on is not None and on < local_date(now, most_users_live_in(platform.capacity.spec)):
        raise options.wrong("--day", f"{on} is over: choose today or a later one")
    found = meant(platform.capacity, platform.facts, now, on, span)
    if isinstance(found, Reason):
        raise click.ClickException(found.text(language))
    on, rehearsal = found
    there = await _look(kube, platform)
    ready = {name: each.ready for name, each in there.seen.items()}
    courses = [Course(each.name, each.replicas, ready.get(each.name, 0)) for each in rehearsal.floors]
    return Prepared(platform, on, rehearsal, courses)


async def held(kube: Kube, prepared: Prepared, show: Show, language: str) -> Ended:
    """Holds what was prepared, from now on, and looks on."""
    platform, stop, was = prepared.platform, _stopped_by_signals(), prepared.rehearsal
    begin = datetime.now(UTC).replace(microsecond=0)
    prepared.rehearsal = was.model_copy(update={"from_": begin, "until": begin + (was.until - was.from_)})
    given_back = False
    try:
        generation = await _apply(kube, prepared, language)
        if not await _taken_up(kube, platform, generation, stop) and not stop.is_set():
            raise _failed("RehearseNoOperator", language, seconds=TAKEN_UP_SECONDS)
        await _follow(kube, prepared, stop, show)
    except ClusterError as error:
        given_back = 400 <= error.status < 500  # refused, it was not written; else nobody knows
        raise
    finally:
        given_back = given_back or await _given_back(kube, prepared, language)
    show.afterwards(stop.is_set(), given_back)
    return Ended(datetime.now(UTC), stop.is_set())


def _stopped_by_signals() -> asyncio.Event:
    """Set as soon as somebody wants it to end: by Ctrl-C, by closing the terminal, or by ``kill``."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has not all of them
            loop.add_signal_handler(getattr(signal, name), stop.set)
    return stop


# --- asking the operator, and taking it back --------------------------------------------------------------------------


def _spec(platform: Platform, **spec: Any) -> Write:
    """What is written of an ENTCapacity: its rehearsal, or nothing any more."""
    ref = Ref.of(platform.document)
    metadata = {"name": ref.name, "namespace": ref.namespace}
    body = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}
    return Write(ref, "Apply", {**body, "spec": spec} if spec else body, MANAGER)


async def _apply(kube: Kube, prepared: Prepared, language: str) -> int:
    """Writes the rehearsal into the spec; answers with the generation that has it."""
    rehearsal = prepared.rehearsal.model_dump(mode="json", by_alias=True)
    written = await kube.write(_spec(prepared.platform, rehearsal=rehearsal))
    if "rehearsal" not in written["spec"]:
        raise _failed("RehearseOldKinds", language)
    return int(written["metadata"]["generation"])


async def _given_back(kube: Kube, prepared: Prepared, language: str) -> bool:
    """Takes the rehearsal out of the spec; where that cannot be done, says when it ends by itself."""
    platform = prepared.platform
    try:
        if await kube.get(Ref.of(platform.document)) is not None:  # else an apply would make it anew
            await kube.write(_spec(platform))
    except ClusterError as error:
        until = on_clock(prepared.rehearsal.until, most_users_live_in(platform.capacity.spec))
        problem = reason("RehearseNotGivenBack", until=until, problem=connection.said(error))
        click.echo(reason("Note", what=problem).text(language), err=True)
        return False
    return True


async def _taken_up(kube: Kube, platform: Platform, generation: int, stop: asyncio.Event) -> bool:
    """Whether an operator has looked at a generation of the spec, as soon as it has."""
    until = time.monotonic() + TAKEN_UP_SECONDS
    while time.monotonic() < until and not stop.is_set():
        with contextlib.suppress(ClusterError):  # an outage may end
            found = await kube.get(Ref.of(platform.document)) or {}
            if found.get("status", {}).get("observedGeneration", 0) >= generation:
                return True
        await _rest(stop)
    return False


def _failed(code: str, language: str, **args: Argument) -> click.ClickException:
    return click.ClickException(reason(code, **args).text(language))


async def _rest(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_SECONDS):
            await stop.wait()


# --- looking on -------------------------------------------------------------------------------------------------------


async def _follow(kube: Kube, prepared: Prepared, stop: asyncio.Event, show: Show) -> None:
    """Looks on until the end, or until it is stopped."""
    rehearsal = prepared.rehearsal
    with show.live() as live:
        while not stop.is_set() and datetime.now(UTC) < rehearsal.until:
            problem = ""
            try:
                there = await _look(kube, prepared.platform)
            except ClusterError as error:  # the operator goes on without us
                problem = connection.said(error)
            else:
                seconds = round((datetime.now(UTC) - rehearsal.from_).total_seconds())
                for each in prepared.courses:
                    if each.name in there.seen:
                        why = why_not_ready(there.targets[each.name], there.pods, there.events, rehearsal.from_)
                        each.look(seconds, there.seen[each.name], why)
            show.progress(live, problem)
            await _rest(stop)


@dataclass(frozen=True, slots=True)
class _There:
    """The cluster at one moment; mappings are by workload."""

    seen: Mapping[str, Seen]
    targets: Mapping[str, Object]
    pods: Sequence[Object]
    events: Sequence[Object]


async def _look(kube: Kube, platform: Platform) -> _There:
    """How the workloads stand, and what may tell why they stand so."""
    namespace, workloads = platform.capacity.metadata.namespace, platform.capacity.spec.workloads
    known = {Ref.of(each).key: each for kind in WATCHED for each in await kube.every("apps/v1", kind, namespace)}
    for workload in workloads:
        ref = target_of(workload, namespace)
        if not ref.watched and (found := await kube.get(ref)) is not None:
            known[ref.key] = with_scale(found, await kube.scale(ref))
    hpas = await _allowed(kube.every(HPA_API, "HorizontalPodAutoscaler", namespace))
    hpas = tuple(each for each in hpas if not owned_by_keda(each))  # whose ScaledObjects may be hidden
    objects = Objects(known, hpas, await _allowed(kube.every(KEDA_API, "ScaledObject", namespace)))
    looked = {each.name: seen(each, namespace, objects) for each in workloads}
    there = {name: each for name, each in looked.items() if isinstance(each, Seen)}
    targets = {name: known[each.target.key] for name, each in there.items()}
    return _There(there, targets, await _allowed(kube.pods(namespace, "")), await _allowed(kube.events(namespace)))


async def _allowed(asked: Awaitable[list[Object]]) -> tuple[Object, ...]:
    """What is there and may be read: without it nobody knows why, but still how many; KEDA may not be there."""
    try:
        return tuple(await asked)
    except ClusterError as error:
        if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            return ()
        raise
