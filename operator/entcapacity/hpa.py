"""The stock HorizontalPodAutoscaler, version 2, as its documentation describes it.

Source: Kubernetes documentation, *Horizontal Pod Autoscaling* (algorithm details, support for resource metrics,
configurable scaling behavior, default behavior), release 1.33. One HPA and one sync at a time.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import Final

SYNC_SECONDS: Final = 15
"""--horizontal-pod-autoscaler-sync-period"""
TOLERANCE: Final = 0.1
"""--horizontal-pod-autoscaler-tolerance"""
DOWNSCALE_STABILIZATION: Final = 300 // SYNC_SECONDS
"""Syncs in behavior.scaleDown.stabilizationWindowSeconds: 300, the default."""
UP_FACTOR: Final = 2
UP_PODS: Final = 4
"""behavior.scaleUp.policies, the default: 100 % or 4 pods every 15 seconds, whichever is more; no stabilisation."""
_ROUNDING: Final = 1e-9
_LEAST, _MOST = 1 - TOLERANCE - _ROUNDING, 1 + TOLERANCE + _ROUNDING


def desired(used: float, target: float, pods: int, ready: int) -> int:
    """Replicas for a resource metric, or for an external one with an AverageValue target (there all pods are ready).

    ``used`` is what the ready pods use in all, ``target`` what each should: ⌈ready · (used / ready) / target⌉, and no
    change where the ratio is within the tolerance. On the way up, pods that are not yet ready are counted as
    using nothing; where the ratio then no longer asks for more, nothing changes. Hence the two sides of the comparison.
    """
    if _LEAST * target * ready <= used <= _MOST * target * pods:
        return pods
    return ceil(used / target - _ROUNDING)


class Behavior:
    """The default behavior of one HPA; remembers what was recommended within five minutes."""

    def __init__(self, pods: int) -> None:
        # the pods that it finds count as the first recommendation
        self._recommended = deque([pods], maxlen=DOWNSCALE_STABILIZATION)

    def decide(self, wanted: int, pods: int, minimum: int, maximum: int) -> int:
        """Replicas after one sync, from what is recommended (of several metrics the most) and the pods there are."""
        self._recommended.append(wanted)
        if wanted < pods > minimum:
            wanted = min(pods, max(self._recommended))
        elif wanted > pods:
            wanted = min(wanted, max(pods + UP_PODS, pods * UP_FACTOR))
        if minimum <= wanted <= maximum:
            return wanted
        return max(minimum, min(wanted, maximum))  # to a bound it goes at once, past the rate
