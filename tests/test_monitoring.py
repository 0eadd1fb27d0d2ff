"""The alerts and the dashboard that ship, tried by promtool and on a real Prometheus that scrapes the operator."""

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import helm_python as helm
import pytest
import yaml

from entcapacity.meters import _SOON_MINUTES, Meters
from operating import ROOT, Platform, announcement, capacity, deployment, eventually, heeds, hpa
from prometheus import Scraped, a_prometheus

CHART = ROOT / "charts" / "ent-capacity"
RULES, BOARD = CHART / "files" / "alerts.yaml", CHART / "files" / "dashboard.json"
TESTS = ROOT / "tests" / "alerts.yaml"
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
DASHBOARD: dict[str, Any] = json.loads(BOARD.read_text(encoding="utf-8"))
PANELS = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
DOCUMENTED = [
    each
    for each in re.split(
        r"(?:^#.*\n)+|\n(?!  )",  # comments, and lines that go on
        (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").partition("```promql\n")[2].partition("```")[0],
        flags=re.MULTILINE,
    )
    if each
]
METRICS = {name for each in Meters()._registry._collector_to_names.values() for name in each}
BEFORE_THE_BELL = "2021-04-06T06:00:00+02:00"
"""Of the first remote day."""


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus' own tool; without it the test is skipped."""
    found = shutil.which("promtool")
    assert found is not None
    return found


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"\bentcapacity_\w+", expression))


