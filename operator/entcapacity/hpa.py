"""The stock HorizontalPodAutoscaler, version 2, as its documentation describes it.

Source: Kubernetes documentation, *Horizontal Pod Autoscaling* (algorithm details, support for resource metrics,
configurable scaling behavior, default behavior), release 1.33. Everything here works on arrays, so that many
autoscalers are stepped at once; nothing depends on what the arrays' axes mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np

from entcapacity.grid import Floats, Ints

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


def by_utilization(usage: Floats, target: Floats | float, pods: Ints, ready: Ints) -> Ints:
    """Replicas for a resource metric.

    ``usage`` is what the ready pods use, in pods at 100 %; ``target`` the target utilisation, of 1; ``pods`` all there
    are, ``ready`` those of them that are ready. desired = ⌈ready · utilisation / target⌉, and no change within the
    tolerance. Where pods are not yet ready and the ratio asks for more, they are counted as using nothing; what then no
    longer asks for more changes nothing.
    """
    ratio = usage / np.maximum(target * ready, _ROUNDING)
    wanted = np.where(np.abs(ratio - 1) <= TOLERANCE + _ROUNDING, pods, _ceil(ratio * ready))
    starting = (ready < pods) & (ratio > 1)
    if starting.any():
        damped = usage / np.maximum(target * pods, _ROUNDING)
        wanted = np.where(starting, np.where(damped <= 1 + TOLERANCE + _ROUNDING, pods, _ceil(damped * pods)), wanted)
    return wanted


def by_total(total: Floats | float, per_replica: Floats | float, pods: Ints) -> Ints:
    """Replicas for an external metric with an AverageValue target: ⌈total / perReplica⌉, and no change within 10 %."""
    ratio = total / np.maximum(per_replica * pods, _ROUNDING)
    return np.where(np.abs(ratio - 1) <= TOLERANCE + _ROUNDING, pods, _ceil(np.asarray(total / per_replica)))


class Behavior:
    """The default behavior of one or many HPAs between their bounds; remembers recommendations of five minutes."""

    def __init__(self, minimum: Ints, maximum: Ints) -> None:
        self.minimum, self.maximum = minimum, maximum
        self._recommended: Ints | None = None
        self._next = 0

    def decide(self, recommendations: Sequence[Ints], pods: Ints) -> Ints:
        """Replicas after one sync, from what each metric recommends (the most counts) and the pods that there are."""
        wanted = reduce(np.maximum, recommendations)
        if self._recommended is None:  # what it finds counts as the first recommendation
            self._recommended = np.zeros((DOWNSCALE_STABILIZATION, *pods.shape), dtype=np.int64)
            self._recommended[-1] = pods
        self._recommended[self._next] = wanted
        self._next = (self._next + 1) % DOWNSCALE_STABILIZATION
        stabilized = np.maximum(wanted, np.minimum(pods, self._recommended.max(axis=0)))
        fastest = np.maximum(pods + UP_PODS, pods * UP_FACTOR)
        limited = np.minimum(stabilized, np.maximum(fastest, self.minimum))  # up to the minimum it goes at once
        decided: Ints = np.minimum(np.maximum(limited, self.minimum), self.maximum)
        return decided


def _ceil(exact: Floats) -> Ints:
    replicas: Ints = np.ceil(exact - _ROUNDING).astype(np.int64)
    return replicas
