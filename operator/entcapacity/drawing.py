"""A report as a Vega-Lite specification: one drawing for the page, for PNG and for SVG.

The page draws the same with other values of what ``drawing`` is given: its width, the workload, the rivals shown, the
span. So whatever depends on them is an expression of the specification's parameters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from entcapacity.reasons import Reason, reason
from entcapacity.report import Mark, Report, short

Spec = dict[str, Any]

FONT: Final = "Arial, 'Liberation Sans', Helvetica, sans-serif"
"""Fonts of the same widths, so that what was laid out with one does not overlap with another."""
LOCALES: Final[Mapping[str, Literal["en-GB", "fr-FR"]]] = {"en": "en-GB", "fr": "fr-FR"}
_MINUTE: Final = 60_000
"""In milliseconds, as Vega reckons."""
_HOUR: Final = 60 * _MINUTE

# The palette of Okabe and Ito, which people with any colour blindness tell apart; dashes say the same without colour.
_BLUE, _SKY, _ORANGE, _VERMILLION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
_GREEN, _PURPLE, _BLACK, _GREY = "#009E73", "#CC79A7", "#000000", "#767676"
_HILL: Final = "#c4c4c4"
_STYLES: Final[Mapping[str, tuple[str, Sequence[int]]]] = {
    "band": ("#a9d6f2", ()),
    "expected": (_BLUE, (5, 3)),
    "simulated": (_BLACK, ()),
    "measured": (_BLACK, ()),
    "took": (_HILL, ()),
    "shortfall": ("#eda27a", ()),
    "need": (_BLACK, (4, 3)),
    "asked": (_SKY, ()),
    "ready": (_BLUE, ()),
    "queue": (_VERMILLION, ()),
    "wait": (_VERMILLION, ()),
    "entcapacity": (_BLUE, ()),
    "hpa": (_VERMILLION, (6, 2)),
    "hpa-50": (_ORANGE, (3, 2)),
    "keda-cron": (_PURPLE, (8, 2, 2, 2)),
    "last-week": (_GREEN, (10, 3)),
    "static-max": (_GREY, (1, 2)),
    "optimum": (_BLACK, (2, 2)),
}
_DAYS: Final = {
    "OnSite": "#e3ecf4",
    "Unknown": "#e3ecf4",
    "Hybrid": "#f4dcea",
    "Remote": "#f3c9a5",
    "Closed": "#d9d9d9",
    "Holiday": "#bfe3d8",
    "PublicHoliday": "#bfe3d8",
    "Weekend": "#ececec",
}
_AXIS: Final = 62
"""Width of a left axis with its numbers."""
_LEFT: Final[Spec] = {"title": None, "minExtent": _AXIS, "maxExtent": _AXIS, "domain": False}
"""Axes of equal width, so that the panels lie exactly below each other."""
_SIDES: Final = 12
MARGIN: Final = _AXIS + _SIDES + 6
"""What a drawing takes beside its plots."""
_ROW: Final = 20
"""Height of a row of days."""
_HEIGHTS: Final = {"people": 150, "replicas": 220, "outside": 110, "waits": 80}


def drawing(
    report: Report, language: str, width: int, workload: str, shown: Sequence[str], span: tuple[int, int]
) -> Spec:
    """What Vega-Lite draws between two local minutes; the data stand in its ``datasets``."""
    panels = [
        _panel("people", reason("PagePeople").text(language), width, _demand(report, language)),
        _panel("replicas", replicas_title(workload).text(language), width, _replicas(report, language)),
    ]
    if report.outside:
        panels.append(_panel("outside", reason("PageOutside").text(language), width, _outside(report, language)))
        panels.append(_panel("waits", reason("PageWaits").text(language), width, _waits(report, language)))
    for panel in panels:
        panel["encoding"] = {"x": _time("time", {**_TIME_AXIS, "labels": panel is panels[-1]})}
    strip = {
        "name": "days",
        "width": width,
        "height": _ROW * (1 + max(each.row for each in report.days)),
        "data": {"name": "days"},
        "transform": [
            {"filter": "datum.until > begin && datum.since < end"},
            {"calculate": "max(datum.since, begin)", "as": "since"},
            {"calculate": "min(datum.until, end)", "as": "until"},
            {"calculate": "(datum.since + datum.until) / 2", "as": "middle"},
        ],
        "encoding": {
            "x": _time("since", {**_TIME_AXIS, "orient": "top", "grid": False}),
            "y": {"field": "row", "type": "ordinal", "axis": _LEFT | {"labels": False, "ticks": False}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 2},
                "encoding": {"x2": {"field": "until"}, "color": _DAY_COLORS},
            },
            {
                "mark": {"type": "text", "fontSize": 12, "limit": {"expr": _ROOM}},
                "encoding": {"x": _time("middle"), "text": {"field": "label", "type": "nominal"}},
            },
        ],
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": "#ffffff",
        "padding": {"left": _SIDES // 2, "right": _SIDES // 2, "top": 4, "bottom": 4},
        "params": [
            {"name": "plot", "value": width},
            {"name": "begin", "value": span[0] * _MINUTE},
            {"name": "end", "value": span[1] * _MINUTE},
            {"name": "step", "expr": _STEP},
            *({"name": f"{name}_shown", "value": [*always, *shown]} for name, always in _always(report).items()),
        ],
        "vconcat": [strip, *panels],
        "resolve": {"scale": {"x": "independent", "color": "independent", "strokeDash": "independent"}},
        "datasets": _datasets(report, language, workload),
        "config": _CONFIG,
    }


def titled(spec: Spec, report: Report, language: str) -> Spec:
    """The same with its heading and its result, for a picture that stands alone."""
    said = [each[language] for each in (*report.basis, *report.summary, report.pictured)]
    title = {"text": report.title[language], "subtitle": said, "fontSize": 18, "subtitleFontSize": 13, "offset": 16}
    return {**spec, "title": {**title, "anchor": "start", "subtitlePadding": 6}}


def _datasets(report: Report, language: str, workload: str) -> dict[str, list[Spec]]:
    """The rows that the drawing names."""
    times = [each * _MINUTE for each in report.times]
    return {
        "days": [_mark(each, language) for each in report.days],
        "events": [_mark(each, language) for each in report.events],
        "people": _rows(times, report.people),
        "replicas": _rows(times, report.workloads[workload].columns),
        "outside": _rows(times, report.outside),
        "waits": _rows(times, report.waits),
    }


def curve_labels(report: Report) -> dict[str, Reason]:
    """How each curve is called."""
    plain = (
        *("band", "expected", "simulated", "measured", "took"),
        *("need", "asked", "ready", "maximum", "shortfall", "queue", "wait"),
    )
    labels = {name: reason(f"Curve{name.capitalize()}") for name in plain}
    return labels | {each: short(each) for each in ("entcapacity", *report.rivals)}


def ready_labels(report: Report) -> dict[str, Reason]:
    """How the curves of ready replicas are called, which a replay has several of."""
    if not report.rivals:
        return {}
    ours = {"ready": reason("CurveReadyOf", name=short("entcapacity"))}
    return ours | {each: reason("CurveReadyOf", name=short(each)) for each in report.rivals}


def replicas_title(workload: str) -> Reason:
    """What stands above a workload's curves."""
    return reason("PageReplicas", workload=workload)


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows(times: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> list[Spec]:
    return [
        {"time": time, **dict(zip(columns, values, strict=True))}
        for time, *values in zip(times, *columns.values(), strict=True)
    ]


def _mark(mark: Mark, language: str) -> Spec:
    return {
        "since": mark.since * _MINUTE,
        "until": mark.until * _MINUTE,
        "kind": mark.kind,
        "row": mark.row,
        "label": mark.label[language],
    }


# --- panels -----------------------------------------------------------------------------------------------------------


def _panel(name: str, title: str, width: int, layers: list[Spec]) -> Spec:
    return {
        "name": name,
        "title": {"text": title},
        "width": width,
        "height": _HEIGHTS[name],
        "data": {"name": name},
        "transform": [{"filter": "datum.time >= begin && datum.time < end"}],
        "layer": layers,
    }


def _demand(report: Report, language: str) -> list[Spec]:
    always = _always(report)["people"]
    series = _series("people", always, report, language)
    layers = [_area("band", "low", "high", series), *_lines("people", always[1:], series)]
    if not report.events:
        return layers
    written = {
        **_beside("since"),
        "dy": {"expr": "7 + 14 * datum.row"},
        "opacity": {"expr": "datum.since >= begin && datum.since < end ? 1 : 0"},
    }
    since: Spec = {"x": _time("since")}
    # none is left out of the data, since Vega warns of an axis without any: what lies outside is clipped, or not seen
    lasting = {
        "mark": {"type": "rect", "clip": True, "color": _BLACK, "opacity": 0.1},
        "encoding": since | {"x2": {"field": "until"}},
    }
    rules = {"mark": {"type": "rule", "clip": True, "strokeWidth": 1.5}, "encoding": since}
    text = {"field": "label", "type": "nominal"}
    labels = {
        "mark": {"type": "text", "fontSize": 12, **written},
        "encoding": since | {"y": {"value": 0}, "text": text},
    }
    return [*layers, *({"data": {"name": "events"}, **each} for each in (lasting, rules, labels))]


def _replicas(report: Report, language: str) -> list[Spec]:
    always = _always(report)["replicas"]
    series = _series("replicas", (*always, *report.rivals), report, language)
    # a maximum far above everything would leave no room for the curves: then its line is not seen
    far = "datum.maximum === null || datum.most_maximum > 1.5 * datum.most_need"
    near: list[Spec] = [
        {"joinaggregate": [{"op": "max", "field": each, "as": f"most_{each}"} for each in ("need", "maximum")]},
        {"calculate": f"{far} ? 0 : datum.maximum", "as": "line"},
    ]
    maximum: Spec = {
        "y": _count("line"),
        "color": {"value": _GREY},
        "opacity": {"condition": {"test": "datum.line > 0", "value": 1}, "value": 0},
    }
    layers = [_area("took", None, "took", series)] if "took" in always else []
    if "shortfall" in always:
        above = {"calculate": "datum.maximum === null ? datum.need : max(datum.need, datum.maximum)", "as": "top"}
        capped = {"calculate": "datum.maximum === null ? datum.need : datum.maximum", "as": "cap"}
        layers.append(_area("shortfall", "cap", "top", series, above, capped))
    named = json.dumps(curve_labels(report)["maximum"].text(language), ensure_ascii=False)
    return [
        *layers,
        {
            "transform": near,
            "mark": {"type": "line", "interpolate": "step-after", "strokeDash": [2, 3], "strokeWidth": 1.5},
            "encoding": maximum,
        },
        {
            "transform": [
                *near,
                {"window": [{"op": "row_number", "as": "number"}], "sort": [{"field": "time", "order": "descending"}]},
                {"filter": "datum.number === 1"},
                {"calculate": f"{named} + ' ' + datum.maximum", "as": "label"},
            ],
            "mark": {"type": "text", "align": "right", "baseline": "bottom", "dy": -3, "fontSize": 12},
            "encoding": {**maximum, "text": {"field": "label", "type": "nominal"}},
        },
        *_lines("replicas", ("need", "asked", "ready", *report.rivals), series),
    ]


def _outside(report: Report, language: str) -> list[Spec]:
    names = tuple(report.outside)
    return _lines("outside", names, _series("outside", names, report, language))


def _waits(report: Report, language: str) -> list[Spec]:
    """Waits that end as lines; those that do not, along the top edge, with a word. The panel above has the legend."""
    names = tuple(report.waits)
    series = {channel: {**each, "legend": None} for channel, each in _series("waits", names, report, language).items()}
    # as with events, nothing is left out of the data, but only not seen
    shown: list[Spec] = [
        {"fold": list(names), "as": ["series", "value"]},
        {"filter": "indexof(waits_shown, datum.series) >= 0"},
        {"calculate": "datum.value === null ? 0 : 1", "as": "ends"},
    ]
    first: list[Spec] = [
        {
            "window": [{"op": "row_number", "as": "number"}],
            "sort": [{"field": each, "order": "ascending"} for each in ("ends", "time")],
        },
        {"filter": "datum.number === 1"},
    ]
    top: Spec = {
        "y": {"value": 0},
        "opacity": {"condition": {"test": "datum.ends === 0", "value": 1}, "value": 0},
    }
    return [
        *_lines("waits", names, series),
        {
            "transform": shown,
            "mark": {"type": "square", "filled": True, "size": 24},
            "encoding": top | {"color": series["color"]},
        },
        {
            "transform": [*shown, *first],
            "mark": {"type": "text", **_beside("time"), "dy": 11, "fontSize": 12},
            "encoding": top | {"text": {"value": reason("NeverIn").text(language)}},
        },
    ]


def _always(report: Report) -> dict[str, list[str]]:
    """The curves of each panel that are drawn whichever rivals are."""
    lacking = any(_falls_short(each.columns) for each in report.workloads.values())
    return {
        "people": ["band", "expected", *(each for each in ("simulated", "measured") if each in report.people)],
        "replicas": [
            *(["took"] if report.rivals else []),
            *(["shortfall"] if lacking else []),
            *("need", "asked", "ready"),
        ],
        "outside": [name for name in report.outside if name not in report.rivals],
        "waits": [name for name in report.waits if name not in report.rivals],
    }


def _falls_short(columns: Mapping[str, Sequence[Any]]) -> bool:
    pairs = zip(columns["need"], columns["maximum"], strict=True)
    return any(most is not None and need > most for need, most in pairs)


# --- marks ------------------------------------------------------------------------------------------------------------


def _area(name: str, low: str | None, high: str, series: Spec, *transform: Spec) -> Spec:
    edges: Spec = {"y": _count(high)} | ({"y2": {"field": low}} if low else {})
    return {
        "transform": [*transform, {"calculate": json.dumps(name), "as": "series"}],
        "mark": {"type": "area", "interpolate": "step-after", "line": False},
        "encoding": {**edges, "color": series["color"]},
    }


def _lines(panel: str, names: Sequence[str], series: Spec) -> list[Spec]:
    """Lines by name, those that are shown."""
    return [
        {
            "transform": [
                {"fold": list(names), "as": ["series", "value"]},
                {"filter": f"indexof({panel}_shown, datum.series) >= 0"},
            ],
            "mark": {"type": "line", "interpolate": "step-after"},
            "encoding": {
                "y": _count("value"),
                "strokeWidth": {
                    "condition": {"test": f"indexof({json.dumps(_THICK)}, datum.series) >= 0", "value": 2.6},
                    "value": 1.6,
                },
                **series,
            },
        }
    ]


def _beside(field: str) -> Spec:
    """Where a text stands that belongs to a time: after it, or in the right half, where room may lack, before it."""
    late = f"datum.{field} - begin > (end - begin) / 2"
    return {"align": {"expr": f"{late} ? 'right' : 'left'"}, "dx": {"expr": f"{late} ? -5 : 5"}}


def _time(field: str, axis: Spec | None = None) -> Spec:
    """Local clocks, which the data already show: read as UTC, so that no browser moves them."""
    # expressions, since Vega's interpreter, which the page needs, takes the number of a date for its year
    scale = {"type": "utc", "domainMin": {"expr": "begin"}, "domainMax": {"expr": "end"}, "nice": False}
    return {"field": field, "type": "temporal", "scale": scale} | ({"axis": axis} if axis else {})


def _count(field: str) -> Spec:
    axis = {**_LEFT, "format": ",.0f", "tickMinStep": 1, "tickCount": 5}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": {"domainMin": 0, "nice": True}}


def _series(panel: str, names: Sequence[str], report: Report, language: str) -> Spec:
    """Colour and dashes by name, with one legend for both."""
    labels = curve_labels(report) | (ready_labels(report) if panel == "replicas" else {})
    words = {name: labels[name].text(language) for name in names}
    legend = {
        "labelExpr": f"{json.dumps(words, ensure_ascii=False)}[datum.value]",
        "values": {"expr": f"{panel}_shown"},
    }
    return {
        channel: {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": list(names), "range": marks},
            "legend": legend,
        }
        for channel, marks in (
            ("color", [_STYLES[name][0] for name in names]),
            ("strokeDash", [list(_STYLES[name][1]) or [1, 0] for name in names]),
        )
    }


_THICK: Final = ("simulated", "measured", "ready", "entcapacity", "queue", "wait")
_STEPS: Final = (1, 2, 3, 6, 12, 24, 48, 168, 336)
"""Hours that may lie between two marks of the time axis."""
_STEP: Final = (
    "".join(f"end - begin <= plot / 74 * {hours * _HOUR} ? {hours * _HOUR} : " for hours in _STEPS[:-1])
    + f"{_STEPS[-1] * _HOUR}"
)
"""The first of them at which labels have room."""
_FIRST: Final = f"begin - begin % {24 * _HOUR}"
_ROOM: Final = "max(1, (datum.until - datum.since) / (end - begin) * plot - 6)"
_MIDNIGHT: Final = "utchours(datum.value) === 0"
_TIME_AXIS: Final[Spec] = {
    "title": None,
    "values": {"expr": f"sequence({_FIRST} + ceil(begin % {24 * _HOUR} / step) * step, end, step)"},
    "labelFlush": False,
    "labelOverlap": "greedy",
    "labelSeparation": 8,
    "labelExpr": f"utcFormat(datum.value, {_MIDNIGHT} ? '%a %-d %b' : datum.index ? '%H:%M' : '%a %-d %b %H:%M')",
    "labelFontWeight": {"condition": {"test": _MIDNIGHT, "value": "bold"}, "value": "normal"},
    "gridColor": {"condition": {"test": _MIDNIGHT, "value": "#b0b0b0"}, "value": "#e6e6e6"},
}
_DAY_COLORS: Final[Spec] = {
    "field": "kind",
    "type": "nominal",
    "scale": {"domain": list(_DAYS), "range": list(_DAYS.values())},
    "legend": None,
}
_CONFIG: Final[Spec] = {
    "font": FONT,
    "view": {"stroke": None},
    "concat": {"spacing": 30},
    "axis": {"labelFontSize": 12, "gridColor": "#e6e6e6", "domainColor": "#888888", "tickColor": "#888888"},
    "legend": {
        "orient": "top",
        "title": None,
        "labelFontSize": 12,
        "labelLimit": 300,
        "columns": {"expr": "max(1, floor(plot / 180))"},
        "symbolType": "stroke",
        "symbolSize": 500,
        "symbolStrokeWidth": 3,
        "columnPadding": 18,
    },
    "title": {"anchor": "start", "frame": "group", "fontSize": 14},
}
