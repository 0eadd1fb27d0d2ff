"""The pages about the operator name what there is, and nothing else."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from entcapacity import (
    almanac,
    enforcer,
    keeper,
    kube,
    leader,
    observing,
    planner,
    pulse,
    reconcile,
    running,
    serving,
    speaker,
    startups,
    summary,
    surroundings,
    targets,
)
from entcapacity.conditions import _HOLDS, CONCERNS
from entcapacity.handlers import FINALIZER
from entcapacity.meters import Meters
from entcapacity.reasons import reason
from entcapacity.scaling import DEFAULT_STARTUP
from entcapacity.serving import application
from entcapacity.spec import Observed

ROOT = Path(__file__).parents[1]
CONDITIONS, METRICS, OPERATOR = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("conditions", "metrics", "operator")
)
FLAT = " ".join(OPERATOR.split())


def chapters(text: str, mark: str) -> dict[str, str]:
    parts = re.split(rf"^{mark} (\S+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


# --- conditions -------------------------------------------------------------------------------------------------------

TYPES = chapters(CONDITIONS, "##")


def test_every_reason_of_a_condition_has_an_entry_under_its_type_and_no_entry_is_without_a_reason() -> None:
    told = {(code, of) for of, text in TYPES.items() for code in chapters(text, "###")}
    there = {*CONCERNS.items(), *((code, of) for of, code in _HOLDS.items())}  # what holds may stand in both
    there |= {("NotPlanned", "Planned"), ("NotObserved", "DemandAsPlanned"), ("AsPlanned", "DemandAsPlanned")}
    there |= {("AllWell", "Ready")}
    assert told == there


def test_every_entry_says_what_to_do() -> None:
    for text in TYPES.values():
        for code, entry in chapters(text, "###").items():
            assert len(entry.split()) > 3, code


@pytest.mark.parametrize("code", ["RollingOut", "ReplicasKept", "MaximumKept", "NotGivenBack", "PlanNotPublished"])
def test_what_is_told_elsewhere_is_a_reason_too(code: str) -> None:
    assert f"`{code}`" in CONDITIONS
    assert reason(code).code == code


# --- metrics ----------------------------------------------------------------------------------------------------------


def families() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels by name, as Prometheus knows them."""
    made: list[Any] = list(Meters()._registry._collector_to_names)
    found = {}
    for each in made:
        total = "_total" if each._type == "counter" else ""
        found[each._name + total] = (each._type, tuple(each._labelnames))
    return found


def test_every_metric_is_told_with_its_type_and_labels_and_no_other() -> None:
    rows = re.findall(r"^\| `(entcapacity_\w+)` \| (\w+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", METRICS, re.MULTILINE)
    told = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, _, labels in rows}
    assert told == families()


def test_every_metric_has_a_query_and_no_query_asks_for_another() -> None:
    queries = re.sub(r"#.*", "", METRICS.partition("```promql")[2])
    assert set(re.findall(r"entcapacity_\w+", queries)) == set(families())


# --- the operator -----------------------------------------------------------------------------------------------------


def seconds(text: str) -> float:
    number, unit = text.split()
    return float(number) * {"s": 1, "min": 60, "h": 3600}[unit]


@pytest.mark.parametrize(
    ("what", "every"),
    [
        ("A pass without any cause", keeper._IDLE_SECONDS),
        ("Targets that are neither Deployment nor StatefulSet of `apps`", keeper._POLL_SECONDS),
        ("ConfigMaps of SchoolCalendars", almanac._LOOK_SECONDS),
        ("A workload with fewer Ready replicas", enforcer._LATE_SECONDS),
        ("A list of everything that is watched", running._SWEEP_SECONDS),
        ("Status, where only figures changed", speaker.STATUS_EVERY.total_seconds()),
        ("The plan anew, without any cause", planner.REPLAN_EVERY.total_seconds()),
    ],
)
def test_periods_are_those_of_the_code(what: str, every: float) -> None:
    row = re.search(rf"^\| {re.escape(what)}.*\| every (\d+ \w+)", OPERATOR, re.MULTILINE)
    assert row is not None
    assert seconds(row[1]) == every


