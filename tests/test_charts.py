"""The charts as Helm renders them: what they carry, what they refuse, and what the API server says of it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from charted import (
    A_PLATFORM,
    INSTALLS,
    NAMESPACE,
    OPERATOR,
    PLATFORM,
    RELEASE,
    documents,
    goldens,
    notes,
    rendered,
    stream,
    tables,
    values_of,
)
from cluster.control_plane import Cluster, ClusterError
from entcapacity.cli.commands import cli
from entcapacity.parse import RESOURCES, parse
from helms import Helm, HelmError
from operating import ROOT

RENEW = "look at the difference, then run .venv/bin/python tests/charted.py"
CRD = "CustomResourceDefinition"


def rules() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load((OPERATOR / "files" / "rules.yaml").read_text())
    return found


def definitions() -> list[dict[str, Any]]:
    """Our CRDs as they stand in the repository."""
    texts = [each.read_text(encoding="utf-8") for each in sorted((ROOT / "crds").glob("*.yaml"))]
    return [yaml.load(each, yaml.CSafeLoader) for each in texts]


def one(kind: str, values: Mapping[str, Any], called: str = "ent-capacity") -> dict[str, Any]:
    (found,) = (
        each
        for each in documents(rendered(OPERATOR, values))
        if (each["kind"], each["metadata"]["name"]) == (kind, called)
    )
    return found


def pods(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of the operator and of what gives back before an uninstall."""
    return [
        one(kind, values, called)["spec"]["template"]
        for kind, called in (("Deployment", "ent-capacity"), ("Job", "ent-capacity-release"))
    ]


# --- what they carry --------------------------------------------------------------------------------------------------


def test_the_chart_carries_the_crds_byte_for_byte() -> None:
    ours, theirs = (
        {each.name: each.read_bytes() for each in folder.glob("*.yaml")}
        for folder in (ROOT / "crds", OPERATOR / "files" / "crds")
    )
    assert theirs == ours, "copy crds/*.yaml to charts/ent-capacity/files/crds/"


