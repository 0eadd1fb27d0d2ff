"""Start slots: the same answer every time, never worse than none, and good."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.slots import shifted, start_slots

curves = st.lists(
    st.lists(st.integers(0, 100), min_size=180, max_size=180).map(lambda values: np.array(values, dtype=float)),
    min_size=1,
    max_size=4,
)


def _peak(curves, shifts):
    return float(np.sum([shifted(curve, shift) for curve, shift in zip(curves, shifts, strict=True)], axis=0).max())


@given(curves, st.sampled_from([15, 30, 60, 90]))
def test_slots_are_never_worse_than_none(curves, window):
    shifts = start_slots(curves, window)
    assert _peak(curves, shifts) <= _peak(curves, [0] * len(curves))
    assert all(shift % 15 == 0 and 0 <= shift <= window for shift in shifts)
    assert start_slots(curves, window) == shifts


@pytest.mark.parametrize("seed", range(8))
def test_slots_of_a_few_segments_are_the_best_there_are(seed):
    # bells of different height and length at the same time, as segments have them
    random = np.random.default_rng(seed)
    minutes = np.arange(240)
    bells = [random.integers(50, 150) * np.exp(-(((minutes - 60) / random.integers(10, 40)) ** 2)) for _ in range(4)]
    best = min(_peak(bells, shifts) for shifts in product(range(0, 91, 15), repeat=4))
    assert _peak(bells, start_slots(bells, 90)) == pytest.approx(best)


def test_two_equal_bells_move_apart():
    bell = np.exp(-(((np.arange(240) - 60) / 10.0) ** 2))
    first, second = start_slots([bell, bell], 60)
    assert abs(first - second) >= 45


def test_without_curves_there_is_nothing_to_shift():
    assert start_slots([], 60) == ()
