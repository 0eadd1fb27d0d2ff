"""A first ENTCapacity from what a namespace holds: valid whatever is there, and it says why of everything."""

import copy
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cluster.metrics import usage_served
from entcapacity.cli.commands import cli
from entcapacity.draft import MOST, Draft, Found, draft
from entcapacity.facts import Facts
from entcapacity.grid import Grid
from entcapacity.parse import parse
from entcapacity.plan import plan
from entcapacity.schooldays import embedded
from entcapacity.spec import ENTCapacity, Segment
from entcapacity.vocabulary import Level
from operating import Platform, capacity, deployment, eventually, hpa

AT = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
SEGMENT = Segment(academies=("Toulouse",), levels=(Level.COLLEGE, Level.LYCEE), pupils=120_000)


def here(document: dict[str, Any], **status: Any) -> dict[str, Any]:
    """A document as the API server gives it back."""
    made = copy.deepcopy(document)
    made["metadata"] |= {"namespace": "ent", "uid": made["metadata"]["name"]}
    made["status"] = status
    return made


def running(name: str, replicas: int = 2, kind: str = "Deployment", image: str = "", **metadata: Any) -> dict[str, Any]:
    made = here(deployment(name, replicas, kind), readyReplicas=replicas, replicas=replicas)
    made["spec"]["template"]["spec"]["containers"][0]["image"] = image or name
    made["metadata"] |= metadata
    return made


def scaled(name: str, **spec: Any) -> dict[str, Any]:
    return here(
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": name},
            "spec": {"scaleTargetRef": {"name": name}, **spec},
        }
    )


def cpu(percent: int) -> list[dict[str, Any]]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def drafted(language: str = "en", segment: Segment = SEGMENT, **found: Any) -> Draft:
    return draft("ent", "ent", segment, Found(**found), AT, language)


def spec_of(made: Draft) -> Any:
    """The spec, through the parser that the API server's schema agrees with."""
    document = yaml.safe_load(made.text)
    capacity = parse(document)
    assert isinstance(capacity, ENTCapacity)
    assert [each.name for each in capacity.spec.workloads] == list(made.taken)
    return document["spec"]


def why(made: Draft) -> dict[str, str]:
    """The reasons for what was left out, by the name of what it was."""
    return {each.text().partition(":")[0]: each.code for each in made.left_out}


# --- what is taken, and with which figures ----------------------------------------------------------------------------


def test_a_platform_as_hosters_have_it() -> None:
    made = drafted(
        deployments=[running("portal", 8), running("auth", 2), running("static", 3), running("cron", 1)],
        stateful_sets=[running("postgres", 3, "StatefulSet", "registry.example.org/library/postgres:16.4")],
        daemon_sets=[running("logs", 1, "DaemonSet")],
        hpas=[here(hpa("portal", 4, 40, cpu(60))), here(hpa("auth", 2, 31))],
    )
    spec = spec_of(made)
    assert spec["mode"] == "Observe"
    assert spec["audience"] == [{"academies": ["Toulouse"], "levels": ["College", "Lycee"], "pupils": 120_000}]
    assert spec["workloads"] == [
        {"name": "auth", "scalesWith": "Logins", "ordinaryPeak": {"replicas": 16}},
        {"name": "portal", "ordinaryPeak": {"replicas": 8, "utilizationPercent": 60}},
        {"name": "static", "ordinaryPeak": {"replicas": 3}, "max": 12},
    ]
    assert why(made) == {
        "DaemonSet logs": "DraftDaemonSet",
        "Deployment cron": "DraftSingle",
        "StatefulSet postgres": "DraftData",
    }
    for each in ("HorizontalPodAutoscaler portal, 4 to 40", "half of its maximum of 31", "No metrics API answers"):
        assert each in made.text
    made_plan = plan(parse(yaml.safe_load(made.text)).spec, Facts(embedded()), AT, Grid.at(AT))  # type: ignore[union-attr]
    assert [each.name for each in made_plan.workloads] == list(made.taken)


