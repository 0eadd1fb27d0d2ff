"""The image as Buildah builds it from the Dockerfile, and its commands as a pod runs them.

The base comes from debootstrap, with the Python of that Debian, and no registry is asked. It stands for the base image,
which is the same Debian with the same Python built anew.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.binaries import HOME

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
FROM_OUTSIDE = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches packages: lent to the builder, no part of the image."""
BASE = "localhost/base"


@dataclass(frozen=True)
class Image:
    """What a builder made: the digest of its configuration, that, and its root."""

    digest: str
    root: Path
    user: str
    environment: tuple[str, ...]
    directory: str
    entrypoint: tuple[str, ...]
    labels: dict[str, str]

    def entered(self, *command: str, read_only: bool = True, **more: str) -> list[str]:
        """A command of the machine that runs one in the root: mounts of its own, nothing of our environment."""
        variables = [*self.environment, *(f"{name}={value}" for name, value in more.items())]
        bound = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && ' if read_only else ""
        script = f'{bound}mount -t proc -o ro proc "$0/proc" && exec chroot --userspec="$1" "$0" "${{@:2}}"'
        return [
            *("unshare", "--mount", "bash", "-c", script, str(self.root), self.user),
            *("/usr/bin/env", "-i", f"--chdir={self.directory}", *variables, *command),
        ]

    def run(self, *command: str, read_only: bool = True) -> "subprocess.CompletedProcess[str]":
        """Runs a command in the root, and waits for it."""
        entered = self.entered(*command, read_only=read_only)
        return subprocess.run(entered, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


class Buildah:
    """A builder with a store of its own, that needs root and no daemon."""

    def __init__(self, store: Path) -> None:
        self.command = ["buildah", f"--root={store}/images", f"--runroot={store}/run", "--storage-driver=vfs"]
        base = self("from", "scratch")
        self("add", base, str(_debian()))
        self("config", "--env=PATH=/usr/local/bin:/usr/bin:/bin", base)
        self("commit", "--quiet", base, BASE)
        self("rm", base)

    def __call__(self, *arguments: str) -> str:
        ran = subprocess.run([*self.command, *arguments], capture_output=True, text=True, timeout=500)
        assert ran.returncode == 0, f"{ran.stdout[-4000:]}{ran.stderr[-4000:]}"
        return ran.stdout.strip()

    def build(self, context: Path) -> str:
        """Builds a directory's Dockerfile from nothing but the base; the digest of what it made."""
        lent = [f"--volume={path}:{path}:ro" for path in FROM_OUTSIDE if Path(path).exists()]
        how = ("--isolation=chroot", "--no-cache", "--pull-never", "--timestamp=0", f"--build-arg=BASE={BASE}")
        return self("bud", "--quiet", *how, *lent, str(context))

    @contextmanager
    def mounted(self, digest: str) -> Iterator[Image]:
        """An image that was built, with a root that can be entered."""
        config = json.loads(self("inspect", "--type=image", digest))["OCIv1"]["config"]
        container = self("from", "--pull-never", digest)
        try:
            yield Image(
                digest,
                Path(self("mount", container)),
                config["User"],
                tuple(config["Env"]),
                config["WorkingDir"],
                (*config["Entrypoint"],),
                config["Labels"],
            )
        finally:
            self("rm", container)


def _debian() -> Path:
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
