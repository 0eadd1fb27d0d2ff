"""What people type as `helm`, for shells of tests: the same Helm, out of its library, with the options that pages use.

An option that is not here is an error, so that no page shows what was not run.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser("helm", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("install", "upgrade", "uninstall"):
        command = commands.add_parser(name, allow_abbrev=False)
        command.add_argument("release")
        command.add_argument("-n", "--namespace", default="default")
        if name != "uninstall":
            command.add_argument("chart", type=Path)
            command.add_argument("-f", "--values", type=Path, action="append", default=[])
            command.add_argument("--set", action="append", default=[])
        if name == "install":
            command.add_argument("--create-namespace", action="store_true")
    asked = parser.parse_args(arguments)
    config = helm.Config(namespace=asked.namespace)  # the cluster of $KUBECONFIG
    if asked.command == "uninstall":
        config.uninstall(asked.release, wait="hookOnly", timeout=120)
        print(f'release "{asked.release}" uninstalled')
        return
    values: dict[str, Any] = {}
    for file in asked.values:
        values = merged(values, yaml.safe_load(file.read_text(encoding="utf-8")))
    for each in asked.set:
        values = merged(values, helm.parse_set_string(each))
    options: dict[str, Any] = {"namespace": asked.namespace, "wait": "hookOnly"}
    if asked.command == "install":
        options["create_namespace"] = asked.create_namespace
    act = config.install if asked.command == "install" else config.upgrade
    print(act(asked.chart.resolve(), asked.release, values, **options).get("info", {}).get("notes", ""))


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values over others, mapping by mapping."""
    both = dict(under)
    for key, value in over.items():
        beneath = both.get(key)
        both[key] = merged(beneath, value) if isinstance(value, dict) and isinstance(beneath, dict) else value
    return both


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except helm.HelmError as error:
        sys.exit(f"Error: {error}")
