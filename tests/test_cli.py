"""The command line: what it answers, in which shape, and with which exit code."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import icalendar
import pytest
import yaml
from click.testing import CliRunner, Result

from entcapacity.cli import asking, planning
from entcapacity.cli.commands import cli

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PLATFORM, ANNOUNCED = str(EXAMPLES / "regional-ent.yaml"), str(EXAMPLES / "announcements-2021.yaml")
APRIL_6 = ["--from", "2021-04-06T00:00:00+02:00", "--days", "1"]
ON_TELEVISION = ["--as-of", "2021-03-31T20:00:00+02:00"]
PLAN = ["plan", "-f", PLATFORM, "-f", ANNOUNCED, *APRIL_6, *ON_TELEVISION]


def run(*args: str, stdin: str | bytes | None = None, **environment: str) -> Result:
    result = CliRunner().invoke(cli, args, input=stdin, env={"LANG": "en_US.UTF-8", "LC_ALL": None, **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def answered(*args: str) -> Any:
    """The JSON document of a command that has to succeed."""
    result = run(*args, "-o", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*args: str, code: int = 2) -> str:
    """What a command that has to fail says, in one line."""
    result = run(*args)
    assert result.exit_code == code, result.output
    return " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def plan_outputs() -> Mapping[str, str]:
    """What ``PLAN`` prints in every form; the plan itself is made once."""
    planned, made = planning._planned, []

    def once(*args: Any) -> Any:
        if not made:
            made.append(planned(*args))
        return made[0]

    forms = {"text": [], "csv": ["-o", "csv"], "every minute": ["-o", "json"]}
    forms |= {form: ["-o", form, "--every", "10"] for form in ("json", "yaml")}
    forms |= {"of portal": ["--workload", "portal"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "_planned", once)
        results = {form: run(*PLAN, *args) for form, args in forms.items()}
    assert all(each.exit_code == 0 for each in results.values())
    return {form: each.stdout for form, each in results.items()}


@pytest.fixture(scope="module")
def plan_document(plan_outputs: Mapping[str, str]) -> Any:
    return json.loads(plan_outputs["json"])


def instant(text: str) -> datetime:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), f"{text} is not a UTC instant"
    return datetime.fromisoformat(text)


# --- help and documentation -------------------------------------------------------------------------------------------


def test_help_lists_commands_without_cutting_what_they_are_for() -> None:
    assert "..." not in run("--help", COLUMNS="80").output.partition("Commands:")[2]


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_help_has_an_example(command: str | None) -> None:
    result = run(*filter(None, [command]), "--help")
    assert result.exit_code == 0
    assert "Example:" in result.output
    assert f"entcapacity {command or 'plan'} " in result.output


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_help_fits_eighty_columns_under_both_names(command: str | None) -> None:
    said = run(*filter(None, [command]), "--help", COLUMNS="80").output
    above, _, examples = said.partition("Example:")
    assert max(map(len, above.splitlines())) <= 80
    assert max(len(line.replace("entcapacity ", "kubectl entcap ")) for line in examples.splitlines()) <= 80


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_an_example_of_two_lines_is_one_command(command: str | None) -> None:
    said = run(*filter(None, [command]), "--help").output.partition("Example:")[2].split("\n\n")[1]
    for call in said.replace("\\\n", " ").splitlines():
        assert call.strip().startswith(f"entcapacity {command or 'plan'} "), call


def sections(text: str) -> Mapping[str, str]:
    """The chapters of docs/cli.md by title."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


