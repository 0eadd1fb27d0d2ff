"""What Prometheus sees of a platform: who is there and who waits outside."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException

from entcapacity.reasons import Reason, reason
from entcapacity.spec import Observed

EVERY_SECONDS: Final = 15.0
"""How often it is looked."""
_SECONDS: Final = 5
"""How long an answer may take."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at one instant; ``None`` where nothing is asked for."""

    at: datetime
    sessions: float | None = None
    logins_per_minute: float | None = None
    waiting: float | None = None


class NotObserved(Exception):
    """A query that could not be answered; says which, and why."""


class Prometheus:
    """One Prometheus, asked for numbers."""

    def __init__(self, url: str) -> None:
        self._connection = PrometheusConnect(url, timeout=_SECONDS)

    async def observe(self, observed: Observed, now: datetime) -> Observation:
        """The answers to a platform's queries. Raises ``NotObserved``."""
        queries = {
            "sessions": observed.sessions,
            "logins_per_minute": observed.logins_per_minute,
            "waiting": observed.waiting,
        }
        asked = {name: query for name, query in queries.items() if query is not None}
        answers = await asyncio.gather(*(asyncio.to_thread(self._number, query) for query in asked.values()))
        return Observation(now, **dict(zip(asked, answers, strict=True)))

    def _number(self, query: str) -> float:
        """The one number that a query gives; several are added up, as those of several pods."""
        try:
            found = self._connection.custom_query(query)
        except (requests.RequestException, PrometheusApiClientException, ValueError, KeyError) as error:
            raise NotObserved(f"{query}: {error}") from None
        # a vector is a list of samples, a scalar one pair of time and value
        values = [each["value"][1] for each in found] if found and isinstance(found[0], dict) else found[1:]
        if not values:
            raise NotObserved(f"{query}: there is no such series now")
        total = sum(float(each) for each in values)
        if not math.isfinite(total) or total < 0:
            raise NotObserved(f"{query}: answers {total}, which is no number of people")
        return total


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a platform, and what follows."""

    observation: Observation | None = None
    hold: bool = False
    """Whether no floor may be lowered now: people wait, or nobody knows."""
    found: tuple[Reason, ...] = ()


class Observer:
    """Looks at one platform now and then, and knows since when there is nothing to see."""

    def __init__(self, prometheus: Prometheus | None) -> None:
        self._prometheus = prometheus
        self._looked: tuple[Observed | None, float] = (None, -math.inf)
        self._blind_since: datetime | None = None
        self._last = Look()

    async def look(self, observed: Observed | None, now: datetime) -> Look:
        """What is seen now; what was seen within the last seconds counts, too."""
        asked, when = self._looked
        if asked != observed or time.monotonic() >= when + EVERY_SECONDS:
            self._last = await self._look(observed, now)
            self._looked = (observed, time.monotonic())
        return self._last

    async def _look(self, observed: Observed | None, now: datetime) -> Look:
        if observed is None:
            self._blind_since = None
            return Look()
        try:
            if self._prometheus is None:
                raise NotObserved("the operator runs without --prometheus")
            seen = await self._prometheus.observe(observed, now)
        except NotObserved as error:
            self._blind_since = self._blind_since or now
            until = self._blind_since + observed.max_hold
            why = reason("ObservationFailed", problem=str(error), until=f"{until:%Y-%m-%d %H:%M} UTC")
            return Look(hold=now < until, found=(why,))
        self._blind_since = None
        return Look(seen, hold=(seen.waiting or 0) >= 1)
