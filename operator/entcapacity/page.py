"""A report as one HTML file that needs nothing else: no network, no clock, both languages in it.

Its scripts are named by their hashes in a policy that forbids everything else, so that no text of a spec can become
one, whatever it holds.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from html import escape
from importlib import resources
from math import inf
from string import Template
from typing import Any, Final

from entcapacity.drawing import MARGIN, curve_labels, drawing, ready_labels, replicas_title
from entcapacity.reasons import LANGUAGES, Reason, number, reason
from entcapacity.replay import Score
from entcapacity.report import Report, Text, both, short

_WIDTH: Final = 1000
"""Of the drawing before the page knows its own."""
_FORESEEING: Final = ("optimum", "ideal")
"""Who knows the future, and so is compared with nobody."""


@dataclass(frozen=True, slots=True)
class Library:
    """What draws in the page."""

    script: str
    name: str
    """What it is, with its versions and its licence."""
    locales: Mapping[str, Mapping[str, Any]]
    """By language: ``name``, and how numbers (``format``) and times (``time``) are written."""


def html(report: Report, library: Library, language: str) -> str:
    """The page; ``language`` is the one it opens in."""
    library_script, script = _in_script(library.script), _in_script(_data("report.js"))
    return Template(_data("report.html")).substitute(
        language=language,
        policy=_policy((library_script, script)),
        title=escape(report.title[language]),
        style=_data("report.css"),
        head=_in_both(lambda each: _head(report, each)),
        controls=_controls(report),
        noscript=_spans(both(reason("PageNoScript"))),
        figure=_in_both(lambda each: _figure(report, each)),
        details=_in_both(lambda each: "".join(_details(report, each))),
        foot=_in_both(lambda each: _foot(report, library, each)),
        data=_json(_numbers(report, library, language)),
        library=library_script,
        script=script,
    )


@cache
def _data(name: str) -> str:
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def _in_script(text: str) -> str:
    """A script that ends where its element does: both strings mean the same to JavaScript."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _policy(scripts: Iterable[str]) -> str:
    hashes = (b64encode(sha256(each.encode()).digest()).decode() for each in scripts)
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _json(data: Any) -> str:
    """JSON in which no text can end the element that holds it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _numbers(report: Report, library: Library, language: str) -> dict[str, Any]:
    """What report.js reads."""
    return {
        "language": language,
        "locales": library.locales,
        "margin": MARGIN,
        "minutes": report.point_minutes,
        "times": report.times,
        "days": [{"since": each.since, "until": each.until, "text": _kept(each.text)} for each in report.days],
        "people": report.people,
        "workloads": {name: asdict(each) for name, each in report.workloads.items()},
        "outside": report.outside,
        "waits": report.waits,
        "reasons": list(map(_kept, report.reasons)),
        "workload": report.workload,
        "heading": report.title,
        "titles": {each: {name: replicas_title(name).text(each) for name in report.workloads} for each in LANGUAGES},
        "words": {each: _words(report, each) for each in LANGUAGES},
        "drawings": {each: _undated(report, each) for each in LANGUAGES},
    }


def _undated(report: Report, language: str) -> dict[str, Any]:
    """The drawing without rows that the page makes from columns."""
    whole = (report.times[0], report.times[-1] + report.point_minutes)
    made = drawing(report, language, _WIDTH, report.workload, (), whole)
    made["datasets"] = {name: made["datasets"][name] for name in ("days", "events")}
    return made


def _words(report: Report, language: str) -> dict[str, Any]:
    def text(said: Reason) -> str:
        return _kept(both(said))[language]

    curves = {name: text(each) for name, each in curve_labels(report).items()}
    ready = {name: text(each) for name, each in ready_labels(report).items()}
    for name in ("low", "high", "logins"):
        curves[name] = text(reason(f"Curve{name.capitalize()}"))
    said = {
        name: text(reason(f"Page{name.capitalize()}"))
        for name in ("chart", "people", "outside", "waits", "why", "whole")
    }
    return {**said, "never": text(reason("NeverIn")), "curves": curves, "ready": {**curves, **ready}}


# --- text -------------------------------------------------------------------------------------------------------------


def _in_both(written: Callable[[str], str]) -> str:
    """The same part in every language; the style shows the one that the page is in."""
    parts = _kept({each: written(each) for each in LANGUAGES})
    return "\n".join(f'<div lang="{each}">{part}</div>' for each, part in parts.items())


def _spans(text: Text) -> str:
    return "".join(f'<span lang="{each}">{escape(said)}</span>' for each, said in _kept(text).items())


def _kept(text: Text) -> Text:
    """French keeps ``; : ! ? » %`` with the word before, and ``«`` with the one after: a browser breaks no line there.

    Only a page has such spaces: the terminal's tables break lines at them as well, and elsewhere people search for what
    they type.
    """
    return {**text, "fr": re.sub(r" (?=[;:!?»%])|(?<=«) ", "\N{NO-BREAK SPACE}", text["fr"])}


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _head(report: Report, language: str) -> str:
    known, between = [each[language] for each in report.known], reason("Semicolon").text(language)
    return "".join(
        (
            f"<h1>{escape(report.title[language])}</h1>",
            _p(" ".join(each[language] for each in report.summary), "summary"),
            _p(" ".join(each[language] for each in (*report.basis, report.when)), "when"),
            _p(reason("PageKnown", news=between.join(known)).text(language), "when") if known else "",
        )
    )


def _controls(report: Report) -> str:
    """The workload, and the rivals, to be switched."""
    options = "".join(
        f"<option{' selected' if each == report.workload else ''}>{escape(each)}</option>" for each in report.workloads
    )
    chooser = f'<label>{_spans(both(reason("PageWorkload")))} <select id="workload">{options}</select></label>'
    labels = curve_labels(report)
    span = f'<label>{_spans(both(reason("PageSpan")))} <select id="span"></select></label>'
    boxes = "".join(
        f'<label><input type="checkbox" name="rival" value="{each}"{" checked" if each in report.shown else ""}> '
        f"{_spans(both(labels[each]))}</label>"
        for each in report.rivals
    )
    legend = _spans(both(reason("PageCompare")))
    return chooser + span + (f"<fieldset><legend>{legend}</legend>{boxes}</fieldset>" if boxes else "")


def _figure(report: Report, language: str) -> str:
    how = reason("PageHowReplay" if report.rivals else "PageHowPlan")
    return _p(how.text(language), "when") + _p(reason("PageHint").text(language), "hint")


def _details(report: Report, language: str) -> Iterator[str]:
    if report.scores:
        yield f"<h2>{escape(reason('PageScores').text(language))}</h2>"
        if report.as_well:
            yield _p(report.as_well[language])
        yield _score_table(report.scores, report.limited, language)
    if report.notices:
        yield f"<h2>{escape(reason('Notices').text(language))}</h2>"
        yield f"<ul>{''.join(f'<li>{escape(each[language])}</li>' for each in report.notices)}</ul>"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of scores."""

    title: str
    means: str
    value: Callable[[Score], float]
    shown: Callable[[Score, str], str]


