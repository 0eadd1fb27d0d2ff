"""The commands that get figures out of a Prometheus, as docs/recipes/figures.md shows them, asked of a real one."""

import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from entcapacity.grid import Grid
from entcapacity.measured import read_measured
from entcapacity.replay import Measured
from pages import ROOT, blocks
from prometheus import a_prometheus

PEAK, SESSIONS = (each.text for each in blocks(ROOT / "docs" / "recipes" / "figures.md") if "promtool" in each.text)
MONDAY, TUESDAY = "2026-11-16T00:00:00+01:00", "2026-11-17T00:00:00+01:00"
URL = "http://prometheus.example.org:9090"
PORTAL = 'kube_deployment_status_replicas_available{namespace="ent",deployment="portal"}'


def done(command: str, directory: Path) -> str:
    shell = ["bash", "-euo", "pipefail", "-c", command]
    ran = subprocess.run(shell, cwd=directory, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_peak_of_a_day_and_a_file_for_a_replay_come_out(tmp_path: Path) -> None:
    with a_prometheus(tmp_path) as found:
        found.figures.update({'ent_sessions{pod="a"}': 700, 'ent_sessions{pod="b"}': 500, PORTAL: 12})
        found.shows("up", 1)
        deadline = time.monotonic() + 20
        while not found.asked("query", query=PORTAL)["result"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        found.figures[PORTAL] = 3
        while found.asked("query", query=PORTAL)["result"][0]["value"][1] != "3":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        begin = datetime.now(UTC) + timedelta(seconds=1)

        asked = PEAK.replace(URL, found.url).replace(TUESDAY, begin.isoformat())
        assert '{deployment="portal"} => 12 @' in done(asked, tmp_path)

        # what was seen last holds for some minutes more
        asked = SESSIONS.replace(URL, found.url).replace(MONDAY, begin.isoformat())
        asked = asked.replace(TUESDAY, (begin + timedelta(minutes=2)).isoformat())
        done(asked, tmp_path)

    read = read_measured(str(tmp_path / "demand.csv"), Grid(int(begin.timestamp()) // 60 + 1, 1))
    assert isinstance(read, Measured), read
    assert set(read.sessions.tolist()) == {1200.0}
