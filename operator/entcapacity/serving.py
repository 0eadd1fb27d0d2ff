"""The operator's HTTP: metrics, probes that tell the truth about the loops, and the session limit for entcore."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from entcapacity.keeper import Surroundings
from entcapacity.pulse import Pulse


def application(around: Surroundings, pulse: Pulse, ready: Callable[[], bool]) -> web.Application:
    """``/metrics``, ``/healthz``, ``/readyz`` and ``/session/limit``."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=around.meters.text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def healthz(_: web.Request) -> web.Response:
        silent = pulse.silent()
        return web.Response(status=503 if silent else 200, text="silent: " + ", ".join(silent) if silent else "ok")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=200 if ready() else 503, text="ok" if ready() else "not connected yet")

    async def session_limit(_: web.Request) -> web.Response:
        limits: dict[str, int] = {}
        for (_namespace, name), sessions in around.limits.items():
            limits[name] = min(sessions, limits.get(name, sessions))  # of one name in two namespaces, the safer
        return web.json_response(limits)

    app = web.Application()
    app.add_routes(
        [
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/session/limit", session_limit),
        ]
    )
    return app
