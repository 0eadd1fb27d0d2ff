"""What Helm makes of the charts, and the tables of their values. To write tests/golden/charts and the tables anew:

.venv/bin/python tests/charted.py
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from helms import Helm, Helm4

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden" / "charts"
OPERATOR, PLATFORM = ROOT / "charts" / "ent-capacity", ROOT / "charts" / "ent-platform"
RELEASE, NAMESPACE = "ent-capacity", "ent-capacity"

NEAR = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": {"app": "portal"}}}
INSTALLS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "limited": {
        "watchNamespaces": ["ent-toulouse", "ent-montpellier"],
        "crds": {"install": False},
        "networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}]},
    },
    "everything": {
        "image": {"repository": "registry.example/ent-capacity", "digest": f"sha256:{'0123456789abcdef' * 4}"},
        "imagePullSecrets": [{"name": "registry"}],
        "crds": {"keep": False},
        "rbac": {
            "extraRules": [
                {"apiGroups": ["argoproj.io"], "resources": ["rollouts", "rollouts/scale"], "verbs": ["get", "patch"]}
            ]
        },
        "serviceAccount": {"name": "scaler", "annotations": {"example.org/owner": "dsi"}},
        "prometheus": {"url": "http://prometheus.monitoring:9090"},
        "logFormat": "text",
        "language": "fr",
        "extraEnv": [{"name": "TZ", "value": "Europe/Paris"}],
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [NEAR]}},
        "tolerations": [{"key": "ent", "operator": "Exists"}],
        "podAnnotations": {"example.org/note": "pod"},
        "podLabels": {"example.org/tier": "control"},
        "commonLabels": {"example.org/cost": "ent"},
        "networkPolicy": {"enabled": True},
        "metrics": {
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "podMonitor": {"enabled": True, "interval": "15s"},
        },
    },
}
"""Three typical installs of the operator: values by name."""

A_PLATFORM: Mapping[str, Any] = {
    "audience": [{"academies": ["Toulouse", "Montpellier"], "levels": ["College", "Lycee"], "pupils": 300000}],
    "workloads": [{"name": "auth", "ordinaryPeak": {"replicas": 6}}],
    "spec": {"readyBefore": {"exceptional": "3h"}},
    "calendar": {"days": [{"from": "2027-11-12", "description": "pont"}]},
    "commonLabels": {"example.org/cost": "ent"},
}


def rendered(
    chart: Path,
    values: Mapping[str, Any],
    name: str = RELEASE,
    namespace: str = NAMESPACE,
    helm: type[Helm] = Helm4,
) -> dict[str, str]:
    """Each template's text, by its path; as ``helm template`` makes it."""
    return dict(sorted(helm(namespace).rendered(chart, name, values).items()))


def notes(texts: Mapping[str, str]) -> str:
    """What is said after an install, of what was rendered."""
    (found,) = (text for path, text in texts.items() if path.endswith("NOTES.txt"))
    return found


def stream(texts: Mapping[str, str]) -> str:
    """Everything that was rendered to be applied, as one text."""
    return "\n---\n".join(text for path, text in texts.items() if not path.endswith("NOTES.txt"))


def documents(texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The objects that were rendered."""
    return [each for each in yaml.load_all(stream(texts), yaml.CSafeLoader) if each]


def goldens(helm: type[Helm]) -> Iterator[tuple[Path, str]]:
    """What is kept of each install: all objects but the CRDs, which stand in crds/; and the notes, if they are told."""
    made = {install: rendered(OPERATOR, values, helm=helm) for install, values in INSTALLS.items()}
    made["platform"] = rendered(PLATFORM, A_PLATFORM, "occitanie", "ent", helm)
    for install, texts in made.items():
        yield GOLDEN / f"{install}.yaml", "".join(_kept(texts))
        if helm is Helm4:
            yield GOLDEN / f"{install}.txt", notes(texts)


def _kept(texts: Mapping[str, str]) -> Iterator[str]:
    """Sorted by their text within each template, since Helm 3 tells them in the order in which it would apply them."""
    for path, text in texts.items():
        if not path.endswith(("crds.yaml", "NOTES.txt")):
            found = sorted(each.strip() for each in re.split(r"^---$", text, flags=re.MULTILINE))
            yield from (f"---\n# Source: {path}\n{each}\n" for each in found if each)


def tables() -> Iterator[tuple[Path, str]]:
    """Each chart's README with the table of its values as values.yaml has them."""
    for chart in (OPERATOR, PLATFORM):
        page = chart / "README.md"
        before, _, _ = page.read_text(encoding="utf-8").partition("\n| Value |")
        rows = [f"| `{key}` | `{json.dumps(default)}` | {said} |" for key, default, said in values_of(chart)]
        yield page, "\n".join([before, "| Value | Default | Meaning |", "|---|---|---|", *rows]) + "\n"


def values_of(chart: Path) -> Iterator[tuple[str, Any, str]]:
    """Key, default and comment of each value; the comment is that of helm-docs, which begins with ``# --``."""
    text = (chart / "values.yaml").read_text(encoding="utf-8")
    lines, root = text.splitlines(), yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    yield from _values(root, lines, "", yaml.safe_load(text))


def _values(node: yaml.MappingNode, lines: list[str], before: str, values: Any) -> Iterator[tuple[str, Any, str]]:
    for key, value in node.value:
        above = takewhile(lambda line: line.lstrip().startswith("#"), reversed(lines[: key.start_mark.line]))
        said = " ".join(line.lstrip(" #") for line in reversed([*above])).partition("-- ")[2]
        path, found = f"{before}{key.value}", values[key.value]
        if said or not isinstance(value, yaml.MappingNode) or not value.value:
            yield path, found, said.replace("|", "\\|")
        else:
            yield from _values(value, lines, f"{path}.", found)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for page, made in (*goldens(Helm4), *tables()):
        page.write_text(made, encoding="utf-8")
