"""What an announcement, its withdrawal or a boost does to a plan."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from entcapacity.effects import Effect, of_announcement, of_spec, ready_by
from entcapacity.facts import Bounds
from entcapacity.notices import lateness
from entcapacity.spec import Boost
from specs import APRIL_2021, announcement, capacity, facts, instant

SPEC = capacity()
NOW = instant("2021-03-31T20:00:00+02:00")
THERE = facts(floors={"portal": 12}, bounds={"portal": Bounds(2, 400)})


def peaks(effect: Effect) -> tuple[int, int]:
    old, new = (int(made.workload("portal").need[made.ahead].max()) for made in (effect.old, effect.new))
    return old, new


def test_a_remote_week_multiplies_the_peak_and_is_ready_before_it() -> None:
    effect = of_announcement(SPEC, THERE, APRIL_2021, NOW)
    old, new = peaks(effect)
    assert new > 3 * old
    made = effect.new
    portal = made.workload("portal")
    by = ready_by(made, portal)
    assert by is not None
    peak = made.ahead.start + int(np.argmax(portal.need[made.ahead]))
    assert made.grid.instant(peak) - by >= timedelta(minutes=15)
    assert (portal.ready[made.grid.index(by) : peak + 1] >= portal.need[peak]).all()
    assert portal.ready[made.grid.index(by) - 1] < portal.need[peak]


def test_both_plans_begin_with_the_floors_that_are_there() -> None:
    effect = of_announcement(SPEC, THERE, APRIL_2021, NOW)
    for made in (effect.old, effect.new):
        assert made.as_of == NOW
        assert made.workload("portal").floor[made.grid.index(NOW)] == 12


def test_what_is_announced_at_night_for_the_morning_is_too_late_for_a_slow_ramp() -> None:
    slow = capacity(ramp={"upPerMinute": 1})
    night = announcement("now", "2021-04-06T08:00:00+02:00", {"from": "2021-04-06", "schooling": "Remote"})
    effect = of_announcement(slow, THERE, night, instant("2021-04-06T08:00:00+02:00"))
    portal = effect.new.workload("portal")
    late = lateness(effect.new, portal)
    assert late is not None
    assert ready_by(effect.new, portal) is None
    assert lateness(effect.old, effect.old.workload("portal")) is None


def test_an_announcement_of_tomorrow_is_planned_as_of_then() -> None:
    later = announcement("later", "2021-04-01T20:00:00+02:00", {"from": "2021-04-06", "schooling": "Remote"})
    effect = of_announcement(SPEC, THERE, later, NOW)
    assert effect.new.as_of == effect.old.as_of == instant("2021-04-01T20:00:00+02:00")
    old, new = peaks(effect)
    assert new > old


def test_days_far_ahead_are_looked_at_when_they_come() -> None:
    far = announcement("far", "2021-03-31T20:00:00+02:00", {"from": "2021-06-07", "schooling": "Remote"})
    effect = of_announcement(SPEC, THERE, far, NOW)
    assert effect.new.window.instant(0) == instant("2021-05-31T00:00:00+02:00")
    assert effect.new.as_of == NOW
    old, new = peaks(effect)
    assert new > 3 * old


def test_a_withdrawal_takes_the_peak_away() -> None:
    known = replace(THERE, announcements=(APRIL_2021,))
    at = instant("2021-04-02T12:00:00+02:00")
    gone = APRIL_2021.model_copy(update={"spec": APRIL_2021.spec.model_copy(update={"withdrawn_at": at})})
    effect = of_announcement(SPEC, known, gone, at)
    old, new = peaks(effect)
    assert old > 3 * new


def test_the_same_announcement_once_more_changes_nothing() -> None:
    effect = of_announcement(SPEC, replace(THERE, announcements=(APRIL_2021,)), APRIL_2021, NOW)
    assert (effect.old.workload("portal").floor == effect.new.workload("portal").floor).all()


def test_a_boost_raises_the_need_until_its_end() -> None:
    until = NOW + timedelta(days=2)
    boosted = SPEC.model_copy(update={"boost": Boost(percent=100, until=until)})
    effect = of_spec(SPEC, boosted, THERE, NOW, until + timedelta(days=1))
    old, new = peaks(effect)
    assert new > old
    made = effect.new
    after = made.grid.index(until) + 60
    assert (made.workload("portal").need[after:] == effect.old.workload("portal").need[after:]).all()


def test_a_later_period_is_looked_at_too() -> None:
    far = {"from": "2021-05-31", "until": "2021-06-04", "schooling": "Remote"}
    both = announcement("both", "2021-03-31T20:00:00+02:00", {"from": "2021-04-06", "schooling": "OnSite"}, far)
    effect = of_announcement(SPEC, THERE, both, NOW)
    assert effect.new.window.instant(effect.new.window.length) == NOW + timedelta(days=60)
    effect = of_announcement(SPEC, THERE, both, NOW + timedelta(days=7))
    old, new = peaks(effect)
    assert new > 3 * old


def test_what_begins_in_holidays_shows_on_the_first_days_after_them() -> None:
    holidays = announcement("from-holidays", "2021-02-10T20:00:00+01:00", {"from": "2021-02-15", "schooling": "Remote"})
    effect = of_announcement(SPEC, THERE, holidays, instant("2021-02-10T20:00:00+01:00"))
    old, new = peaks(effect)
    assert new > 2 * old
