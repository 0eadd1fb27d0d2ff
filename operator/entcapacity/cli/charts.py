"""A plan as a picture in the terminal: replicas of a workload, and sessions, over local time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

import numpy as np

from entcapacity.cli.documents import most_of
from entcapacity.grid import Floats, local_time
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import number, reason

_HEIGHT: Final = 16
_WIDEST: Final = 160
_NARROWEST: Final = 40
_TICKS: Final = (60, 120, 180, 360, 720, 1440, 2880, 7200, 14400)
"""Distances of times on the axis, in minutes."""

Line = tuple[str, str, Floats]
"""Its name, the character it is drawn with, and a value per minute; one that begins later ends with the window."""


def plan_charts(made: Plan, workload: WorkloadPlan, language: str, width: int, *, colors: bool) -> Iterator[str]:
    """Two charts line by line: need, floor and maximum of a workload; sessions expected and high."""
    inner = made.inner
    lines: list[Line] = [
        (reason("Floor").text(language), "#", workload.floor[made.ahead].astype(float)),
        (reason("Need").text(language), "·", workload.need[inner].astype(float)),
    ]
    most = most_of(made, workload)
    if most is not None and most <= 2 * max(float(each.max()) for _, _, each in lines):
        lines.insert(0, (reason("Maximum").text(language), "-", workload.limit[inner].astype(float)))
    title = reason("ChartReplicas", workload=workload.name).text(language)
    yield from _chart(made, title, lines, language, width, colors)
    sessions = made.demand.load.sessions
    lines = [
        (reason("High").text(language), "+", sessions.high[inner]),
        (reason("Expected").text(language), "·", sessions.expected[inner]),
    ]
    yield from _chart(made, reason("ChartSessions").text(language), lines, language, width, colors)


def _chart(made: Plan, title: str, lines: Sequence[Line], language: str, width: int, colors: bool) -> Iterator[str]:
    import plotext  # here, since it takes as long as a plan

    figure: Any = plotext.figure
    figure.clear()
    figure.plot_size(max(_NARROWEST, min(width, _WIDEST)), _HEIGHT)
    figure.theme("simple")
    figure.title(title)
    # Not more points than columns, each the highest of its minutes: a peak of one minute is seen.
    starts = np.unique(np.linspace(0, made.window.length - 1, num=min(width, made.window.length)).astype(int))
    for name, marker, values in lines:
        begin = made.window.length - len(values)
        own = np.unique(np.maximum(starts, begin))
        highest = np.maximum.reduceat(values, own - begin)
        figure.draw(figure.signal(own.tolist(), highest.tolist(), marker=marker).lines().label(name))
    top = max(1.0, *(float(values.max()) for _, _, values in lines))
    figure.ruler(1).lim(0, top)
    marks = list(range(0, int(top) + 1, _step(top)))
    figure.ruler(1).ticks(marks, [number(each, language) for each in marks])
    figure.ruler(0).ticks(*_times(made, width))
    text: str = figure.build().string(not colors)
    yield from text.rstrip("\n").split("\n")
    yield ""


def _step(top: float) -> int:
    """A round distance, 1, 2 or 5 times a power of ten, of at most five marks up to ``top``."""
    return next(step for power in count() for digit in (1, 2, 5) if 5 * (step := digit * int(10**power)) > top)


def _times(made: Plan, width: int) -> tuple[list[int], list[str]]:
    """Where local times stand on the axis, and how they read."""
    step = next((each for each in _TICKS if made.window.length / each <= width / 14), _TICKS[-1])
    positions, labels = [], []
    for position in range(-made.window.start % 60, made.window.length, 60):  # French offsets are whole hours
        shown = local_time(made.window.instant(position), made.timezone)
        if (shown.toordinal() * 1440 + shown.hour * 60) % step == 0:
            positions.append(position)
            labels.append(f"{shown:%m-%d}" if shown.hour == 0 else f"{shown:%H:%M}")
    return positions, labels
