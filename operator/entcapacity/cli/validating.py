"""The command ``validate``: every error of files, and the way out."""

from __future__ import annotations

import sys

import click

from entcapacity.cli import inputs, options
from entcapacity.cli.commands import cli, example


@cli.command(
    epilog=example("validate platform.yaml announcements/"),
    short_help="Check files: every error, and the way out.",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.output()
def validate(files: tuple[str, ...], output: str) -> None:
    """Check files: every error with file, field path, value, and the way out.

    FILE is YAML or JSON, a directory, a calendar (.csv, .json, .ics), or - for stdin.
    """
    from entcapacity.cli import documents, machine
    from entcapacity.files import load

    found = load(files)
    if output == "text":
        from entcapacity.cli import terminal

        entries = [(each.at, each.kind, f"{each.namespace}/{each.name}".lstrip("/")) for each in found.entries]
        terminal.show_resources(terminal.console(), entries)
        inputs.complain(found.problems)
        click.echo(f"resources: {len(entries)}, errors: {len(found.problems)}")
    else:
        document = documents.validation(found)
        click.echo(machine.written(document, output, "problems"), nl=False)
    if found.problems:
        sys.exit(inputs.FILES_ARE_WRONG)
