"""6 April 2021 on a real cluster in four minutes: floors rise, pods become Ready, the peak passes, floors fall.

The operator runs as it ships, with its clock moved and sped up. `make demo-cluster` is this.
"""

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cluster.binaries import Unavailable
from cluster.control_plane import ClusterError
from cluster.metrics import served
from cluster.trying import a_cluster, a_place
from entcapacity.facts import Bounds, Facts
from entcapacity.grid import Grid
from entcapacity.parse import parse
from entcapacity.plan import Plan, plan
from entcapacity.school import SchoolAnnouncement
from entcapacity.schooldays import embedded
from entcapacity.spec import ENTCapacity
from entcapacity.yamlfiles import yaml_documents
from operating import ROOT, Operator, Platform, eventually, install_kinds

EXAMPLE = ROOT / "examples" / "cluster" / "demo.yaml"
BEGIN = datetime.fromisoformat("2021-04-06T04:00:00+02:00")
END = datetime.fromisoformat("2021-04-07T00:00:00+02:00")
SPEED = 300
ROW = timedelta(minutes=30)
METRIC = "ent-sessions"
_PARIS = ZoneInfo("Europe/Paris")
_BAR = 12


def documents() -> list[dict[str, Any]]:
    """What is applied."""
    return [each.value for each in yaml_documents(EXAMPLE.read_text(encoding="utf-8"))]


def expected() -> Plan:
    """What the operator plans; a pure function of the same files gives the same plan here."""
    ours = [parse(each) for each in documents() if str(each["apiVersion"]).startswith("entcapacity.io/")]
    (capacity,) = (each for each in ours if isinstance(each, ENTCapacity))
    announced = tuple(each for each in ours if isinstance(each, SchoolAnnouncement))
    names = [each.name for each in capacity.spec.workloads]
    facts = Facts(embedded(), announced, dict.fromkeys(names, 2), bounds=dict.fromkeys(names, Bounds(2)))
    return plan(capacity.spec, facts, BEGIN, Grid.between(BEGIN, END + ROW))


@dataclass(frozen=True, slots=True)
class Now:
    """One look at the cluster."""

    at: datetime
    floors: dict[str, int]
    ready: dict[str, int]


def look(platform: Platform, at: datetime) -> Now:
    """Floors and ready replicas; the floor is the HPA's minimum, or else the replicas themselves."""
    found = json.loads(platform.cluster.kubectl("get", "deploy,hpa", "-n", platform.namespace, "-o=json"))["items"]
    floors, ready = {}, {}
    for each in sorted(found, key=lambda each: str(each["kind"])):  # Deployments first
        name = each["metadata"]["name"]
        if each["kind"] == "Deployment":
            floors[name], ready[name] = each["spec"]["replicas"], each["status"].get("readyReplicas", 0)
        else:
            floors[name] = each["spec"]["minReplicas"]
    return Now(at, floors, ready)


def header(made: Plan) -> Iterator[str]:
    """The names of the columns."""
    yield " " * (_BAR + 14) + "".join(f"{each.name:>18}" for each in made.workloads)
    yield f"{'time':6}{'sessions':<{_BAR + 8}}" + f"{'need':>6}{'floor':>6}{'ready':>6}" * len(made.workloads)


def row(made: Plan, now: Now) -> Text:
    """One moment: sessions as a bar, and for each workload what it needs, is asked for, and has Ready."""
    index, most = made.grid.index(now.at), float(made.demand.load.sessions.expected.max())
    sessions = float(made.demand.load.sessions.expected[index])
    shown = Text(f"{now.at.astimezone(_PARIS):%H:%M} {sessions:6,.0f} ")
    shown.append(f"{'█' * round(_BAR * sessions / most):{_BAR}} ", style="blue")
    for each in made.workloads:
        need, floor, ready = int(each.need[index]), now.floors[each.name], now.ready[each.name]
        style = "red" if ready < need else "yellow" if ready < floor else "green"
        shown.append(f"{need:6}{floor:6}").append(f"{ready:6}", style=style)
    return shown


def follow(console: Console, platform: Platform, operator: Operator, begun: float, say: dict[str, int]) -> list[Now]:
    """Shows the day as it passes; answers with the looks at which something was not Ready that was needed."""
    made, missed = expected(), []
    console.print("\n".join(header(made)), style="bold", highlight=False)
    due = BEGIN + ROW
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while (at := BEGIN + timedelta(seconds=(time.monotonic() - begun) * SPEED)) < END:
            operator.leads()
            index = made.grid.index(at)
            say[METRIC] = round(float(made.demand.load.sessions.expected[index]))  # who comes is whom the plan expects
            now = look(platform, at)
            if any(now.ready[each.name] < int(each.need[index]) for each in made.workloads):
                missed.append(now)
            shown = row(made, now)
            live.update(shown)
            if at >= due:
                console.print(shown, highlight=False)
                due += ROW
            time.sleep(0.5)
    return missed


def demonstrate(console: Console) -> None:
    """Everything, from a cluster to nothing."""
    with ExitStack() as stack:
        cluster = stack.enter_context(a_cluster())
        install_kinds(cluster)
        platform = stack.enter_context(a_place(cluster, "demo"))
        metrics = stack.enter_context(served(cluster, platform.namespace))
        metrics.values[METRIC] = 0
        made = documents()
        platform.apply(*made)
        eventually(lambda: min(look(platform, BEGIN).ready.values()) >= 2, 60)
        console.print(
            "Three Deployments, one with an HPA, and what was announced on 31 March 2021.\n"
            f"The operator starts with its clock at {BEGIN:%-d %B %Y, %H:%M}, {SPEED} times as fast.\n"
            "Look on with\n"
            f"  kubectl --kubeconfig={cluster.kubeconfig} -n {platform.namespace} get entcap,hpa,deploy\n",
            highlight=False,
            soft_wrap=True,
        )
        operator = platform.operator(BEGIN.isoformat(), SPEED, leads=False)
        eventually(lambda: "THE CLOCK IS MOVED" in operator.said(), 60)
        begun = time.monotonic()
        missed = follow(console, platform, operator, begun, metrics.values)
        if missed:
            first = missed[0].at.astimezone(_PARIS)
            console.print(f"\nShort of ready pods at {first:%H:%M}, and {len(missed)} looks in all.", style="red")
        else:
            console.print("\nWhenever it was looked, as many pods were Ready as the demand needed.", style="green")
        platform.delete("entcapacity", "demo")
        least = platform.floor("portal")
        console.print(f"The ENTCapacity is deleted: the HPA has its minimum of {least} back. Clearing up …")


def main() -> None:
    """Runs it, and clears up when it is broken off."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        demonstrate(Console())
    except Unavailable as error:
        sys.exit(f"The demonstration needs a cluster: {error}")
    except (AssertionError, ClusterError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Broken off; everything that was started is cleared up.")


if __name__ == "__main__":
    main()