def _wait(score: Score, language: str) -> str:
    if score.longest_wait is None:
        return reason("NeverIn").text(language)
    return f"{number(score.longest_wait // timedelta(minutes=1), language)} min"


_COLUMNS: Final = (
    _Column(
        "SaturatedColumn",
        "PageSaturated",
        lambda score: score.saturated_minutes,
        lambda score, language: number(score.saturated_minutes, language),
    ),
    _Column(
        "RefusedColumn",
        "PageRefusedMeans",
        lambda score: round(score.refused_user_minutes),
        lambda score, language: number(score.refused_user_minutes, language),
    ),
    _Column(
        "WaitColumn",
        "PageWaitMeans",
        lambda score: inf if score.longest_wait is None else score.longest_wait // timedelta(minutes=1),
        _wait,
    ),
    _Column(
        "ReplicaHoursColumn",
        "PageHoursMeans",
        lambda score: round(score.replica_hours),
        lambda score, language: number(score.replica_hours, language),
    ),
    _Column(
        "PeakColumn",
        "PagePeakMeans",
        lambda score: score.peak_replicas,
        lambda score, language: number(score.peak_replicas, language),
    ),
)


_BEST: Final = ' class="best"'


def _score_table(scores: Sequence[Score], limited: Mapping[str, Text], language: str) -> str:
    def text(code: str) -> str:
        return escape(reason(code).text(language))

    real = [each for each in scores if each.name not in _FORESEEING]
    best = {column.title: min(map(column.value, real)) for column in _COLUMNS}

    def cell(column: _Column, score: Score) -> str:
        is_best = score in real and column.value(score) == best[column.title] < inf
        return f"<td{_BEST if is_best else ''}>{escape(column.shown(score, language))}</td>"

    def row(score: Score) -> str:
        cells = "".join(cell(column, score) for column in _COLUMNS)
        ours = ' class="ours"' if score is scores[0] else ""
        who, more = (escape(each.text(language)) for each in (short(score.name), score.who))
        if more != who:
            who += f"<small>{more}</small>"
        if score.name in limited:
            who += f"<small>{escape(limited[score.name][language])}</small>"
        return f'<tr{ours}><th scope="row">{who}</th>{cells}</tr>'

    titles = "".join(f'<th scope="col">{text(each.title)}</th>' for each in _COLUMNS)
    aside = "".join(row(each) for each in scores if each not in real)
    means = "".join(f"<div><dt>{text(each.title)}</dt><dd>{text(each.means)}</dd></div>" for each in _COLUMNS)
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">{text("PageContender")}</th>{titles}</tr></thead>'
        f'<tbody>{"".join(map(row, real))}<tr class="group"><th colspan="6" scope="rowgroup">{text("PageOrientation")}'
        f'</th></tr>{aside}</tbody></table></div><p class="means">{text("PageBest")}</p><dl class="means">{means}</dl>'
    )


def _foot(report: Report, library: Library, language: str) -> str:
    drawn: tuple[Reason, str] = (reason("InputDrawing"), library.name)
    pairs = [
        *((label[language], value[language]) for label, value in report.inputs),
        (drawn[0].text(language), drawn[1]),
    ]
    rows = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in pairs)
    return f'<h2>{escape(reason("PageInputs").text(language))}</h2><dl class="inputs">{rows}</dl>'
