"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli import drafting, operating, replaying  # noqa: F401 -- add their commands
from entcapacity.cli.commands import main

__all__ = ["main"]
