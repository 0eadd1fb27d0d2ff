"""What an announcement or a boost would do to the platforms of a cluster, read with the rights of whoever asks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import click

from entcapacity import effects
from entcapacity.calendars import concerns
from entcapacity.cli import connection
from entcapacity.cli.proposals import Proposal
from entcapacity.grid import on_clock
from entcapacity.kube import ClusterError, Kube
from entcapacity.plan import most_users_live_in
from entcapacity.platforms import Platforms, parsed
from entcapacity.reasons import Reason, reason
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import ENTCapacitySpec
from entcapacity.targets import Object, Ref, kept_in_git

_MANY: Final = 5
"""Platforms from which on a bar shows how far it is."""
_LOOKS_ON: Final = timedelta(days=1)
"""How long after its end a boost is looked at."""
_LOOKS_AHEAD: Final = timedelta(days=14)
"""But no longer than this from now."""


async def of_announcement(platforms: Platforms, namespace: str, changed: SchoolAnnouncement, now: datetime) -> Proposal:
    """What an announcement does to each platform that it concerns, of those that may be read."""
    documents, notes = await _readable(platforms, namespace)
    found, others = [], 0
    with _shown_while(documents) as every:
        for document in every:
            try:
                capacity = parsed(document)
                if not concerns(changed, capacity.spec):
                    others += 1
                    continue
                platform = await platforms.of(document)
            except ClusterError as error:
                name = f"{document['metadata']['namespace']}/{document['metadata']['name']}"
                notes.append(reason("NotShown", platform=name, problem=connection.said(error)))
                continue
            for each in platform.found:
                of_all = each.code == "AnnouncementNotRead"
                notes.append(each if of_all else reason("Says", name=platform.name, what=each))
            notes += unmoved(platform.name, capacity.spec, now)
            found.append((capacity, effects.of_announcement(capacity.spec, platform.facts, changed, now)))
    return Proposal(found, others, list(dict.fromkeys(notes)))


async def _readable(platforms: Platforms, namespace: str) -> tuple[list[Object], list[Reason]]:
    """The ENTCapacities of all namespaces, or where that is not allowed of one, and a word on that."""
    notes: list[Reason] = []
    for each in ("", namespace):
        try:
            return await platforms.documents(each), notes
        except ClusterError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            notes = [reason("NotEverywhere")]
    return [], notes


def _shown_while(documents: Sequence[Object]) -> AbstractContextManager[Iterable[Object]]:
    """The same, with a bar that shows how far it is, where that takes long enough to wonder."""
    if len(documents) < _MANY or not sys.stderr.isatty():
        return nullcontext(documents)
    return click.progressbar(documents, file=sys.stderr)


async def of_boost(kube: Kube, home: str, at: Ref, boost: Mapping[str, Any] | None, now: datetime) -> Proposal:
    """What another boost, or with ``None`` none, does to an ENTCapacity."""
    platform = await Platforms(kube, home).one(at.namespace, at.name)
    changed = parsed(await kube.change(at, {"spec": {"boost": boost}}, dry_run=True))
    before = platform.capacity.spec
    ends = [each.until for each in (before.boost, changed.spec.boost) if each is not None]
    until = min(max(ends, default=now) + _LOOKS_ON, now + _LOOKS_AHEAD)
    notes = list(platform.found)
    if who := kept_in_git(platform.document):
        notes.append(reason("BoostInGit", platform=platform.name, who=who))
    notes += unmoved(platform.name, changed.spec, now)
    if before.boost is not None and now < before.boost.until and boost is not None:
        end = before.boost.until.isoformat()
        notes.append(reason("BoostReplaced", percent=before.boost.percent, until=end))
    if before.boost is None and boost is None:
        notes.append(reason("NoBoost", platform=platform.name))
    return Proposal([(changed, effects.of_spec(before, changed.spec, platform.facts, now, until))], 0, notes)


def unmoved(platform: str, spec: ENTCapacitySpec, now: datetime) -> Iterator[Reason]:
    """Why none of this raises a replica of a platform."""
    if spec.mode == "Observe":
        yield reason("Observes", platform=platform)
    elif (until := spec.suspended_until(now)) is not None:
        yield reason("IsSuspended", platform=platform, until=on_clock(until, most_users_live_in(spec)))
