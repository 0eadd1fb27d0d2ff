"""From need to floor: lead, hold and ramp, and the queue where capacity ends.

All curves are per minute of the 1-minute grid; replicas are whole numbers, leads and holds whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entcapacity.grid import Bools, Floats, Ints, Numbers, sliding_max, sliding_min


def leads_and_holds(need: Numbers, lead: int, hold: int) -> Numbers:
    """E(t) = max of ``need`` over [t − hold, t + lead]; at the edges, over what there is."""
    before, after = min(hold, len(need)), min(lead, len(need))
    return sliding_max(np.pad(need, (before, after), mode="edge"), before + after + 1)


def ramped(need: Ints, up: int, down: int, may_fall: Bools | None = None, every: int = 1) -> Ints:
    """The smallest curve above ``need`` that rises at most ``up`` replicas in ``every`` minutes, and falls at most
    ``down`` a minute.

    F(t) = max( max_{v ≥ t} E(v) − ⌊up·(v − t) ÷ every⌋, max_{v ≤ t} E(v) − (what may fall between v and t) ). Where
    ``may_fall`` is false nothing falls: poolers are lowered only at night.
    """
    risen = up * np.arange(len(need))
    rising = -((np.maximum.accumulate((every * need - risen)[::-1])[::-1] + risen) // -every)
    fallen = fall(len(need), down, may_fall)
    falling: Ints = np.maximum.accumulate(rising + fallen) - fallen
    return falling


def fall(length: int, down: int, may_fall: Bools | None = None) -> Ints:
    """By how much a floor may have fallen since the first minute."""
    if may_fall is None:
        return down * np.arange(length)
    return down * np.concatenate(([0], np.cumsum(may_fall[1:])))


def from_here(floor: Ints, now: int, in_effect: int, up: int, fallen: Ints) -> Ints:
    """``floor`` as it can still be reached from the floor in effect at position ``now``: never the past.

    max(min(F, f₀ + up·Δ), f₀ − what may have fallen since) from ``now`` on, and f₀ before it. Where ``now`` lies
    before the first position, what fell before that is not counted: f₀ is held a little longer.
    """
    minutes = np.arange(len(floor))
    elapsed = np.maximum(minutes - now, 0)
    fallen_since = np.maximum(fallen - fallen[min(max(now, 0), len(floor) - 1)], 0)
    reached = np.maximum(np.minimum(floor, in_effect + up * elapsed), in_effect - fallen_since)
    return np.where(minutes >= now, reached, in_effect)


def in_turn(ready: Ints, every: int) -> Ints:
    """``ready`` where pods come one after the other, at most one in ``every`` minutes."""
    minutes = np.arange(len(ready))
    turn: Ints = (np.minimum.accumulate(every * ready - minutes) + minutes) // every
    return turn


def delayed(floor: Ints, minutes: int) -> Ints:
    """Replicas that are ready when each takes ``minutes`` to start and goes at once: ready(t) = min over the start-up.

    A replica counts at t if it was asked for throughout [t − minutes, t].
    """
    if minutes == 0:
        return floor
    padded = np.pad(floor, (min(minutes, len(floor)), 0), mode="edge")
    return sliding_min(padded, min(minutes, len(floor)) + 1)


def least_login_capacity(logins: Floats, max_wait: int) -> float:
    """The least log-ins per minute with which nobody waits longer than ``max_wait`` minutes.

    c* = max over s < t of (Λ(t) − Λ(s)) / (t − s + W), Λ the cumulative arrivals. Found by Dinkelbach's method: where a
    capacity leaves the longest queue, the stretch in which that built up says what it would have taken. From below, a
    few steps reach the greatest, where the queue stays within c·W.
    """
    if max_wait == 0 or not logins.size:
        return float(logins.max(initial=0.0))
    capacity, arrivals = 0.0, np.concatenate(([0.0], np.cumsum(logins)))
    while True:
        surplus = arrivals - capacity * np.arange(len(arrivals))
        end = int(np.argmax(surplus - np.minimum.accumulate(surplus)))
        begin = int(np.argmin(surplus[: end + 1]))
        more = float(arrivals[end] - arrivals[begin]) / (end - begin + max_wait)
        if more <= capacity:
            return capacity
        capacity = more


def queue(logins: Floats, capacity: float) -> Floats:
    """People waiting after each minute, where ``capacity`` log-ins a minute are admitted."""
    surplus = np.concatenate(([0.0], np.cumsum(logins - capacity)))
    waiting: Floats = (surplus - np.minimum.accumulate(surplus))[1:]
    return waiting


def spread_by_wait(logins: Floats, max_wait: int) -> Floats:
    """Log-ins per minute as admitted when a wait of ``max_wait`` minutes is allowed on purpose."""
    if max_wait == 0:
        return logins
    waiting = queue(logins, least_login_capacity(logins, max_wait))
    return np.maximum(0.0, logins - np.diff(waiting, prepend=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Admission:
    """What is admitted where capacity ends; one value per minute."""

    logins: Floats
    """Admitted per minute."""
    sessions: Floats
    """Active."""
    queue: Floats
    """Waiting."""
    wait: Floats
    """Minutes that who comes in this minute will wait; infinite where the queue does not empty any more."""


def admit(
    logins: Floats,
    sessions: Floats,
    login_capacity: Floats,
    session_capacity: Floats,
    session_minutes: float,
    users: float,
) -> Admission:
    """Who gets in when.

    a = min(λ' + Q, login capacity, session capacity − A + A/S); A' = a − A/S; Q' = λ' − a. As long as everything fits
    and nobody waits, that is the demand itself; only from the first minute that does not fit is it stepped through.

    Of all ``users``, those who neither wait nor are in come as often as the demand has it of those who are not in:
    λ' = λ · (users − A − Q)/(users − n), a queue with a finite source. Who waits does not come a second time, so that
    never more than ``users`` wait or are in; of those who come nobody is lost.
    """
    admitted, active, waiting = logins.copy(), sessions.copy(), np.zeros(len(logins))
    tight = (logins > login_capacity) | (sessions > session_capacity)
    position = 0
    while position < len(logins) and tight[position:].any():
        position += int(np.argmax(tight[position:]))
        position = _step_through(
            position,
            admitted,
            active,
            waiting,
            logins,
            sessions,
            login_capacity,
            session_capacity,
            session_minutes,
            users,
        )
    return Admission(admitted, active, waiting, _waits(logins, admitted, waiting))


def _step_through(
    position: int,
    admitted: Floats,
    active: Floats,
    waiting: Floats,
    logins: Floats,
    sessions: Floats,
    login_capacity: Floats,
    session_capacity: Floats,
    session_minutes: float,
    users: float,
) -> int:
    """Admits minute by minute from ``position`` until nobody waits and the sessions are those of the demand again."""
    people = min(float(sessions[position]), float(session_capacity[position]))
    queued = float(sessions[position]) - people
    for minute in range(position, len(logins)):
        active[minute] = people
        leaving = people / session_minutes
        room = max(0.0, float(session_capacity[minute]) - people + leaving)
        outside, usual = max(0.0, users - people - queued), users - float(sessions[minute])
        share = min(1.0, outside / usual) if usual > 0 else 1.0
        wanted = queued + min(float(logins[minute]) * share, outside + leaving)
        admitted[minute] = min(wanted, float(login_capacity[minute]), room)
        waiting[minute] = queued = wanted - admitted[minute]
        people += admitted[minute] - leaving
        if queued < 1.0 and minute + 1 < len(logins) and people <= sessions[minute + 1] * 1.001 + 1.0:
            waiting[minute] = 0.0
            return minute + 1
    return len(logins)


def _waits(logins: Floats, admitted: Floats, waiting: Floats) -> Floats:
    """The horizontal distance between cumulative arrivals and admissions, in minutes."""
    waits = np.zeros(len(logins))
    late = np.flatnonzero(waiting >= 1.0)
    if late.size:
        arrivals = np.cumsum(admitted) + waiting
        served = np.cumsum(admitted)
        when = np.searchsorted(served, arrivals[late] - 1.0)
        waits[late] = np.where(when < len(served), np.maximum(when - late, 0), np.inf)
    return waits
