"""The plan that holds now: kept while nothing that it is made from changes, and made anew for each thing that does."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from answering import answered, served
from entcapacity import planner
from entcapacity.facts import Bounds, Facts
from entcapacity.grid import Grid
from entcapacity.kube import Kube
from entcapacity.plan import Plan, plan
from entcapacity.planner import REPLAN_EVERY, Made, Planner, made_from, next_step
from entcapacity.reasons import Reason
from entcapacity.reconcile import Asked
from entcapacity.room import Room
from entcapacity.running import Options, surroundings
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import ENTCapacitySpec
from entcapacity.targets import Objects, Seen, seen
from operating import deployment, hpa
from specs import APRIL_2021, announcement, capacity, facts

NOW = datetime(2021, 3, 31, 18, 0, 30, tzinfo=UTC)
"""Half a minute after the announcement of that evening."""
KEY = ("ent", "ent")


def document(generation: int = 1, uid: str = "1") -> dict[str, Any]:
    return {"metadata": {"uid": uid, "generation": generation}}


def there(minimum: int) -> tuple[dict[str, Seen], Objects]:
    """The workload of these tests, with a minimum."""
    objects = Objects({("apps", "Deployment", "portal"): deployment("portal", minimum)}, (hpa("portal", minimum),))
    found = seen(capacity().workloads[0], "ent", objects)
    assert isinstance(found, Seen)
    return {"portal": found}, objects


async def planned(
    by: Planner,
    now: datetime = NOW,
    minimum: int = 2,
    asked: int = 2,
    generation: int = 1,
    broken: bool = False,
    **spec: Any,
) -> tuple[Made | None, list[str]]:
    """The plan that holds, and what was found besides; from ``broken`` facts none can be made."""
    found: list[Reason] = []
    workloads, objects = there(minimum)
    floors: Any = {"portal": "none" if broken else minimum}
    known = facts(APRIL_2021, floors=floors, bounds={"portal": Bounds(2, 60)})
    was = {"portal": Asked(asked, None)}
    made = await by.plan(document(generation), capacity(**spec), known, workloads, was, objects, now, found)
    return made, [each.code for each in found]


def nothing(_: web.Request) -> web.Response:
    return web.json_response({"items": []})


def made_anew(**change: Any) -> bool:
    """Whether another plan is made where one thing has changed since the first."""
    found: list[Made | None] = []

    async def twice(kube: Kube) -> None:
        by = Planner(KEY, surroundings(Options(namespace="ent"), kube), lambda: None)
        first, _ = await planned(by)
        second, _ = await planned(by, **change)
        assert by.made is second
        found.extend((first, second))

    answered(nothing, twice)
    assert all(found)
    return found[0] is not found[1]


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        ({}, False),
        ({"now": NOW + REPLAN_EVERY - timedelta(seconds=1)}, False),
        ({"now": NOW + REPLAN_EVERY}, True),
        ({"now": NOW - timedelta(seconds=1)}, True),  # of a clock ahead
        ({"generation": 2}, True),
        ({"minimum": 2, "asked": 1}, False),  # which the plan began with: planned once
        ({"minimum": 9, "asked": 9}, False),
        ({"minimum": 9, "asked": 2}, True),  # a hand moved it up
    ],
)
def test_a_plan_is_made_anew_where_something_changed_that_it_is_made_from(change: dict[str, Any], anew: bool) -> None:
    assert made_anew(**change) is anew


def test_a_plan_that_fails_leaves_the_last_one_while_that_has_the_same_workloads() -> None:
    async def failing(kube: Kube) -> None:
        by = Planner(KEY, surroundings(Options(namespace="ent"), kube), lambda: None)
        assert await planned(by, broken=True) == (None, ["PlanFailed"])
        first, found = await planned(by)
        assert first is not None
        assert found == []
        assert await planned(by, generation=2, broken=True) == (first, ["PlanFailed"])
        others = [{"name": each, "ordinaryPeak": {"replicas": 12}} for each in ("portal", "auth")]
        assert await planned(by, generation=3, broken=True, workloads=others) == (None, ["PlanFailed"])
        again, found = await planned(by, generation=2)
        assert again not in (None, first)
        assert found == []

    answered(nothing, failing)


def test_what_failed_is_not_tried_again_at_once_and_its_traceback_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[datetime] = []

    def counted(spec: ENTCapacitySpec, known: Facts, now: datetime, window: Grid) -> Plan:
        tried.append(now)
        return plan(spec, known, now, window)

    monkeypatch.setattr(planner, "plan", counted)

    async def failing(kube: Kube) -> None:
        by = Planner(KEY, surroundings(Options(namespace="ent"), kube), lambda: None)
        for each in range(3):  # whatever wakes us
            assert await planned(by, NOW + timedelta(seconds=each), broken=True) == (None, ["PlanFailed"])
        assert len(tried) == 1
        await planned(by, generation=2, broken=True)  # which may mend it
        assert len(tried) == 2
        monkeypatch.setattr(planner, "RETRY_SECONDS", 0)
        for generation in (3, 3):
            assert await planned(by, generation=generation, broken=True) == (None, ["PlanFailed"])
        assert len(tried) == 4
        assert len(tracebacks()) == 1
        await planned(by, generation=3)
        await planned(by, generation=4, broken=True)  # after all was well
        assert len(tracebacks()) == 2

    def tracebacks() -> list[str]:
        return [each.getMessage() for each in caplog.records if each.exc_info]

    answered(nothing, failing)


def test_no_plan_waits_long_for_nodes_and_once_they_are_known_it_is_planned_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planner, "_ROOM_SECONDS", 0.2)
    asked = 0
    quota = {"metadata": {"name": "small"}}

    async def handle(request: web.Request) -> web.Response:
        nonlocal asked
        if request.path.endswith("nodes"):
            await asyncio.sleep(0.6)
            return web.Response(status=403)
        asked += 1
        if asked == 2:
            await asyncio.sleep(0.6)
        return web.json_response({"items": [quota]})

    async def planning(kube: Kube) -> None:
        woken, loop = asyncio.Event(), asyncio.get_running_loop()
        by = Planner(KEY, surroundings(Options(namespace="ent"), kube), woken.set)
        new_nodes = capacity(nodes={"startup": "4m"})
        assert (await by._last_room(new_nodes)).quotas == [quota]
        begun = loop.time()
        assert (await by._last_room(new_nodes)).quotas == [quota]  # as it was, since the second answer is late
        assert loop.time() - begun < 0.5
        fresh = Planner(KEY, surroundings(Options(namespace="ent"), kube), woken.set)
        first, _ = await planned(fresh)
        assert not woken.is_set()
        async with asyncio.timeout(5):
            await woken.wait()
        assert fresh._room == Room()  # of which we may not ask
        second, _ = await planned(fresh)
        assert second is not first
        third, _ = await planned(fresh)
        assert third is second

    served(handle, planning)


# --- what a plan is made from -----------------------------------------------------------------------------------------


def key(now: datetime = NOW, *said: SchoolAnnouncement, spec: Mapping[str, Any] | None = None, **more: Any) -> Any:
    values = {"bounds": {"portal": Bounds(2, 60)}} | more
    return made_from(document(), capacity(**(spec or {})), facts(*said or (APRIL_2021,), **values), now)


SUSPENDED = {"suspendUntil": "2021-04-02T08:00:00+02:00"}


@pytest.mark.parametrize(
    "change",
    [
        {"startups": {"portal": timedelta(minutes=3)}},
        {"bounds": {"portal": Bounds(2, 80)}},
        {"in_order": frozenset({"portal"})},
        {"spec": SUSPENDED},
    ],
)
def test_another_plan_is_made_from_other_facts(change: dict[str, Any]) -> None:
    assert key(**change) != key()


def test_another_plan_is_made_once_something_is_said_or_was_changed() -> None:
    assert key(NOW - timedelta(minutes=1)) != key()
    week = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
    changed = announcement(APRIL_2021.name, "2021-03-31T20:00:00+02:00", week)
    assert key(NOW, changed) != key()


def test_the_same_plan_is_made_from_other_floors_and_a_minute_later() -> None:
    assert key(floors={"portal": 7}) == key(NOW + timedelta(minutes=1)) == key()


def test_where_a_suspension_ends_another_plan_begins() -> None:
    until = datetime(2021, 4, 2, 6, tzinfo=UTC)
    before, after = (key(until + timedelta(seconds=each), spec=SUSPENDED) for each in (-1, 0))
    assert before != after == key(until + timedelta(hours=1), spec=SUSPENDED)


def test_the_next_step_is_a_change_of_the_plan_or_what_will_be_said_before() -> None:
    found: list[Made | None] = []

    async def both(kube: Kube) -> None:
        by = Planner(KEY, surroundings(Options(namespace="ent"), kube), lambda: None)
        found.append((await planned(by, NOW - timedelta(minutes=1)))[0])
        found.append((await planned(by))[0])

    answered(nothing, both)
    before, after = found
    assert before is not None
    assert after is not None
    said = datetime(2021, 3, 31, 18, tzinfo=UTC)
    assert next_step(before.plan, NOW - timedelta(minutes=1)) <= said
    step = next_step(after.plan, NOW)
    portal, index = after.plan.workload("portal"), after.plan.grid.index(step)
    assert portal.floor[index] != portal.floor[index - 1]