@pytest.mark.parametrize(
    ("replicas", "least", "most", "peak", "said"),
    [
        (8, 4, 40, 8, "as now: put what ran"),
        (40, 4, 40, 40, "at its maximum of 40 now"),
        (4, 4, 40, 20, "half of its maximum of 40"),
        (4, 4, 5, 4, "half of its maximum of 5"),
        (3, 3, 3, 3, "at its maximum of 3 now"),
        (1, None, 9, 5, "half of its maximum of 9"),
        (12_000, 2, 20_000, 10_000, "as now: put what ran"),
    ],
)
def test_the_peak_is_what_is_seen_or_said_to_be_assumed(
    replicas: int, least: int | None, most: int, peak: int, said: str
) -> None:
    scaler = here(hpa("portal", least or 1, most))
    if least is None:
        del scaler["spec"]["minReplicas"]
    made = drafted(deployments=[running("portal", replicas)], hpas=[scaler])
    assert spec_of(made)["workloads"][0]["ordinaryPeak"]["replicas"] == peak
    assert said in made.text


@pytest.mark.parametrize(("percent", "taken"), [(60, 60), (100, 100), (150, None), (0, None)])
def test_how_busy_it_is_comes_from_what_the_autoscaler_aims_at(percent: int, taken: int | None) -> None:
    made = drafted(deployments=[running("portal", 8)], hpas=[here(hpa("portal", 4, 40, cpu(percent)))])
    assert spec_of(made)["workloads"][0]["ordinaryPeak"].get("utilizationPercent") == taken
    assert ("75 is assumed" in made.text) is (taken is None)


def test_keda_is_read_too() -> None:
    trigger = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "55"}}
    own = here(hpa("keda-hpa-portal", 3, 30))
    own["spec"]["scaleTargetRef"]["name"] = "portal"
    own["metadata"]["ownerReferences"] = [{"kind": "ScaledObject", "name": "portal"}]
    made = drafted(
        deployments=[running("portal", 8), running("mails", 4), running("bare", 5)],
        hpas=[own],
        scaled_objects=[
            scaled("portal", minReplicaCount=3, maxReplicaCount=30, triggers=[trigger]),
            scaled("mails", triggers=[{"type": "rabbitmq", "metadata": {}}]),
            scaled("bare", triggers=[{"type": "rabbitmq"}, {"type": "prometheus"}]),
        ],
    )
    bare, portal = spec_of(made)["workloads"]
    assert portal == {"name": "portal", "ordinaryPeak": {"replicas": 8, "utilizationPercent": 55}}
    assert bare["ordinaryPeak"] == {"replicas": 5}
    assert why(made) == {"Deployment mails": "DraftQueue"}


def test_usage_is_shown_and_not_taken_for_that_of_a_monday() -> None:
    def pod(number: int, name: str = "portal") -> dict[str, Any]:
        template: Any = deployment(name)["spec"]["template"]
        return {"metadata": {"name": f"{name}-{number}", **template["metadata"]}, "spec": template["spec"]}

    def used(number: int, amount: str) -> dict[str, Any]:
        return {"metadata": {"name": f"portal-{number}"}, "containers": [{"name": "portal", "usage": {"cpu": amount}}]}

    made = drafted(
        deployments=[running("portal", 3)],
        pods=[pod(1), pod(2), pod(3), pod(4, "other")],
        usage=[used(1, "31m"), used(2, "30500000n"), used(9, "4"), used(3, "nonsense")],
    )
    assert "CPU now: 0.0615 of 0.3 cores that 3 pods request, 20 %" in " ".join(made.text.replace("#", "").split())
    assert spec_of(made)["workloads"][0]["ordinaryPeak"] == {"replicas": 3}
    assert "No metrics API" not in made.text


# --- what is left out -------------------------------------------------------------------------------------------------

