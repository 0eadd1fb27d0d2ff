"""What the keepers of all ENTCapacities share."""

from __future__ import annotations

from dataclasses import dataclass, field

from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.kube import Kube
from entcapacity.meters import Meters
from entcapacity.observing import Prometheus
from entcapacity.pulse import Pulse
from entcapacity.world import Key, World


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
