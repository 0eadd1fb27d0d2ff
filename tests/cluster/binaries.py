"""The programs of the test cluster: where they are, and how they are made.

Any of them may lie in ``$KUBEBUILDER_ASSETS``, where setup-envtest puts three. The others are built once, from the Go
modules that go.mod pins, into a cache outside the tree.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ent-capacity"

# The API server first: it takes longest, and the others then find most of their libraries compiled.
PACKAGES = {
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "etcd": "go.etcd.io/etcd/server/v3",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
}


class Unavailable(Exception):
    """The cluster cannot be had on this machine; the message is one line that says what to do."""


def cache() -> Path:
    """Where built programs lie: a directory for each state of go.mod and each platform."""
    pinned = b"".join((HERE / name).read_bytes() for name in ("go.mod", "go.sum"))
    key = hashlib.sha256(pinned + f"{platform.system()} {platform.machine()}".encode()).hexdigest()[:12]
    return HOME / f"cluster-{key}"


def locations() -> dict[str, Path]:
    """Where each program is, or would be built."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    return {name: given if assets and (given := Path(assets, name)).is_file() else cache() / name for name in PACKAGES}


def find() -> dict[str, Path]:
    """Every program the cluster needs, or ``Unavailable``."""
    found = locations()
    if not all(path.is_file() for path in found.values()):
        raise Unavailable("run `make cluster-build` once (up to half an hour)")
    if openssl := shutil.which("openssl"):
        return found | {"openssl": Path(openssl)}
    raise Unavailable("install openssl, which makes the cluster's certificate")


def build() -> None:
    """Build what is missing. A program appears under its name when it is whole, so this may be broken off."""
    missing = [name for name, path in locations().items() if not path.is_file()]
    if missing and not shutil.which("go"):
        raise Unavailable(f"install Go, which builds {', '.join(missing)}; {HERE / 'go.mod'} names the version")
    for number, name in enumerate(missing, start=1):
        print(f"{name}: building ({number} of {len(missing)})", file=sys.stderr, flush=True)
        start = time.monotonic()
        _build(name)
        print(f"{name}: built in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    find()
    print(f"The test cluster has its programs; those built are in {cache()}", file=sys.stderr)


def _build(name: str) -> None:
    cache().mkdir(parents=True, exist_ok=True)
    unfinished = cache() / f".{name}.{os.getpid()}"
    command = ["go", "build", "-trimpath", "-ldflags", _linker_flags(), "-o", str(unfinished), PACKAGES[name]]
    try:
        subprocess.run(command, cwd=HERE, check=True, env=os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"})
        unfinished.rename(cache() / name)
    except subprocess.CalledProcessError:
        raise Unavailable(f"{name} was not built; what Go says stands above") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _linker_flags() -> str:
    """Small programs that know their version: Kubernetes is told it by whoever builds it, clients go by it."""
    pinned = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\S*)", (HERE / "go.mod").read_text(encoding="utf-8"))
    assert pinned is not None
    version, major, minor = pinned.groups()
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(["-s -w", *(f"-X {p}.{name}={value}" for p in packages for name, value in values.items())])