@pytest.mark.parametrize(("install", "kept"), [("default", True), ("everything", False)])
def test_the_crds_are_rendered_as_they_are_and_stay_where_that_is_asked_for(
    helm: type[Helm], install: str, kept: bool
) -> None:
    made = documents(rendered(OPERATOR, INSTALLS[install], helm=helm))
    found = {each["metadata"]["name"]: each for each in made if each["kind"] == CRD}
    assert {name: each["spec"] for name, each in found.items()} == {
        each["metadata"]["name"]: each["spec"] for each in definitions()
    }
    for each in found.values():
        assert (each["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep") is kept


def test_the_crds_are_left_out_where_somebody_else_brings_them() -> None:
    assert not any(each["kind"] == CRD for each in documents(rendered(OPERATOR, {"crds": {"install": False}})))


def test_no_rule_that_ships_has_a_star() -> None:
    assert "*" not in (OPERATOR / "files" / "rules.yaml").read_text(encoding="utf-8")


def test_what_artifact_hub_shows_are_the_kinds_and_valid_examples() -> None:
    told = yaml.safe_load((OPERATOR / "Chart.yaml").read_text(encoding="utf-8"))["annotations"]
    crds = definitions()
    shown = {(each["kind"], each["name"], each["version"]) for each in yaml.safe_load(told["artifacthub.io/crds"])}
    assert shown == {
        (each["spec"]["names"]["kind"], each["metadata"]["name"], each["spec"]["versions"][0]["name"]) for each in crds
    }
    examples = yaml.safe_load(told["artifacthub.io/crdsExamples"])
    assert {type(parse(each)) for each in examples} == set(RESOURCES.values())


def test_the_notes_show_a_valid_platform() -> None:
    said = notes(rendered(OPERATOR, INSTALLS["limited"]))
    shown = yaml.safe_load(said.partition("<<'YAML'")[2].partition("YAML")[0])
    assert parse(shown)
    assert shown["metadata"]["namespace"] == "ent-toulouse"


def test_the_readme_shows_values_of_a_valid_platform() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (PLATFORM / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (shown,) = documents(rendered(PLATFORM, yaml.safe_load(block), "occitanie", "ent"))
    assert parse(shown)


def test_the_readme_names_the_helm_that_is_tried(helm: type[Helm]) -> None:
    minor = helm(NAMESPACE).version().removeprefix("v").rpartition(".")[0]
    assert f"Helm {minor} " in (OPERATOR / "README.md").read_text(encoding="utf-8").replace(",", " ")


# --- renders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chart", "values"), [(OPERATOR, {}), (OPERATOR, INSTALLS["everything"]), (PLATFORM, A_PLATFORM)]
)
def test_helm_lint_finds_nothing_to_warn_of(helm: type[Helm], chart: Path, values: Mapping[str, Any]) -> None:
    assert helm("ent").lint(chart, values) == []


def test_typical_installs_render_as_kept(helm: type[Helm]) -> None:
    for page, made in goldens(helm):
        assert page.read_text(encoding="utf-8") == made, f"{page.name}: {RENEW}"


def test_the_table_of_values_is_that_of_values_yaml() -> None:
    for page, made in tables():
        assert page.read_text(encoding="utf-8") == made, f"{page.parent.name}: {RENEW}"


@pytest.mark.parametrize("chart", [OPERATOR, PLATFORM], ids=lambda chart: chart.name)
def test_every_value_is_described_and_in_the_schema_and_no_other(chart: Path) -> None:
    assert not [key for key, _, said in values_of(chart) if not said]
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    assert set(schema["properties"]) == {*values, "global", "enabled"}, "and what a chart around it may set"
    for key, value in values.items():
        closed = schema["properties"][key]
        if closed.get("additionalProperties") is False and key not in ("resources", "spec"):
            assert set(closed["properties"]) == set(value), key


@pytest.mark.parametrize("values", INSTALLS.values(), ids=INSTALLS)
def test_the_commands_know_the_arguments_that_they_are_given(values: Mapping[str, Any]) -> None:
    for pod in pods(values):
        command, *arguments = pod["spec"]["containers"][0]["args"]
        cli.commands[command].make_context(command, list(arguments))


def test_labels_for_everything_are_on_everything() -> None:
    for each in documents(rendered(OPERATOR, INSTALLS["everything"])):
        assert each["metadata"]["labels"]["example.org/cost"] == "ent", each["kind"]
    for pod in pods(INSTALLS["everything"]):
        assert pod["metadata"]["labels"]["example.org/cost"] == "ent"


def test_what_gives_back_is_no_pod_of_the_operator_to_its_service_and_its_budget() -> None:
    chosen = one("Service", {})["spec"]["selector"]
    assert one("PodDisruptionBudget", {})["spec"]["selector"]["matchLabels"] == chosen
    operator, giving_back = (pod["metadata"]["labels"] for pod in pods({}))
    assert chosen.items() <= operator.items()
    assert not chosen.items() <= giving_back.items()


# --- rights -----------------------------------------------------------------------------------------------------------


def test_for_the_whole_cluster_the_roles_are_the_rules_that_ship() -> None:
    cluster, own = one("ClusterRole", {}, "ent-capacity-ent-capacity"), one("Role", {})
    shipped = rules()
    assert cluster["rules"] == [*shipped["namespaced"], *shipped["cluster"], *shipped["everywhere"]]
    assert own["rules"] == shipped["own"]


def test_limited_to_namespaces_it_writes_nowhere_else() -> None:
    roles = [
        each for each in documents(rendered(OPERATOR, INSTALLS["limited"])) if each["kind"] in ("Role", "ClusterRole")
    ]
    by_place = {each["metadata"].get("namespace", ""): each["rules"] for each in roles if not for_people(each)}
    shipped = rules()
    assert by_place == {
        "": shipped["cluster"],
        "ent-capacity": shipped["own"],
        "ent-toulouse": shipped["namespaced"],
        "ent-montpellier": shipped["namespaced"],
    }
    assert {verb for rule in by_place[""] for verb in rule["verbs"]} <= {"get", "list", "watch"}


def test_a_namespace_may_look_like_a_number() -> None:
    roles = [
        each for each in documents(rendered(OPERATOR, {"watchNamespaces": ["31"]})) if each["kind"].startswith("Role")
    ]
    assert "31" in {each["metadata"]["namespace"] for each in roles}


def for_people(role: Mapping[str, Any]) -> bool:
    return str(role["metadata"]["name"]).endswith(("-view", "-edit", "-reader", "-announcer"))


def test_the_lease_that_it_may_change_is_the_one_that_it_is_told() -> None:
    found = {each["kind"]: each for each in documents(rendered(OPERATOR, {}, "blue", "system")) if not for_people(each)}
    (named,) = (rule["resourceNames"] for rule in found["Role"]["rules"] if "resourceNames" in rule)
    assert named == ["blue-ent-capacity"]
    for kind in ("Deployment", "Job"):
        assert "--lease=blue-ent-capacity" in found[kind]["spec"]["template"]["spec"]["containers"][0]["args"]


# --- what they refuse -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chart", "values", "named"),
    [
        (OPERATOR, {"replica": 2}, "replica"),
        (OPERATOR, {"replicas": "two"}, "/replicas"),
        (OPERATOR, {"replicas": 0}, "/replicas"),
        (OPERATOR, {"image": {"digest": "latest"}}, "/image/digest"),
        (OPERATOR, {"image": {"repository": "registry.example:5000/ent-capacity:0.1.0"}}, "/image/repository"),
        (OPERATOR, {"image": {"registry": "registry.example"}}, "registry"),
        (OPERATOR, {"imagePullSecrets": ["registry"]}, "/imagePullSecrets/0"),
        (OPERATOR, {"watchNamespaces": "ent"}, "/watchNamespaces"),
        (OPERATOR, {"watchNamespaces": ["ent", "ent"]}, "/watchNamespaces"),
        (OPERATOR, {"watchNamespaces": ["ENT"]}, "/watchNamespaces/0"),
        (OPERATOR, {"language": "de"}, "/language"),
        (OPERATOR, {"crds": {"keep": "no"}}, "/crds/keep"),
        (OPERATOR, {"extraEnv": [{"value": "x"}]}, "/extraEnv/0"),
        (OPERATOR, {"extraEnv": [{"name": "PORT", "value": 8080}]}, "/extraEnv/0/value"),
        (OPERATOR, {"commonLabels": {"app.kubernetes.io/name": "ent"}}, "app.kubernetes.io/name"),
        (OPERATOR, {"prometheus": {"url": "prometheus:9090"}}, "/prometheus/url"),
        (OPERATOR, {"resources": {"limit": {}}}, "limit"),
        (OPERATOR, {"metrics": {"serviceMonitor": {"interval": "30"}}}, "/metrics/serviceMonitor/interval"),
        (
            OPERATOR,
            {"rbac": {"extraRules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}]}},
            "/resources/0",
        ),
        (OPERATOR, {"rbac": {"extraRules": [{"resources": ["pools"], "verbs": ["get"]}]}}, "apiGroups"),
        (PLATFORM, {**A_PLATFORM, "mode": "Act"}, "/mode"),
        (PLATFORM, {**A_PLATFORM, "name": "Occitanie"}, "/name"),
        (PLATFORM, {**A_PLATFORM, "spec": {"mode": "Enforce"}}, "mode"),
        (PLATFORM, {**A_PLATFORM, "calendar": {"day": []}}, "day"),
        (PLATFORM, {**A_PLATFORM, "audience": []}, "audience is empty"),
        (PLATFORM, {**A_PLATFORM, "workloads": []}, "workloads is empty"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_wrong_value_is_refused_by_its_name(
    helm: type[Helm], chart: Path, values: Mapping[str, Any], named: str
) -> None:
    with pytest.raises(HelmError) as refused:
        rendered(chart, values, helm=helm)
    assert named in str(refused.value)


# --- what the API server says -----------------------------------------------------------------------------------------


def tried(cluster: Cluster, namespace: str, text: str) -> list[str]:
    """What the API server answers to a rehearsal, for each object."""
    answers = cluster.kubectl("apply", "--dry-run=server", "-n", namespace, "-f-", stdin=text).splitlines()
    assert all(each.endswith("(server dry run)") for each in answers), answers
    return answers


@pytest.mark.parametrize("limited", [False, True], ids=["default", "limited"])
def test_the_api_server_takes_what_is_rendered(
    helm: type[Helm], cluster: Cluster, namespace: str, limited: bool
) -> None:
    """``helm template … | kubectl apply --dry-run=server -f -``"""
    values = {"watchNamespaces": [namespace], "networkPolicy": {"enabled": True}} if limited else {}
    made = rendered(OPERATOR, values, RELEASE, namespace, helm)
    assert (
        len(tried(cluster, namespace, stream(made)))
        == len(documents(rendered(OPERATOR, values, RELEASE, namespace)))
        > 10
    )


@pytest.mark.usefixtures("kinds")
def test_the_api_server_takes_a_platform(helm: type[Helm], cluster: Cluster, namespace: str) -> None:
    made = rendered(PLATFORM, A_PLATFORM, "occitanie", namespace, helm)
    assert len(tried(cluster, namespace, stream(made))) == 2


def test_the_pods_keep_to_the_restricted_standard(cluster: Cluster, namespace: str) -> None:
    """The API server is the judge; it refuses a pod that does not say how it runs."""
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    own = {"serviceAccount": {"create": False}}  # the namespace's, which exists
    specs = [pod["spec"] for each in ("default", "everything") for pod in pods({**INSTALLS[each], **own})]
    made = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"pod-{number}"}, "spec": spec}
        for number, spec in enumerate(specs)
    ]
    assert len(tried(cluster, namespace, yaml.safe_dump_all(made))) == len(made)
    del specs[0]["securityContext"]
    with pytest.raises(ClusterError, match="violates PodSecurity"):
        tried(cluster, namespace, yaml.safe_dump(made[0]))
