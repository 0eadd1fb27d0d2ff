"""The image: built by a real builder, on a base that debootstrap made, and started as the chart's pod starts it."""

import base64
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from cluster.control_plane import free_ports
from imaging import SUITE, Buildah, Image
from operating import ROOT, Platform, capacity, deployment, eventually, hpa

pytestmark = pytest.mark.timeout(900)  # the first one waits for the build, and once for a whole Debian
MORNING = "2026-11-16T07:30:00+01:00"
"""A Monday, before the peak."""
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
(BASE,) = re.findall(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)


@pytest.fixture(scope="module")
def builder() -> Iterator[Buildah]:
    """Its store takes gigabytes, so it does not stay."""
    with TemporaryDirectory(prefix="ent-capacity-image-") as directory:
        Path(directory).chmod(0o755)  # the image's user has to reach it
        yield Buildah(Path(directory))


@pytest.fixture(scope="module")
def image(builder: Buildah) -> Iterator[Image]:
    """What the Dockerfile makes."""
    with builder.mounted(builder.build(ROOT)) as made:
        yield made


@contextmanager
def started(image: Image, kubeconfig: Path, log: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The image's entry point as the chart's pod runs it: its user, its ServiceAccount's files, nothing writable, and
    no environment but the image's and what says where the API server is."""
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    account = image.root / "run" / "secrets" / "kubernetes.io" / "serviceaccount"  # /var/run leads there
    account.mkdir(parents=True)
    (account / "token").write_text(user["token"])
    (account / "ca.crt").write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    (account / "namespace").write_text(document["contexts"][0]["context"]["namespace"])
    host, _, port = cluster["server"].removeprefix("https://").partition(":")
    where = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    command = image.entered(*image.entrypoint, "run", *arguments, **where)
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()


def test_the_operator_of_the_image_takes_the_lease_and_holds_a_floor(
    image: Image, platform: Platform, tmp_path: Path
) -> None:
    auth = {"name": "auth", "ordinaryPeak": {"replicas": 6}, "startup": "1m"}
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth]))
    (port,) = free_ports(1)
    log = tmp_path / "operator.log"
    arguments = ["--host=127.0.0.1", f"--port={port}", f"--clock-start={MORNING}", "--clock-speed=60"]
    within = f"--watch-namespace={platform.namespace}"  # its own one is told by its ServiceAccount
    with started(image, platform.kubeconfig, log, *arguments, within) as process:
        try:
            eventually(lambda: "holds the Lease" in log.read_text() or process.poll() is not None, 60)
            holder = platform.get("lease", "ent-capacity")["spec"]["holderIdentity"]
            eventually(lambda: platform.floor("auth") > 5, 60)
            assert process.poll() is None
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            print(log.read_text())
    assert holder in log.read_text()
    user = image.user.partition(":")[0]
    assert re.search(rf"^Uid:\t{user}\t{user}\t{user}\t{user}$", status, re.MULTILINE)
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
    assert process.returncode == 0
    assert "Read-only file system" not in log.read_text()


def test_its_user_can_write_nothing(image: Image) -> None:
    """By the rights of the files themselves; and nothing at all where the root is read-only."""
    look = ("find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-writable", "-type", "f", "-print")
    assert image.run("sh", "-c", "touch /tmp/x && rm /tmp/x", read_only=False).returncode == 0
    assert image.run(*look, read_only=False).stdout == ""
    assert image.run("touch", "/tmp/x").returncode != 0
    assert image.user == "65532:65532"


def test_it_has_nothing_to_build_or_install_with(image: Image) -> None:
    programs = ("pip", "pip3", "gcc", "cc", "make", "git", "curl", "wget")
    assert image.run("sh", "-c", f"for each in {' '.join(programs)}; do command -v $each; done").stdout == ""
    assert not (image.root / "build").exists()
    modules = image.run("python", "-c", "import importlib.util as u; print([*map(u.find_spec, ['pip', 'hatchling'])])")
    assert modules.stdout.strip() == "[None, None]"


def test_it_has_what_the_lock_names_and_ourselves(image: Image) -> None:
    listed = "from importlib.metadata import distributions as d\nfor e in d(): print(e.name.lower(), e.version)"
    ran = image.run("python", "-c", listed)
    assert ran.returncode == 0, ran.stderr
    installed = {tuple(line.replace("_", "-").split()) for line in ran.stdout.splitlines()}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, re.MULTILINE))
    (ours,) = installed - locked
    assert ours[0] == "ent-capacity"
    assert image.run("entcapacity", "--version").stdout.split()[-1] == ours[1]


def test_everything_is_compiled_and_by_content(image: Image) -> None:
    """So that a read-only root starts as fast, and the same sources make the same files."""
    packages = next(image.root.glob("opt/ent-capacity/lib/python3.*/site-packages"))
    sources = list((packages / "entcapacity").rglob("*.py"))
    assert sources
    for each in sources:
        (compiled,) = (each.parent / "__pycache__").glob(f"{each.stem}.cpython-*.pyc")
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # a hash, and nobody checks it


def test_built_again_it_is_the_same(builder: Buildah, image: Image, tmp_path: Path) -> None:
    """From a copy, so that nothing depends on where and when the sources were laid down."""
    copy = tmp_path / "copy"
    copy.mkdir()
    sent = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    for each in ("Dockerfile", ".dockerignore", *sent):
        if (ROOT / each).is_dir():
            shutil.copytree(ROOT / each, copy / each, copy_function=shutil.copy)
        else:
            shutil.copy(ROOT / each, copy / each)
    assert builder.build(copy) == image.digest


def test_it_says_what_it_is(image: Image) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {name.removeprefix("org.opencontainers.image."): value for name, value in image.labels.items()}
    assert named["title"] == project["name"]
    assert named["licenses"] == project["license"]
    assert named["base.name"] == BASE


def test_the_root_that_it_was_tried_in_is_like_its_base(image: Image) -> None:
    version = image.run("python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").stdout.strip()
    assert BASE.endswith(f":{version}-slim-{SUITE}")


def test_it_runs_as_whatever_user_a_platform_gives_it(image: Image) -> None:
    """OpenShift gives each namespace numbers of its own, so the chart names none."""
    ran = replace(image, user="1000660000:0").run("entcapacity", "--version")
    assert ran.returncode == 0, ran.stderr
