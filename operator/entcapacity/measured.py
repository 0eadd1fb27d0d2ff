"""Reads who came from a CSV file, for a replay of what was measured instead of what was expected."""

from __future__ import annotations

import csv
from datetime import datetime
from math import ceil, floor, isfinite
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from entcapacity.files import FileProblem, shown, text_of
from entcapacity.grid import Grid
from entcapacity.replay import Measured

HEADERS: Final = (["time", "sessions"], ["time", "sessions", "logins"])
FARTHEST: Final = 60
"""Minutes between two measurements, at most: what lies between them is taken from a straight line."""


class _Wrong(ValueError):
    """What is wrong with a column of a line, and the way out."""

    def __init__(self, column: str, value: str, message: str) -> None:
        super().__init__(message)
        self.column, self.value, self.message = column, value, message


def read_measured(name: str, window: Grid) -> Measured | list[FileProblem]:
    """What a file says of a window: sessions, and log-ins where they stand there. Or all that is wrong with it."""
    text = text_of(name)
    if isinstance(text, FileProblem):
        return [text]
    problems: list[FileProblem] = []

    def say(line: int, column: str, value: str, message: str) -> None:
        problems.append(FileProblem(shown(name), line, column, value and repr(value), message))

    header, *lines = text.splitlines() or [""]
    names = [each.strip() for each in next(csv.reader([header]), [])]
    if names not in HEADERS:
        semicolons = "; columns are separated by commas, not semicolons" if ";" in header else ""
        say(1, "", header, f"the header is not time,sessions or time,sessions,logins{semicolons}")
        return problems
    rows: list[list[float]] = []
    skipped = False  # what is wrong with a line is no gap besides
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            row = _row(line, names)
            _check_order(row, rows, skipped)
        except _Wrong as error:
            say(number, error.column, error.value, error.message)
            skipped = True
            continue
        rows.append(row)
        skipped = False
    if problems:
        return problems
    if len(rows) < 2:
        say(0, "", "", "holds fewer than two measurements: a window needs one at its beginning and one at its end")
        return problems
    times, *columns = np.array(rows).T
    grid = Grid(ceil(times[0]), floor(times[-1]) + 1 - ceil(times[0]))
    if grid.start > window.start or grid.stop < window.stop:
        begin, end, first, last = (
            f"{each:%Y-%m-%dT%H:%MZ}"
            for each in (
                window.instant(0),
                window.instant(window.length),
                grid.instant(0),
                grid.instant(grid.length - 1),
            )
        )
        way_out = "measure longer, or replay a shorter window with -f, --from and --until"
        say(0, "time", "", f"does not cover the window {begin} to {end}, only {first} to {last}: {way_out}")
        return problems
    sessions, *logins = (np.interp(np.arange(grid.start, grid.stop), times, each) for each in columns)
    return Measured(Path(shown(name)).name, grid, sessions, logins[0] if logins else None)


def _row(line: str, names: list[str]) -> list[float]:
    """The minutes since 1970, and the numbers."""
    values = next(csv.reader([line]))
    if len(values) != len(names):
        many = (
            f"{len(values)} values where the header names {len(names)}: write {','.join(names)}, and 12.5 with a point"
        )
        raise _Wrong("", line, many)
    time, *numbers = map(str.strip, values)
    return [_minutes(time), *map(_number, names[1:], numbers)]


def _minutes(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong("time", text, "not an instant: write 2021-04-06T08:30:00+02:00") from None
    if found.utcoffset() is None:
        if not any(each in text for each in "T: "):
            raise _Wrong("time", text, f"a date without a time of day: write {found:%Y-%m-%d}T08:30:00+02:00")
        there = found.replace(tzinfo=ZoneInfo("Europe/Paris")).isoformat()
        raise _Wrong("time", text, f"has no offset: write {there} for Paris, or {text}Z for UTC")
    return found.timestamp() / 60


def _number(column: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not isfinite(found) or found < 0:
        raise _Wrong(
            column, text, "not a number from 0 on: write 1200, or leave the line out where nothing was measured"
        )
    return found


def _check_order(row: list[float], before: list[list[float]], skipped: bool) -> None:
    later = row[0] - before[-1][0] if before else 1.0
    if later <= 0:
        raise _Wrong("time", "", "not after the line before: sort the lines by time, one for each instant")
    if later > FARTHEST and not skipped:
        way_out = f"add lines in between, {FARTHEST} minutes apart at most, or replay the time before or after"
        raise _Wrong("time", "", f"{later:g} minutes after the line before: {way_out}")
