"""The command line: options in, answers out.

What takes long to import is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import click

from entcapacity import __version__
from entcapacity.cli.inputs import fail

_PLUGIN: Final = "kubectl-entcap"
"""Under this name kubectl finds it."""


def example(*lines: str) -> str:
    """What stands below a command's help: how it is called. A call too long for 80 columns has a second line."""
    return "\n".join(["Example:\n\n\b", *(f"  entcapacity {each}".replace("\n", "\n      ") for each in lines)])


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=example(
        "plan occitanie -n ent --days 3",
        "plan -f platform.yaml -f announcements.yaml \\\n--from 2021-04-06 --days 1",
    ),
)
@click.version_option(__version__, prog_name="entcapacity")
def cli() -> None:
    """Replicas Ready before the pupils come: plans ENT capacity from the school calendar and announcements.

    Exit code 0: answered; 1: files are missing or hold errors, or the cluster refuses; 2: wrong usage.
    """


def main() -> None:
    """The entry point: UTF-8 whatever the terminal says, and one line when the answer cannot be written.

    When the reader goes away, or someone interrupts, click ends the command without a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        cli(prog_name=_called())
    except OSError as error:
        # what is left in the buffer must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail(f"the answer cannot be written: {error.strerror or error}")


def _called() -> str:
    """What people type: as a plugin of kubectl, ``kubectl entcap``, in examples, too."""
    if Path(sys.argv[0]).stem != _PLUGIN:
        return "entcapacity"
    called = _PLUGIN.replace("-", " ")
    for each in (cli, *cli.commands.values()):
        each.epilog = (each.epilog or "").replace("entcapacity ", f"{called} ")
    return called
