"""How the pages become a site: `make docs`."""

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "operator"))

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


# What stands beside every page. It is not written into index.md, which is read on a forge, too.
BESIDE = {
    "Begin": ("quickstart", "fr/demarrage", "limits", "compared"),
    "Recipes": (
        *("recipes/tonight-at-20", "fr/ce-soir-20-heures", "recipes/rentree", "recipes/exam-results"),
        *("recipes/site-lost", "recipes/overseas", "recipes/several-platforms", "recipes/hpa", "recipes/keda"),
        *("recipes/argo-rollouts", "recipes/gitops", "recipes/figures"),
    ),
    "Reference": ("model", "operator", "cli", "fields", "conditions", "metrics", "replay", "image"),
}


def link(app: Sphinx, page: str, source: list[str]) -> None:
    """Links the index to every page, and makes links out of the site to files."""
    if page == "index":
        for caption, pages in BESIDE.items():
            source[0] += "\n".join(["\n```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```\n"])
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
    app.connect("source-read", link)
    app.connect("html-page-context", speak)
