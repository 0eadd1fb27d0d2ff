"""What is written so that a floor holds, and so that everything is as it was: each request under its field manager."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applying import SOMEBODY, Applied
from entcapacity.drivers import given_back, held
from entcapacity.targets import FORMER, Former

AUTOSCALERS = ("HPA", "ScaledObject")


def hold(there: Applied, floor: int, maximum: int | None = None, by: str = "ent") -> None:
    there.do(held(there.seen(), by, floor, maximum))


def give_back(there: Applied) -> None:
    there.do(given_back(there.seen()))


def stands() -> st.SearchStrategy[Applied]:
    """An autoscaler as somebody made it; 3 replicas run."""
    replicas, most = st.integers(1, 200), st.integers(3, 200)
    an_hpa = st.builds(Applied, st.just("HPA"), replicas, most)
    a_scaled_object = st.builds(Applied, st.just("ScaledObject"), st.none() | replicas, st.none() | most)
    return an_hpa | a_scaled_object


def test_the_former_value_is_written_with_the_first_floor_in_one_request():
    writes = list(held(Applied("HPA", 2, 60).seen(), "ent", 12, None))
    assert [(each.how, each.manager) for each in writes] == [("Apply", "entcapacity")]
    assert writes[0].body["spec"] == {"minReplicas": 12}
    assert writes[0].body["metadata"]["annotations"] == {FORMER: Former("ent", 2).written()}


def test_on_scale_the_former_value_is_written_before_the_replicas():
    writes = list(held(Applied("Scale", 3).seen(), "ent", 12, None))
    assert [each.how for each in writes] == ["Apply", "Scale"]
    assert writes[0].body["metadata"]["annotations"] == {FORMER: Former("ent", 3).written()}
    assert "spec" not in writes[0].body  # applied replicas would be owned by us
    assert writes[1].body == {"spec": {"replicas": 12}}


def test_a_request_names_the_object_it_is_meant_for_so_that_none_is_created():
    for driver in ("HPA", "ScaledObject", "Scale"):
        there = Applied(driver, 2, 60 if driver == "HPA" else None)
        assert all(each.body["metadata"]["uid"] for each in held(there.seen(), "ent", 9, None) if each.how == "Apply")


def test_scale_keeps_its_replicas_when_it_is_given_back():
    there = Applied("Scale", 3)
    hold(there, 214)
    give_back(there)
    assert there.values[0] == there.replicas == 214
    assert there.fields[FORMER] == '{"by": "", "minimum": 3, "replicas": 214}'
    assert "entcapacity" not in there.owners


def test_scale_that_is_taken_again_had_before_what_it_had_the_first_time_unless_somebody_scaled_it():
    there = Applied("Scale", 3)
    for floor in (214, 90):
        hold(there, floor)
        assert there.seen().former == Former("ent", 3)
        give_back(there)
    there.set(replicas=70)
    there.replicas = 70
    hold(there, 90)
    assert there.seen().former == Former("ent", 70)
    there.replicas = 70
    give_back(there)
    assert FORMER not in there.fields  # it has what it had


@pytest.mark.parametrize(("runs", "maximum"), [(60, 60), (61, 150)])
@pytest.mark.parametrize("driver", AUTOSCALERS)
def test_a_raised_maximum_is_kept_when_it_is_given_back_while_more_runs_than_the_former_one_allows(
    driver, runs, maximum
):
    there = Applied(driver, 2, 60)
    hold(there, 120, 150)
    there.replicas = runs
    give_back(there)
    assert there.values == (2, maximum)
    assert FORMER not in there.fields


def test_what_another_entcapacity_held_before_is_taken_over_with_its_former_value():
    there = Applied("HPA", 2, 60)
    hold(there, 12, by="older")
    hold(there, 9, by="younger")
    assert there.seen().former == Former("younger", 2)
    give_back(there)
    assert there.values == (2, 60)


def test_what_is_not_held_is_not_given_back():
    assert list(given_back(Applied("HPA", 2, 60).seen())) == []


def test_a_maximum_that_keda_only_defaults_is_absent_again():
    there = Applied("ScaledObject", 1)
    hold(there, 120, 150)
    assert there.values == (120, 150)
    assert there.seen().bounds.max == 100  # KEDA's default, that the plan may count with
    hold(there, 90)
    assert there.values == (90, None)
    give_back(there)
    assert there.values == (1, None)


@given(stands(), st.lists(st.tuples(st.integers(1, 300), st.none() | st.integers(1, 400)), min_size=1, max_size=5))
def test_giving_back_restores_exactly_what_was_there(there, floors):
    before = there.values
    for floor, maximum in floors:
        hold(there, floor, maximum)
        assert there.values == (floor, before[1] if maximum is None else maximum)
    give_back(there)
    assert there.values == before
    assert FORMER not in there.fields
    assert "entcapacity" not in there.owners


@given(stands(), st.integers(1, 300), st.none() | st.integers(1, 400), st.integers(1, 300))
def test_giving_back_twice_restores_what_was_there_the_second_time(there, floor, maximum, later):
    hold(there, floor, maximum)
    give_back(there)
    there.set(**{there.least: later})
    hold(there, floor, maximum)
    give_back(there)
    assert there.values[0] == later


@given(stands(), st.integers(1, 300), st.integers(1, 400))
def test_nothing_falls_to_a_default_while_it_is_given_back(there, floor, maximum):
    before = there.values
    hold(there, floor, maximum)
    there.history.clear()
    give_back(there)
    for minimum, most in there.history:
        assert minimum in (floor, before[0])
        assert most in (maximum, before[1])


@pytest.mark.parametrize("driver", AUTOSCALERS)
@pytest.mark.parametrize("maximum", [None, 150])
def test_a_maximum_that_was_never_raised_is_not_claimed_when_all_is_given_back(driver, maximum):
    there = Applied(driver, 2, 60)
    hold(there, 12, maximum)
    give_back(there)
    raised = {"entcapacity-released"} if maximum is not None else {SOMEBODY}
    assert there.owners_of(there.most) == raised
    assert there.owners_of(there.least) == {"entcapacity-released"}  # in between it must have an owner
    hold(there, 12)
    give_back(there)
    assert there.owners_of(there.most) == raised
    assert there.values == (2, 60)


@pytest.mark.parametrize("driver", AUTOSCALERS)
def test_a_maximum_that_somebody_changes_meanwhile_is_left_as_he_wants_it(driver):
    there = Applied(driver, 2, 60)
    hold(there, 12)
    there.set(**{there.most: 80})
    hold(there, 14)
    give_back(there)
    assert there.values == (2, 80)
