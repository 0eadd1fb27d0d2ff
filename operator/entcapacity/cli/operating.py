"""The commands ``run``, which is the operator, and ``release``, which lets go of everything that it holds."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from entcapacity.cli import asking, options
from entcapacity.cli.commands import cli, example
from entcapacity.cli.connection import CONTEXT, MISSING, ran

NAMESPACE = click.option(
    "--namespace",
    metavar="NS",
    help="Where the Lease and the ConfigMaps of calendars are; default the pod's own, else ent-capacity.",
)
WATCHED = click.option(
    "--watch-namespace", "watched", multiple=True, metavar="NS", help="Only there; may be repeated; default everywhere."
)
LEASE = click.option("--lease", default="ent-capacity", metavar="NAME", help="Name of the Lease; default ent-capacity.")
LOG_FORMAT = click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Default text.")


@cli.command(epilog=example("run --namespace ent-capacity --watch-namespace ent"), short_help="Run the operator.")
@NAMESPACE
@WATCHED
@LEASE
@click.option("--host", default="0.0.0.0", metavar="ADDRESS", help="Where HTTP listens; default everywhere.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, help="Of metrics, probes and limits; default 8080."
)
@click.option(
    "--prometheus", default="", metavar="URL", help="Where the queries of spec.observed are asked; default none."
)
@LOG_FORMAT
@click.option("--verbose", is_flag=True, help="Say more, for looking into faults.")
@click.option(
    "--clock-start", type=options.instant, metavar="INSTANT", help="Pretend that it is then: for demonstrations only."
)
@click.option(
    "--clock-speed", type=click.FloatRange(0.1, 3600), default=1.0, help="And that time passes so much faster."
)
@options.LANGUAGE
def run(
    namespace: str | None,
    watched: tuple[str, ...],
    lease: str,
    host: str,
    port: int,
    prometheus: str,
    log_format: str,
    verbose: bool,
    clock_start: datetime | None,
    clock_speed: float,
    lang: str,
) -> None:
    """Run the operator: keep every ENTCapacity of the cluster at what its plan asks for."""
    try:
        from entcapacity import running
        from entcapacity.clock import Clock
    except ImportError as error:
        raise click.ClickException(f"{MISSING} ({error})") from None
    if clock_speed != 1 and clock_start is None:
        raise options.wrong("--clock-speed", "goes with --clock-start")
    running.speak(log_format, verbose)
    chosen = running.Options(
        namespace=namespace or running.own_namespace(),
        watched=watched,
        lease=lease,
        host=host,
        port=port,
        prometheus=prometheus,
        language=lang,
        clock=Clock(clock_start, clock_speed),
    )
    ran(running.run(chosen))


@cli.command(
    epilog=example("release --namespace ent-capacity"),
    short_help="Give back all that the operator holds: for an uninstall.",
)
@NAMESPACE
@WATCHED
@LEASE
@CONTEXT
@asking.YES
@LOG_FORMAT
def release(
    namespace: str | None, watched: tuple[str, ...], lease: str, context: str | None, yes: bool, log_format: str
) -> None:
    """Give back everything that the operator holds, and free the finalizers: for an uninstall.

    It takes the Lease first: operators that are there act no more, until they are started anew.
    On a terminal it asks before.
    """
    try:
        from entcapacity import running
    except ImportError as error:
        raise click.ClickException(f"{MISSING} ({error})") from None
    running.speak(log_format)
    chosen = running.Options(namespace=namespace or running.own_namespace(), watched=watched, lease=lease)
    if not yes and sys.stdin.isatty():  # the hook of an uninstall has nobody to ask
        from entcapacity.reasons import reason

        language = options.language()
        asking.ask(reason("ReleaseAsk", lease=f"{chosen.namespace}/{chosen.lease}").text(language), language)
    problems = ran(running.release(chosen, context))
    for each in problems:
        click.echo(each, err=True)
    if problems:
        raise click.exceptions.Exit(1)
