"""Connections that several workloads share: what each may have when there are not enough for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from entcapacity.grid import Floats, Ints
from entcapacity.sizing import Sizing
from entcapacity.spec import Connections

_HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """A workload that takes connections; arrays have one value per day."""

    sizing: Sizing
    connections: Connections
    sessions: Floats
    """The day's peak of sessions."""
    logins: Floats
    """The day's peak of log-ins per minute."""
    least: int
    """Replicas it keeps in any case."""
    most: Ints
    """Most replicas it may have anyway."""

    def replicas(self, share: Floats) -> Ints:
        """Replicas for a share of the day's peaks."""
        return np.clip(self.sizing.need(share * self.sessions, share * self.logins), self.least, self.most)

    def held(self, share: Floats) -> Floats:
        """Connections that those replicas hold, a rollout's surge counted."""
        return held(self.connections, self.replicas(share))


def held(connections: Connections, replicas: Ints) -> Floats:
    """Connections that replicas hold, a rollout's surge counted."""
    surged: Floats = np.ceil(replicas * (100 + connections.max_surge_percent) / 100)
    return connections.per_replica * surged


def shared_out(clients: Sequence[Client], connections: int) -> tuple[Ints, ...]:
    """Most replicas of each client and day such that all fit: those for the largest share φ ≤ 1 of their peaks.

    Where everything fits, what each may have anyway.
    """
    days = len(clients[0].sessions)
    low, high = np.zeros(days), np.ones(days)
    fits_all = _held(clients, high) <= connections
    if not fits_all.all():
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            fits = _held(clients, middle) <= connections
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return tuple(np.where(fits_all, each.most, each.replicas(low)) for each in clients)


def _held(clients: Sequence[Client], share: Floats) -> Floats:
    total: Floats = np.sum([each.held(share) for each in clients], axis=0)
    return total
