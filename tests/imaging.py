"""The Dockerfile's steps, each run in an empty Debian root: what can be proven of an image without a container engine.

Roots come from debootstrap, with the Python of that Debian; it stands for the base image, which is the same Debian with
the same Python built anew. What a builder adds (layers, the registry's format) is not looked at.
"""

import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from cluster.binaries import HOME

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
FROM_OUTSIDE = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches packages: lent for a step, as a builder does."""


@dataclass
class Stage:
    """What a Dockerfile made of a root, and what it says of it."""

    root: Path
    base: str
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    )
    directory: str = "/"
    user: str = "0:0"
    labels: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """A path of the root, as the machine sees it."""
        return self.root / str(Path(self.directory, path)).lstrip("/")

    def entered(self, *command: str, read_only: bool = True, **more: str) -> list[str]:
        """A command of the machine that runs one in the root: mounts of its own, nothing of our environment."""
        variables = [f"{name}={value}" for name, value in {**self.environment, **more}.items()]
        bound = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && ' if read_only else ""
        script = f'{bound}mount -t proc -o ro proc "$0/proc" && exec chroot --userspec="$1" "$0" "${{@:2}}"'
        return [
            *("unshare", "--mount", "bash", "-c", script, str(self.root), self.user),
            *("/usr/bin/env", "-i", f"--chdir={self.directory}", *variables, *command),
        ]

    def run(self, *command: str, read_only: bool = True) -> "subprocess.CompletedProcess[str]":
        """Runs a command in the root, and waits for it."""
        entered = self.entered(*command, read_only=read_only)
        return subprocess.run(entered, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400)


def built(context: Path, directory: Path) -> Stage:
    """The last stage of a directory's Dockerfile."""
    known: dict[str, str] = {}
    stages: list[tuple[str, Stage]] = []
    stage: Stage | None = None
    for instruction, text in instructions((context / "Dockerfile").read_text(encoding="utf-8")):
        if instruction == "ARG":
            known |= _pairs(text)
        elif instruction == "FROM":
            base, _, name = Template(text).substitute(known).partition(" AS ")
            stage = Stage(_empty(directory / str(len(stages))), base)
            stages.append((name, stage))
        else:
            assert stage is not None
            _step(stage, instruction, text, context, dict(stages), known)
    assert stage is not None
    return stage


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """What a Dockerfile says, line by line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.strip():
            instruction, _, rest = line.partition(" ")
            yield instruction, rest.strip()


def _step(
    stage: Stage, instruction: str, text: str, context: Path, stages: Mapping[str, Stage], known: Mapping[str, str]
) -> None:
    match instruction:
        case "ENV":
            stage.environment |= _pairs(text)
        case "LABEL":
            stage.labels |= _pairs(Template(text).substitute(known))
        case "USER":
            stage.user = text
        case "WORKDIR":
            stage.directory = text
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(text)
        case "CMD":
            stage.command = json.loads(text)
        case "COPY":
            _copy(stage, text, context, stages)
        case "RUN":
            _run(stage, text)
        case "EXPOSE":
            pass
        case _:
            raise AssertionError(f"nobody here knows how to do {instruction}")


def _run(stage: Stage, text: str) -> None:
    lent = {stage.inside(path): Path(path) for path in FROM_OUTSIDE if Path(path).exists()}
    own = {path: path.read_bytes() for path in lent if path.exists()}
    for path, source in lent.items():
        shutil.copyfile(source, path)
    outside = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")]
    ran = stage.run("env", *outside, "sh", "-c", text, read_only=False)
    for path in lent:
        path.write_bytes(own[path]) if path in own else path.unlink()
    assert ran.returncode == 0, f"RUN {text}\n{ran.stdout}{ran.stderr}"


def _copy(stage: Stage, text: str, context: Path, stages: Mapping[str, Stage]) -> None:
    *options, sources, to = re.fullmatch(r"(?:--from=(\w+) )?(.+) (\S+)", text).groups()  # type: ignore[union-attr]
    (origin,) = options
    for source in sources.split():
        found = stages[origin].inside(source) if origin else _sent(context, source)
        target = stage.inside(to) / Path(source).name if to.endswith("/") else stage.inside(to)
        if found.is_dir():
            shutil.copytree(
                found, target, symlinks=True, ignore=None if origin else shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copyfile(found, target)


def _sent(context: Path, source: str) -> Path:
    """A file of the context, which .dockerignore has to let through."""
    allowed = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert f"!{source}" in allowed, f"COPY {source}: .dockerignore keeps it from the builder"
    return context / source


def _pairs(text: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in shlex.split(text))  # type: ignore[misc]


def _empty(root: Path) -> Path:
    """A root with Debian and its Python, and nothing else."""
    root.mkdir(parents=True)
    subprocess.run(["tar", "-C", root, "-xf", debian()], check=True)
    return root


def debian() -> Path:
    """The archive of such a root, made once for each list of packages and kept where the cluster's programs are."""
    key = hashlib.sha256(json.dumps([SUITE, PACKAGES, platform.machine()]).encode()).hexdigest()[:12]
    archive = HOME / f"debian-{key}.tar"
    if not archive.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        unfinished = HOME / f".debian-{key}.{os.getpid()}"
        try:
            wanted = ["--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(unfinished)]
            ran = subprocess.run(["debootstrap", *wanted], capture_output=True, text=True, timeout=500)
            assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
            shutil.rmtree(unfinished / "var" / "cache" / "apt")
            whole = unfinished.with_suffix(".tar")
            subprocess.run(["tar", "-C", unfinished, "-cf", whole, "."], check=True)
            whole.rename(archive)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return archive
