"""The operator's time: real, or for demonstrations and tests moved and sped up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


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
