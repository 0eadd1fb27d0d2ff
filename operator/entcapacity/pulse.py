"""Signs of life of the loops that have to be alive, for a probe that tells the truth."""

from __future__ import annotations

import time
from typing import Final

SILENT_SECONDS: Final = 120.0
"""After so long without a sign of life, a loop is dead."""


class Pulse:
    """When each loop was last heard of."""

    def __init__(self) -> None:
        self._beats: dict[str, float] = {}

    def beat(self, loop: str) -> None:
        """A loop is alive."""
        self._beats[loop] = time.monotonic()

    def expect(self, loop: str) -> None:
        """A loop should soon be heard of; asked again, the time runs on."""
        self._beats.setdefault(loop, time.monotonic())

    def rest(self, loop: str) -> None:
        """A loop has ended as it should."""
        self._beats.pop(loop, None)

    def silent(self) -> list[str]:
        """Loops that have not been heard of for too long."""
        now = time.monotonic()
        return [name for name, last in self._beats.items() if now - last > SILENT_SECONDS]
