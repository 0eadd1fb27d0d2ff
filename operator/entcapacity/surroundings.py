"""What the keepers of all ENTCapacities share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.kube import Kube
from entcapacity.meters import Meters
from entcapacity.observing import Prometheus
from entcapacity.pulse import Pulse
from entcapacity.turns import Turns
from entcapacity.world import Key, World

RETRY_SECONDS: Final = 5.0
"""After which it is tried again what failed."""
_PASSES: Final = 16
"""At once: what they do between two answers of the API server keeps the Lease and the probes waiting."""


@dataclass
class Surroundings:
    """What all keepers share."""

    world: World
    kube: Kube
    clock: Clock
    meters: Meters
    pulse: Pulse
    almanac: Almanac
    prometheus: Prometheus | None = None
    language: str = "en"
    limits: dict[Key, int] = field(default_factory=dict)
    """Sessions that each platform's ready replicas carry."""
    turns: Turns = field(default_factory=lambda: Turns(_PASSES))
    """Of the passes: an announcement wakes all platforms at once."""
    planning: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "planning"))
    """Where plans are made, one after the other: several at once would take as long, and each more memory."""
