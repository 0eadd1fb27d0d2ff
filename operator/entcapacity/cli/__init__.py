"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli import completion, drafting, operating, rehearsing, replaying, watching  # noqa: F401 -- add their commands
from entcapacity.cli.commands import main

__all__ = ["main"]
