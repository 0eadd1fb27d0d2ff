"""The plan for other programs, in its ConfigMap: written where it is new, and once nobody waits to act."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from http import HTTPStatus
from math import inf
from typing import Any, Final

from entcapacity import summary
from entcapacity.kube import ClusterError
from entcapacity.planner import Made
from entcapacity.reasons import reason
from entcapacity.speaker import event
from entcapacity.surroundings import RETRY_SECONDS, Surroundings
from entcapacity.targets import Object
from entcapacity.world import Key

_LAST: Final = datetime.max.replace(tzinfo=UTC)
"""When one is needed that nobody waits for."""

log = logging.getLogger("entcapacity")


class Publisher:
    """Publishes the plans of one ENTCapacity, in the background: their reasons take longer than they do themselves."""

    def __init__(self, key: Key, around: Surroundings) -> None:
        self._key, self._around = key, around
        self._name = "/".join(key)
        self._publishing: asyncio.Task[None] | None = None
        self._offered: tuple[Object, Made] | None = None
        self._refused: tuple[Made | None, str] = (None, "")
        """Which plan was refused, such as where the ConfigMap is somebody else's, and what was said last."""
        self._again = -inf
        """When (monotonic) it may be tried again where there was no answer."""
        self.published: tuple[Any, ...] = ()
        """The ``edition`` that is there."""

    def offer(self, document: Object, made: Made, now: datetime) -> None:
        """Has a plan published where it is another edition; of several that come meanwhile, the last."""
        self._offered = document, made
        refused, _ = self._refused  # what is refused is tried again with the next plan
        if self.published == edition(made, now) or refused is made or time.monotonic() < self._again:
            return
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish_last())

    def stop(self) -> None:
        """Leaves alone what is still being published."""
        if self._publishing is not None:
            self._publishing.cancel()

    async def _publish_last(self) -> None:
        try:
            async with self._around.turns.turn(_LAST):
                if self._offered is not None:
                    await self._publish(*self._offered, self._around.clock.now())
        except Exception:  # tried again with a later pass
            self._again = time.monotonic() + RETRY_SECONDS
            log.exception("%s: the plan was not published", self._name)

    async def _publish(self, document: Object, made: Made, now: datetime) -> None:
        """Writes the plan of the next 48 hours."""
        namespace, name = self._key
        text = await asyncio.get_running_loop().run_in_executor(
            self._around.planning, summary.published, made.plan, name, now, self._around.language
        )
        owner = {
            "apiVersion": document["apiVersion"],
            "kind": document["kind"],
            "name": name,
            "uid": document["metadata"]["uid"],
        }
        called = f"{name}-plan"
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": called, "namespace": namespace, "ownerReferences": [owner]},
            "data": {"plan.json": text},
        }
        try:
            await self._around.kube.apply_config_map(namespace, called, body)
        except ClusterError as error:
            await self._say_not_published(document, made, error)
            return
        self.published, self._refused = edition(made, now), (None, "")

    async def _say_not_published(self, document: Object, made: Made, error: ClusterError) -> None:
        """Says once why, and sees to it that it is not tried again at once: each try takes as long as all reasons."""
        why, (_, said) = reason("PlanNotPublished", problem=str(error)), self._refused
        message = why.text(self._around.language)
        refused = 400 <= error.status < 500 and error.status != HTTPStatus.TOO_MANY_REQUESTS
        self._refused = made if refused else None, message
        if not refused:
            self._again = time.monotonic() + RETRY_SECONDS
        if message == said:
            return
        log.warning("%s: %s", self._name, message)
        if refused:
            await event(self._around, document, "Warning", why.code, message)


def edition(made: Made, now: datetime) -> tuple[Any, ...]:
    """What is published: a plan, as of a quarter of a day."""
    return made.key, now.timestamp() // (6 * 3600)
