"""A CSV file of who came: what it may look like, and what is said where it does not."""

from pathlib import Path

import numpy as np
import pytest

from entcapacity.measured import read_measured
from entcapacity.replay import Measured
from specs import window

MORNING = window("2021-04-06T08:00:00+02:00", 1 / 24)


def read(path: Path, text: str) -> Measured | list[str]:
    file = path / "demand.csv"
    file.write_bytes(text.encode())
    found = read_measured(str(file), MORNING)
    return found if isinstance(found, Measured) else [str(each).removeprefix(f"{path}/") for each in found]


def test_between_measurements_lies_a_straight_line(tmp_path):
    text = "time,sessions\n2021-04-06T07:30:00+02:00,100\n2021-04-06T08:30:00+02:00,400\n2021-04-06T07:00:00Z,400\n"
    found = read(tmp_path, text)
    assert isinstance(found, Measured)
    assert found.name == "demand.csv"
    assert found.logins is None
    assert found.grid.instant(0).isoformat() == "2021-04-06T05:30:00+00:00"
    assert found.sessions[:61] == pytest.approx(np.linspace(100, 400, 61))
    assert found.sessions[61:].tolist() == [400.0] * 30


def test_log_ins_are_read_and_so_are_the_files_of_spreadsheets(tmp_path):
    rows = [f'"2021-04-06T{hour:02}:00:00+02:00","1200",80.5\r\n' for hour in (8, 9)]
    found = read(tmp_path, "\ufefftime, sessions, logins\r\n" + "".join(rows) + "\r\n")
    assert isinstance(found, Measured)
    assert found.logins is not None
    assert set(found.logins) == {80.5}


def test_the_last_minute_of_the_window_is_enough(tmp_path):
    assert isinstance(read(tmp_path, "time,sessions\n2021-04-06T06:00Z,1\n2021-04-06T06:59Z,1\n"), Measured)


FIRST = "2021-04-06T08:00:00+02:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "demand.csv:1: the header is not time,sessions or time,sessions,logins"),
        ("time;sessions\n", "separated by commas, not semicolons (found 'time;sessions')"),
        ("when,sessions\n", "the header is not time,sessions"),
        ("time,sessions\n", "demand.csv: holds fewer than two measurements"),
        (
            f"time,sessions\n{FIRST},12,5\n",
            "demand.csv:2: 3 values where the header names 2: write time,sessions, and 12.5",
        ),
        ("time,sessions\n6/4/2021 8:00,5\n", "demand.csv:2: time: not an instant: write 2021-04-06T08:30:00+02:00"),
        (
            "time,sessions\n2021-04-06T08:00:00,5\n",
            "demand.csv:2: time: has no offset: write 2021-04-06T08:00:00+02:00 for Paris, or"
            " 2021-04-06T08:00:00Z for UTC (found '2021-04-06T08:00:00')",
        ),
        ("time,sessions\n2021-04-06,5\n", "time: a date without a time of day: write 2021-04-06T08:30:00+02:00"),
        (f"time,sessions\n\n{FIRST},many\n", "demand.csv:3: sessions: not a number from 0 on: write 1200"),
        (f"time,sessions,logins\n{FIRST},5,-1\n", "demand.csv:2: logins: not a number from 0 on"),
        (f"time,sessions\n{FIRST},nan\n", "demand.csv:2: sessions: not a number from 0 on"),
        (f"time,sessions\n{FIRST},5\n{FIRST},6\n", "demand.csv:3: time: not after the line before"),
        (f"time,sessions\n{FIRST},5\n2021-04-06T09:01:00+02:00,6\n", "add lines in between, 60 minutes apart"),
        (
            f"time,sessions\n{FIRST},5\n2021-04-06T09:00:00,6\n2021-04-06T10:00:00+02:00,6\n",
            "demand.csv:3: time: has no offset",  # and nothing of 120 minutes, which it would not be
        ),
        (
            f"time,sessions\n{FIRST},5\n2021-04-06T08:58:00+02:00,6\n",
            "time: does not cover the window 2021-04-06T06:00Z to 2021-04-06T07:00Z, only 2021-04-06T06:00Z to"
            " 2021-04-06T06:58Z: measure longer, or replay a shorter window",
        ),
        ("time,sessions\n2021-04-06T08:01:00+02:00,5\n2021-04-06T09:00:00+02:00,6\n", "does not cover the window"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_the_way_out(tmp_path, text, said):
    (problem,) = read(tmp_path, text)
    assert said in problem


def test_all_that_is_wrong_is_said(tmp_path):
    assert len(read(tmp_path, f"time,sessions\n{FIRST},a\n{FIRST},b\n8:00,5\n")) == 3


def test_a_file_that_is_not_there_is_said():
    (problem,) = read_measured("nowhere.csv", MORNING)
    assert "nowhere.csv: cannot be read" in str(problem)
