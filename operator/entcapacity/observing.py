"""What Prometheus sees of a platform: who is there and who waits outside."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_api_client import PrometheusConnect
from urllib3.util import Retry

from entcapacity.reasons import Reason, reason
from entcapacity.spec import MAX_USERS, Observed

EVERY_SECONDS: Final = 15.0
"""How often it is looked."""
STALE_SECONDS: Final = 60.0
"""After so long without an answer, what was seen last tells nothing any more."""
_SECONDS: Final = 5
"""How long an answer may take."""
_MOST: Final = 3 * MAX_USERS
"""More people than this is no number of people: bytes perhaps, or a timestamp."""


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
        # asked once: a retry would only be later; in threads of its own, so that planning never waits for an answer
        self._connection = PrometheusConnect(url, timeout=_SECONDS, retry=Retry(total=0))
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="prometheus")

    async def observe(self, observed: Observed, now: datetime) -> Observation:
        """The answers to a platform's queries. Raises ``NotObserved``."""
        queries = {
            "sessions": observed.sessions,
            "logins_per_minute": observed.logins_per_minute,
            "waiting": observed.waiting,
        }
        asked = {name: query for name, query in queries.items() if query is not None}
        answers = await asyncio.gather(*map(self._answer, asked.values()))
        return Observation(now, **dict(zip(asked, answers, strict=True)))

    def _answer(self, query: str) -> asyncio.Future[float]:
        return asyncio.get_running_loop().run_in_executor(self._threads, self._number, query)

    def _number(self, query: str) -> float:
        """The one number that a query gives; several are added up, as those of several pods."""
        try:
            found = self._connection.custom_query(query)
            # a vector is a list of samples, a scalar one pair of time and value
            values = [each["value"][1] for each in found] if found and isinstance(found[0], dict) else found[1:]
            total = sum(float(each) for each in values)
        except Exception as error:  # whatever a server answers, or none
            raise NotObserved(f"{query}: {error}") from None
        if not values:
            raise NotObserved(f"{query}: there is no such series now; where that means nobody, add: or vector(0)")
        if not 0 <= total <= _MOST:  # nor is what is no number at all
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

    def __init__(self, prometheus: Prometheus | None, told: Callable[[], None] = lambda: None) -> None:
        """``told`` is called when there is something new."""
        self._prometheus, self._told = prometheus, told
        self._asked: Observed | None = None
        self._when = -math.inf
        self._seen_at = -math.inf
        self._looking: asyncio.Task[None] | None = None
        self._blind_since: datetime | None = None
        self._last = Look()

    def remember(self, blind_since: datetime | None) -> None:
        """Takes since when an operator that was here before had no answer, so that a restart lengthens no hold."""
        self._blind_since = blind_since

    def look(self, observed: Observed | None, now: datetime) -> Look:
        """What was seen last; looks anew meanwhile, so that nothing waits for Prometheus. At first nobody knows."""
        if observed != self._asked:
            self._asked, self._when = observed, -math.inf
            self._last = self._first(observed, now)
        if time.monotonic() >= self._when + EVERY_SECONDS and (self._looking is None or self._looking.done()):
            self._when = time.monotonic()
            self._looking = asyncio.create_task(self._renew(observed, now))
        if observed is not None and self._last.observation is not None and self._stale():
            self._last = self._blind(observed, now, f"it has not answered for {STALE_SECONDS:g} s")
        return self._last

    def _stale(self) -> bool:
        """Whether what was seen last is too old: where Prometheus hangs, those who ask wait for one another."""
        return time.monotonic() > self._seen_at + STALE_SECONDS

    def _first(self, observed: Observed | None, now: datetime) -> Look:
        """What is known before the first answer."""
        if observed is None or self._prometheus is None:
            return Look()
        if self._blind_since is None:
            return Look(hold=True)
        return self._blind(observed, now, "it has not been asked yet")

    async def _renew(self, observed: Observed | None, now: datetime) -> None:
        found = await self.see(observed, now)
        if observed == self._asked and found != self._last:
            self._last, self._seen_at = found, time.monotonic()
            self._told()

    async def see(self, observed: Observed | None, now: datetime) -> Look:
        """What Prometheus says now."""
        if observed is None:
            self._blind_since = None
            return Look()
        if self._prometheus is None:  # not configured: the plan lowers
            return Look(found=(reason("PrometheusMissing"),))
        try:
            seen = await self._prometheus.observe(observed, now)
        except NotObserved as error:
            return self._blind(observed, now, str(error))
        self._blind_since = None
        return Look(seen, hold=(seen.waiting or 0) >= 1)

    def _blind(self, observed: Observed, now: datetime, problem: str) -> Look:
        self._blind_since = self._blind_since or now
        until = self._blind_since + observed.max_hold
        why = reason("ObservationFailed", problem=problem, until=f"{until:%Y-%m-%d %H:%M} UTC")
        return Look(hold=now < until, found=(why,))
