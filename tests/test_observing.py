"""What a real Prometheus sees of a platform, and what follows: nobody's floor is lowered under their feet."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity import observing
from entcapacity.observing import Look, NotObserved, Observer, Prometheus
from entcapacity.reconcile import lowered
from entcapacity.spec import Observed
from operating import Platform, capacity, deployment, eventually, hpa
from prometheus import Scraped, a_prometheus

NOW = datetime(2021, 4, 6, 9, tzinfo=UTC)
COUNTS = st.integers(0, 500)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    with a_prometheus(tmp_path_factory.mktemp("prometheus")) as made:
        yield made


@pytest.fixture
def scraped(running: Scraped) -> Scraped:
    """One Prometheus for all tests that leave it alive; each begins without any figure."""
    running.figures.clear()
    return running


def look(prometheus: Prometheus | None, observed: Observed | None, *later: timedelta) -> list[Look]:
    """What is seen now and later, each time anew."""

    async def looks() -> list[Look]:
        observer = Observer(prometheus)
        return [await observer.see(observed, NOW + each) for each in (timedelta(0), *later)]

    return asyncio.run(looks())


def test_numbers_are_what_prometheus_says_and_several_series_are_added_up(scraped: Scraped) -> None:
    scraped.shows('ent_sessions{pod="a"}', 1200)
    scraped.shows('ent_sessions{pod="b"}', 300)
    (seen,) = look(Prometheus(scraped.url), Observed(sessions="ent_sessions", logins_per_minute="60 * 2"))
    assert seen.observation is not None
    assert (seen.observation.sessions, seen.observation.logins_per_minute) == (1500, 120)
    assert (seen.observation.waiting, seen.hold, seen.found) == (None, False, ())


def test_while_people_wait_nothing_is_lowered(scraped: Scraped) -> None:
    scraped.shows("ent_waiting", 12)
    assert look(Prometheus(scraped.url), Observed(waiting="ent_waiting"))[0].hold
    scraped.shows("ent_waiting", 0)
    assert not look(Prometheus(scraped.url), Observed(waiting="ent_waiting"))[0].hold


def test_a_query_without_an_answer_holds_for_a_while_and_says_so(scraped: Scraped) -> None:
    scraped.shows("ent_sessions", 1)
    observed = Observed(sessions="nobody_has_this", max_hold="2h")
    first, last = look(Prometheus(scraped.url), observed, timedelta(hours=3))
    assert (first.hold, last.hold) == (True, False)
    text = first.found[0].text()
    assert "nobody_has_this: there is no such series now; where that means nobody, add: or vector(0)" in text
    assert "2021-04-06 11:00 UTC" in text


def test_a_wrong_query_no_number_and_no_prometheus_there_hold_alike(scraped: Scraped) -> None:
    scraped.shows("ent_sessions", 1)
    assert look(Prometheus(scraped.url), Observed(sessions="sum(("))[0].hold
    for each in ("0 / 0", "1 / 0", "vector(-1)", "vector(1e25)", "time()"):
        (seen,) = look(Prometheus(scraped.url), Observed(sessions=each))
        assert seen.hold
        assert "which is no number of people" in seen.found[0].text()
    assert not look(Prometheus(scraped.url), Observed(sessions="vector(1)"))[0].hold
    assert look(Prometheus("http://127.0.0.1:9"), Observed(sessions="vector(1)"))[0].hold


def test_where_nothing_is_asked_or_nobody_can_be_the_plan_alone_lowers() -> None:
    assert look(None, None) == [Look()]
    (unasked,) = look(None, Observed(sessions="vector(1)"))
    assert (unasked.hold, unasked.found[0].code) == (False, "PrometheusMissing")


def test_a_pass_never_waits_for_prometheus_and_is_told_when_it_has_answered(scraped: Scraped) -> None:
    scraped.shows("ent_sessions", 5)

    async def looks() -> tuple[Look, Look]:
        told, observed = asyncio.Event(), Observed(sessions="ent_sessions")
        observer = Observer(Prometheus(scraped.url), told.set)
        first = observer.look(observed, NOW)
        async with asyncio.timeout(10):
            await told.wait()
        return first, observer.look(observed, NOW)

    first, then = asyncio.run(looks())
    assert (first.observation, first.hold) == (None, True)
    assert then.observation is not None
    assert (then.observation.sessions, then.hold) == (5, False)


def test_what_was_seen_too_long_ago_lowers_nothing(scraped: Scraped, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Prometheus hangs and many ask, an answer, or that there is none, comes minutes late."""
    scraped.shows("ent_sessions", 5)

    async def looks() -> tuple[Look, Look]:
        told, observed = asyncio.Event(), Observed(sessions="ent_sessions")
        observer = Observer(Prometheus(scraped.url), told.set)
        observer.look(observed, NOW)
        async with asyncio.timeout(10):
            await told.wait()
        fresh = observer.look(observed, NOW)
        monkeypatch.setattr(observing, "STALE_SECONDS", 0.2)
        await asyncio.sleep(0.3)
        return fresh, observer.look(observed, NOW)

    fresh, old = asyncio.run(looks())
    assert (fresh.hold, fresh.found) == (False, ())
    assert old.hold
    assert [each.code for each in old.found] == ["ObservationFailed"]


def test_a_restart_lengthens_no_hold() -> None:
    async def holds(since: timedelta) -> list[bool]:
        observed, dead = Observed(sessions="up", max_hold="2h"), Prometheus("http://127.0.0.1:9")
        observer = Observer(dead)
        observer.remember(NOW - since)
        first = observer.look(observed, NOW)
        then = await observer.see(observed, NOW)
        assert {each.code for each in (*first.found, *then.found)} == {"ObservationFailed"}
        return [first.hold, then.hold]

    assert asyncio.run(holds(timedelta(minutes=119))) == [True, True]
    assert asyncio.run(holds(timedelta(minutes=121))) == [False, False]


def test_an_error_names_the_query() -> None:
    with pytest.raises(NotObserved, match="up: "):
        asyncio.run(Prometheus("http://127.0.0.1:9").observe(Observed(sessions="up"), NOW))


@given(COUNTS, COUNTS, COUNTS, st.booleans())
def test_what_is_seen_never_raises_a_floor_and_never_lowers_it_further_than_planned(
    planned: int, current: int, needed: int, hold: bool
) -> None:
    floor = lowered(planned, current, needed, hold)
    assert planned <= floor <= max(planned, current)
    if planned < current:
        assert floor >= min(current, needed)
        assert not hold or floor == current


def test_on_a_cluster_floors_stay_while_people_wait_and_come_down_after(platform: Platform, scraped: Scraped) -> None:
    scraped.shows("ent_waiting", 3)
    auth = {"name": "auth", "ordinaryPeak": {"replicas": 6}, "startup": "1m"}
    asked = {"waiting": "ent_waiting", "sessions": "vector(7)"}
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth], observed=asked))
    # Monday 16 November 2026, before the morning's peak
    platform.operator("2026-11-16T07:30:00+01:00", 300, f"--prometheus={scraped.url}")
    held = eventually(lambda: (floor := platform.floor("auth")) > 5 and floor, 40)
    eventually(lambda: platform.reason("DemandAsPlanned") == "AsPlanned")
    eventually(lambda: platform.status()["workloads"][0]["planned"] < held, 90)
    eventually(lambda: platform.reason("DemandAsPlanned") == "StillWaiting")
    assert platform.floor("auth") >= held
    scraped.shows("ent_waiting", 0)
    eventually(lambda: platform.floor("auth") < held, 60)
