"""What the operator asked of the API server in all tests of this run, against the rights that ship.

Its ServiceAccounts had just these rights, in one namespace or, installed by Helm, everywhere. The audit log tells.
"""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from cluster.control_plane import Cluster
from operating import ACCOUNT, ROOT

pytestmark = pytest.mark.last
Right = tuple[str, str, str]
"""Group, resource with its subresource, verb."""
OF_A_TEST = "example.org"
"""A kind that the operator may scale only once the test has allowed it."""
BY_CHANCE = {
    ("apps", "deployments", "get"),
    ("apps", "statefulsets", "get"),
    ("autoscaling", "horizontalpodautoscalers", "get"),
    ("keda.sh", "scaledobjects", "get"),
}
"""Used only where a write meets a deletion or a change that no watch has told of yet."""


def shipped() -> set[Right]:
    parts = yaml.safe_load((ROOT / "charts/ent-capacity/files/rules.yaml").read_text(encoding="utf-8"))
    return {
        (group, resource, verb)
        for rules in parts.values()
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def asked(cluster: Cluster) -> list[tuple[Right, dict[str, Any]]]:
    """Each request for an object with the right that it takes; questions about what kinds there are need none."""
    return [
        (right, event)
        for event in cluster.audit(f"system:serviceaccount:*:{ACCOUNT}")
        for right in rights(event)
        if right[0] != OF_A_TEST
    ]


def rights(event: Mapping[str, Any]) -> set[Right]:
    """What a request takes; one that applies what is not there takes the right to create it, too."""
    ref = event.get("objectRef", {})
    if "resource" not in ref:
        return set()
    resource = "/".join(ref[part] for part in ("resource", "subresource") if part in ref)
    created = event["verb"] == "patch" and event.get("responseStatus", {}).get("code") == 201
    return {(ref.get("apiGroup", ""), resource, verb) for verb in (event["verb"], *["create"] * created)}


def taken_away(cluster: Cluster) -> set[str]:
    """Namespaces in which a test took rights away, to see what happens."""
    changed = (each["objectRef"] for each in cluster.audit("admin") if each["verb"] == "patch" and "objectRef" in each)
    return {ref["namespace"] for ref in changed if ref["resource"] == "roles"}


def test_no_right_was_missing(cluster: Cluster) -> None:
    found = asked(cluster)
    if not found:
        pytest.skip("no operator has run")
    assert {right for right, _ in found} - shipped() == set()
    limited = taken_away(cluster)
    refused = [
        (right, event["requestURI"])
        for right, event in found
        if event["annotations"]["authorization.k8s.io/decision"] == "forbid"
        and event["objectRef"].get("namespace") not in limited
    ]
    assert refused == []


def test_no_right_was_unused(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    if request.config.args_source is not pytest.Config.ArgsSource.TESTPATHS or request.config.option.keyword:
        pytest.skip("only some tests were asked for, so that a right that nobody used says nothing")
    assert shipped() - {right for right, _ in asked(cluster)} <= BY_CHANCE, "take it out of rules.yaml"
