"""An explanation holds all that its floor is made of: whoever reckons with its terms gets the floor."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from entcapacity.explain import Term, explain, show
from entcapacity.facts import Facts
from entcapacity.files import load, one_capacity
from entcapacity.grid import Grid
from entcapacity.plan import Plan, floors_in_effect, plan
from entcapacity.steps import driver
from specs import APRIL_2021, capacity, facts

EXAMPLES = Path(__file__).parents[1] / "examples"


@cache
def planned(names: str, begin: str, as_of: str, days: int = 1, **floors: int) -> Plan:
    found = load([str(EXAMPLES / name) for name in names.split()])
    capacity = one_capacity(found, None)
    facts = Facts(found.school_days(), found.announcements)
    known, start = datetime.fromisoformat(as_of), datetime.fromisoformat(begin)
    facts = replace(facts, floors=floors_in_effect(capacity.spec, facts, known) | floors)
    return plan(capacity.spec, facts, known, Grid.between(start, start + timedelta(days=days)))


PLANS = [
    ("regional-ent.yaml announcements-2021.yaml", "2021-04-06T00:00:00+02:00", "2021-03-31T20:00:00+02:00"),
    ("regional-ent.yaml announcements-2021.yaml", "2021-04-05T12:00:00+02:00", "2021-04-05T11:00:00+02:00"),
    ("full.yaml", "2027-06-02T00:00:00+02:00", "2027-06-01T00:00:00+02:00"),
    ("overseas.yaml announcements-2021.yaml", "2021-09-13T00:00:00+02:00", "2021-09-01T00:00:00+02:00"),
    ("virtual-classroom.yaml announcements-2021.yaml", "2021-04-06T00:00:00+02:00", "2021-04-06T05:00:00+02:00"),
]


def test_christmas_is_explained_by_the_curve_that_it_follows() -> None:
    begin = datetime.fromisoformat("2026-12-25T06:00:00+01:00")
    made = plan(capacity(), facts(), begin, Grid.between(begin, begin + timedelta(hours=16)))
    expected = [term for *_, terms in explanations(made, every=60) for term in terms if term.symbol.startswith("n₀")]
    assert expected
    assert all(term.formula.endswith(") × 1") for term in expected)  # nothing is left over for modifiers


def test_what_a_rehearsal_asks_for_is_a_term_of_its_own() -> None:
    spec = capacity(
        rehearsal={
            "from": "2021-03-15T21:00:00+01:00",
            "until": "2021-03-15T21:30:00+01:00",
            "floors": [{"name": "portal", "replicas": 50}],
        }
    )
    begin = datetime.fromisoformat("2021-03-15T20:30:00+01:00")
    made = plan(spec, facts(floors={"portal": 3}), begin, Grid.between(begin, begin + timedelta(hours=2)))
    for _, index, terms in explanations(made, every=1):
        assert terms[-1].value == reckoned(terms[-1].formula) == made.workload("portal").floor[index]
    at_nine = {each.symbol: each for each in explain(made, made.workload("portal"), made.grid.index(begin) + 32)}
    assert at_nine["H"].value == at_nine["F′"].value == 50


def test_pods_that_come_one_after_the_other_are_part_of_the_reckoning() -> None:
    begin = datetime.fromisoformat("2021-03-15T06:00:00+01:00")
    known = replace(facts(floors={"portal": 3}), in_order=frozenset({"portal"}))
    made = plan(capacity(), known, begin, Grid.between(begin, begin + timedelta(hours=3)))
    rises = set()
    for _, index, terms in explanations(made, every=1):
        assert terms[-1].value == reckoned(terms[-1].formula) == made.workload("portal").floor[index]
        rise = next(each for each in terms if each.symbol == "rise")
        assert reckoned(rise.formula) == rise.value
        assert "one every 2 min" in rise.meaning.text()
        rises.add(rise.value)
    assert rises == {0, 1}


def reckoned(formula: str) -> float:
    """What a person with a pocket calculator gets."""
    python = re.sub(r"√([\d.]+)", r"math.sqrt(\1)", formula)
    python = re.sub(r"⌈([^⌉]+)⌉", r"math.ceil(\1)", python)
    python = re.sub(r"⌊([^⌋]+)⌋", r"math.floor(\1)", python)
    for written, meant in (("×", "*"), ("÷", "/"), ("−", "-")):
        python = python.replace(written, meant)
    assert re.fullmatch(r"(?:[\d.+*/()\s,e-]|max|min|math\.sqrt|math\.ceil|math\.floor)+", python), python
    return float(eval(python, {"math": math, "max": max, "min": min}))


def explanations(made: Plan, every: int) -> Iterator[tuple[str, int, tuple[Term, ...]]]:
    for workload in made.workloads:
        for index in range(made.ahead.start, made.ahead.stop, every):
            yield workload.name, index, explain(made, workload, index)


@pytest.mark.parametrize(("names", "begin", "as_of"), PLANS)
def test_the_last_term_is_the_floor_at_every_minute(names: str, begin: str, as_of: str) -> None:
    made = planned(names, begin, as_of)
    for name, index, terms in explanations(made, every=41):
        assert terms[-1].value == made.workload(name).floor[index], f"{name} at {made.grid.instant(index)}"


@pytest.mark.parametrize(("names", "begin", "as_of"), PLANS)
def test_every_formula_gives_its_term_by_hand(names: str, begin: str, as_of: str) -> None:
    made = planned(names, begin, as_of)
    for name, index, terms in explanations(made, every=97):
        for term in terms:
            if not term.formula:
                continue
            assert not isinstance(term.value, str)
            whole = isinstance(term.value, int)
            # differences of two close numbers with six digits lose some of them
            expected = term.value if whole else pytest.approx(term.value, rel=2e-3, abs=0.2)
            assert reckoned(term.formula) == expected, f"{name} at {index}: {term.symbol} = {term.formula}"


@pytest.mark.parametrize(("names", "begin", "as_of"), PLANS)
def test_the_need_of_the_driving_minute_is_what_the_terms_give(names: str, begin: str, as_of: str) -> None:
    made = planned(names, begin, as_of)
    for name, index, terms in explanations(made, every=97):
        workload = made.workload(name)
        replicas = [each.value for each in terms if each.part == "Sizing" and each.symbol.startswith("R")]
        assert replicas[-1] == workload.need[driver(made, workload, index).index]


def test_an_event_and_a_boost_are_named_among_the_modifiers() -> None:
    exam = {"name": "exam", "from": "2026-11-24T18:30:00+01:00", "until": "2026-11-24T23:00:00+01:00", "percent": 300}
    boost = {"percent": 50, "until": "2026-11-25T00:00:00+01:00"}
    as_of = datetime.fromisoformat("2026-11-24T12:00:00+01:00")
    made = plan(capacity(events=[exam], boost=boost), facts(), as_of, Grid.between(as_of, as_of + timedelta(hours=8)))
    terms = explain(made, made.workload("portal"), made.grid.index(as_of + timedelta(hours=6)))
    found = next(each for each in terms if each.symbol.startswith("m("))
    assert found.meaning.text().endswith("modifiers (event exam and boost)")
    assert found.formula == "3 × 1.5"


def test_numbers_used_in_formulas_are_those_of_earlier_terms() -> None:
    made, seen = planned(*PLANS[0]), Counter[str]()
    for _, _, terms in explanations(made, every=211):
        shown = {each.symbol: each.shown for each in terms}
        formulas = {
            "L": " + ".join(shown[each] for each in ("own", "chain", "before")),
            "F": f"max({shown['min']}, {shown['served']} − {shown['rise']} − {shown['drop']})",
        }
        if "u₀" in shown:
            formulas["u"] = f"{shown['u₀']} ÷ ({shown['r(u)']} × {shown['ρ₀(u)']})"
        for term in terms:
            if term.symbol in formulas:
                assert term.formula == formulas[term.symbol]
                seen[term.symbol] += 1
    assert seen.keys() == {"L", "F", "u"}


def test_a_floor_in_effect_that_is_too_low_is_part_of_the_reckoning() -> None:
    made = planned(PLANS[0][0], "2021-04-06T07:00:00+02:00", "2021-04-06T07:00:00+02:00", portal=4)
    workload = made.workload("portal")
    terms = {each.symbol: each for each in explain(made, workload, made.inner.start + 1)}
    assert terms["f₀"].value == 4
    assert terms["floor"].value == 24
    assert terms["F"].value == workload.wanted[made.inner.start + 1]


def test_a_pooler_is_explained_by_its_clients_floors() -> None:
    made = planned(*PLANS[0])
    terms = {each.symbol: each for each in explain(made, made.workload("pgbouncer"), made.inner.start + 8 * 60)}
    assert terms["c"].value == sum(
        int(terms[f"floor({client})"].value) * int(terms[f"conn({client})"].value)
        for client in ("auth", "directory", "conversation")
    )


@pytest.mark.parametrize("wait", ["0s", "10m"])
def test_people_who_come_in_after_they_waited_are_part_of_the_reckoning(wait: str) -> None:
    spec = capacity(
        workloads=[
            {"name": "portal", "ordinaryPeak": {"replicas": 12}, "scalesWith": "Both", "max": 20},
            {"name": "chat", "ordinaryPeak": {"replicas": 4}, "weights": {"Remote": 150}, "min": 1},
        ],
        shaping={"maxWait": wait},
    )
    begin = datetime.fromisoformat("2021-04-06T12:00:00+02:00")
    made = plan(spec, facts(APRIL_2021), begin, Grid.between(begin, begin + timedelta(hours=15)))
    late = Counter[str]()
    for name, index, terms in explanations(made, every=17):
        workload = made.workload(name)
        assert terms[-1].value == reckoned(terms[-1].formula) == workload.floor[index]
        at = driver(made, workload, index).index
        needs = [int(each.value) for each in terms if re.fullmatch(r"R(\(.\))?", each.symbol)]
        assert max(needs) == workload.need[at]
        assert any(each.symbol == "n′" for each in terms) == workload.belated[at]
        late[name] += bool(workload.belated[at])
    assert all(late[each.name] > 3 for each in made.workloads)


def test_nothing_is_explained_before_as_of() -> None:
    made = planned(PLANS[0][0], "2021-04-06T00:00:00+02:00", "2021-04-06T07:00:00+02:00")
    with pytest.raises(ValueError, match="nothing in the past"):
        explain(made, made.workloads[0], made.inner.start)


@pytest.mark.parametrize(
    ("value", "shown"), [(12.0, "12"), (20834.1349, "20834.1"), (0.05600001, "0.056"), (1.1, "1.1"), (0.0, "0")]
)
def test_numbers_show_the_digits_that_count(value: float, shown: str) -> None:
    assert show(value) == shown
