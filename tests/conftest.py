"""How the tests run: property tests with the same examples every time, and skips that can be made to fail."""

import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from cluster.binaries import Unavailable, find, helm3
from cluster.control_plane import Cluster
from helms import Helm, Helm3, Helm4
from operating import Platform, a_platform, install_kinds

_FAILED = pytest.StashKey[bool]()

# "daily" finds the same examples on every machine, so that a red build is a red build; "soak" looks for new ones.
settings.register_profile("daily", derandomize=True, max_examples=50, deadline=None, database=None)
settings.register_profile(
    "soak", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("daily")  # --hypothesis-profile=soak comes later and wins

# What commands print is as wide here as in a log, wherever pytest runs: readline tells xdist's workers of 80 columns.
os.environ.pop("COLUMNS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run; for CI")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for each in ("cluster", "image"):
            if each in getattr(item, "fixturenames", ()):
                item.add_marker(each)
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("cluster"):
        try:
            find()
        except Unavailable as reason:  # skipped here rather than by the fixture, so that one line tells of all
            pytest.skip(f"the tests on a real cluster did not run: {reason}")
    if item.get_closest_marker("helm3"):
        try:
            helm3()
        except Unavailable as reason:
            pytest.skip(f"Helm 3 was not tried: {reason}")
    if "browser" in getattr(item, "fixturenames", ()) and shutil.which("chromium") is None:
        pytest.skip("nobody looked at the pages of reports, for want of Chromium: apt install chromium")
    if "scraped" in getattr(item, "fixturenames", ()) and shutil.which("prometheus") is None:
        pytest.skip("no query was asked of a real Prometheus, for want of one: apt install prometheus")
    if "image" in getattr(item, "fixturenames", ()) and (
        not (shutil.which("buildah") and shutil.which("debootstrap")) or os.geteuid() != 0
    ):
        pytest.skip("the image was not built, for want of root or of a builder: apt install buildah debootstrap")
    if "promtool" in getattr(item, "fixturenames", ()) and shutil.which("promtool") is None:
        pytest.skip("no alert was tried and no dashboard asked, for want of promtool: apt install prometheus")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A real cluster for the whole run: tests share it, each in a `namespace` of its own."""
    with TemporaryDirectory(prefix="ent-capacity-") as directory, Cluster(Path(directory)) as running:
        yield running


@pytest.fixture(params=[Helm4, pytest.param(Helm3, marks=pytest.mark.helm3)], ids=lambda each: each.__name__)
def helm(request: pytest.FixtureRequest) -> type[Helm]:
    """Each Helm that the charts are for."""
    made: type[Helm] = request.param
    return made


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for one test, in which pods can be created."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("wait", "--for=create", "-n", name, "serviceaccount/default", "--timeout=30s")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def kinds(cluster: Cluster) -> None:
    """Our own resources on the cluster, and KEDA's, reduced to what is written there."""
    install_kinds(cluster)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture
def platform(
    cluster: Cluster,
    kinds: None,  # noqa: ARG001 -- they must be there
    namespace: str,
    request: pytest.FixtureRequest,
) -> Iterator[Platform]:
    """A namespace in which an operator can run with the rights that ship."""
    with a_platform(cluster, namespace) as made:
        yield made
        if request.node.stash.get(_FAILED, False):
            print(made.left())


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
