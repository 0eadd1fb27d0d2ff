"""Every command that a page shows is run as it stands, or says why not; every document that it shows is one."""

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from cluster.control_plane import Cluster
from entcapacity.cli.commands import cli
from pages import PAGES, ROOT, Block, blocks, mentions

EVERY = [each for page in PAGES for each in blocks(page)]
COMMANDS = [each for each in EVERY if each.language == "sh"]
OFFLINE = sorted({each.page for each in COMMANDS if not each.mark and each.page.parent.name != "fr"})
"""Without the French pages, whose blocks are those of the English ones: tests/test_site.py."""
LANGUAGES = {"sh", "yaml", "json", "promql", "csv", "text", ""}
OURS = "entcapacity.io/v1alpha1"

# Kinds of programs that are not on the test cluster. What is shown of them was tried once on their own definitions.
ELSEWHERE = ("argoproj.io/", "kustomize.toolkit.fluxcd.io/")


def documents(block: Block) -> list[Any]:
    return [each for each in yaml.safe_load_all(block.text) if each is not None]


def whole(block: Block) -> list[Mapping[str, Any]]:
    """The Kubernetes objects among the documents of a block; pieces and values of charts are none."""
    return [each for each in documents(block) if isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys()]


YAML = [each for each in EVERY if each.language == "yaml"]


def test_there_are_blocks_of_every_sort() -> None:
    assert {each.mark for each in EVERY} == {"", "not executable", "on a cluster", "file"}
    assert {each.page.name for each in COMMANDS} > {"README.md", "CONTRIBUTING.md", "cli.md", "quickstart.md"}


# --- how blocks are marked --------------------------------------------------------------------------------------------


def test_blocks_have_one_of_the_usual_languages() -> None:
    assert {str(each): each.language for each in EVERY if each.language not in LANGUAGES} == {}


def test_no_command_hides_in_a_block_of_another_sort() -> None:
    begins = re.compile(r"^\$ |^(make|entcapacity|kubectl|helm|pip|docker|git|curl) \S", re.MULTILINE)
    assert [str(each) for each in EVERY if each.language != "sh" and begins.search(each.text)] == []


def test_a_comment_above_a_block_is_a_mark() -> None:
    assert [f"{each}: {each.comment}" for each in EVERY if each.comment and not each.mark] == []


def test_marks_stand_where_they_mean_something() -> None:
    wrong = [each for each in EVERY if each.mark and (each.mark == "file") == (each.language == "sh")]
    assert [f"{each}: {each.comment}" for each in wrong] == []


@pytest.mark.parametrize("block", [each for each in COMMANDS if each.mark == "not executable"], ids=str)
def test_what_is_not_run_says_why(block: Block) -> None:
    assert len(block.said.split()) >= 3


# --- commands that need no cluster ------------------------------------------------------------------------------------


def working_copy(directory: Path) -> Path:
    """Where a reader stands who has cloned the repository: what is written goes beside what is linked."""
    for each in ("charts", "crds", "docs", "examples"):
        (directory / each).symlink_to(ROOT / each)
    return directory


def environment(home: Path, **more: str) -> dict[str, str]:
    """With our command on the path, no configuration, and no cluster but one that ``more`` names."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return kept | {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "KUBECONFIG": str(home / "none")} | more


def only_ours(block: Block) -> list[list[str]]:
    """The arguments of a block's calls, where they are all ours and leave a shell nothing to do; else nothing.

    Called in this process they take a third of the time: Python need not start and import for each.
    """
    lines = block.text.replace("\\\n", " ").splitlines()
    if re.search(r"[|&;<>$`*?#(){}~]", block.text) or not all(each.startswith("entcapacity ") for each in lines):
        return []
    return [shlex.split(each)[1:] for each in lines]


def follow(page: Path, directory: Path, environ: Mapping[str, str], *marks: str) -> None:
    """Does what a page says, from top to bottom: writes its files, runs its commands with one of the ``marks``."""
    for block in blocks(page):
        if block.mark == "file":
            (directory / block.said).write_text(block.text, encoding="utf-8")
        elif block.language == "sh" and not block.mark and "" in marks and (calls := only_ours(block)):
            for each in calls:
                with contextlib.chdir(directory):
                    result = CliRunner().invoke(cli, each, env=environ)
                assert result.exit_code == 0, f"{block}: {result.output}"
        elif block.language == "sh" and block.mark in marks:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.text],
                cwd=directory,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
            )
            print(f"# {block}\n{block.text}{done.stdout}{done.stderr}")
            assert done.returncode == 0, f"{block}: {done.stderr or done.stdout}"


@pytest.mark.parametrize("page", OFFLINE, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_work_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    follow(page, working_copy(tmp_path), environment(tmp_path), "")


MENTIONS = sorted({each for page in PAGES for each in mentions(page) if not each.startswith("entcapacity -")})


@pytest.mark.parametrize("call", MENTIONS)
def test_a_command_that_is_only_mentioned_exists_with_its_options(call: str) -> None:
    name, *arguments = shlex.split(call.partition(" > ")[0], comments=True)[1:]
    command = cli.commands.get(name)
    assert command is not None, f"there is no command {name}"
    with contextlib.suppress(click.MissingParameter):  # a mention need not say everything
        command.make_context(name, arguments)


# --- documents --------------------------------------------------------------------------------------------------------


def test_every_document_is_yaml() -> None:
    assert all(documents(each) for each in YAML)


def test_every_object_of_ours_is_valid_as_it_stands(tmp_path: Path) -> None:
    shown = [each for each in YAML if any(one["apiVersion"] == OURS for one in whole(each))]
    assert len(shown) > 10
    for number, block in enumerate(shown):
        ours = [each for each in whole(block) if each["apiVersion"] == OURS]
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump_all(ours), encoding="utf-8")
        result = CliRunner().invoke(cli, ["validate", str(tmp_path / f"{number}.yaml")])
        assert result.exit_code == 0, f"{block}: {result.output}"


def test_objects_of_others_are_taken_by_the_api_server(cluster: Cluster, kinds: None) -> None:  # noqa: ARG001
    shown = [(block, each) for block in YAML for each in whole(block) if each["apiVersion"] != OURS]
    there = [(block, each) for block, each in shown if not each["apiVersion"].startswith(ELSEWHERE)]
    assert {each["kind"] for _, each in there} >= {"HorizontalPodAutoscaler", "ScaledObject", "Deployment"}
    for block, each in there:
        here = {**each, "metadata": {**each["metadata"], "namespace": "default"}}
        print(block)
        cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f-", stdin=json.dumps(here))
