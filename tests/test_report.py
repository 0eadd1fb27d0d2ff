"""A plan and a replay as people look at them: what the pictures hold, and the page in a browser."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from entcapacity.cli import options, pictures
from entcapacity.cli.commands import cli
from entcapacity.facts import Facts
from entcapacity.fields import API_VERSION
from entcapacity.parse import parse
from entcapacity.plan import Plan, plan
from entcapacity.reasons import LANGUAGES, reason
from entcapacity.replay import Deviation, Measured, Replay, Trouble, replay
from entcapacity.report import MOST_POINTS, Report, of_plan, of_replay
from entcapacity.schooldays import embedded
from pages import ROOT, demonstration
from specs import APRIL_2021, capacity, facts, instant, window

ARTEFACTS = ROOT / ".artefacts"
MOST_BYTES = 5_000_000
SAID = instant("2021-03-31T20:00:00+02:00")
GONE = Trouble(instant("2021-04-06T13:00:00+02:00"), instant("2021-04-06T14:00:00+02:00"), lost_percent=33)
TITLE = {"en": "the first morning", "fr": "le premier matin"}


def tiers(most: int) -> list[dict]:
    return [
        {
            "name": "auth",
            "scalesWith": "Logins",
            "ordinaryPeak": {"replicas": 6, "utilizationPercent": 60},
            "max": most,
        },
        {"name": "portal", "ordinaryPeak": {"replicas": 12, "utilizationPercent": 60}, "max": 160, "startup": "6m"},
    ]


@pytest.fixture(scope="module")
def short_of_auth() -> Plan:
    """The sixth of April with too little of ``auth``: people wait."""
    return plan(capacity(workloads=tiers(15)), facts(APRIL_2021), SAID, window("2021-04-06T00:00:00+02:00"))


@pytest.fixture(scope="module")
def planned(short_of_auth: Plan) -> Report:
    return of_plan(short_of_auth, "occitanie")


@pytest.fixture(scope="module")
def replayed() -> Replay:
    span = window("2021-04-06T03:00:00+02:00", 1.5)
    differs = Deviation(15, timedelta(minutes=10), seed=1)
    return replay(capacity(workloads=tiers(160)), facts(APRIL_2021), span, differs, "High")


@pytest.fixture(scope="module")
def morning(replayed: Replay) -> Report:
    return of_replay(replayed, TITLE, trouble=GONE)


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_a_day_shows_the_plan_minute_by_minute(short_of_auth: Plan, planned: Report) -> None:
    assert planned.point_minutes == 1
    for each in short_of_auth.workloads:
        columns = planned.workloads[each.name].columns
        assert columns["asked"] == each.floor[short_of_auth.inner].tolist()
        assert columns["ready"] == each.ready[short_of_auth.inner].tolist()
        assert columns["need"] == each.need[short_of_auth.inner].tolist()
    high = short_of_auth.demand.load.sessions.high[short_of_auth.inner]
    assert planned.people["high"] == [round(each) for each in high.tolist()]


def test_a_point_of_many_minutes_is_the_worst_of_them() -> None:
    made = plan(capacity(workloads=tiers(15)), facts(APRIL_2021), SAID, window("2021-04-06T00:00:00+02:00", 14))
    shown, portal = of_plan(made, "occitanie"), made.workload("portal")
    assert shown.point_minutes == 15
    assert len(shown.times) <= MOST_POINTS
    columns = shown.workloads["portal"].columns
    for point, begin in enumerate(range(0, made.window.length, 15)):
        here = slice(made.inner.start + begin, made.inner.start + begin + 15)
        assert columns["need"][point] == portal.need[here].max()
        assert columns["ready"][point] == portal.ready[here].min()


def test_points_keep_to_the_clock_when_it_changes() -> None:
    made = plan(capacity(), facts(), instant("2026-10-23T00:00:00+02:00"), window("2026-10-23T00:20:00+02:00", 4))
    times = of_plan(made, "occitanie").times
    assert all(each % 5 == 0 for each in times)
    back = [other - one for one, other in pairwise(times) if other <= one]
    assert back == [-55]  # at three it is two again


def test_what_has_passed_is_not_asked_for() -> None:
    made = plan(capacity(), facts(), instant("2021-04-06T12:00:00+02:00"), window("2021-04-06T00:00:00+02:00"))
    shown = of_plan(made, "occitanie")
    columns = shown.workloads["portal"].columns
    assert set(columns["asked"][:720]) == set(columns["ready"][:720]) == {None}
    assert None not in columns["asked"][720:]
    assert set(shown.workloads["portal"].reasons[:720]) == {None}
    assert [each.text["en"] for each in shown.events] == ["planned here"]


def test_every_floor_has_its_reason(morning: Report) -> None:
    for each in morning.workloads.values():
        assert len(each.reasons) == len(morning.times)
        assert None not in each.reasons
    auth = morning.workloads["auth"]
    peak = int(np.argmax(auth.columns["asked"]))
    assert "first remote day" in morning.reasons[auth.reasons[peak]]["en"]
    assert "premier jour à distance" in morning.reasons[auth.reasons[peak]]["fr"]


def test_people_wait_where_the_plan_falls_short(planned: Report) -> None:
    assert max(planned.outside["queue"]) > 1000
    assert max(filter(None, planned.waits["wait"])) > 0
    assert planned.workload == "auth"
    assert any("auth" in each["en"] for each in planned.notices)


def test_a_page_has_one_clock(planned: Report) -> None:
    known = next(value["en"] for label, value in planned.inputs if label["en"] == "As known at")
    assert known == "2021-03-31 20:00 (Europe/Paris)"
    assert "as known at 2021-03-31 20:00." in planned.when["en"]


def test_nobody_waits_and_nothing_is_drawn_of_it() -> None:
    made = plan(capacity(), facts(), instant("2026-11-16T00:00:00+01:00"), window("2026-11-16T00:00:00+01:00"))
    shown = of_plan(made, "occitanie")
    assert shown.outside == {}
    assert shown.notices == ()


def test_a_replay_tells_the_result_in_words(morning: Report) -> None:
    said = " ".join(each["en"] for each in morning.summary)
    assert said.startswith("Our plan turned nobody away. HPA at 70 %: people outside for ")
    assert "at the longest, limited by auth from 2021-04-06 08:52 on. Replica-hours:" in said
    assert "entcapacity" not in morning.limited
    assert morning.limited["hpa"]["fr"] == "limité par auth à partir du 2021-04-06 08:52"
    assert "Notre plan n'a refusé personne." in morning.summary[0]["fr"]
    assert [each["en"] for each in morning.known] == ["confinement-2021-04, announced 2021-03-31 20:00"]


def test_a_page_shows_what_was_short_first_when_the_most_were_outside(morning: Report, replayed: Replay) -> None:
    (hpa,) = (each for each in morning.scores if each.name == "hpa")
    assert morning.workload == hpa.limited_by == "auth"
    assert hpa.outside_from == instant("2021-04-06T08:52:00+02:00")
    run = next(each for each in replayed.runs if each.name == "hpa")
    assert hpa.outside_from is not None
    first = replayed.plans[0].window.index(hpa.outside_from)
    short = (replayed.took > run.ready)[:, first : first + 30]
    # portal follows, which the HPA lets fall as those who stand before auth do not use it
    assert short.any(axis=1).all()
    assert [replayed.names[each] for each in np.argsort(short.argmax(axis=1))] == ["auth", "portal"]


def test_a_picture_of_a_replay_shows_the_day_that_tells_the_most(morning: Report) -> None:
    begin, end = morning.picture
    assert (begin, end) == (morning.times[0], morning.times[0] + 21 * 60)


def test_a_replay_without_the_hpa_compares_with_another() -> None:
    made = replay(
        capacity(workloads=tiers(160)),
        facts(APRIL_2021),
        window("2021-04-06T06:00:00+02:00", 1 / 6),
        Deviation(),
        "High",
        rivals={"hpa-50"},
    )
    shown = of_replay(made, TITLE)
    assert shown.rivals == ("hpa-50", "optimum")
    assert shown.shown == ("hpa-50",)


def test_days_of_different_people_stand_in_different_rows() -> None:
    audience = [
        {"name": "ecoles", "zones": ["B"], "levels": ["Ecole"], "pupils": 1000},
        {"name": "lycees", "zones": ["B"], "levels": ["Lycee"], "pupils": 1000},
        {"name": "colleges", "zones": ["B"], "levels": ["College"], "pupils": 1000},
    ]
    made = plan(capacity(audience=audience), facts(APRIL_2021), SAID, window("2021-04-26T00:00:00+02:00", 2))
    days = of_plan(made, "region").days
    assert [(each.row, each.label["en"]) for each in days] == [(0, "ecoles: OnSite"), (1, "lycees, colleges: Remote")]


def test_news_and_troubles_within_the_window_are_marked(replayed: Replay) -> None:
    made = plan(capacity(), facts(APRIL_2021), SAID + timedelta(days=1), window("2021-03-31T00:00:00+02:00", 2))
    marks = [each.text["en"] for each in of_plan(made, "occitanie").events]
    assert marks == ["confinement-2021-04, announced 2021-03-31 20:00", "planned here"]
    (mark,) = of_replay(replayed, TITLE, trouble=GONE).events
    assert mark.text["fr"] == "33 % des nœuds perdus"
    assert mark.until - mark.since == 60


def test_every_text_is_there_in_both_languages(morning: Report, planned: Report) -> None:
    for shown in (morning, planned):
        texts = [
            *(
                shown.title,
                *shown.basis,
                shown.when,
                *shown.summary,
                *shown.known,
                *shown.notices,
                *shown.reasons,
                shown.pictured,
            ),
            *(each.text for each in (*shown.days, *shown.events)),
            *(each for pair in shown.inputs for each in pair),
        ]
        assert all(set(each) == set(LANGUAGES) and all(each.values()) for each in texts)


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_fortnight_of_ten_workloads_is_a_small_page(tmp_path: Path) -> None:
    workloads = [{"name": f"tier-{number}", "ordinaryPeak": {"replicas": 6 + number}} for number in range(10)]
    made = plan(capacity(workloads=workloads), facts(APRIL_2021), SAID, window("2021-04-06T00:00:00+02:00", 14))
    pictures.write(of_plan(made, "occitanie"), tmp_path / "plan.html", "en")
    assert (tmp_path / "plan.html").stat().st_size < MOST_BYTES


def test_the_most_workloads_there_may_be_make_coarser_points_and_no_larger_page(tmp_path: Path) -> None:
    workloads = [{"name": f"tier-{number}", "ordinaryPeak": {"replicas": 6 + number}} for number in range(100)]
    made = plan(capacity(workloads=workloads), facts(APRIL_2021), SAID, window("2021-04-06T00:00:00+02:00", 5))
    shown = of_plan(made, "occitanie")
    assert shown.point_minutes > 15
    pictures.write(shown, tmp_path / "plan.html", "en")
    assert (tmp_path / "plan.html").stat().st_size < MOST_BYTES


def test_waits_are_drawn_and_those_without_an_end_are_said_in_words(replayed: Replay, tmp_path: Path) -> None:
    shown = of_replay(replayed, TITLE)
    longest = max(each for each in shown.waits["hpa"] if each is not None)
    assert timedelta(minutes=longest) == next(each for each in replayed.scores if each.name == "hpa").longest_wait
    assert max(each or 0 for each in shown.waits["entcapacity"]) == 0
    pictures.write(shown, tmp_path / "whole.svg", "fr")
    assert "Attente à l'arrivée" in (tmp_path / "whole.svg").read_text(encoding="utf-8")

    hpa = next(each for each in replayed.runs if each.name == "hpa")
    span = window("2021-04-06T03:00:00+02:00", int(hpa.waiting.argmax()) / 1440)  # it ends in the storm
    made = replay(capacity(workloads=tiers(160)), facts(APRIL_2021), span, replayed.deviation, "High", rivals={"hpa"})
    cut = of_replay(made, TITLE)
    assert cut.waits["hpa"][-1] is None
    assert "some of them to the end" in cut.summary[1]["en"]
    pictures.write(cut, tmp_path / "cut.svg", "fr")
    assert "encore en attente à la fin" in (tmp_path / "cut.svg").read_text(encoding="utf-8")


def test_who_came_is_said_as_what_it_is() -> None:
    span = window("2021-04-06T06:00:00+02:00", 1 / 24)
    counted = Measured("demand.csv", span, np.full(span.length, 500.0), None)
    said = []
    for differs in (counted, Deviation(), Deviation(15, timedelta(minutes=10), seed=3)):
        made = replay(capacity(), facts(APRIL_2021), span, differs, "High", rivals=())
        shown = of_replay(made, TITLE, [(reason("InputSources"), {"en": "an address", "fr": "une allocution"})])
        said.append([(label["fr"], value["fr"]) for label, value in shown.inputs[:3]] + [shown.basis[1]["fr"]])
    assert all(each[0] == ("Sources", "une allocution") for each in said)
    assert [each[2] for each in said] == [
        ("Qui est venu, mesuré", "demand.csv"),
        ("Écart, avance, graine", "0 %, 0 min, 0"),
        ("Écart, avance, graine", "15 %, 10 min, 3"),
    ]
    assert "exactement les utilisateurs attendus" in said[1][3]


def test_pictures_are_what_their_names_say(morning: Report, tmp_path: Path) -> None:
    for name in ("replay.svg", "replay.PNG"):
        pictures.write(morning, tmp_path / name, "fr")
    assert (tmp_path / "replay.PNG").read_bytes().startswith(b"\x89PNG")
    svg = (tmp_path / "replay.svg").read_text(encoding="utf-8")
    panels = ("Personnes en attente d'accès", "prêt : HPA à 70 %", "mar. 6 avr.", "à distance")
    for text in ("Rejeu", "le premier matin", *panels):
        assert text in svg
    assert "http" not in svg.replace("http://www.w3.org/", "")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["replay.PNG", "replay.svg"]


def test_the_picture_and_the_table_of_the_readme_are_what_comes_out_today(tmp_path: Path) -> None:
    raised, path = tmp_path / "regional-ent.yaml", tmp_path / "replay.svg"
    example = (ROOT / "examples" / "regional-ent.yaml").read_text(encoding="utf-8")
    raised.write_text(example.replace("# maxWhenAnnounced", "maxWhenAnnounced"), encoding="utf-8")
    _, command = demonstration()
    files = {".artefacts/regional-ent.yaml": str(raised), "$(REPORT)": str(path)}
    april = [files.get(each, each.replace("examples/", f"{ROOT}/examples/")) for each in command]
    week = ["replay", "-f", str(raised), "--from=2026-11-16T00:00:00+01:00", "--until=2026-11-23T00:00:00+01:00"]
    columns = []
    names = ("entcapacity", "hpa", "hpa-50", "keda-cron", "last-week", "static-max")
    for each in (april, [*week, "--deviation=15", "--early=10"]):
        run = CliRunner().invoke(cli, [*each, "--rivals", ",".join(names[1:]), "--lang", "en", "-o", "json"])
        assert run.exit_code == 0, run.output
        columns.append({one["name"]: one for one in json.loads(run.stdout)["results"]})
    today = [[figure for one in columns for figure in _in_hours(one[name])] for name in names]
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| Replica-hours")[2].partition("\n\n")[0]
    shown = [[each.strip() for each in line.split("|")[2:-1]] for line in table.splitlines()[2:]]
    assert shown == today
    old, new = (_drawn(each) for each in (ROOT / "docs" / "replay-2021-04-06.svg", path))
    renew = "renew it: CONTRIBUTING.md, Pages and pictures"
    assert new[0] == old[0], renew
    assert [len(each) for each in new[1]] == [len(each) for each in old[1]], renew
    assert all(np.allclose(one, other, atol=0.1) for one, other in zip(new[1], old[1], strict=True)), renew


def _in_hours(result: dict[str, Any]) -> list[str]:
    """Replica-hours, and person-hours outside, as the README writes them."""
    return [f"{result['replicaHours']:,.0f}", f"{ceil(result['refusedUserMinutes'] / 60):,}"]


def _drawn(path: Path) -> tuple[list[str], list[list[float]]]:
    """The texts of a picture and the numbers of its curves: what does not depend on a machine's fonts."""
    svg = path.read_text(encoding="utf-8")
    curves = re.findall(r' d="([^"]*)"', svg)
    return re.findall(r">([^<>]+)</text>", svg), [[float(n) for n in re.findall(r"-?[\d.]+", each)] for each in curves]


