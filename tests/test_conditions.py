"""Conditions: which finding makes which false, what Ready sums up, and since when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entcapacity.conditions import CONCERNS, Condition, as_status, conditions, unseen_since
from entcapacity.reasons import Reason, reason
from entcapacity.texts import TEXTS

TYPES = ["Accepted", "CalendarKnown", "Planned", "Enforced", "CapacitySufficient", "DemandAsPlanned", "Ready"]
EARLY, LATE = "2026-09-07T06:00:00Z", "2026-09-07T07:00:00Z"


def made(*found: Reason, planned: bool = True) -> dict[str, Condition]:
    return {each.type: each for each in conditions(found, planned)}


def truths(found: dict[str, Condition]) -> dict[str, str]:
    return {name: each.status for name, each in found.items() if each.code != "NotObserved"}


def test_all_types_are_there_and_ready_is_last() -> None:
    assert list(made()) == TYPES


def test_without_a_finding_all_is_well() -> None:
    assert set(truths(made()).values()) == {"True"}
    assert made()["Ready"].code == "AllWell"


def test_demand_that_nobody_observes_is_unknown_and_disturbs_nobody() -> None:
    assert (made()["DemandAsPlanned"].status, made()["DemandAsPlanned"].code) == ("Unknown", "NotObserved")


def test_demand_that_cannot_be_seen_is_unknown_and_makes_ready_unknown() -> None:
    found = made(Reason("ObservationFailed"))
    assert [found[each].status for each in ("DemandAsPlanned", "Ready")] == ["Unknown", "Unknown"]
    assert found["Ready"].code == "ObservationFailed"


def test_demand_that_is_seen_as_expected_is_as_planned() -> None:
    found = made(Reason("AsPlanned"))
    assert [found[each].status for each in ("DemandAsPlanned", "Ready")] == ["True", "True"]


@pytest.mark.parametrize("code", CONCERNS)
def test_every_finding_is_a_reason_with_a_text_in_both_languages(code: str) -> None:
    assert all(TEXTS[code])
    assert code[0].isupper()
    assert code.isalnum()


@pytest.mark.parametrize(
    "code",
    [each for each in CONCERNS if each not in ("Observing", "Suspended", "ObservationFailed", "PrometheusMissing")],
)
def test_a_fault_makes_its_condition_and_ready_false(code: str) -> None:
    found = made(Reason(code))
    false = [name for name, truth in truths(found).items() if truth == "False"]
    assert false == [CONCERNS[code], "Ready"]
    assert found["Ready"].code == code


@pytest.mark.parametrize("code", ["Observing", "Suspended"])
def test_what_somebody_asked_for_is_no_fault(code: str) -> None:
    found = made(Reason(code))
    assert (found["Enforced"].status, found["Ready"].status, found["Ready"].code) == ("False", "True", code)


def test_a_fault_beside_what_somebody_asked_for_is_one() -> None:
    found = made(reason("Observing"), reason("GitOpsOwned", object="o", field="f", who="w", way="w"))
    assert (found["Ready"].status, found["Ready"].code) == ("False", "GitOpsOwned")


def test_worth_knowing_is_not_a_fault() -> None:
    assert truths(made(reason("RollingOut")))["Ready"] == "True"


def test_several_findings_are_all_told_the_first_gives_the_code_and_none_is_told_twice() -> None:
    one, other = (reason("HPABlind", workload=each, hpa=each, why="x") for each in ("auth", "portal"))
    found = made(one, other, one)["Enforced"]
    assert found.reasons == (one, other)
    assert found.message("en") == f"{one.text()}; {other.text()}"
    assert found.message("fr") == f"{one.text('fr')}; {other.text('fr')}"


@pytest.mark.parametrize("code", ["WriteFailed", "Contested", "ClockWentBack"])
def test_what_keeps_floors_from_holding_now_comes_before_what_is_only_in_the_way(code: str) -> None:
    blind = reason("HPABlind", workload="auth", hpa="auth", why="x")
    assert made(blind, reason("Observing"), Reason(code))["Enforced"].code == code
    assert made(blind, Reason(code))["Ready"].status == "False"


def test_a_message_fits_what_the_api_server_takes() -> None:
    many = (reason("HPABlind", workload=f"w{number}", hpa="x" * 200, why="x") for number in range(500))
    assert len(made(*many)["Enforced"].message("en")) <= 32_768


def test_without_a_plan_what_depends_on_one_is_unknown() -> None:
    found = made(planned=False)
    assert truths(found) == {
        "Accepted": "True",
        "CalendarKnown": "Unknown",
        "Planned": "Unknown",
        "Enforced": "Unknown",
        "CapacitySufficient": "Unknown",
        "Ready": "Unknown",
    }
    assert truths(made(reason("Invalid", problem="p"), planned=False))["Ready"] == "False"


def shown(found: dict[str, Condition], before: object, now: str) -> dict[str, Any]:
    return {each["type"]: each for each in as_status(list(found.values()), before, now, 3, "en")}


def test_since_when_nothing_can_be_seen_is_read_back_from_a_status() -> None:
    blind = reason("ObservationFailed", problem="no answer", until="then")
    seen = reason("AsPlanned", sessions=1, high=2)
    unasked = shown(made(), None, EARLY)
    assert unseen_since(list(unasked.values())) is None
    failing = shown(made(blind), list(unasked.values()), LATE)
    later = shown(made(blind), list(failing.values()), "2026-09-07T08:00:00Z")
    assert unseen_since(list(later.values())) == datetime(2026, 9, 7, 7, tzinfo=UTC)
    assert unseen_since(list(shown(made(seen), list(later.values()), LATE).values())) is None
    assert unseen_since(None) is None


def test_a_transition_time_changes_with_the_status_and_not_with_the_reason() -> None:
    first = shown(made(reason("Stopped", workload="auth")), None, EARLY)
    same = shown(made(reason("HPABlind", workload="a", hpa="a", why="x")), list(first.values()), LATE)
    assert same["Enforced"]["reason"] == "HPABlind"
    assert same["Enforced"]["lastTransitionTime"] == EARLY
    well = shown(made(), list(same.values()), LATE)
    assert well["Enforced"]["lastTransitionTime"] == LATE
    assert well["Accepted"]["lastTransitionTime"] == EARLY
    assert {each["observedGeneration"] for each in well.values()} == {3}