DOCS = sections((ROOT / "docs" / "cli.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", cli.commands)
def test_every_command_and_option_is_documented(command: str) -> None:
    for parameter in cli.commands[command].params:
        if isinstance(parameter, click.Option):
            for name in parameter.opts:
                if name.startswith("--") or command == "plan":
                    assert f"`{name}`" in DOCS[command], f"docs/cli.md, {command}: {name} is missing"


def field_names(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from field_names(value)
    elif isinstance(document, list | tuple):
        for each in document:
            yield from field_names(each)


def assert_documented(command: str, document: Any) -> None:
    missing = {name for name in field_names(document) if f"`{name}`" not in DOCS[command]}
    assert missing <= {"version"}, f"docs/cli.md, {command}: {missing}"
    assert document["version"] == 1


def assert_complete(command: str, *documents: Any) -> None:
    """That no field of the chapter's table is missing; values, which begin with a capital, are no fields."""
    table = DOCS[command].partition("| Field | Meaning |")[2].replace("as for `plan`", "")
    missing = set(re.findall(r"`([a-z]\w+)`", table)) - set(field_names(documents))
    assert not missing, f"{command} answers without {missing}, which docs/cli.md promises"


# --- plan -------------------------------------------------------------------------------------------------------------


def test_plan_has_the_documented_shape(plan_document: Any) -> None:
    assert_documented("plan", plan_document)
    assert plan_document["asOf"] == "2021-03-31T18:00:00Z"
    assert (plan_document["from"], plan_document["until"]) == ("2021-04-05T22:00:00Z", "2021-04-06T22:00:00Z")
    assert plan_document["timezone"] == "Europe/Paris"
    assert [each["name"] for each in plan_document["workloads"]][:2] == ["pgbouncer", "auth"]
    for workload in plan_document["workloads"]:
        assert workload["target"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload["name"]}
        times = [instant(step["time"]) for step in workload["steps"]]
        assert times == sorted(set(times))
        assert times[0] == instant(plan_document["from"])
        floors = [step["floor"] for step in workload["steps"]]
        assert all(one != other for one, other in pairwise(floors))
        assert all(step["reason"] and step["code"] for step in workload["steps"])
        assert workload["min"] <= workload["peak"]["floor"] <= workload["max"]
    date.fromisoformat(plan_document["calendar"]["knownUntil"])


def test_plan_is_ready_before_half_past_eight_on_the_first_remote_day(plan_document: Any) -> None:
    (portal,) = (each for each in plan_document["workloads"] if each["name"] == "portal")
    steps = [step for step in portal["steps"] if instant(step["time"]) <= datetime(2021, 4, 6, 6, 0, tzinfo=UTC)]
    assert steps[-1]["floor"] == portal["peak"]["need"] == portal["peak"]["floor"]
    assert "first remote day for" in steps[-1]["reason"]


def test_plan_tells_shortfall_waits_and_notices(plan_document: Any) -> None:
    (auth,) = (each for each in plan_document["workloads"] if each["name"] == "auth")
    assert max(each["replicas"] for each in auth["shortfall"]) == auth["peak"]["need"] - auth["max"] > 0
    assert auth["tooLate"] is None
    assert plan_document["admission"][0]["limitedBy"] == "auth"
    assert {"Short", "Waiting"} <= {each["code"] for each in plan_document["notices"]}
    assert plan_document["cost"]["replicaHours"] > 3 * plan_document["cost"]["usualReplicaHours"]


def test_thinned_demand_loses_no_peak(plan_document: Any, plan_outputs: Mapping[str, str]) -> None:
    every_minute = json.loads(plan_outputs["every minute"])["demand"]
    assert len(every_minute) == 10 * len(plan_document["demand"]) == 1440
    for what in ("sessions", "logins"):
        for side in ("expected", "high"):
            assert max(each[what][side] for each in every_minute) == max(
                each[what][side] for each in plan_document["demand"]
            )
    assert all(
        each[what]["low"] <= each[what]["expected"] <= each[what]["high"]
        for each in every_minute
        for what in ("sessions", "logins")
    )


def test_yaml_holds_the_same_document_as_json(plan_document: Any, plan_outputs: Mapping[str, str]) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    assert yaml.load(plan_outputs["yaml"], loader) == plan_document


def test_csv_has_one_row_for_each_step(plan_document: Any, plan_outputs: Mapping[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(plan_outputs["csv"])))
    assert list(rows[0]) == ["workload", "time", "floor", "reason"]
    expected = [
        (workload["name"], step["time"], str(step["floor"]), step["reason"])
        for workload in plan_document["workloads"]
        for step in workload["steps"]
    ]
    assert [tuple(row.values()) for row in rows] == expected


def test_a_plan_of_the_past_knows_only_what_was_known_at_its_beginning() -> None:
    before = ["plan", "-f", PLATFORM, "-f", ANNOUNCED, "--from", "2021-03-31T12:00:00+02:00", "--days", "8"]
    document = answered(*before, "--every", "1440")
    assert document["asOf"] == document["from"]
    assert "Remote" not in {each["kind"] for each in document["calendar"]["days"]}


@pytest.mark.parametrize("as_of", ["2021-04-06T00:00:00+02:00", "2021-04-06T16:00:00+02:00"])
def test_replica_hours_of_workloads_add_up_to_the_cost(as_of: str) -> None:
    document = answered(*PLAN[:-2], "--as-of", as_of, "--every", "1440")
    hours = [each["replicaHours"] for each in document["workloads"]]
    assert sum(hours) == pytest.approx(document["cost"]["replicaHours"], abs=0.05 * (len(hours) + 1))


def test_where_no_maximum_is_known_nobody_says_that_capacity_suffices() -> None:
    said = " ".join(run("plan", "-f", str(EXAMPLES / "minimal.yaml"), "-f", ANNOUNCED, *APRIL_6).stdout.split())
    assert "no maximum is known for auth and portal: capacity was not checked" in said
    assert "Nothing to worry about" not in said


def test_the_chart_draws_no_floor_before_as_of() -> None:
    shown = run(*PLAN[:-2], "--as-of", "2021-04-06T16:00:00+02:00").output
    chart = shown.split("workspace: replicas")[1].split("sessions")[0].replace("# replicas", "")
    columns = [line.index("#") for line in chart.splitlines() if "#" in line]
    afternoon = next(line.index("15:00") for line in chart.splitlines() if "15:00" in line)
    assert columns
    assert min(columns) > afternoon


def test_what_was_announced_an_hour_before_is_too_late() -> None:
    document = answered(*PLAN[:-2], "--as-of", "2021-04-06T06:30:00+02:00", "--floor", "portal=4", "--every", "1440")
    assert_complete("plan", document)
    (portal,) = (each for each in document["workloads"] if each["name"] == "portal")
    first = portal["steps"][0]
    assert (first["time"], first["floor"], first["code"]) == ("2021-04-06T04:30:00Z", 4, "CatchingUp")
    assert first["reason"].startswith("from 4 in effect at 06:30, up 20/min, towards ")
    assert portal["tooLate"]["since"] == "2021-04-06T04:30:00Z"


def test_text_shows_ramps_in_one_line_peaks_cost_and_charts(
    plan_document: Any, plan_outputs: Mapping[str, str]
) -> None:
    shown = plan_outputs["text"]
    (auth,) = (each for each in plan_document["workloads"] if each["name"] == "auth")
    assert re.search(r"\d\d:\d\d–\d\d:\d\d +\d+ → \d+ ", shown)
    peak, most = auth["peak"]["need"], auth["max"]
    assert peak > most
    assert re.search(rf"peak: need {peak} at 2021-04-06 \d\d:\d\d, floor {most}", shown)
    assert re.search(r"\d\d:\d\d +\d+  need \d+ at \d\d:\d\d; lead \d+ min", shown)
    assert re.search(r"[\d,]+ replica-hours, \d\.\d times the same days of an ordinary week", shown)
    assert "auth: replicas" in shown, "of the one that lacks the most"
    assert re.search(r"100,000┤", shown), "round figures on the axis"
    assert "│" in shown
    assert "\x1b" not in shown, "colours only on a terminal"


def test_the_notices_of_a_plan_stand_last_and_are_those_of_all_though_one_workload_is_shown(
    plan_outputs: Mapping[str, str],
) -> None:
    for form in ("text", "of portal"):
        *_, said = plan_outputs[form].partition("Take note")
        assert "auth: " in said
        assert "limited by auth" in said
        assert "│" not in said
    assert re.findall(r"^(\S+)  min \d", plan_outputs["of portal"], re.MULTILINE) == ["portal"]
    assert "portal: replicas" in plan_outputs["of portal"]


def test_lines_of_a_plan_that_are_too_long_go_on_indented() -> None:
    shown = run(*PLAN, "--workload", "auth", COLUMNS="80").output
    assert max(map(len, shown.splitlines())) <= 80
    below = shown.partition("Who waits\n")[2].partition("auth: replicas")[0]
    assert {line for line in below.splitlines() if line and not line.startswith("  ")} == {"Start slots", "Cost"}


def test_a_date_begins_at_midnight_where_most_users_live() -> None:
    island = str(EXAMPLES / "overseas.yaml")
    one_day = ["--from", "2026-12-07", "--days", "1", "--every", "1440"]
    made = answered("plan", "-f", island, *one_day)
    assert instant(made["from"]).astimezone(ZoneInfo(made["timezone"])).strftime("%Y-%m-%d %H:%M") == "2026-12-07 00:00"
    answer = answered("plan", "-f", PLATFORM, *one_day, "--workload", "cas")
    assert answer["from"] == "2026-12-06T23:00:00Z"
    assert [each["name"] for each in answer["workloads"]] == ["cas"]
    said = refused("plan", "-f", PLATFORM, "--from", "2026-12-06T00:00")
    assert "write 2026-12-06T00:00:00+01:00 for Paris" in said, "winter time"


def test_french_is_spoken_where_the_environment_or_the_option_asks_for_it() -> None:
    monday = ["calendar", "--zone", "A", "--from", "2021-03-01", "--until", "2021-03-01"]
    assert "jour de classe" in run(*monday, LANG="fr_FR.UTF-8").output
    assert "jour de classe" in run(*monday, "--lang", "fr").output
    assert "class day" in run(*monday, "--lang", "en", LANG="fr_FR.UTF-8").output


def test_a_platform_is_read_from_standard_input() -> None:
    text = (EXAMPLES / "minimal.yaml").read_bytes()
    result = run("plan", "-f", "-", *APRIL_6, "-o", "json", "--every", "1440", stdin=text)
    assert json.loads(result.stdout)["name"] == "occitanie"


# --- calendar ---------------------------------------------------------------------------------------------------------


def days(*args: str) -> dict[str, Any]:
    document = answered("calendar", *args)
    assert_documented("calendar", document)
    return {each["date"]: each for each in document["days"]}


def test_calendar_has_all_documented_fields(tmp_path: Path) -> None:
    path = tmp_path / "hybrid.yaml"
    path.write_text(
        "apiVersion: entcapacity.io/v1alpha1\nkind: SchoolAnnouncement\nmetadata: {name: hybrid}\n"
        'spec: {announcedAt: "2021-03-01T00:00:00Z", scope: {departements: ["31"], levels: [Lycee]},\n'
        "  periods: [{from: 2021-03-08, until: 2021-03-08, schooling: Hybrid, onSitePercent: 50}]}\n",
        encoding="utf-8",
    )
    monday = ["--from", "2021-03-08", "--until", "2021-03-08", "-f", str(path)]
    places = [("--zone", "C"), ("--academie", "Toulouse"), ("--departement", "31", "--level", "Lycee")]
    assert_complete("calendar", *(answered("calendar", *where, *monday) for where in places))


def test_calendar_of_april_2021_in_zone_c() -> None:
    found = days("--zone", "C", "--level", "Lycee", "--from", "2021-04-02", "--until", "2021-04-30", "-f", ANNOUNCED)
    assert len(found) == 29
    assert found["2021-04-05"]["kind"] == "PublicHoliday"
    assert found["2021-04-06"]["kind"] == "Remote"
    assert found["2021-04-06"]["announcement"] == "confinement-2021-04"
    assert found["2021-04-12"]["kind"] == "Holiday"
    assert found["2021-04-17"]["kind"] == "Weekend"
    assert found["2021-04-26"]["kind"] == "Remote"


def test_calendar_as_of_the_day_before_knows_nothing_of_it() -> None:
    span = ("--zone", "C", "--from", "2021-04-06", "--until", "2021-04-06", "-f", ANNOUNCED)
    found = days(*span, "--as-of", "2021-03-31T19:59:00+02:00")
    assert found["2021-04-06"]["kind"] == "OnSite"


def test_calendar_says_which_departements_and_levels_differ() -> None:
    good_friday = days("--zone", "B", "--from", "2021-04-02", "--until", "2021-04-02")["2021-04-02"]
    assert good_friday["kind"] == "OnSite"
    assert good_friday["reason"] == "class day; PublicHoliday in 57, 67, 68"
    remote = days("--departement", "31", "--from", "2021-04-26", "--until", "2021-04-26", "-f", ANNOUNCED)["2021-04-26"]
    assert remote["reason"] == "class day; Remote for collèges and lycées"


def test_calendar_past_its_end_is_unknown() -> None:
    found = days("--academie", "Toulouse", "--from", "2040-01-02", "--until", "2040-01-07")
    assert [each["kind"] for each in found.values()] == ["Unknown"] * 5 + ["Weekend"]


def test_calendar_csv_has_date_kind_and_reason() -> None:
    result = run("calendar", "--zone", "Corse", "--from", "2021-11-11", "--until", "2021-11-11", "-o", "csv")
    assert result.stdout.splitlines() == ["date,kind,reason", "2021-11-11,PublicHoliday,public holiday: Armistice"]


def test_calendar_ics_has_an_event_for_each_run_of_days() -> None:
    args = ["calendar", "--academie", "Toulouse", "--from", "2021-04-01", "--until", "2021-05-10", "-f", ANNOUNCED]
    result = run(*args, "-o", "ics")
    assert "\r\n" in result.stdout_bytes.decode()
    events = icalendar.Calendar.from_ical(result.stdout).walk("VEVENT")
    assert [str(each["SUMMARY"])[:25] for each in events][1] == "Remote by confinement-202"
    spans = {str(each["CATEGORIES"].to_ical(), "utf-8"): (each["DTSTART"].dt, each["DTEND"].dt) for each in events}
    assert spans["Remote"] == (date(2021, 4, 6), date(2021, 4, 10))
    assert spans["Holiday"] == (date(2021, 4, 10), date(2021, 4, 26))
    uids = [str(each["UID"]) for each in events]
    assert len(set(uids)) == len(uids)
    again = icalendar.Calendar.from_ical(run(*args, "-o", "ics").stdout).walk("VEVENT")
    assert [str(each["UID"]) for each in again] == uids
    for other in (["--level", "Lycee"], ["--role", "Teacher"]):
        theirs = icalendar.Calendar.from_ical(run(*args, *other, "-o", "ics").stdout).walk("VEVENT")
        assert not {str(each["UID"]) for each in theirs} & set(uids), other


def test_calendar_text_draws_months_and_folds_equal_days() -> None:
    span = ["--from", "2021-03-01", "--until", "2021-04-30", "-f", ANNOUNCED, "--level", "Ecole"]
    shown = run("calendar", "--academie", "Toulouse", *span).output
    assert "2021-04  ··--PRRRR--HHHHH--HHHHH--·····" in shown
    assert "Mon 2021-03-01 – Fri 2021-04-02  OnSite" in shown
    assert "Sat 2021-04-10 – Sun 2021-04-25  Holiday" in shown


# --- explain and diff -------------------------------------------------------------------------------------------------


def test_explain_has_the_documented_shape_and_ends_with_the_floor() -> None:
    args = ["explain", "-f", PLATFORM, "-f", ANNOUNCED, "--at", "2021-04-06T08:30:00+02:00", *ON_TELEVISION]
    document = answered(*args, "--workload", "portal")
    assert_documented("explain", document)
    assert_complete("explain", document)
    (portal,) = document["workloads"]
    assert portal["terms"][-1]["symbol"] == "floor"
    assert portal["terms"][-1]["value"] == portal["floor"]
    assert instant(portal["drivenBy"]) > instant(document["at"])
    floats = [term["value"] for term in portal["terms"] if isinstance(term["value"], float)]
    assert floats == [float(f"{value:.12g}") for value in floats]
    shown = run(*args, "--workload", "portal").output
    assert re.search(r"= [\d.]+ ÷ \(12 × 0\.5\)", shown)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_explain_fits_eighty_columns_and_what_goes_on_stays_indented(language: str) -> None:
    args = ["explain", "-f", PLATFORM, "-f", ANNOUNCED, "--at", "2021-04-06T08:30:00+02:00", *ON_TELEVISION]
    said = run(*args, "--workload", "portal", "--lang", language, COLUMNS="80").output
    assert max(map(len, said.splitlines())) <= 80
    head, *lines = said.partition("\n\n")[0].splitlines()
    assert head.startswith("hauts-de-france, portal")
    assert len(lines) >= 2
    assert all(line.startswith("  ") for line in lines)
    # a formula stands in one piece above its meaning
    assert re.search(r"^u +[\d.]+ += [\d.]+ ÷ \(12 × 0\.5\)\n {15,}\S", said, re.MULTILINE)


def test_diff_shows_what_an_announcement_changes() -> None:
    sides = ["--old", PLATFORM, "--new", PLATFORM, "--new", ANNOUNCED, *APRIL_6, *ON_TELEVISION]
    document = answered("diff", *sides)
    assert_documented("diff", document)
    assert_complete("diff", document)
    assert document["changed"]
    assert "confinement-2021-04" in document["announcements"]["added"]
    assert document["announcements"]["notYetKnown"] == ["rentree-antilles-2021-08"]
    portal = next(each for each in document["workloads"] if each["name"] == "portal")
    before, after = portal["old"]["peakNeed"], portal["new"]["peakNeed"]
    assert portal["change"] == "Changed"
    assert 3 * before < after
    assert {each["code"] for each in document["notices"]["added"]} == {"Short", "Waiting"}
    shown = run("diff", *sides).output
    assert f"| portal | {before} → {after} | {before} → {after} | 0 |" in shown


def test_diff_says_plainly_that_nothing_changes() -> None:
    sides = ["--old", PLATFORM, "--new", PLATFORM, *APRIL_6]
    assert "No change" in run("diff", *sides).output
    assert answered("diff", *sides)["changed"] is False


def test_diff_names_workloads_that_come_and_go(tmp_path: Path) -> None:
    text = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    renamed = tmp_path / "new.yaml"
    renamed.write_text(text.replace("name: portal", "name: web"), encoding="utf-8")
    document = answered("diff", "--old", str(EXAMPLES / "minimal.yaml"), "--new", str(renamed), *APRIL_6)
    changes = {each["name"]: each["change"] for each in document["workloads"]}
    assert changes == {"auth": "None", "web": "Added", "portal": "Removed"}
    assert (
        "| web | – → " in run("diff", "--old", str(EXAMPLES / "minimal.yaml"), "--new", str(renamed), *APRIL_6).output
    )


# --- validate ---------------------------------------------------------------------------------------------------------


def test_validate_accepts_the_examples() -> None:
    document = answered("validate", str(EXAMPLES))
    assert_documented("validate", document)
    assert document["valid"]
    assert {"ENTCapacity", "SchoolAnnouncement", "SchoolCalendar"} <= {each["kind"] for each in document["resources"]}


def test_validate_tells_every_problem_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    text = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("Toulouse", "Toulose").replace("300000", "-1"), encoding="utf-8")
    result = run("validate", str(path))
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    written = path.read_text(encoding="utf-8").splitlines()
    line = next(number for number, each in enumerate(written, start=1) if "Toulose" in each)
    assert lines[0].startswith(f"Error: {path}:{line}: spec.audience[0].academies[0]: unknown académie 'Toulose'")
    document = json.loads(run("validate", str(path), "-o", "json").stdout)
    assert_documented("validate", document)
    assert_complete("validate", document, answered("validate", PLATFORM))
    assert [each["path"] for each in document["problems"]] == [
        "spec.audience[0].academies[0]",
        "spec.audience[0].pupils",
    ]


# --- bad input --------------------------------------------------------------------------------------------------------

SPAN = ["--from", "2021-04-01", "--until", "2021-04-02"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["calendar", *SPAN], "exactly one of --zone, --academie and --departement"),
        (["calendar", "--zone", "A", "--academie", "Lyon", *SPAN], "exactly one of"),
        (["calendar", "--zone", "D", *SPAN], "Invalid value for '--zone': unknown zone 'D'"),
        (["diff", "--old", "-", "--new", PLATFORM, "--new", "-"], "the standard input can be read once"),
        (["calendar", "--academie", "toulouse", *SPAN], "did you mean 'Toulouse'?"),
        (["calendar", "--departement", "Ariège", *SPAN], "did you mean '09'?"),
        (["calendar", "--zone", "A", "--from", "2021-04-02", "--until", "2021-04-01"], "is before --from"),
        (["calendar", "--zone", "A", "--from", "6 April", "--until", "2021-04-01"], "write 2021-04-06"),
        (["calendar", "--zone", "A", "--from", "0001-01-01", "--until", "2021-04-01"], "a year from 1970 to 2199"),
        (["calendar", "--zone", "A", "--from", "1980-01-01", "--until", "2021-04-01"], "ask for fewer"),
        (["calendar", "--zone", "A", *SPAN, "--as-of", "2021-04-01"], "write 2021-04-01T00:00:00+02:00"),
        (["plan", "-f", PLATFORM, "--from", "2021-04-06T08:00"], "write 2021-04-06T08:00:00+02:00"),
        (["plan", "-f", PLATFORM, "--from", "06/04/2021"], "is neither a date nor an instant: write 2021-04-06, 2021-"),
        (["plan", "-f", PLATFORM, "--as-of", "06/04/2021"], "is not an instant: write 2021-03-31T20:00:00+02:00"),
        (["replay", "-f", PLATFORM, "--until", "7 April"], "is neither a date nor an instant: write 2021-04-06"),
        (["plan", "-f", PLATFORM, "--days", "61"], "61 is not in the range"),
        (["plan", "-f", PLATFORM, "--days", "0"], "0 is not in the range"),
        (["plan", "-f", PLATFORM, *APRIL_6, "--as-of", "2021-05-01T00:00:00+02:00"], "lies after the window"),
        (["plan", "-f", PLATFORM, "--floor", "auth"], "write auth=6"),
        (["plan", "-f", PLATFORM, "--floor", "nobody=6"], "no workload 'nobody': there is pgbouncer"),
        (["plan", "-f", PLATFORM, "-o", "xml"], "'xml' is not one of"),
        (["plan", "-f", PLATFORM, "--context", "production"], "goes without -f: files need no cluster"),
        (["plan", "occitanie", "--name", "other"], "name one ENTCapacity"),
        (["explain", "-f", PLATFORM, "--workload", "nobody"], "no workload 'nobody'"),
        (
            ["explain", "-f", PLATFORM, "--at", "2021-04-06T08:00:00Z", "--as-of", "2021-04-06T09:00:00Z"],
            "a plan asks for nothing in the past",
        ),
        (
            ["explain", "-f", PLATFORM, "--at", "2021-04-06T08:00:30Z", "--as-of", "2021-04-06T08:00:20Z"],
            "a plan asks for nothing in the past",
        ),
        (["plan", "-f", PLATFORM, *APRIL_6, "--as-of", "2021-04-06T23:59:30+02:00"], "lies after the window"),
        (["validate"], "Missing argument 'FILE...'"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_usage_is_told_with_the_way_out(args: list[str], said: str) -> None:
    assert said in refused(*args, code=2)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["plan", "-f", "missing.yaml"], "Error: missing.yaml: cannot be read"),
        (["plan", "-f", sys.executable], "is no text but a binary file"),
        (["plan", "-f", ANNOUNCED], "there is no ENTCapacity in these files"),
        (["plan", "-f", str(EXAMPLES)], "choose one with --name: ent/occitanie-full, ent/occitanie"),
        (["plan", "-f", PLATFORM, "--name", "nobody"], "there is no ENTCapacity 'nobody'"),
        (["diff", "--old", PLATFORM, "--new", "missing.yaml"], "Error: missing.yaml: cannot be read"),
        (["diff", "--old", "missing.yaml", "--new", "missing.yaml"], "Error: missing.yaml: cannot be read"),
        (["calendar", "--zone", "A", *SPAN, "-f", "missing.csv"], "Error: missing.csv: cannot be read"),
    ],
)
def test_files_that_cannot_be_used_are_told(args: list[str], said: str) -> None:
    told = refused(*args, code=1)
    assert said in told
    assert told.count("Error: ") == 1