def test_the_same_report_is_the_same_file(planned: Report, tmp_path: Path) -> None:
    for name in ("one.html", "other.html"):
        pictures.write(planned, tmp_path / name, "en")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_the_page_allows_its_own_scripts_and_nothing_else(planned: Report, tmp_path: Path) -> None:
    pictures.write(planned, tmp_path / "plan.html", "en")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found
    policy = dict(each.strip().split(" ", 1) for each in found[1].split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"('sha256-[A-Za-z0-9+/=]{44}' ?){2}", policy["script-src"])


# --- the command ------------------------------------------------------------------------------------------------------

PLAN = [
    *("plan", "-f", str(ROOT / "examples" / "minimal.yaml"), "-f", str(ROOT / "examples" / "announcements-2021.yaml")),
    *("--from", "2021-04-06T00:00:00+02:00", "--days", "1"),
]


def test_the_command_writes_the_page_and_answers_as_ever(tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    with_report = CliRunner().invoke(cli, [*PLAN, "-o", "json", "--report", str(page)])
    assert with_report.exit_code == 0, with_report.output
    assert with_report.stderr == f"Report: {page}\n"
    assert with_report.stdout == CliRunner().invoke(cli, [*PLAN, "-o", "json"]).stdout
    assert "minimal.yaml" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plan.pdf", "write a name that ends in .html, .png, .svg"),
        ("page.html", "is a directory"),
        ("nowhere/plan.html", "no such directory"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    result = CliRunner().invoke(cli, [*PLAN, "--report", str(tmp_path / name)])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_without_the_library_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(options, "find_spec", lambda _: None)
    result = CliRunner().invoke(cli, [*PLAN, "--report", str(tmp_path / "plan.html")])
    assert result.exit_code == 2
    assert "pip install vl-convert-python" in result.output


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    ARTEFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        # pages of this test only, so that it may run as root in a container
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield started
        started.close()


class Looked:
    """A page that someone looks at, and what they would not see: what it asks for, what it complains of."""

    def __init__(self, browser: Browser, path: Path, width: int = 1200, height: int = 1000) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": height}, has_touch=width < 500)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#drawing svg")
        self.uri = path.as_uri()

    def lines(self, panel: str) -> list[str]:
        """The paths of a panel's lines."""
        shapes = self.page.locator(f"#drawing .{panel}_group .mark-line path")
        return [path for each in shapes.all() if (path := each.get_attribute("d")) and path.count("L") > 20]

    def readout(self) -> str:
        return self.page.locator("#readout").inner_text()

    def plot(self) -> Locator:
        return self.page.locator("#drawing .replicas_group > g > path.background").first

    def close(self) -> None:
        self.page.close()
        assert self.asked == [self.uri]
        assert self.said == []


@pytest.fixture(scope="module")
def page_of_morning(morning: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "replay.html"
    pictures.write(morning, path, "en")
    return path


def test_a_newcomer_sees_curves_and_why(browser: Browser, page_of_morning: Path) -> None:
    seen = Looked(browser, page_of_morning)
    page = seen.page
    assert page.title() == page.locator("h1:visible").inner_text() == "Replay of the first morning"
    assert len(seen.lines("people")) == 2  # expected and came
    assert len(seen.lines("replicas")) >= 4  # need, asked, ready, the HPA's
    assert page.locator("#drawing").get_by_text("ready: HPA at 70 %").count() == 1
    for text in ("Remote", "33 % of the nodes lost"):
        assert page.locator("#drawing").get_by_text(text).count() == 1

    box = seen.plot().bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 5.75 / 36, box["y"] + 20)  # 08:45 on the first day
    said = seen.readout()
    assert "Tuesday" in said
    assert "6 April 2021" in said
    assert "08:4" in said
    assert re.search(r"ready: our plan\s+[1-9]", said)
    assert "Why: first remote day" in said
    page.screenshot(path=ARTEFACTS / "report-desktop.png")

    page.mouse.move(1, 1)
    assert page.locator("#readout").is_hidden()
    page.locator("#chart").focus()
    page.keyboard.press("ArrowRight")
    assert "03:00" in seen.readout()
    page.keyboard.press("Escape")
    assert page.locator("#readout").is_hidden()
    seen.close()


def test_rivals_workloads_and_days_are_switched(browser: Browser, page_of_morning: Path, morning: Report) -> None:
    seen = Looked(browser, page_of_morning)
    page = seen.page
    before = len(seen.lines("replicas"))
    page.get_by_label("HPA at 70 %").uncheck()
    page.wait_for_function("() => !document.getElementById('drawing').textContent.includes('ready: HPA at 70 %')")
    assert len(seen.lines("replicas")) == before - 1
    page.get_by_label("KEDA cron").check()
    page.get_by_label("last week's need").check()
    page.get_by_text("ready: last week's need").wait_for()
    assert len(seen.lines("replicas")) == before + 1

    other = next(each for each in morning.workloads if each != morning.workload)
    page.get_by_label("Workload").select_option(other)
    page.get_by_text(f"Replicas of {other}").wait_for()
    page.get_by_label("Show").select_option(index=2)
    page.locator("#drawing").get_by_text("Tue 6 Apr").first.wait_for(state="detached")
    box = seen.plot().bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    assert "7 April 2021" in seen.readout()
    seen.close()


def test_the_language_is_switched(browser: Browser, page_of_morning: Path) -> None:
    seen = Looked(browser, page_of_morning)
    page = seen.page
    page.get_by_role("button", name="Français").click()
    page.locator("#drawing").get_by_text("mar. 6 avr.").first.wait_for()
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.title() == "Rejeu : le premier matin"
    assert page.locator("h1:visible").inner_text() == "Rejeu\N{NO-BREAK SPACE}: le premier matin"
    assert page.locator("#drawing").get_by_text("Personnes en ligne").count() == 1
    page.locator("#chart").focus()
    page.keyboard.press("End")
    assert "mercredi 7 avril 2021" in seen.readout()
    assert "Attente à l'arrivée, en minutes" in seen.readout()
    page.keyboard.press("Escape")
    visible = page.locator("body").inner_text()
    assert "Résultats comparés" in visible
    for english in ("Results compared", "People online", "Known before", "Compare with"):
        assert english not in visible
    page.screenshot(path=ARTEFACTS / "report-french.png", full_page=True)
    seen.close()


def test_no_line_of_a_french_sentence_can_begin_with_its_punctuation(browser: Browser, page_of_morning: Path) -> None:
    seen = Looked(browser, page_of_morning, width=360, height=740)
    page = seen.page
    page.get_by_role("button", name="Français").click()
    page.locator("#drawing").get_by_text("mar. 6 avr.").first.wait_for()
    page.locator("#chart").focus()
    page.keyboard.press("ArrowRight")
    said = [page.locator(each).inner_text() for each in ("header", "#readout .why")]
    assert all(re.search(r"\xa0[;:]", each) for each in said)
    assert not any(re.search(r" [;:!?»%]|« ", each) for each in said)
    assert "20:00" in said[0]  # a time stays as it is
    seen.close()


def test_it_reads_on_a_phone(browser: Browser, page_of_morning: Path) -> None:
    seen = Looked(browser, page_of_morning, width=360, height=740)
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    svg = page.locator("#drawing svg").bounding_box()
    assert svg
    assert svg["width"] <= 360
    seen.plot().scroll_into_view_if_needed()
    box = seen.plot().bounding_box()
    assert box
    table = page.locator("table:visible").bounding_box()
    assert table
    assert table["x"] + table["width"] <= 360
    for each in page.locator("table:visible td").all():
        cell = each.bounding_box()
        assert cell
        assert table["x"] <= cell["x"]
        assert cell["x"] + cell["width"] <= table["x"] + table["width"]
    best = page.locator("td.best:visible").first
    assert "●" in best.evaluate("each => getComputedStyle(each, '::before').content")
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    assert "ready: our plan" in seen.readout()
    shown = page.locator("#readout").bounding_box()
    assert shown
    assert shown["x"] >= 0
    assert shown["x"] + shown["width"] <= 360
    page.screenshot(path=ARTEFACTS / "report-phone.png", full_page=True)
    seen.close()


def test_it_prints_without_what_only_a_screen_can_do(browser: Browser, page_of_morning: Path) -> None:
    seen = Looked(browser, page_of_morning)
    seen.page.emulate_media(media="print")
    for name in (".controls", ".languages", ".hint"):
        assert not any(each.is_visible() for each in seen.page.locator(name).all())
    assert seen.page.locator("table:visible").count() == 1
    printed = seen.page.pdf(prefer_css_page_size=True, path=ARTEFACTS / "report.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    seen.close()


def test_a_plan_has_its_page_too(browser: Browser, planned: Report, tmp_path: Path) -> None:
    pictures.write(planned, tmp_path / "plan.html", "fr")
    seen = Looked(browser, tmp_path / "plan.html")
    assert seen.page.locator("html").get_attribute("lang") == "fr"
    assert len(seen.lines("replicas")) >= 3
    assert len(seen.lines("outside")) == len(seen.lines("waits")) == 1
    assert seen.page.get_by_role("checkbox").count() == 0
    assert seen.page.locator("li:visible").first.inner_text().startswith("auth")
    seen.page.screenshot(path=ARTEFACTS / "report-plan.png", full_page=True)
    seen.close()


def test_no_text_of_a_file_becomes_a_script(browser: Browser, tmp_path: Path) -> None:
    hostile = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=2'> ${style} <!-- &amp; \""
    calendar = parse(
        {
            "apiVersion": API_VERSION,
            "kind": "SchoolCalendar",
            "metadata": {"name": "local"},
            "spec": {
                "days": [{"from": "2021-04-06", "until": "2021-04-06", "schooling": "Closed", "description": hostile}]
            },
        }
    )
    known = Facts(embedded().with_calendars([calendar], {}))
    audience = [{"zones": ["B"], "levels": ["Lycee"], "pupils": 1000, "calendar": "local"}]
    made = plan(capacity(audience=audience), known, SAID, window("2021-04-06T00:00:00+02:00"))
    shown = of_plan(made, hostile, [(reason("InputFiles"), hostile)])
    assert hostile in shown.days[0].text["en"]
    pictures.write(shown, tmp_path / "plan.html", "en")
    pictures.write(shown, tmp_path / "plan.svg", "en")
    seen = Looked(browser, tmp_path / "plan.html")
    seen.page.locator("#chart").focus()
    seen.page.keyboard.press("End")
    assert hostile in seen.readout()
    assert hostile in seen.page.locator("footer:visible").inner_text()
    assert seen.page.evaluate("window.hacked") is None
    seen.close()


def test_numbers_of_the_page_are_those_of_the_report(page_of_morning: Path, morning: Report) -> None:
    page = page_of_morning.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert data["times"] == morning.times
    assert data["workloads"]["auth"]["columns"] == morning.workloads["auth"].columns
    assert data["outside"] == morning.outside
    assert data["waits"] == morning.waits
