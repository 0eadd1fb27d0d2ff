"""The programs of the test cluster, and Helm 3: where they are, and how they are made.

Any of them may lie in ``$KUBEBUILDER_ASSETS``, where setup-envtest puts three. The others are built once, from the Go
modules that a go.mod pins, into a cache outside the tree.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
HELM = HERE / "helm"
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ent-capacity"

# What is built of each Go module, by the folder of its go.mod; each has its own libraries, and its own cache.
# The API server first: it takes longest, and the others then find most of their libraries compiled.
PACKAGES = {
    HERE: {
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "etcd": "go.etcd.io/etcd/server/v3",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
        "kwok": "sigs.k8s.io/kwok/cmd/kwok",
    },
    HELM: {"helm3": "helm.sh/helm/v3/cmd/helm"},
}


class Unavailable(Exception):
    """A program cannot be had on this machine; the message is one line that says what to do."""


def cache(module: Path = HERE) -> Path:
    """Where built programs lie: a directory for each state of a go.mod and each platform."""
    pinned = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    key = hashlib.sha256(pinned + f"{platform.system()} {platform.machine()}".encode()).hexdigest()[:12]
    return HOME / f"{module.name}-{key}"


def locations(module: Path = HERE) -> dict[str, Path]:
    """Where each program of a module is, or would be built."""
    assets, built = os.environ.get("KUBEBUILDER_ASSETS"), cache(module)
    return {
        name: given if assets and (given := Path(assets, name)).is_file() else built / name for name in PACKAGES[module]
    }


def find() -> dict[str, Path]:
    """Every program the cluster needs, or ``Unavailable``."""
    found = _found(HERE)
    if openssl := shutil.which("openssl"):
        return found | {"openssl": Path(openssl)}
    raise Unavailable("install openssl, which makes the cluster's certificate")


def helm3() -> Path:
    """The program `helm`, version 3, or ``Unavailable``."""
    return _found(HELM)["helm3"]


def build() -> None:
    """Build what is missing. A program appears under its name when it is whole, so this may be broken off."""
    missing = [(module, name) for module in PACKAGES for name, path in locations(module).items() if not path.is_file()]
    if missing and not shutil.which("go"):
        names = ", ".join(name for _, name in missing)
        raise Unavailable(f"install Go, which builds {names}; {HERE / 'go.mod'} names the version")
    for number, (module, name) in enumerate(missing, start=1):
        print(f"{name}: building ({number} of {len(missing)})", file=sys.stderr, flush=True)
        start = time.monotonic()
        _build(module, name)
        print(f"{name}: built in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    find()
    print(f"The test cluster and Helm 3 are there; what was built is in {HOME}", file=sys.stderr)


def _found(module: Path) -> dict[str, Path]:
    found = locations(module)
    if not all(path.is_file() for path in found.values()):
        raise Unavailable("run `make cluster-build` once (up to half an hour)")
    return found


def _build(module: Path, name: str) -> None:
    built = cache(module)
    built.mkdir(parents=True, exist_ok=True)
    unfinished = built / f".{name}.{os.getpid()}"
    flags, package = " ".join(["-s -w", *_known_versions(module)]), PACKAGES[module][name]
    command = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(unfinished), package]
    try:
        subprocess.run(command, cwd=module, check=True, env=os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"})
        unfinished.rename(built / name)
    except subprocess.CalledProcessError:
        raise Unavailable(f"{name} was not built; what Go says stands above") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _known_versions(module: Path) -> Iterator[str]:
    """What programs are told of versions by whoever builds them; clients, and Helm without a cluster, go by it."""
    if module == HERE:
        version, major, minor = _pinned(module, r"k8s\.io/kubernetes (v(\d+)\.(\d+)\S*)")
        values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
            yield from (f"-X {package}.{name}={value}" for name, value in values.items())
    else:
        (version,) = _pinned(module, r"helm\.sh/helm/v3 (v\S+)")
        (minor,) = _pinned(module, r"k8s\.io/client-go v0\.(\d+)")
        yield f"-X helm.sh/helm/v3/internal/version.version={version}"
        for package in ("chartutil", "lint/rules"):  # the same as it is released with
            yield f"-X helm.sh/helm/v3/pkg/{package}.k8sVersionMajor=1"
            yield f"-X helm.sh/helm/v3/pkg/{package}.k8sVersionMinor={minor}"


def _pinned(module: Path, pattern: str) -> tuple[str, ...]:
    """The version of a library, in the groups of a pattern."""
    found = re.search(pattern, (module / "go.mod").read_text(encoding="utf-8"))
    assert found is not None
    return found.groups()
