"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli import (  # noqa: F401 -- they add their commands
    announcing,
    drafting,
    operating,
    rehearsing,
    replaying,
    watching,
)
from entcapacity.cli.commands import main

__all__ = ["main"]