BREAKING = {
    "an unknown académie": ("academies: [Toulouse, Montpellier]", "academies: [Atlantis]", "unknown académie"),
    "negative users": ("pupils: 300000", "pupils: -5", "greater than or equal to 0"),
    "a population of 10¹²": ("pupils: 300000", "pupils: 1000000000000", "less than or equal to 20000000"),
    "a curve that does not cover the day": (
        "  workloads:",
        '  demand: {curves: {Remote: [{points: [{at: "08:00", percent: 1}, {at: "24:00", percent: 1}]}]}}\n'
        "  workloads:",
        "points do not cover the day",
    ),
    "a period that ends before it starts": (
        "  workloads:",
        '  events: [{name: e, from: "2021-04-06T10:00:00Z", until: "2021-04-06T09:00:00Z", percent: 200}]\n'
        "  workloads:",
        "until is not after from",
    ),
    "an unknown field": ("pupils: 300000", "pupil: 300000", "did you mean pupils?"),
    "replicas in quotes": ("replicas: 12", 'replicas: "12"', "not a whole number"),
    "no workloads": ("workloads:", "workload:", "spec.workloads: is missing"),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_broken_platform_is_told_and_never_guessed(case: str, tmp_path: Path) -> None:
    old, new, said = BREAKING[case]
    text = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "platform.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    for command in (["validate", str(path)], ["plan", "-f", str(path)], ["explain", "-f", str(path)]):
        assert said in refused(*command, code=1)


def test_an_ics_without_zones_serves_a_calendar_but_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "ponts.ics"
    path.write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20210101T000000Z\n"
        "DTSTART;VALUE=DATE:20210312\nSUMMARY:Pont\nEND:VEVENT\nEND:VCALENDAR\n",
        encoding="utf-8",
    )
    found = days("--departement", "31", "--from", "2021-03-12", "--until", "2021-03-12", "-f", str(path))
    assert found["2021-03-12"]["reason"] == "Pont"
    assert "a SchoolCalendar names in fromConfigMap" in refused("plan", "-f", PLATFORM, "-f", str(path), code=1)


