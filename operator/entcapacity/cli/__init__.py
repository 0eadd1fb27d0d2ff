"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli import (  # noqa: F401 -- they add their commands
    announcing,
    boosting,
    completion,
    drafting,
    operating,
    rehearsing,
    replaying,
    watching,
)
from entcapacity.cli.commands import cli, main

completion.know_names(cli)

__all__ = ["main"]
