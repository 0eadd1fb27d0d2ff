"""The pages that people read, and the blocks in them: commands, documents, and what is said of them.

Above a block may stand, as a comment that no reader sees:

- ``<!-- not executable: REASON -->``: commands that no test runs, and why;
- ``<!-- on a cluster -->``: commands that need one;
- ``<!-- file: NAME -->``: a document that the page's later commands read under this name.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "benchmarks/*.md", "charts/**/*.md", "crds/*.md", "docs/**/*.md")
    for page in ROOT.glob(pattern)
)
_MARK = re.compile(r"<!-- (not executable|file): (\S.*\S) -->|<!-- (on a cluster) -->")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced or an indented block of a page."""

    page: Path
    line: int
    language: str
    """Empty where none is said."""
    text: str
    comment: str
    """What stands as a comment right above it; empty where nothing does."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def mark(self) -> str:
        """``not executable``, ``on a cluster``, ``file``, or nothing."""
        found = _MARK.fullmatch(self.comment)
        return (found[1] or found[3]) if found else ""

    @property
    def said(self) -> str:
        """What the mark says: a reason, a name."""
        found = _MARK.fullmatch(self.comment)
        return (found[2] or "") if found else ""


@cache
def _tokens(page: Path) -> tuple[Token, ...]:
    """What a page is made of; several tests read it."""
    return tuple(MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")))


def blocks(page: Path) -> Iterator[Block]:
    """All blocks of a page, in its order, also those within lists."""
    before = None
    for token in _tokens(page):
        if token.type in ("fence", "code_block"):
            assert token.map is not None
            comment = before.content.strip() if before is not None and before.type == "html_block" else ""
            yield Block(page, token.map[0] + 1, token.info.strip(), token.content, comment)
        before = token


def demonstration() -> list[list[str]]:
    """The calls of our command in `make demo`, as their arguments."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ndemo:")[2].partition("\n\n")[0]
    lines = recipe.replace("\\\n", " ").splitlines()
    return [shlex.split(each)[1:] for each in lines if each.startswith("\t$(BIN)/entcapacity ")]


def mentions(page: Path) -> Iterator[str]:
    """The calls of our command in running text, and in blocks whose commands are not run."""
    for token in _tokens(page):
        for each in token.children or ():
            if each.type == "code_inline" and each.content.startswith("entcapacity "):
                yield each.content
    for block in blocks(page):
        if block.language == "sh" and block.mark == "not executable":
            lines = block.text.replace("\\\n", " ").splitlines()
            yield from (line.strip() for line in lines if line.strip().startswith("entcapacity "))