def test_a_plan_past_the_calendar_says_so() -> None:
    document = answered(
        "plan", "-f", str(EXAMPLES / "minimal.yaml"), "--from", "2040-01-02T00:00:00+01:00", "--every", "1440"
    )
    assert {each["kind"] for each in document["calendar"]["days"]} == {"Unknown"}
    assert "CalendarEnds" in {each["code"] for each in document["notices"]}


# --- as a program -----------------------------------------------------------------------------------------------------


def program(*args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "entcapacity", *args],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_help_needs_none_of_the_slow_imports() -> None:
    result = program("--help", PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 0
    imported = {line.rpartition(b"|")[2].strip().decode() for line in result.stderr.splitlines()}
    assert not imported & {"asyncio", "numpy", "pydantic", "rich", "plotext", "holidays", "icalendar", "yaml"}


def test_output_is_utf_8_whatever_the_environment_says() -> None:
    result = program("calendar", "--help", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "Académie" in result.stdout.decode("utf-8")


@pytest.mark.parametrize("form", ["text", "json", "yaml", "csv"])
def test_a_file_name_that_is_no_text_is_shown_all_the_same(form: str) -> None:
    result = run("validate", os.fsdecode(b"f\xff.yaml"), "-o", form)
    assert result.exit_code == 1
    assert "f\\udcff.yaml" in result.output.replace("\\\\", "\\")


def test_an_argument_that_is_no_text_is_shown_all_the_same() -> None:
    result = program("calendar", "--zone", os.fsdecode(b"\xff"), *SPAN)
    assert result.returncode == 2
    assert b"unknown zone '\\udcff'" in result.stderr


def test_a_reader_that_goes_away_brings_no_traceback() -> None:
    command = [sys.executable, "-m", "entcapacity", "calendar", "--zone", "Corse", *SPAN, "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # before anything is written, as a pipe may hold more than the whole answer
        assert process.stderr.read() == b""
        assert process.wait() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "entcapacity", "--help"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert result.returncode == 1
    assert result.stderr == b"Error: the answer cannot be written: No space left on device\n"


# --- what changes a cluster, before it is asked -----------------------------------------------------------------------


def test_what_is_printed_for_git_goes_without_what_speaks_of_a_cluster() -> None:
    for more in (["--yes"], ["--dry-run"], ["--context", "dr"]):
        for command in (["announce", "remote"], ["boost", "ent", "--percent", "50", "--for", "3h"]):
            said = refused(*command, *more, "-o", "yaml")
            assert f"prints for Git and applies nothing: goes without {more[0]}" in said
    assert "name: " in refused("boost", "Occitanie!", "--percent", "50", "--for", "3h", "-o", "yaml")
    late = ["boost", "occitanie", "--percent", "50", "--until"]
    assert "until: the year lies outside" in refused(*late, "2199-01-01T00:00:00Z", "-o", "yaml")
    made = answered(*late, "2099-01-01T00:00:00Z")
    assert made["spec"] == {"boost": {"percent": 50, "until": "2099-01-01T00:00:00Z"}}


def test_levels_and_causes_may_be_written_as_they_come() -> None:
    made = answered("announce", "closed", "--level", "lycee", "--cause", "storm")
    assert (made["spec"]["scope"]["levels"], made["spec"]["cause"]) == (["Lycee"], "Storm")
    days = answered("calendar", "--zone", "A", "--from", "2021-04-06", "--until", "2021-04-06", "--level", "college")
    assert days["levels"] == ["College"]


def test_what_has_passed_is_told_of_what_was_given(tmp_path: Path) -> None:
    assert "'--from': every day" in refused("announce", "closed", "--from", "2021-04-06")
    late = run("announce", "remote", "--from", "2021-04-06", "-o", "yaml")
    assert "note: its first day, 2021-04-06, is" in late.stderr
    said_then = "--announced-at=2021-04-07T08:00:00Z"
    assert not run("announce", "remote", "--from", "2021-04-06", said_then, "-o", "yaml").stderr
    assert "'--until': every day" in refused("announce", "remote", "--from", "2021-04-06", "--until", "2021-04-09")
    file = tmp_path / "past.yaml"
    file.write_text(
        "apiVersion: entcapacity.io/v1alpha1\nkind: SchoolAnnouncement\nmetadata: {name: past}\n"
        'spec: {announcedAt: "2021-03-01T00:00:00Z", periods: [{from: "2021-04-06", until: "2021-04-09", '
        "schooling: Remote}]}\n",
        encoding="utf-8",
    )
    assert "'--file': every day" in refused("announce", "-f", str(file))


@pytest.mark.parametrize(
    ("language", "answer", "said"),
    [
        ("en", "y\n", "Apply? [y/N]: "),
        ("fr", "Oui\n", "Apply? [o/N]: "),
        ("fr", "peut-être\no\n", "Apply? [o/N]: Apply? [o/N]: "),
        ("en", "\n", "Apply? [y/N]: Error: nothing was applied\n"),
        ("fr", "non\n", "Apply? [o/N]: Error: rien n'a été appliqué\n"),
        ("en", "", "Apply? [y/N]: \nError: nobody can be asked here: --yes\n"),
    ],
)
def test_whoever_is_asked_may_answer_in_either_language(language: str, answer: str, said: str) -> None:
    @click.command()
    def command() -> None:
        asking.ask("Apply?", language)

    result = CliRunner().invoke(command, input=answer)
    assert (result.stdout, result.stderr, result.exit_code) == ("", said, int("Error" in said))


def test_a_kubeconfig_with_a_certificate_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    file, none = tmp_path / "kubeconfig", "bm90IGEgY2VydGlmaWNhdGU="
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": none}
    document = {
        "clusters": [{"name": "far", "cluster": cluster}],
        "users": [{"name": "me", "user": {"token": "x"}}],
        "contexts": [{"name": "far", "context": {"cluster": "far", "user": "me"}}],
        "current-context": "far",
    }
    file.write_text(json.dumps(document), encoding="utf-8")
    result = run("status", KUBECONFIG=str(file))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: the kubeconfig {file} cannot be used: ")


@pytest.mark.parametrize("command", ["run", "release"])
def test_without_a_cluster_there_is_no_operator_and_one_line_says_so(command: str, tmp_path: Path) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_")}
    done = subprocess.run(
        [sys.executable, "-m", "entcapacity", command],
        env=outside | {"KUBECONFIG": str(tmp_path / "none"), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: there is no kubeconfig at {tmp_path / 'none'}: set KUBECONFIG to its file\n"
