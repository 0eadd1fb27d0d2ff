"""Signs of life: a loop is silent when it was not heard of for too long, and none is once it has ended as it should."""

import pytest

from entcapacity.pulse import SILENT_SECONDS, Pulse


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Real seconds that have passed; a test moves them."""
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    return seconds


def test_a_loop_that_beats_is_alive_and_one_that_stops_beating_is_named(passed: list[float]) -> None:
    pulse = Pulse()
    for seconds in (0, SILENT_SECONDS, 2 * SILENT_SECONDS):
        passed[0] = seconds
        pulse.beat("ent/one")
        pulse.beat("ent/two")
        assert pulse.silent() == []
    passed[0] += SILENT_SECONDS
    pulse.beat("ent/two")
    passed[0] += 1
    assert pulse.silent() == ["ent/one"]


def test_a_loop_that_ended_as_it_should_is_not_missed(passed: list[float]) -> None:
    pulse = Pulse()
    pulse.beat("ent/one")
    pulse.rest("ent/one")
    pulse.rest("ent/one")
    passed[0] = 2 * SILENT_SECONDS
    assert pulse.silent() == []


def test_what_is_expected_and_never_comes_is_silent_however_often_it_is_expected(passed: list[float]) -> None:
    pulse = Pulse()
    for _ in range(5):
        pulse.expect("watches")
        assert pulse.silent() == []
        passed[0] += SILENT_SECONDS / 5
    passed[0] += 1
    pulse.expect("watches")
    assert pulse.silent() == ["watches"]
