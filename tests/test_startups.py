"""Start-up times: from pods' own timestamps, believed from five on, warm and new nodes apart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entcapacity.startups import ENOUGH, KEPT, Raises, Startups, percentile

NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)
NODES = {"old": NOON - timedelta(days=9), "new": NOON + timedelta(seconds=90)}


def stamp(seconds: int) -> str:
    return (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(created: int, took: int | None, node: str = "old") -> dict[str, Any]:
    """A pod created so many seconds after noon; without ``took``, it is not Ready."""
    ready = {"type": "Ready", "status": "False" if took is None else "True"}
    if took is not None:
        ready["lastTransitionTime"] = stamp(created + took)
    conditions = [{"type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(created)}, ready]
    metadata = {"creationTimestamp": stamp(created)}
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": {"conditions": conditions}}


def seen(*pods: dict[str, Any], known: Startups | None = None, speed: float = 1) -> Startups:
    return (known or Startups()).with_pods(pods, NODES, NOON, speed)


def test_a_sample_is_the_time_from_creation_to_ready() -> None:
    assert seen(pod(0, 42), pod(1, 40)).warm == (42, 40)


def test_a_pod_that_became_ready_again_after_a_restart_tells_nothing() -> None:
    again = pod(0, 900)
    again["status"]["containerStatuses"] = [{"name": "app", "restartCount": 0}, {"name": "proxy", "restartCount": 2}]
    assert seen(again) == Startups()
    again["status"]["containerStatuses"][1]["restartCount"] = 0
    assert seen(again).warm == (900,)


def test_pods_of_before_and_pods_that_are_not_ready_tell_nothing() -> None:
    waiting: dict[str, Any] = {"metadata": {"creationTimestamp": stamp(3)}, "spec": {}}
    assert seen(pod(-1, 42), pod(0, None), waiting) == Startups()


def test_a_pod_whose_node_came_after_it_is_counted_apart() -> None:
    found = seen(pod(0, 200, "new"), pod(95, 30, "new"), pod(0, 40, "gone"))
    assert found.new_node == (200,)
    assert sorted(found.warm) == [30, 40]


def test_in_a_faster_time_it_took_longer() -> None:
    assert seen(pod(0, 3), speed=60).warm == (180,)


def test_the_newest_are_kept() -> None:
    known = Startups(warm=tuple(range(100, 100 + KEPT)))
    found = seen(pod(20, 7), pod(10, 6), known=known)
    assert len(found.warm) == KEPT
    assert found.warm[-3:] == (100 + KEPT - 1, 6, 7)


@pytest.mark.parametrize("count", range(ENOUGH))
def test_fewer_than_five_samples_are_not_believed(count: int) -> None:
    assert percentile([60] * count, 95) is None
    assert Startups(warm=(60,) * count).measured(timedelta(0)) is None


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile([5, 1, 4, 2, 3], 95) == 5
    assert percentile(list(range(1, 21)), 95) == 19
    assert percentile(list(range(1, 21)), 50) == 10


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (59, 1), (60, 1), (61, 2), (3600, 60)])
def test_a_plan_reckons_in_whole_minutes_and_never_in_none(seconds: int, minutes: int) -> None:
    assert Startups(warm=(seconds,) * ENOUGH).measured(timedelta(0)) == timedelta(minutes=minutes)


def test_the_start_of_a_node_is_not_counted_twice() -> None:
    apart = Startups(warm=(60,) * ENOUGH, new_node=(400,) * ENOUGH)
    assert apart.measured(timedelta(minutes=5)) == timedelta(minutes=2)
    assert apart.measured(timedelta(minutes=6)) == timedelta(minutes=1)
    assert Startups(new_node=(100,) * ENOUGH).measured(timedelta(minutes=5)) == timedelta(minutes=1)


# --- raises -----------------------------------------------------------------------------------------------------------


def after(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_each_step_of_a_raise_takes_from_its_writing_until_as_many_are_ready() -> None:
    raises = Raises()
    assert raises.look(2, 2, after(0)) is None
    raises.wrote(6, 2, after(0))
    raises.wrote(10, 6, after(60))
    assert raises.look(5, 10, after(70)) is None
    assert raises.look(6, 10, after(90)) == timedelta(seconds=90)
    assert raises.look(7, 10, after(95)) is None
    assert raises.look(10, 10, after(100)) == timedelta(seconds=40)
    assert raises.look(10, 10, after(110)) is None
    assert raises.since == NOON


def test_what_ran_already_is_no_raise() -> None:
    raises = Raises()
    raises.wrote(6, 9, after(0))
    assert raises.since is None
    assert raises.look(9, 6, after(1)) is None


def test_a_raise_that_was_put_back_and_written_again_counts_from_the_first_time() -> None:
    raises = Raises()
    for seconds in (0, 10, 20):
        raises.wrote(6, 2, after(seconds))
    assert raises.look(6, 6, after(50)) == timedelta(seconds=50)


def test_a_raise_in_which_some_were_ready_and_lost_it_tells_of_no_start_up() -> None:
    """Each of them would seem to have started for as long as it was gone."""
    raises, well = Raises(), Raises()
    for each in (raises, well):
        each.wrote(20, 2, after(0))
    for ready in (2, 9, 15, 15, 20):
        well.look(ready, 20, after(60))
    assert not well.interrupted
    for ready in (2, 15, 10, 20):
        raises.look(ready, 20, after(60))
    assert raises.interrupted


def test_what_is_not_asked_for_any_more_is_not_waited_for() -> None:
    raises = Raises()
    raises.wrote(6, 2, after(0))
    raises.wrote(10, 6, after(60))
    assert raises.look(3, 4, after(90)) is None
    raises.wrote(6, 4, after(600))
    assert raises.look(6, 6, after(640)) == timedelta(seconds=40)
