"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli import (  # noqa: F401 -- they add their commands
    announcing,
    boosting,
    calendar,
    completion,
    drafting,
    operating,
    planning,
    rehearsing,
    replaying,
    status,
    validating,
)
from entcapacity.cli.commands import cli, main

completion.know_names(cli)

__all__ = ["main"]
