"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli import replaying  # noqa: F401 -- adds its command
from entcapacity.cli.commands import main

__all__ = ["main"]
