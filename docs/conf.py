"""How the pages become a site: `make docs`."""

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "operator")]

import fields  # noqa: E402

import entcapacity  # noqa: E402

project = "ent-capacity"
copyright = "the ent-capacity authors"  # noqa: A001 -- Sphinx's name for it
version = release = entcapacity.__version__

extensions = ["myst_parser"]
myst_heading_anchors = 4  # the same anchors as on a forge
nitpicky = True

html_theme = "furo"  # carries all that it shows: fonts of the reader's machine, nothing from a network
html_title = "ent-capacity"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False


def fill(app: Sphinx, page: str, source: list[str]) -> None:
    """Puts what the CustomResourceDefinitions say on the page of fields, and makes links out of the site to files."""
    if page == "fields":
        source[0] += fields.text(ROOT / "crds", ROOT / "docs" / "every-field.yaml")
    here = Path(app.srcdir, page).parent

    def outside(link: re.Match[str]) -> str:
        within = (here / link[1]).resolve().is_relative_to(app.srcdir)
        return link[0] if within else f"](path:{link[1]})"

    source[0] = re.sub(r"\]\((\.\./[^)#]+\.md)\)", outside, source[0])


def speak(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    """Says which language a page is in, for screen readers."""
    if page.startswith("fr/"):
        context["language"] = "fr"


def setup(app: Sphinx) -> None:
    app.connect("source-read", fill)
    app.connect("html-page-context", speak)