CONTROLLER = [{"kind": "Cluster", "name": "pg", "controller": True}]
TWICE = [here(hpa("auth")), here({**hpa("auth"), "metadata": {"name": "more"}})]
OF_KEDA = here(hpa("auth"))
OF_KEDA["metadata"]["ownerReferences"] = [{"kind": "ScaledObject", "name": "auth"}]
VOLUMES = running("notes", 3, "StatefulSet")
VOLUMES["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
OTHER = {"metadata": {"name": "older"}, "spec": {"workloads": [{"name": "x", "target": {"name": "auth"}}]}}


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({"deployments": [running("auth", 0)], "hpas": [here(hpa("auth"))]}, "DraftStopped"),
        ({"deployments": [running("auth", 1)]}, "DraftSingle"),
        ({"deployments": [running("cache", 3, image="docker.io/bitnami/redis:7@sha256:aa")]}, "DraftData"),
        ({"deployments": [running("ent-mongodb-0", 3, image="db")]}, "DraftData"),
        ({"deployments": [running("auth", 3, ownerReferences=CONTROLLER)]}, "DraftOwned"),
        ({"deployments": [running("auth", 3)], "hpas": TWICE}, "DraftAmbiguous"),
        ({"deployments": [running("auth", 3)], "hpas": [OF_KEDA]}, "DraftKeda"),
        ({"deployments": [running("auth", 3)], "capacities": [OTHER]}, "DraftTaken"),
        ({"stateful_sets": [VOLUMES]}, "DraftVolumes"),
        ({"daemon_sets": [running("logs", 3, "DaemonSet")]}, "DraftDaemonSet"),
        ({"hpas": [here(hpa("gone"))]}, "DraftOrphan"),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_users_need_no_more_of_is_left_out_with_its_reason(
    found: dict[str, Any], code: str, language: str
) -> None:
    made = drafted(language, **found)
    assert made.taken == ()
    assert [each.code for each in made.left_out] == [code]
    said = " ".join(made.text.replace("#", "").split())
    assert all(" ".join(each.text(language).split()) in said for each in made.left_out)


def test_a_number_is_not_broken_at_its_thousands() -> None:
    said = drafted("fr", deployments=[running("portal")]).text
    assert re.search(r"teachers : \d+\u202f\d{3} supposés", said)
    assert re.search(r"teachers: \d+,\d{3} are assumed", drafted("en", deployments=[running("portal")]).text)


@pytest.mark.parametrize("name", ["redis-exporter", "kafka-consumer", "postgres-pgbouncer"])
def test_what_only_works_with_a_database_is_none(name: str) -> None:
    assert drafted(deployments=[running(name, 3, image="registry.example.org/kafka/app:1")]).taken == (name,)


def test_a_pooler_is_taken_with_the_way_to_have_it_follow_its_clients() -> None:
    made = drafted(deployments=[running("db", 3, image="pgbouncer:1.23")])
    assert made.taken == ("db",)
    assert "name db in the after" in made.text


# --- weird ones -------------------------------------------------------------------------------------------------------


def test_names_that_a_spec_cannot_hold_get_another_and_a_target() -> None:
    long = "a" * 80
    made = drafted(
        deployments=[running("ent.portal", 2), running("ent-portal", 2), running(long, 2), running(long + "b", 2)],
        stateful_sets=[running("ent-portal", 2, "StatefulSet")],
    )
    found = {
        (each.get("target", {}).get("kind", "Deployment"), each.get("target", {}).get("name", each["name"]))
        for each in spec_of(made)["workloads"]
    }
    assert found == {
        ("Deployment", "ent.portal"),
        ("Deployment", "ent-portal"),
        ("Deployment", long),
        ("Deployment", long + "b"),
        ("StatefulSet", "ent-portal"),
    }


def test_whatever_an_autoscaler_scales_is_taken() -> None:
    rollout = here(hpa("portal", 2, 20), currentReplicas=7)
    rollout["spec"]["scaleTargetRef"] = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "portal"}
    (workload,) = spec_of(drafted(hpas=[rollout]))["workloads"]
    assert workload["target"] == {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "portal"}
    assert workload["ordinaryPeak"] == {"replicas": 7}


