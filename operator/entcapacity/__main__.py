"""``python -m entcapacity`` is the command ``entcapacity``."""

from entcapacity.cli import main

main()
