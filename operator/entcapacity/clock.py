"""The operator's time: real, or for demonstrations and tests moved and sped up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from entcapacity.grid import MINUTE

_BACK_SECONDS: Final = 12 * 3600.0
"""How long a clock that went back is not believed."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time. With ``start``, it begins there and runs ``speed`` times as fast as real time."""

    start: datetime | None = None
    speed: float = 1.0
    _begun: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The instant it is, in UTC."""
        if self.start is None:
            return datetime.now(UTC)
        return self.start.astimezone(UTC) + timedelta(seconds=(time.monotonic() - self._begun) * self.speed)

    def seconds_until(self, instant: datetime) -> float:
        """Real seconds until an instant; 0 where it has passed."""
        return max(0.0, (instant - self.now()).total_seconds() / self.speed)

    def span(self, real: timedelta) -> timedelta:
        """What really took so long, in this clock's time."""
        return real * self.speed


class Latest:
    """The latest instant that a clock has shown: it tells when the clock goes back."""

    def __init__(self) -> None:
        self._shown: datetime | None = None
        self._back_since: float | None = None

    def went_back(self, now: datetime, real: float) -> bool:
        """Whether the clock stands before what it showed already; after half a day that is believed. ``real`` are
        seconds of a clock that goes on whatever time it is set to."""
        if self._shown is None or now >= self._shown - MINUTE:
            self._shown = now if self._shown is None else max(now, self._shown)
            self._back_since = None
            return False
        if self._back_since is None:
            self._back_since = real
        if real - self._back_since > _BACK_SECONDS:
            self._shown, self._back_since = now, None
            return False
        return True
