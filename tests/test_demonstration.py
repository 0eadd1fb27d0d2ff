"""What `make demo-cluster` applies shows what it promises, and docs/operator.md prints what it says."""

import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from cluster import binaries, demonstration
from cluster.demonstration import BEGIN, END, METRIC, SPEED, documents, expected
from entcapacity.admission import waits
from entcapacity.notices import lateness, shortfalls

ROOT = Path(__file__).parents[1]
KINDS = ("Deployment", "HorizontalPodAutoscaler", "ENTCapacity", "SchoolAnnouncement")


def test_it_applies_three_deployments_one_of_them_with_an_hpa() -> None:
    names = {kind: [each["metadata"]["name"] for each in documents() if each["kind"] == kind] for kind in KINDS}
    assert [len(each) for each in names.values()] == [3, 1, 1, 1]
    (capacity,) = (each for each in documents() if each["kind"] == "ENTCapacity")
    assert [each["name"] for each in capacity["spec"]["workloads"]] == names["Deployment"]
    assert set(names["HorizontalPodAutoscaler"]) < set(names["Deployment"])


def test_the_autoscaler_reads_the_metric_that_is_served() -> None:
    (found,) = (each for each in documents() if each["kind"] == "HorizontalPodAutoscaler")
    assert [each["external"]["metric"]["name"] for each in found["spec"]["metrics"]] == [METRIC]


def test_floors_rise_before_the_peak_and_fall_after_it_and_nothing_is_short_or_late() -> None:
    made = expected()
    first, last = made.grid.index(BEGIN), made.grid.index(END)
    peak = first + int(np.argmax(made.demand.load.sessions.expected[first:last]))
    for each in made.workloads:
        assert each.floor[first] == 2
        assert each.floor[peak] > 10
        assert each.floor[last] < 5
        assert list(shortfalls(made, each)) == []
        assert lateness(made, each) is None
    assert list(waits(made)) == []


def test_it_takes_three_to_four_minutes() -> None:
    assert 3 * 60 <= (END - BEGIN).total_seconds() / SPEED <= 4 * 60


def test_the_page_of_the_operator_prints_what_is_planned() -> None:
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    text = page.partition("`make demo-cluster`")[2].partition("```text\n")[2].partition("```")[0]
    rows = [line.split() for line in text.splitlines() if re.match(r"\d\d:\d\d ", line)]
    made = expected()
    assert len(rows) >= 4
    for time, sessions, _, *figures in rows:
        index = made.grid.index(datetime.fromisoformat(f"2021-04-06T{time}:00+02:00"))
        planned = made.demand.load.sessions.expected[index : index + 2]  # within that minute
        assert planned.min() - 1 <= int(sessions.replace(",", "")) <= planned.max() + 1
        assert [int(each) for each in figures[::3]] == [int(each.need[index]) for each in made.workloads]


def test_says_in_one_line_what_to_do_where_the_programs_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "HOME", tmp_path)
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setattr("cluster.trying.running", lambda: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit, match=r"^The demonstration needs a cluster: run `make cluster-build` once .*$"):
        demonstration.main()
