"""Start slots: the morning's peak spread by letting segments begin one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from entcapacity.grid import Floats

SLOT_MINUTES: Final = 15
"""Start slots lie on this grid."""
_ROUNDS: Final = 20


def start_slots(curves: Sequence[Floats], window: int) -> tuple[int, ...]:
    """Shifts in minutes, one for each curve, on a 15-minute grid within ``window``: the least summed peak found.

    Whole curves are shifted later. From no shift at all, one curve after the other, the largest first, takes the shift
    with the lowest peak, the smallest on a tie, until a round changes nothing: never worse than no shift, and always
    the same answer.
    """
    shifts = [0] * len(curves)
    choices = range(0, window + 1, SLOT_MINUTES)
    total = np.sum(curves, axis=0) if curves else np.zeros(1)
    order = sorted(range(len(curves)), key=lambda each: (-float(curves[each].max()), each))
    for _ in range(_ROUNDS):
        changed = False
        for each in order:
            others = total - shifted(curves[each], shifts[each])
            peaks = [(others + shifted(curves[each], choice)).max() for choice in choices]
            best = choices[int(np.argmin(np.round(peaks, 6)))]
            if best != shifts[each] and peaks[best // SLOT_MINUTES] < peaks[shifts[each] // SLOT_MINUTES] - 1e-6:
                total, shifts[each], changed = others + shifted(curves[each], best), best, True
        if not changed:
            break
    return tuple(shifts)


def shifted(curve: Floats, minutes: int) -> Floats:
    """A day's curve that begins ``minutes`` later."""
    if minutes == 0:
        return curve
    return np.concatenate((np.full(minutes, curve[0]), curve[:-minutes]))
