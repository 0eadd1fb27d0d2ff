"""The command ``rehearse``: tonight, tomorrow's floors, to see what becomes Ready."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import click

from entcapacity.cli import asking, connection, options
from entcapacity.cli.commands import cli, example
from entcapacity.cli.inputs import note

if TYPE_CHECKING:
    from entcapacity.cli.rehearsals import Ended, Prepared
    from entcapacity.kube import Kube

SHORTEST: Final = timedelta(minutes=1)


def span_of(value: str | timedelta) -> timedelta:
    """How long to hold, ``30m``; a usage error that says how to write it."""
    from entcapacity.spec import MOST_REHEARSED

    found = options.duration(value)
    if not SHORTEST <= found <= MOST_REHEARSED:
        raise click.BadParameter(f"{value!r}: write 1m to 12h")
    return found


@cli.command(
    epilog=example("rehearse occitanie -n ent --for 30m"),
    short_help="Hold the next school day's floors for a while, tonight.",
)
@click.argument("platform", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@click.option("--for", "span", type=span_of, default="30m", metavar="DURATION", help="1m to 12h; default 30m.")
@click.option("--day", "on", type=options.day, metavar="DATE", help="Whose floors; default the next school day.")
@asking.YES
@asking.DRY_RUN
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", help="Default text.")
@options.LANGUAGE
def rehearse(
    platform: str | None,
    context: str | None,
    namespace: str | None,
    home: str,
    span: timedelta,
    on: date | None,
    yes: bool,
    dry_run: bool,
    output: str,
    lang: str,
) -> None:
    """Hold the next school day's highest floors for a while: what becomes Ready, how soon, and what does not, and why.

    PLATFORM is an ENTCapacity, by default the only one of the namespace. The operator holds the floors, as
    spec.rehearsal says, until an instant: whatever happens to this command, they come down again. Ctrl-C ends it at
    once. Exit code 1 where something was not Ready.
    """

    async def prepare(kube: Kube, usual: str) -> Prepared:
        from entcapacity.cli.holding import prepared
        from entcapacity.platforms import Platforms
        from entcapacity.rehearsal import obstacle

        one = await Platforms(kube, home).one(usual, platform)
        note(one.found, lang)
        if hindered := obstacle(one.capacity, options.now()):
            if not dry_run:
                raise click.ClickException(hindered.text(lang))
            note([hindered], lang)
        return await prepared(kube, one, on, span, lang)

    made = connection.asked(prepare, context, namespace)
    from entcapacity.cli import machine, rehearsals
    from entcapacity.cli.terminal import Words
    from entcapacity.plan import most_users_live_in
    from entcapacity.reasons import reason

    words = Words(lang, most_users_live_in(made.platform.capacity.spec))
    show = rehearsals.Show(made, words, beside=output != "text")
    hours = show.beforehand()

    async def hold(kube: Kube, _: str) -> Ended:
        from entcapacity.cli.holding import held

        return await held(kube, made, show, lang)

    if not (dry_run or yes):
        asking.ask(reason("RehearseAsk").text(lang), lang)
    ended = None if dry_run else connection.asked(hold, context, namespace)
    document = rehearsals.document(made, hours, ended)
    if output != "text":
        click.echo(machine.written(document, output, "workloads"), nl=False)
    if document["ready"] is False:
        raise click.exceptions.Exit(1)
