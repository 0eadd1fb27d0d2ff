"""How a command changes a cluster: it shows what would come of it, asks, and applies it; or prints it, for Git."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from entcapacity.cli import asking, connection, options
from entcapacity.cli.inputs import note

if TYPE_CHECKING:
    from entcapacity.cli.proposals import Proposal
    from entcapacity.kube import Kube
    from entcapacity.reasons import Reason

    Prepare = Callable[[Kube, str], Awaitable[Proposal]]
    Act = Callable[[Kube, str, bool], Awaitable[Reason]]

FOR_GIT: Final = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "yaml", "json"]),
    default="text",
    help="yaml or json: print what would be applied, for Git, and ask no cluster. Default text.",
)


def propose(
    prepare: Prepare,
    act: Act,
    contexts: Sequence[str],
    namespace: str | None,
    yes: bool,
    dry_run: bool,
    language: str,
) -> None:
    """Shows what would come of it in each context, asks once, and does it; the exit code is 1 where one failed."""
    from entcapacity.cli import proposals, terminal
    from entcapacity.reasons import listed, reason

    meant: list[str | None] = list(dict.fromkeys(contexts)) or [None]
    out, ready, failed = terminal.console(), [], False
    for context in meant:
        if len(meant) > 1:
            out.rule(context or "", align="left")
        try:
            proposal = connection.asked(prepare, context, namespace)
        except click.ClickException as error:
            failed = _told(context, error, len(meant))
            continue
        proposals.show(out, proposal, language)
        note(proposal.notes, language)
        ready.append(context)
    if ready and not yes and not dry_run:
        names = listed([each for each in ready if each]) if len(meant) > 1 else ""
        question = reason("AskingIn", contexts=names) if names else reason("Asking")
        asking.ask(question.text(language), language)
    for context in ready:
        try:
            done = connection.asked(lambda kube, usual: act(kube, usual, dry_run), context, namespace)
        except click.ClickException as error:
            failed = _told(context, error, len(meant))
            continue
        shown = reason("Checked", what=done) if dry_run else done
        click.echo((f"{context}: " if len(meant) > 1 else "") + shown.text(language))
    if failed:
        raise click.exceptions.Exit(1)


def _told(context: str | None, error: click.ClickException, contexts: int) -> bool:
    """Says what failed where; of one context only, that ends the command."""
    if contexts == 1:
        raise error
    click.echo(f"Error: {context}: {error.message}", err=True)
    return True


def only_for_git() -> None:
    """A usage error where what is only printed stands with what speaks of a cluster."""
    for each in options.said():
        if each.name in ("yes", "dry_run", "context", "contexts"):
            raise options.wrong("--output", f"prints for Git and applies nothing: goes without {each.opts[-1]}")


def printed(document: dict[str, Any], form: str) -> None:
    """Prints what Git is to hold."""
    from entcapacity.cli import machine

    click.echo(machine.written(document, form, ""), nl=False)
