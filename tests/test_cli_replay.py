"""``entcapacity replay`` as a person and a machine meet it."""

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from entcapacity.cli.commands import cli

EXAMPLES = Path(__file__).parent.parent / "examples"
MORNING = [
    *("-f", str(EXAMPLES / "minimal.yaml"), "-f", str(EXAMPLES / "announcements-2021.yaml")),
    *("--from", "2021-04-06T06:00:00+02:00", "--until", "2021-04-06T11:00:00+02:00"),
]


def run(*args: str, columns: str = "140") -> Result:
    return CliRunner().invoke(cli, ["replay", *args], env={"LANG": "en_GB.UTF-8", "COLUMNS": columns})


@pytest.fixture(scope="module")
def document() -> Any:
    result = run(*MORNING, "--deviation", "15", "--early", "10", "--seed", "3", "-o", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_without_a_scenario_they_are_listed() -> None:
    result = run()
    assert result.exit_code == 0
    assert "2021-04-06" in result.output
    assert "four remote days, then holidays" in result.output
    assert "quatre jours à distance" in run("--lang", "fr").output


def test_the_document_has_the_documented_shape(document: Any) -> None:
    assert document["version"] == 1
    assert (document["scenario"], document["planOn"]) == ("occitanie", "High")
    assert document["deviation"] == {"percent": 15, "earlyMinutes": 10, "seed": 3}
    assert document["demand"] is None
    assert document["highOverActual"] > 1
    names = [each["name"] for each in document["results"]]
    # static-max is missing: this platform has no maximum, and nobody knows what everything at its maximum is
    assert names == ["entcapacity", "hpa", "hpa-50", "keda-cron", "last-week", "optimum", "ideal"]
    chapter = (EXAMPLES.parent / "docs" / "cli.md").read_text(encoding="utf-8").partition("## replay")[2]
    for name in (*document, *document["deviation"], *document["results"][0]):
        assert name == "version" or f"`{name}`" in chapter, name


def test_ours_refuses_nobody(document: Any) -> None:
    ours = document["results"][0]
    assert ours["outsideFrom"] is ours["limitedBy"] is None
    assert ours["refusedUserMinutes"] == ours["saturatedMinutes"] == ours["longestWaitSeconds"] == 0


def test_it_is_told_what_limited_an_autoscaler_first_and_when(document: Any) -> None:
    hpa = document["results"][1]
    assert (hpa["name"], hpa["limitedBy"]) == ("hpa", "auth")
    assert hpa["outsideFrom"] == "2021-04-06T06:51:00Z"
    said = run(*MORNING, "--rivals", "hpa", columns="80").output
    assert re.search(r"^ +limited by, from$", said, re.MULTILINE)
    assert re.search(r"^  hpa +HPA at 70 % +auth, 2021-04-06 08:\d\d$", said, re.MULTILINE)


@pytest.fixture
def demand(tmp_path: Path) -> str:
    """A file of who came, not many."""
    file = tmp_path / "demand.csv"
    rows = "".join(f"2021-04-06T{hour:02}:00:00+02:00,4000\n" for hour in range(6, 12))
    file.write_text("time,sessions\n" + rows, encoding="utf-8")
    return str(file)


def test_a_file_says_who_came(demand: str) -> None:
    found = json.loads(run(*MORNING, "--demand", demand, "--rivals", "hpa,keda-cron", "-o", "json").output)
    assert (found["deviation"], found["demand"]) == (None, "demand.csv")
    assert [each["name"] for each in found["results"]] == ["entcapacity", "hpa", "keda-cron", "optimum"]
    assert "users as measured in demand.csv" in run(*MORNING, "--demand", demand, "--rivals", "ideal").output


def test_a_file_of_who_came_that_is_wrong_ends_with_one(demand: str) -> None:
    result = run("2021-04-26", "--demand", demand)
    assert result.exit_code == 1
    assert "demand.csv: time: does not cover the window 2021-04-25T22:00Z" in result.output


@pytest.mark.parametrize("more", [["--deviation", "0"], ["--early", "5"], ["--seed", "0"]])
def test_who_came_is_measured_or_drawn_not_both(demand: str, more: list[str]) -> None:
    result = run(*MORNING, "--demand", demand, *more)
    assert result.exit_code == 2
    assert "'--demand': says who came: leave out --deviation, --early and --seed" in result.output


def test_csv_has_a_row_for_each() -> None:
    lines = run(*MORNING, "-o", "csv").output.splitlines()
    assert lines[0].startswith("name,saturatedMinutes,refusedUserMinutes,longestWaitSeconds,outsideFrom,limitedBy")
    assert len(lines) == 8


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_table_fits_eighty_columns_and_cuts_nothing(language: str) -> None:
    said = run(*MORNING, "--lang", language, columns="80").output
    assert max(map(len, said.splitlines())) <= 80
    assert said.splitlines()[1].startswith("  ")
    assert "…" not in said
    assert re.search(r"^  hpa-50 +HPA", said, re.MULTILINE), "what the names mean stands below"


def test_text_is_a_table_in_the_readers_language() -> None:
    shown = run(*MORNING, "--lang", "fr").output
    assert "heures-réplica" in shown
    assert "HPA à 70 %" in shown


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["2021-04-07"], "no such scenario '2021-04-07': there is 2020-03-16"),
        (["2021-04-06", *MORNING], "not both"),
        (MORNING[:4], "say the window: --from and a later --until"),
        ([*MORNING[:5], "2021-04-06T06:00:00+02:00", "--until", "2021-07-06T06:00:00+02:00"], "days after --from"),
        ([*MORNING, "--deviation", "-3"], "--deviation"),
        ([*MORNING, "--rivals", "hpa,kpa"], "no rival 'kpa': there is hpa, hpa-50, keda-cron"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_two(args: list[str], said: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert said in result.output
    assert result.exc_info is not None
    assert result.exc_info[0] is SystemExit


@pytest.mark.parametrize("option", ["--from=2030-01-01T00:00:00Z", "--until=2030-01-01T00:00:00Z", "--name=nope"])
def test_what_says_which_platform_and_when_is_refused_with_a_scenario(option: str) -> None:
    result = run("site-lost", option)
    assert result.exit_code == 2
    assert "goes with -f only" in result.output


def test_an_option_without_anything_to_replay_is_refused() -> None:
    result = run("--report", "x.html")
    assert result.exit_code == 2
    assert "needs a scenario, or files with -f" in result.output


def test_a_window_within_one_minute_is_refused() -> None:
    result = run(*MORNING[:2], "--from", "2021-04-06T08:30:00+02:00", "--until", "2021-04-06T08:30:30+02:00")
    assert result.exit_code == 2
    assert "a later --until" in result.output


def test_a_report_that_cannot_be_written_leaves_the_answer_and_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    result = run(*MORNING, "--rivals", "hpa", "-o", "json", "--report", str(tmp_path / "x.svg"))
    assert result.exit_code == 2
    assert '"results"' in result.output
    assert "x.svg cannot be written (No space left on device): name another place" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_name_too_long_for_a_report_is_a_usage_error() -> None:
    result = run(*MORNING, "--report", f"{'x' * 300}.svg")
    assert result.exit_code == 2
    assert "File name too long" in result.output
