"""``entcapacity replay`` as a person and a machine meet it."""

import json
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


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["replay", *args], env={"LANG": "en_GB.UTF-8", "COLUMNS": "140"})


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
    assert document["highOverActual"] > 1
    names = [each["name"] for each in document["results"]]
    assert names == ["entcapacity", "hpa", "hpa-50", "keda-cron", "last-week", "static-max", "optimum", "ideal"]
    chapter = (EXAMPLES.parent / "docs" / "cli.md").read_text(encoding="utf-8").partition("## replay")[2]
    for name in (*document, *document["deviation"], *document["results"][0]):
        assert name == "version" or f"`{name}`" in chapter, name


def test_ours_refuses_nobody(document: Any) -> None:
    ours = document["results"][0]
    assert ours["refusedUserMinutes"] == ours["saturatedMinutes"] == ours["longestWaitSeconds"] == 0


def test_csv_has_a_row_for_each() -> None:
    lines = run(*MORNING, "-o", "csv").output.splitlines()
    assert lines[0].startswith("name,saturatedMinutes,refusedUserMinutes,longestWaitSeconds,replicaHours,peakReplicas")
    assert len(lines) == 9


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
    ],
)
def test_wrong_usage_is_told_and_ends_with_two(args: list[str], said: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert said in result.output
    assert result.exc_info is not None
    assert result.exc_info[0] is SystemExit
