"""The command ``entcapacity``: options in, answers out."""

from entcapacity.cli.commands import main

__all__ = ["main"]
