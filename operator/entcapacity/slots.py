"""Start slots: the morning's peak spread by letting segments begin one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from entcapacity.grid import Floats

SLOT_MINUTES: Final = 15
"""Start slots lie on this grid."""
_ROUNDS: Final = 20
_TRIALS: Final = 4000
"""Placements that the search tries after the first good answer: enough to be exact for four segments in 90 minutes."""
_BETTER: Final = 1e-6
"""What floating point may seem to gain without gaining it."""


def start_slots(curves: Sequence[Floats], window: int) -> tuple[int, ...]:
    """Shifts in minutes, one for each curve, on a 15-minute grid within ``window``: the least summed peak found.

    Whole curves are shifted later. Always the same answer, and never worse than no shift. It is the least there is
    where there are few segments; with many, a good one.
    """
    choices = tuple(range(0, window + 1, SLOT_MINUTES))
    table = [[shifted(curve, choice) for choice in choices] for curve in curves]
    order = sorted(range(len(curves)), key=lambda each: (-float(curves[each].max()), each))
    chosen = _searched(table, order, _descended(table, order))
    return tuple(choices[each] for each in chosen)


def shifted(curve: Floats, minutes: int) -> Floats:
    """A day's curve that begins ``minutes`` later."""
    if minutes == 0:
        return curve
    return np.concatenate((np.full(minutes, curve[0]), curve[:-minutes]))


def _descended(table: Sequence[Sequence[Floats]], order: Sequence[int]) -> list[int]:
    """From no shift at all, one curve after the other takes its best shift, until a round changes nothing."""
    chosen = [0] * len(table)
    for _ in range(_ROUNDS):
        before = list(chosen)
        for each in order:
            others = _total([row[chosen[other]] for other, row in enumerate(table) if other != each])
            peaks = [float((others + curve).max()) for curve in table[each]]
            best = int(np.argmin(peaks))
            if peaks[best] < peaks[chosen[each]] - _BETTER:
                chosen[each] = best
        if chosen == before:
            break
    return chosen


def _searched(table: Sequence[Sequence[Floats]], order: Sequence[int], found: list[int]) -> list[int]:
    """Something better than ``found``, if there is and so many trials show it: branch and bound, large curves first.

    Curves are nowhere negative, so that a peak already reached only grows with those still to be placed.
    """
    best, least = (
        list(found),
        float(_total([row[each] for row, each in zip(table, found, strict=True)]).max(initial=0.0)),
    )
    trials = _TRIALS

    def place(depth: int, total: Floats | float, chosen: list[int]) -> None:
        nonlocal best, least, trials
        if depth == len(order):
            best, least = list(chosen), float(np.max(total))
            return
        for choice, curve in enumerate(table[order[depth]]):
            trials -= 1
            together = total + curve
            if trials < 0:
                return
            if float(together.max()) < least - _BETTER:
                chosen[order[depth]] = choice
                place(depth + 1, together, chosen)

    if table:
        place(0, 0.0, list(found))
    return best


def _total(curves: Sequence[Floats]) -> Floats:
    total: Floats = np.sum(curves, axis=0) if curves else np.zeros(1)
    return total
