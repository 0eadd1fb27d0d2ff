"""Turns: only so many are at work at once, and whoever is needed soonest comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from heapq import heappop, heappush
from itertools import count


class Turns:
    """Lets in at most so many at once."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._count = count()
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, needed: datetime) -> AsyncIterator[None]:
        """Waits for a turn, and holds it; of those ``needed`` at one instant, who asked first is first."""
        if self._free:
            self._free -= 1
        else:
            mine = asyncio.get_running_loop().create_future()
            heappush(self._waiting, (needed, next(self._count), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():  # it came in the same moment
                    self._next()
                raise
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        """Gives the turn that ended to whoever is needed soonest."""
        while self._waiting:
            *_, theirs = heappop(self._waiting)
            if not theirs.cancelled():
                theirs.set_result(None)
                return
        self._free += 1
