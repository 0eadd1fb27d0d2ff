"""How the tests run: property tests with the same examples every time, and skips that can be made to fail."""

import pytest
from hypothesis import HealthCheck, settings

# "daily" finds the same examples on every machine, so that a red build is a red build; "soak" looks for new ones.
settings.register_profile("daily", derandomize=True, max_examples=50, deadline=None, database=None)
settings.register_profile(
    "soak", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("daily")  # --hypothesis-profile=soak comes later and wins


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run; for CI")


def _forbidden_skips(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("--fail-on-skip"):
        return 0
    return len(reporter.stats.get("skipped", []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and _forbidden_skips(
        session.config
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := _forbidden_skips(config):
        terminalreporter.write_line(
            f"--fail-on-skip: {count} skipped, so this run fails; the reasons below say what to install or to set",
            red=True,
        )