# --- alerts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [("check", RULES), ("test", TESTS)], ids=lambda what: what[0])
def test_promtool_finds_no_fault_with_the_alerts(promtool: str, what: tuple[str, Path]) -> None:
    command, file = what
    ran = subprocess.run([promtool, command, "rules", str(file)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def fired() -> dict[str, set[str]]:
    """The labels with which each alert fires in promtool's tests."""
    found: dict[str, set[str]] = {}
    for test in yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"]:
        expected = [each["exp_samples"] for each in test["promql_expr_test"]]
        labels = [dict(re.findall(r'(\w+)="([^"]*)"', one["labels"])) for each in expected for one in each]
        quiet = [] in expected or len(labels) < len(test["input_series"])
        assert quiet, f"{test['name']}: nothing in it keeps silent"
        for each in labels:
            found.setdefault(each["alertname"], set()).update(each)
    return found


def test_every_alert_is_seen_to_fire_and_to_keep_silent() -> None:
    assert set(fired()) == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_it_is_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert metrics_in(rule["expr"]) <= METRICS
    assert rule["labels"]["severity"] in ("critical", "warning")
    said = rule["annotations"]
    assert set(re.findall(r"\$labels\.(\w+)", str(said))) <= fired()[name]
    assert len(said["summary"]) < 150 < len(said["description"])
    file, _, anchor = said["runbook"].partition("#")
    titles = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in titles}


def test_the_minutes_that_are_said_are_those_of_the_code() -> None:
    said = [each["annotations"]["description"] for each in ALERTS.values()]
    assert {minutes for each in said for minutes in re.findall(r"Within (\d+) minutes", each)} == {str(_SOON_MINUTES)}


def test_every_alert_is_told_with_its_severity_and_no_other() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(ENTCapacity\w+)` \| (\w+) \|", page, re.MULTILINE))
    assert told == {name: rule["labels"]["severity"] for name, rule in ALERTS.items()}


# --- dashboard --------------------------------------------------------------------------------------------------------


def test_panels_have_an_id_and_a_place_of_their_own() -> None:
    ids = [each["id"] for each in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    places = {each["id"]: each["gridPos"] for each in DASHBOARD["panels"]}
    assert all(place["x"] + place["w"] <= 24 for place in places.values())
    for (one, a), (other, b) in combinations(places.items(), 2):
        apart = any(a[x] + a[w] <= b[x] or b[x] + b[w] <= a[x] for x, w in (("x", "w"), ("y", "h")))
        assert apart, f"panels {one} and {other} lie one on the other"


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))
def test_a_panel_tells_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    queries = [each["expr"] for each in panel["targets"]]
    assert set().union(*map(metrics_in, queries)) <= METRICS
    assert all(metrics_in(each) for each in queries)
    named = {each["name"] for each in DASHBOARD["templating"]["list"]} | {"__rate_interval"}
    assert set(re.findall(r"\$(\w+)", "".join(queries))) <= named
    if panel["type"] == "timeseries":
        assert all(each["legendFormat"] for each in panel["targets"])
    shown = {each["legendFormat"] for each in panel["targets"]}
    by_name = [each["matcher"] for each in panel["fieldConfig"]["overrides"] if each["matcher"]["id"] == "byName"]
    if panel["type"] != "table":
        assert {each["options"] for each in by_name} <= shown


def test_every_figure_is_on_the_dashboard_or_in_an_alert() -> None:
    asked = [target["expr"] for panel in PANELS for target in panel["targets"]]
    asked += [rule["expr"] for rule in ALERTS.values()]
    families = {each for each in METRICS if not each.endswith("_created")} - {
        "entcapacity_writes",  # as ..._total
        "entcapacity_passes",
        "entcapacity_failed_passes",
    }
    assert families == set().union(*map(metrics_in, asked))


# --- in the chart -----------------------------------------------------------------------------------------------------


def rendered(metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    with helm.Chart.load(CHART) as chart:
        texts = chart.render({"metrics": metrics}, name="ent-capacity", namespace="ent-capacity")
    wanted = ("templates/prometheusrule.yaml", "templates/dashboard.yaml")
    return {path: yaml.safe_load(text) for path, text in texts.items() if path.endswith(wanted) and text.strip()}


def test_the_chart_brings_both_as_they_are_and_only_when_asked() -> None:
    assert rendered({}) == {}
    (rule,) = rendered({"rules": {"enabled": True, "labels": {"release": "prometheus"}}}).values()
    assert rule["spec"] == yaml.safe_load(RULES.read_text(encoding="utf-8"))
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    (board,) = rendered({"dashboard": {"enabled": True, "annotations": {"grafana_folder": "ENT"}}}).values()
    assert board["data"] == {"ent-capacity.json": BOARD.read_text(encoding="utf-8")}
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["metadata"]["annotations"] == {"grafana_folder": "ENT"}


def test_alerts_take_labels_and_the_address_of_the_docs() -> None:
    docs = "https://git.example.org/ent-capacity/-/blob/main/docs/"
    (rule,) = rendered({"rules": {"enabled": True, "alertLabels": {"team": "ent"}, "docs": docs}}).values()
    first, *_ = rule["spec"]["groups"][0]["rules"]
    assert first["labels"] == {"severity": "critical", "team": "ent"}
    assert first["annotations"]["runbook_url"] == docs + "conditions.md#notready"


# --- for real ---------------------------------------------------------------------------------------------------------


def asked_as_grafana_does(expression: str, namespace: str) -> str:
    known = {"namespace": namespace, "platform": "ent", "workload": "auth", "__rate_interval": "10s"}
    return re.sub(r"\$(\w+)", lambda found: known[found[1]], expression)


def unanswered(running: Scraped, namespace: str) -> list[str]:
    """The queries without data."""
    asked = [asked_as_grafana_does(each["expr"], namespace) for panel in PANELS for each in panel["targets"]]
    return [each for each in asked if not running.asked("query", query=each)["result"]]


def pending(running: Scraped, namespace: str) -> set[tuple[str, str]]:
    """Alerts of a namespace that fire, or will if it stays so, with their workloads."""
    found = [each["labels"] for each in running.asked("alerts")["alerts"]]
    return {(each["alertname"], each.get("workload", "")) for each in found if each.get("namespace") == namespace}


@pytest.mark.usefixtures("promtool")  # whoever has it has Prometheus
def test_a_real_prometheus_answers_every_query_and_sees_who_is_not_ready(platform: Platform, tmp_path: Path) -> None:
    remote = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        deployment("portal", delay="1h"),
        announcement(platform.namespace, "2021-03-31T20:00:00+02:00", remote),
        capacity(
            [{"name": name, "ordinaryPeak": {"replicas": 6}, "startup": "1m"} for name in ("auth", "portal")],
            announcementSelector=heeds(platform.namespace),
            observed={"sessions": "vector(7)", "waiting": "vector(0)"},
            ramp={"upPerMinute": 10},
        ),
    )
    (tmp_path / "asked").mkdir()
    with a_prometheus(tmp_path / "asked") as asked:
        operator = platform.operator(BEFORE_THE_BELL, 20, f"--prometheus={asked.url}")
        with a_prometheus(tmp_path, operator.port, rules=str(RULES)) as running:
            running.shows("prometheus_is_there", 1)
            eventually(lambda: not unanswered(running, platform.namespace), 40)
            late = ("ENTCapacityNotReadyForExceptionalDay", "portal")
            eventually(lambda: late in pending(running, platform.namespace), 20)
            early = ("ENTCapacityNotReadyForExceptionalDay", "auth")
            eventually(lambda: early not in pending(running, platform.namespace))
            for each in DOCUMENTED:
                running.asked("query", query=each)  # raises where it is none
            rules = running.asked("rules")["groups"][0]["rules"]
            assert {each["name"]: each["health"] for each in rules} == dict.fromkeys(ALERTS, "ok")
            variables = [each["definition"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
            for each in variables:  # label_values(metric, label)
                metric, _, label = each.removeprefix("label_values(").removesuffix(")").rpartition(", ")
                metric = asked_as_grafana_does(metric, platform.namespace)
                assert running.asked(f"label/{label}/values", **{"match[]": metric}), each
            platform.delete("entcapacity", "ent")
            gauges = f'{{namespace="{platform.namespace}", name="ent", __name__!~".*_(total|created)"}}'
            eventually(lambda: not running.asked("query", query=gauges)["result"], 20)
            eventually(lambda: pending(running, platform.namespace) == set(), 20)
