"""The stock HPA as its documentation has it, so that nobody can say it was weakened."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.hpa import DOWNSCALE_STABILIZATION, Behavior, desired


@pytest.mark.parametrize(
    ("utilization", "target", "pods", "expected"),
    [
        (2.0, 1.0, 5, 10),  # "if the current metric value is 200m, and the desired value is 100m, … doubled"
        (0.5, 1.0, 10, 5),  # "if the current value is instead 50m, you'll halve the number of replicas"
        (1.05, 1.0, 10, 10),  # "close to 1.0 … within a tolerance, 0.1 by default": no scaling
        (0.95, 1.0, 10, 10),
        (1.1, 1.0, 10, 10),
        (1.11, 1.0, 10, 12),  # ⌈11.1⌉
        (0.89, 1.0, 10, 9),
        (0.9, 0.5, 4, 8),  # ⌈4 × 0.9 / 0.5⌉ = ⌈7.2⌉
        (0.0, 0.7, 6, 0),  # the minimum is the behavior's business
    ],
)
def test_desired_replicas_are_current_ones_times_the_ratio_rounded_up(utilization, target, pods, expected):
    assert desired(pods * utilization, target, pods, ready=pods) == expected


def test_pods_that_are_not_ready_are_counted_as_using_nothing_when_scaling_up():
    # 4 ready pods at 100 % of which the target is 50 %: 8; with 2 more starting it is 6 × (4/6)/0.5 = 8 all the same
    assert desired(4.0, 0.5, pods=4, ready=4) == 8
    assert desired(4.0, 0.5, pods=6, ready=4) == 8


def test_when_the_pods_that_are_starting_will_do_nothing_changes():
    assert desired(4.0, 0.5, pods=8, ready=4) == 8
    assert desired(4.0, 0.5, pods=20, ready=4) == 20


def test_on_the_way_down_pods_that_are_not_ready_do_not_count():
    # 10 ready pods at 30 % of which the target is 50 %: 6, whether 2 more are starting or not
    assert desired(3.0, 0.5, pods=12, ready=10) == 6


def test_what_cannot_be_measured_scales_nothing():
    assert desired(0.0, 0.7, pods=5, ready=0) == 5


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), st.floats(0.2, 1.0))
def test_it_is_the_algorithm_of_the_documentation_step_by_step(pods, ready, busy, target):
    ready = min(pods, ready)
    ratio = busy / target
    if ratio > 1 and ready < pods:  # "…the controller further conservatively assumes the pods are consuming 0 %"
        ratio = max(1.0, busy * ready / pods / target)
        counted = pods
    else:
        counted = ready
    if min(abs(ratio - 1 - 0.1), abs(ratio - 1 + 0.1), abs(ratio * counted - round(ratio * counted))) < 1e-6:
        return  # on the edge, where rounding decides
    expected = pods if abs(ratio - 1) <= 0.1 else math.ceil(ratio * counted)
    assert desired(busy * ready, target, pods, ready) == expected


def test_a_saturated_pod_reports_no_more_than_saturation():
    # ten ready pods, ten times too much load: the metric still says 100 %, so that one sync asks for 1/0.7 only
    assert desired(10.0, 0.7, pods=10, ready=10) == 15


def test_an_average_value_is_the_total_over_the_target_but_for_the_tolerance():
    assert desired(40, 1, pods=3, ready=3) == 40
    assert desired(89, 1, pods=88, ready=88) == 88  # 88 of 89: KEDA issue 5263
    assert desired(100, 1, pods=88, ready=88) == 100


def _decided(recommended, pods, minimum=1, maximum=1000):
    """Replicas after each sync, when each recommendation is obeyed as the behavior allows."""
    behavior = Behavior(pods)
    found = []
    for each in recommended:
        pods = behavior.decide(each, pods, minimum, maximum)
        found.append(pods)
    return found


def test_it_scales_up_by_four_pods_or_by_doubling_each_sync():
    assert _decided([100] * 6, pods=1) == [5, 10, 20, 40, 80, 100]


def test_it_scales_down_to_the_highest_recommendation_of_the_last_five_minutes():
    assert DOWNSCALE_STABILIZATION == 20
    found = _decided([50] * 3 + [10] * 25, pods=50)
    assert found[:22] == [50] * 22
    assert found[22:] == [10] * 6


def test_the_first_five_minutes_do_not_bring_down_what_was_found():
    assert _decided([10] * 19, pods=50)[:19] == [50] * 19


def test_a_minimum_is_reached_at_once_past_the_rate():
    assert Behavior(2).decide(1, 2, minimum=60, maximum=100) == 60


def test_a_maximum_is_reached_at_once_past_the_stabilisation():
    assert Behavior(80).decide(80, 80, minimum=1, maximum=50) == 50


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60), st.integers(1, 300))
def test_it_stays_between_its_bounds_and_never_more_than_doubles(recommended, pods):
    found = _decided(recommended, pods, minimum=3, maximum=200)
    before = [pods, *found]
    assert all(3 <= each <= 200 for each in found)
    assert all(now <= max(2 * then, then + 4, 3) for then, now in zip(before, found, strict=False))
