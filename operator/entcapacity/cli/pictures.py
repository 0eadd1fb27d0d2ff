"""``--report``: a report written as a page or a picture, by Vega-Lite."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import click
import vl_convert

from entcapacity.cli import options
from entcapacity.drawing import LOCALES, MARGIN, drawing, titled
from entcapacity.page import Library, html
from entcapacity.report import Report

_VEGA_LITE: Final = "6.4"
_WIDTH: Final = 900
"""Of a picture, in points."""
_SCALE: Final = 2
"""Pixels in a point, so that text is sharp on any screen."""


def write(report: Report, path: Path, language: str) -> None:
    """Writes ``path`` whole or not at all, and says where it is."""
    content = _content(report, path.suffix.lower(), language)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        part.replace(path)
    except OSError as error:
        why = f"{path} cannot be written ({error.strerror or error}): name another place"
        raise options.wrong("--report", why) from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Report: {path}", err=True)


def _content(report: Report, form: str, language: str) -> bytes:
    if form == ".html":
        return html(report, _library(), language).encode()
    made = drawing(report, language, _WIDTH - MARGIN, report.workload, report.shown, report.picture)
    spec = titled(made, report, language)
    said: dict[str, Any] = {
        "vl_version": _VEGA_LITE,
        "format_locale": LOCALES[language],
        "time_format_locale": LOCALES[language],
    }
    if form == ".svg":
        return vl_convert.vegalite_to_svg(spec, **said).encode()
    return vl_convert.vegalite_to_png(spec, scale=_SCALE, **said)


@cache
def _library() -> Library:
    versions = f"Vega {vl_convert.get_vega_version()}, Vega-Lite {_VEGA_LITE}"
    embed = f"Vega-Embed {vl_convert.get_vega_embed_version()}"
    return Library(
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _VEGA_LITE),
        f"{versions}, {embed} (University of Washington Interactive Data Lab, BSD-3-Clause)",
        {
            language: {
                "name": name,
                "format": vl_convert.get_format_locale(name),
                "time": vl_convert.get_time_format_locale(name),
            }
            for language, name in LOCALES.items()
        },
    )