def test_what_reads_as_something_else_is_quoted() -> None:
    segment = Segment(departements=({"code": "02"}, {"code": "2A"}), pupils=1, teachers=0, parents=5)  # type: ignore[arg-type]
    made = draft("on", "1e3", segment, Found(deployments=[running("null", 2), running("123", 2)]), AT, "en")
    document = yaml.safe_load(made.text)
    assert document["metadata"] == {"name": "on", "namespace": "1e3"}
    spec = spec_of(made)
    assert [each["name"] for each in spec["workloads"]] == ["123", "null"]
    assert spec["audience"][0]["departements"] == [{"code": "02"}, {"code": "2A"}]
    assert (spec["audience"][0]["teachers"], spec["audience"][0]["parents"]) == (0, 5)


def test_no_name_breaks_out_of_its_comment() -> None:
    trigger = {"type": "kafka\nspec: {}", "metadata": {}}
    found = {"unread": {"Pod": "no\n  mode: Enforce\u2028\x85\x00"}}
    made = drafted(deployments=[running("a", 3)], scaled_objects=[scaled("a", triggers=[trigger])], **found)
    assert spec_of(made)["mode"] == "Observe"


def test_a_spec_holds_so_many_and_no_more() -> None:
    made = drafted(deployments=[running(f"app-{number:03}", 2) for number in range(MOST + 3)])
    assert len(spec_of(made)["workloads"]) == MOST
    assert [each.code for each in made.left_out] == ["DraftTooMany"] * 3


def test_an_empty_namespace_gives_nothing() -> None:
    made = drafted()
    assert (made.taken, made.left_out) == ((), ())


words = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,70}[a-z0-9])?", fullmatch=True)
counts = st.integers(0, 20_000)


@st.composite
def namespaces(draw: st.DrawFn) -> dict[str, Any]:
    """Deployments and StatefulSets, some with an HPA or a ScaledObject, or with several."""
    names = draw(st.lists(words, max_size=6, unique=True))
    deployments = [running(each, draw(counts), image=draw(st.text(max_size=20))) for each in names]
    sets = [running(each, draw(counts), "StatefulSet") for each in draw(st.lists(words, max_size=3, unique=True))]
    scalers = [here(hpa(each, draw(counts), draw(counts), cpu(draw(counts)))) for each in names if draw(st.booleans())]
    keda = [scaled(each, maxReplicaCount=draw(counts)) for each in names if draw(st.booleans())]
    return {"deployments": deployments, "stateful_sets": sets, "hpas": scalers, "scaled_objects": keda}


@given(namespaces(), st.sampled_from(["en", "fr"]))
def test_whatever_is_there_the_document_is_valid_and_everything_is_accounted_for(
    found: dict[str, Any], language: str
) -> None:
    made = drafted(language, **found)
    assert len(made.taken) + len(made.left_out) == len(found["deployments"]) + len(found["stateful_sets"])
    if made.taken:
        spec_of(made)
    assert max(map(len, made.text.splitlines())) <= 200


# --- the command, on the real cluster ---------------------------------------------------------------------------------

WHERE = ("--academie", "Toulouse", "--levels", "college,LYCEE", "--pupils", "120000")