@pytest.mark.parametrize(
    "said",
    [
        f"but {speaker._STATUS_SECONDS:g} s apart",
        f"asks for them | at most every {kube.NODES_SECONDS:g} s |",
        f"after {surroundings.RETRY_SECONDS:g} s |",
        f"They take turns then, {surroundings._PASSES} at a time",
        f"it reaches {planner.HORIZON.days} days ahead",
        f"the {planner.HORIZON.days} days that are planned",
        f"not ended a pass for {pulse.SILENT_SECONDS:g} s",
        f"the next {summary.PUBLISHED // timedelta(hours=1)} hours in `plan.json`",
        f"at most {summary._MOST_BYTES // 1024} KiB",
        f"read may take {kube.READ_SECONDS:g} s, a write {kube.WRITE_SECONDS:g} s",
        f"The Lease is given {leader.ANSWER_SECONDS} s",
        f"which are read every {serving.STATUSES_SECONDS:g} s at most",
        f"renews it every {leader.RETRY_SECONDS} seconds",
        f"could not for {leader.RENEW_SECONDS}, and after {leader.LEASE_SECONDS} another one",
        f"From {startups.ENOUGH} samples on",
        f"The last {startups.KEPT} samples",
        f"{observing.EVERY_SECONDS:g} s apart at least",
        f"or none for {observing.STALE_SECONDS:g} s",
        f"({Observed(sessions='x').max_hold // timedelta(hours=1)} h by default)",
        f"until then with {DEFAULT_STARTUP // timedelta(minutes=1)} minutes",
        f"field manager `{targets.MANAGER}`",
        f"applied as `{targets.RELEASED}`",
        f"annotation `{targets.FORMER}`",
        f"finalizer `{FINALIZER}`",
        {5: "After five such changes in ten minutes we write once a minute only"}[reconcile.AT_ONCE],
    ],
)
def test_numbers_and_names_are_those_of_the_code(said: str) -> None:
    assert said in FLAT


def test_the_condition_that_pods_are_late_is_said_with_its_minutes() -> None:
    assert f"should have been {reconcile.LATE_MINUTES} minutes ago" in CONDITIONS


def test_so_many_are_no_number_of_people() -> None:
    assert f"above {observing._MOST // 10**6} million)" in CONDITIONS


def test_drivers_and_fields_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]+\| `spec\.(\w+)` \| (?:`spec\.(\w+)`|–) \|$", OPERATOR, re.MULTILINE)
    assert {driver: (least, most) for driver, least, most in rows} == dict(targets.FIELDS)


def test_the_mark_that_is_shown_is_one_that_is_written() -> None:
    assert f"{targets.FORMER}: '{targets.Former('occitanie', 3).written()}'" in OPERATOR


def test_every_path_over_http_is_told_and_no_other() -> None:
    served = {each.canonical for each in application(cast(Any, None), pulse.Pulse(), lambda: True).router.resources()}
    assert set(re.findall(r"^\| `(/[^`]+)` \|", OPERATOR, re.MULTILINE)) == served


def test_what_argo_cd_is_told_is_what_the_condition_says() -> None:
    where = {"group": "autoscaling", "kind": "HorizontalPodAutoscaler", "name": "portal", "field": "minReplicas"}
    said = yaml.safe_load("{spec: " + reason("ArgoSnippet", **where).text().partition("spec: ")[2] + "}")["spec"]
    (block,) = (each for each in re.findall(r"```yaml\n(.*?)```", OPERATOR, re.DOTALL) if "ignoreDifferences" in each)
    shown = yaml.safe_load(block)["spec"]
    assert shown["syncPolicy"] == said["syncPolicy"]
    assert said["ignoreDifferences"][0] in shown["ignoreDifferences"]


def test_the_parts_of_the_rights_are_named() -> None:
    rules = yaml.safe_load((ROOT / "charts" / "ent-capacity" / "files" / "rules.yaml").read_text(encoding="utf-8"))
    assert all(f"`{part}`" in OPERATOR for part in rules)


def test_what_is_to_be_installed_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "pip install '.[operator]'" in OPERATOR
    assert "operator" in extras


# Those of docs/ are Sphinx's part: tests/test_site.py.
@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        found = page if not file else page.parent / file
        assert found.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in titles}, target
