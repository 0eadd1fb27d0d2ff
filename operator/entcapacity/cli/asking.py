"""Whether somebody agrees: the question that a command asks before it changes a cluster, and the options around it."""

from __future__ import annotations

import sys
from typing import Final

import click

YES: Final = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DRY_RUN: Final = click.option("--dry-run", is_flag=True, help="Show what it would do, and change nothing.")

_YES: Final = ("y", "yes", "o", "oui")
_NO: Final = ("", "n", "no", "non")


def ask(question: str, language: str) -> None:
    """Asks on the error output, in either language; ends the command with exit code 1 unless the answer is yes."""
    from entcapacity.reasons import reason

    choices, answer = "[o/N]" if language == "fr" else "[y/N]", None
    while answer not in (*_YES, *_NO):
        click.echo(f"{question} {choices}: ", err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            click.echo(err=True)
            raise click.ClickException(reason("NobodyToAsk").text(language))
        answer = line.strip().lower()
    if answer in _NO:
        raise click.ClickException(reason("NothingApplied").text(language))