def init(kubeconfig: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """What the command answers."""
    done = subprocess.run(
        [sys.executable, "-m", "entcapacity", "init", *arguments],
        env=os.environ | {"KUBECONFIG": str(kubeconfig), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_the_command_writes_what_the_cluster_accepts(platform: Platform, tmp_path: Path) -> None:
    namespace, kubeconfig = platform.namespace, platform.cluster.kubeconfig
    platform.apply(deployment("auth", 3), deployment("portal", 4), deployment("cron", 1), hpa("portal", 2, 40, cpu(60)))
    eventually(lambda: platform.ready("portal") == 4)
    names = platform.cluster.kubectl("get", "pods", "-n", namespace, "-l", "app=portal", "-o=name").split()
    with usage_served(platform.cluster, namespace) as usage:
        usage.cpu = {each.removeprefix("pod/"): "31m" for each in names}
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"
        eventually(lambda: platform.cluster.kubectl("get", "--raw", path), 30)
        file = tmp_path / "first.yaml"
        said = init(kubeconfig, "-n", namespace, *WHERE, "--name", "first", "--output-file", str(file)).stderr
    assert "2 workloads taken in, 1 left out" in said
    text = file.read_text(encoding="utf-8")
    assert "CPU now: 0.124 of 0.4 cores that 4 pods request, 31 %" in text
    checked = subprocess.run([sys.executable, "-m", "entcapacity", "validate", str(file)], capture_output=True)
    assert checked.returncode == 0, checked.stderr
    platform.cluster.kubectl("apply", "-f", str(file), "--dry-run=server")
    assert yaml.safe_load(text)["spec"]["workloads"][1] == {
        "name": "portal",
        "ordinaryPeak": {"replicas": 4, "utilizationPercent": 60},
    }
    assert (
        "exists: choose another name"
        in init(kubeconfig, "-n", namespace, *WHERE, "--output-file", str(file), code=2).stderr
    )


def test_reading_is_all_that_the_command_needs_and_what_is_hidden_is_told(platform: Platform) -> None:
    platform.apply(deployment("auth", 3), capacity([{"name": "auth", "ordinaryPeak": {"replicas": 3}}]))
    platform.apply(deployment("portal", 2))
    platform.cluster.kubectl("create", "serviceaccount", "looker", "-n", platform.namespace)
    role = ["--verb=get,list", "--resource=deployments.apps,statefulsets.apps,entcapacities.entcapacity.io"]
    platform.cluster.kubectl("create", "role", "look", "-n", platform.namespace, *role)
    subject = f"--serviceaccount={platform.namespace}:looker"
    platform.cluster.kubectl("create", "rolebinding", "look", "-n", platform.namespace, "--role=look", subject)
    kubeconfig = platform.cluster.kubeconfig_for("looker", platform.namespace)
    written = init(kubeconfig, "-n", platform.namespace, *WHERE).stdout
    assert "# HorizontalPodAutoscaler could not be read" in written
    assert "# - Deployment auth: the ENTCapacity ent scales it already" in written
    assert [each["name"] for each in yaml.safe_load(written)["spec"]["workloads"]] == ["portal"]
    assert "may not list deployments.apps" in init(kubeconfig, "-n", "default", *WHERE, code=1).stderr


def test_where_nothing_can_be_taken_that_is_said_and_why(platform: Platform) -> None:
    kubeconfig = platform.cluster.kubeconfig
    said = init(kubeconfig, "-n", platform.namespace, *WHERE, code=1)
    assert "holds no Deployment, StatefulSet or autoscaler: is it the right one?" in said.stderr
    platform.apply(deployment("cron", 1))
    said = init(kubeconfig, "-n", platform.namespace, *WHERE, "--lang", "fr", code=1)
    assert "Deployment cron : 1 réplica et pas d'autoscaler" in said.stderr
    assert said.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pupils", "1"], "Say where the users live"),
        (["--academie", "Toulose", "--pupils", "1"], "did you mean 'Toulouse'?"),
        (["--departement", "31", "--departement", "2C", "--pupils", "1"], "2C"),
        (["--zone", "A", "--pupils", "1", "--levels", "College,Lycées"], "'lycées' is no level"),
        (["--zone", "A", "--pupils", "99999999"], "20000000"),
        (["--zone", "A", "--pupils", "1", "--name", "My ENT"], "name"),
    ],
)
def test_what_there_is_not_is_told_before_any_cluster_is_asked(arguments: list[str], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["init", *arguments], env={"KUBECONFIG": str(tmp_path / "none")})
    assert result.exit_code == 2
    assert said in result.stderr
