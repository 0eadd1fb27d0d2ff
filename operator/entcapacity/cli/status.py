"""The command ``status``: how the platforms of a cluster stand."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from entcapacity.cli import connection, options
from entcapacity.cli.commands import cli, example

if TYPE_CHECKING:
    from rich.console import Group

    from entcapacity.cli.documents import Document
    from entcapacity.kube import Kube

    Look = Callable[[Kube, str], Awaitable[Document]]

POLL_SECONDS = 2.0


@cli.command(epilog=example("status -A --watch"), short_help="Say how the platforms of a cluster stand.")
@click.argument("platform", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="The platforms of all namespaces.")
@click.option("-w", "--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@options.output()
@options.LANGUAGE
def status(
    platform: str | None,
    context: str | None,
    namespace: str | None,
    everywhere: bool,
    watch: bool,
    output: str,
    lang: str,
) -> None:
    """Say how platforms stand: mode, what today is, expected sessions, what is ready, the next change, and why not.

    PLATFORM is one ENTCapacity; default all of the namespace. Times are the platform's, as in its plan.
    """
    if everywhere and (platform or namespace):
        raise options.wrong("--all-namespaces", "goes without a name and without --namespace")
    if watch and output != "text":
        raise options.wrong("--watch", f"goes with text: ask again for {output}")

    async def look(kube: Kube, usual: str) -> Document:
        from entcapacity.cli.statuses import statuses
        from entcapacity.platforms import capacities, chosen

        found = await capacities(kube, "" if everywhere else usual)
        if platform is not None:
            found = [chosen(found, platform, f"in namespace {usual}")]
        return statuses(found, None if everywhere else usual, datetime.now(UTC), lang)

    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            connection.asked(partial(_follow, look, everywhere, lang), context, namespace)
        return
    document = connection.asked(look, context, namespace)
    if output == "text":
        from entcapacity.cli import terminal

        terminal.console().print(_shown(document, everywhere, lang))
        return
    from entcapacity.cli import machine

    click.echo(machine.written(document, output, "platforms"), nl=False)


async def _follow(look: Look, namespaces: bool, language: str, kube: Kube, usual: str) -> None:
    """Shows how things stand, in place on a terminal, else whenever it has changed; waits for an outage to end."""
    import asyncio

    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from entcapacity.cli import terminal
    from entcapacity.kube import ClusterError

    out, document, before, problem = terminal.console(), await look(kube, usual), None, ""
    with Live(console=out, auto_refresh=False) if out.is_terminal else contextlib.nullcontext() as live:
        while True:
            if live is not None:
                live.update(Group(_shown(document, namespaces, language), Text(problem)), refresh=True)
            elif (document, problem) != before:
                out.print(Text(problem) if problem else _shown(document, namespaces, language))
            before = (document, problem)
            await asyncio.sleep(POLL_SECONDS)
            try:
                document, problem = await look(kube, usual), ""
            except ClusterError as error:
                problem = connection.said(error)


def _shown(document: Document, namespaces: bool, language: str) -> Group:
    from rich.console import Group
    from rich.text import Text

    from entcapacity.cli.statuses import as_table, nothing_there, troubles

    if not document["platforms"]:
        return Group(Text(nothing_there(document, language)))
    lines = [Text(f"! {each}") for each in troubles(document, namespaces)]
    return Group(as_table(document, datetime.now(UTC), language, namespaces), *([Text()] if lines else []), *lines)
