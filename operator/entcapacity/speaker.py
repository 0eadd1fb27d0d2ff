"""What is said of one ENTCapacity: its status, no oftener than is worth it, and Events of what turned."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final, Literal

from entcapacity import summary
from entcapacity.conditions import ON_PURPOSE, as_status, conditions
from entcapacity.kube import ClusterError
from entcapacity.reasons import Reason, reason
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object, Ref
from entcapacity.world import CAPACITY, Key

STATUS_EVERY: Final = timedelta(minutes=5)
"""How often a status is refreshed where only figures changed."""
_STATUS_SECONDS: Final = 2.0
"""Least real seconds between two refreshes of a status that is changing."""
_SAME_SECONDS: Final = 300.0
"""Least real seconds between two Events, and lines in the log, of one condition and reason: what comes and goes, as
pods do that fail their probes under load, would flood both."""

log = logging.getLogger("entcapacity")


class Speaker:
    """Says how one ENTCapacity is."""

    def __init__(self, key: Key, around: Surroundings) -> None:
        self._key, self._around = key, around
        self._name = "/".join(key)
        self._said_at = -inf
        self._told_at: dict[tuple[str, str], float] = {}
        """When (monotonic) there was an Event last, by condition and reason."""
        self._not_gone = ""

    async def say(
        self, document: Object, found: Iterable[Reason], now: datetime, shown: Mapping[str, Any]
    ) -> list[float]:
        """Writes the status where it says something new; figures alone are refreshed now and then. ``shown`` is what
        follows from a plan, empty without one. Answers with the seconds after which there is more to say."""
        metadata, language = document["metadata"], self._around.language
        generation = metadata.get("generation", 0)
        made = conditions(found, bool(shown))
        before = document.get("status", {})
        shown_conditions = as_status(made, before.get("conditions"), summary.iso(now), generation, language)
        # without a plan what was said of it stays: it is still what people know
        kept = {name: value for name, value in before.items() if name not in ("conditions", "observedGeneration")}
        if "admission" in kept and self._key in self._around.limits:  # but programs act on this one
            kept["admission"] = {**kept["admission"], "sessions": self._around.limits[self._key]}
        status = {"observedGeneration": generation, "conditions": shown_conditions, **(shown or kept)}
        self._around.meters.conditions(self._key, made)
        if status == before:
            return []
        least = _STATUS_SECONDS if weighty(status) != weighty(before) else STATUS_EVERY.total_seconds()
        wait = self._said_at + least - time.monotonic()
        if wait > 0:
            return [wait]
        self._said_at = time.monotonic()
        self._around.world.put(await self._around.kube.apply_status(Ref.of(document), status))
        news = [each for each in turned(before.get("conditions", []), shown_conditions) if self._worth_telling(each)]
        for each in news:
            log.info("%s: %s=%s, %s: %s", self._name, each["type"], each["status"], each["reason"], each["message"])
        await asyncio.gather(
            *(event(self._around, document, _kind(each), each["reason"], each["message"]) for each in news)
        )
        return []

    def _worth_telling(self, condition: Mapping[str, Any]) -> bool:
        """Whether a condition that turned was not told for a while."""
        now, what = time.monotonic(), (condition["type"], condition["reason"])
        if now < self._told_at.get(what, -inf) + _SAME_SECONDS:
            return False
        self._told_at[what] = now
        return True

    async def say_failure(self, error: Exception) -> None:
        """Says in a condition that a pass failed, if that can be said."""
        document = self._around.world.get(CAPACITY, self._key)
        if document is not None and "deletionTimestamp" not in document["metadata"]:
            why = reason("PassFailed", problem=f"{type(error).__name__}: {error}")
            try:
                await self.say(document, [why], self._around.clock.now(), {})
            except Exception as other:
                log.warning("%s: nor could it be said: %s", self._name, other)

    async def say_not_gone(self, document: Object, error: ClusterError) -> None:
        """Says why a deletion waits, once: its conditions are those of what was there before."""
        why = reason("NotGivenBack", problem=str(error))
        message = why.text(self._around.language)
        if message != self._not_gone:
            self._not_gone = message
            await event(self._around, document, "Warning", why.code, message)


async def event(
    around: Surroundings, document: Object, kind: Literal["Normal", "Warning"], code: str, message: str
) -> None:
    """Writes an Event about an ENTCapacity; one that cannot be written is only logged."""
    metadata = document["metadata"]
    try:
        await around.kube.event(Ref.of(document), metadata["uid"], kind, code, message)
    except ClusterError as error:
        log.info("%s/%s: no Event written: %s", metadata["namespace"], metadata["name"], error)


def _kind(condition: Mapping[str, Any]) -> Literal["Normal", "Warning"]:
    """How grave an Event is that tells of a condition."""
    return "Warning" if condition["status"] == "False" and condition["reason"] not in ON_PURPOSE else "Normal"


def weighty(status: Mapping[str, Any]) -> Any:
    """What of a status is worth writing at once: everything but figures that follow the clock."""
    conditions_of = [
        {name: each.get(name) for name in ("type", "status", "reason", "observedGeneration")}
        for each in status.get("conditions", [])
    ]
    workloads = [
        {name: value for name, value in each.items() if name != "need"} for each in status.get("workloads", [])
    ]
    rest = {
        name: value
        for name, value in status.items()
        if name not in ("conditions", "workloads", "sessions", "cost", "admission")
    }
    return conditions_of, workloads, rest


def turned(before: Iterable[Mapping[str, Any]], after: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conditions whose status or reason is new."""
    known = {each["type"]: (each["status"], each["reason"]) for each in before}
    return [each for each in after if known.get(each["type"]) != (each["status"], each["reason"])]
