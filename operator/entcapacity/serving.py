"""The operator's HTTP: metrics, probes that tell the truth about the loops, and the session limit for entcore."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from aiohttp import web

from entcapacity.fields import API_VERSION
from entcapacity.kube import ClusterError
from entcapacity.pulse import Pulse
from entcapacity.surroundings import Surroundings
from entcapacity.world import CAPACITY, Key

STATUSES_SECONDS: Final = 5.0
"""How long what the statuses tell serves all who ask: anybody in the cluster may, as often as they like."""


def application(
    around: Surroundings, pulse: Pulse, ready: Callable[[], bool], watched: Sequence[str] = ()
) -> web.Application:
    """``/metrics``, ``/healthz``, ``/readyz`` and ``/session/limit``; ``watched`` as in the operator's options."""
    statuses = _Statuses(around, watched)

    async def metrics(_: web.Request) -> web.Response:
        around.meters.silent.set(len(pulse.silent()))
        text = await asyncio.to_thread(around.meters.text)  # of many platforms, that takes a second
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})

    async def healthz(_: web.Request) -> web.Response:
        silent = pulse.silent()
        return web.Response(status=503 if silent else 200, text="silent: " + ", ".join(silent) if silent else "ok")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=200 if ready() else 503, text="ok" if ready() else "not connected yet")

    async def session_limit(request: web.Request) -> web.Response:
        only = request.match_info.get("namespace")
        try:
            found = {**await statuses.sessions(), **around.limits}
        except ClusterError as error:
            if not around.limits:
                return web.Response(status=503, text=str(error))
            found = dict(around.limits)
        meant = {key: sessions for key, sessions in found.items() if only in (None, key[0])}
        times = Counter(name for _, name in meant)
        # never 0, which entcore takes for no limit at all; a name that stands in two namespaces is nobody's here
        return web.json_response({name: max(1, each) for (_, name), each in meant.items() if times[name] == 1})

    app = web.Application()
    app.add_routes(
        [
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/session/limit", session_limit),
            web.get("/{namespace}/session/limit", session_limit),
        ]
    )
    return app


class _Statuses:
    """The sessions that statuses tell: a Service asks a standby, too, which sees nothing else."""

    def __init__(self, around: Surroundings, watched: Sequence[str]) -> None:
        self._around, self._watched = around, watched
        self._sessions: dict[Key, int] = {}
        self._at = -inf
        self._error: ClusterError | None = None
        self._asking = asyncio.Lock()

    async def sessions(self) -> dict[Key, int]:
        """As they were within the last ``STATUSES_SECONDS``; an error is everybody's for as long."""
        async with self._asking:
            if time.monotonic() - self._at > STATUSES_SECONDS:
                self._error = None
                try:
                    self._sessions = await self._ask()
                except ClusterError as error:
                    self._error = error
                self._at = time.monotonic()
            if self._error is not None:
                raise self._error.with_traceback(None)  # it would grow with each time that it is raised
            return self._sessions

    async def _ask(self) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for namespace in self._watched or ("",):
            for each in await self._around.kube.every(API_VERSION, CAPACITY, namespace):
                sessions = each.get("status", {}).get("admission", {}).get("sessions")
                if sessions is not None:
                    found[each["metadata"]["namespace"], each["metadata"]["name"]] = sessions
        return found
