"""What the Tab key finds, in the shells themselves and in kubectl."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from operating import Platform, capacity, eventually

BASH = """
eval "$(entcapacity completion bash)"
COMP_WORDS=({words}); COMP_CWORD=$(({count} - 1))
_entcapacity_completion entcapacity
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# zsh is heard at the builtins that would show what is found; fish can be asked outright
ZSH = """
compdef() {{ }}
compadd() {{ local name=$argv[-1]; print -l -- "${{(@P)name}}" }}
_describe() {{ local name=$3; print -l -- "${{(@P)name}}" }}
eval "$(entcapacity completion zsh)"
words=({words}); CURRENT={count}
_entcapacity_completion
"""
FISH = """
entcapacity completion fish | source
complete -C "{line}"
"""
BUSY = [{"name": "auth", "ordinaryPeak": {"replicas": 2}}]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with our commands, as an installation has them."""
    directory = tmp_path_factory.mktemp("bin")
    calls = {
        "entcapacity": "from entcapacity.cli import main; main()",
        "kubectl-entcap": "from entcapacity.cli import main; main()",
        "kubectl_complete-entcap": "from entcapacity.cli import completion; completion.for_kubectl()",
    }
    for name, call in calls.items():
        program = directory / name
        program.write_text(f"#!{sys.executable}\n{call}\n", encoding="utf-8")
        program.chmod(0o755)
    return directory


def found(shell: str, programs: Path, *words: str, **environment: str) -> list[str]:
    """What a shell completes the last word with."""
    if shutil.which(shell) is None:
        pytest.skip(f"nothing was completed in {shell}, for want of it: apt install {shell}")
    quoted = " ".join(f"'{each}'" for each in ("entcapacity", *words))
    script = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].format(
        words=quoted, count=len(words) + 1, line=" ".join(("entcapacity", *words))
    )
    lines = said([shell, "-c", script], programs, environment).splitlines()
    return [re.split(r"[\t:]", each)[0].removeprefix("plain,") for each in lines]


def said(command: list[str], programs: Path, environment: Mapping[str, str]) -> str:
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    settings = {"LC_ALL": "C.UTF-8", "KUBECONFIG": str(programs / "none"), **environment}
    done = subprocess.run(
        command, env=os.environ | settings | {"PATH": path}, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_options_and_places_are_completed(shell: str, programs: Path) -> None:
    assert {"rehearse", "release", "replay"} == set(found(shell, programs, "re"))
    assert "--dry-run" in found(shell, programs, "rehearse", "--d")
    assert found(shell, programs, "init", "--academie", "Tou") == ["Toulouse"]
    if shell == "bash":
        assert "Corse" in found(shell, programs, "init", "--zone", "")


def test_files_are_left_to_the_shell(programs: Path) -> None:
    command = [str(programs / "kubectl_complete-entcap")]
    assert said([*command, "plan", "-f", "exa"], programs, {}) == ":0\n"
    assert said([*command, "validate", ""], programs, {}) == ":0\n"
    assert said([*command, "init", "--zone", "C"], programs, {}) == "C\nCorse\n:4\n"


def test_where_no_cluster_answers_nothing_is_completed_and_nobody_waits(programs: Path, tmp_path: Path) -> None:
    silent = {"clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1:6443"}}], "users": []}
    here = [{"name": "far", "context": {"cluster": "c", "user": ""}}]
    text = f"apiVersion: v1\nkind: Config\ncurrent-context: far\nclusters: {silent['clusters']}\ncontexts: {here}\n"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(text, encoding="utf-8")
    command, begun = str(programs / "kubectl_complete-entcap"), time.monotonic()
    assert said([command, "plan", ""], programs, {"KUBECONFIG": str(kubeconfig)}) == ":4\n"
    assert time.monotonic() - begun < 10  # two seconds, and what Python takes to start on a busy machine
    assert said([command, "plan", "--context", ""], programs, {"KUBECONFIG": str(kubeconfig)}) == "far\n:4\n"
    assert said([command, "plan", ""], programs, {}) == ":4\n"


def test_names_come_from_the_cluster(platform: Platform, programs: Path) -> None:
    platform.apply(capacity(BUSY, mode="Observe"), capacity(BUSY, name="occitanie", mode="Observe"))
    where = {"KUBECONFIG": str(platform.cluster.kubeconfig)}
    for command in ("plan", "rehearse", "status"):  # a kind that was installed just now may not be listed yet
        asked = partial(found, "bash", programs, command, "-n", platform.namespace, "", **where)
        eventually(lambda asked=asked: asked() == ["ent", "occitanie"])
    assert platform.namespace in found("bash", programs, "plan", "-n", "test-", **where)


def test_kubectl_completes_its_plugin(platform: Platform, programs: Path) -> None:
    platform.apply(capacity(BUSY, name="occitanie", mode="Observe"))
    kubectl = [str(platform.cluster.binaries["kubectl"]), "__completeNoDesc", "entcap"]
    where = {"KUBECONFIG": str(platform.cluster.kubeconfig)}
    asked = [*kubectl, "plan", "-n", platform.namespace, "occ"]
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(asked, env=os.environ | where | {"PATH": path}, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["occitanie", ":4"], done.stderr
