"""A server on this machine in the place of an API server, for what one that is well never answers."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from kubernetes.aio import client

from entcapacity.kube import Kube


def answered(answer: Callable[[web.Request], web.Response], work: Callable[[Kube], Awaitable[None]]) -> None:
    """Does something with a server on this machine that answers as told."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    served(handle, work)


def served(handle: Callable[[web.Request], Awaitable[web.Response]], work: Callable[[Kube], Awaitable[None]]) -> None:
    """The same with answers that take a while."""

    async def done() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, port = runner.addresses[0]
        kube = Kube(client.ApiClient(client.Configuration(host=f"http://127.0.0.1:{port}")))
        try:
            await work(kube)
        finally:
            await kube.close()
            await runner.cleanup()

    asyncio.run(done())
