"""A Kubernetes cluster on loopback, as real as it gets without containers.

etcd, the API server, the controllers and the scheduler are the real ones. KWOK stands in for the kubelets: what runs on
its nodes is nothing, but rolls out and becomes Ready as stages.yaml says.
"""

import base64
import json
import random
import secrets
import socket
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cluster.binaries import HERE, find

HOST = "127.0.0.1"

# Who may call with a token, and as what. RBAC's own roles say what the controllers and the scheduler may do.
USERS = {
    "admin": "system:masters",
    "kwok": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
}

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}

# The controllers' own limit, 20 requests a second by default, would be what is measured when many pods are asked for.
PLENTY = ("--kube-api-qps=1000", "--kube-api-burst=2000")

# Asks Linux to kill the program when whoever started it dies, however that happens, and becomes the program.
# A `preexec_fn` would do the same, but not where there are threads.
DIES_WITH_PARENT = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
os.execv(sys.argv[1], sys.argv[1:])
"""


class ClusterError(Exception):
    """The cluster did not do what it was asked; the message holds what the program said."""


class Program:
    """One process of the cluster, and the file that it writes its messages to."""

    def __init__(self, log: Path, *command: str | Path) -> None:
        self.log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-IS", "-c", DIES_WITH_PARENT, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: the programs end in their order
            )

    def stop(self, patience: float = 5) -> None:
        """Ask it to end; end it when it has not after ``patience`` seconds, so at once with none."""
        if self._process is None:
            return
        if patience:
            self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ended_by_itself(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


class Reached:
    """A cluster that runs, as its administrator reaches it. What is written here lies in ``directory``."""

    def __init__(self, kubeconfig: Path, directory: Path) -> None:
        self.kubeconfig = kubeconfig
        self.directory = directory
        self.binaries = find()

    def kubectl(self, *arguments: str, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What kubectl prints, as the administrator if no other kubeconfig is given."""
        result = subprocess.run(
            [
                self.binaries["kubectl"],
                f"--kubeconfig={kubeconfig or self.kubeconfig}",
                f"--cache-dir={self.directory / 'kubectl-cache'}",  # instead of one in the home directory
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if result.returncode:
            raise ClusterError(f"kubectl {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout

    def kubeconfig_for(self, service_account: str, namespace: str = "default") -> Path:
        """A kubeconfig with a fresh token of this ServiceAccount, which must exist."""
        token = self.kubectl("create", "token", service_account, f"--namespace={namespace}", "--duration=24h")
        kubeconfig = json.loads(self.kubeconfig.read_text(encoding="utf-8"))
        kubeconfig["users"][0]["user"] = {"token": token.strip()}
        kubeconfig["contexts"][0]["context"]["namespace"] = namespace
        path = self.directory / f"{namespace}.{service_account}.kubeconfig"
        _write(path, json.dumps(kubeconfig, indent=2))
        return path


class Cluster(Reached):
    """A cluster of our own, for as long as the ``with`` lasts."""

    def __init__(self, directory: Path, *, nodes: int = 10, pods_per_node: int = 500, hpa_sync: str = "1s") -> None:
        super().__init__(directory / "admin.kubeconfig", directory)
        # One pair for every purpose: it signs the tokens of ServiceAccounts, shows who the API server is, and may show
        # the same of a server that a test puts on loopback.
        self.certificate = directory / "tls.crt"
        self.key = directory / "tls.key"
        self._nodes = nodes
        self._pods_per_node = pods_per_node
        etcd, api = (f"{HOST}:{port}" for port in free_ports(2))
        self.url = f"https://{api}"
        self.programs = {  # in the order of their start
            "etcd": self._program(
                "etcd",
                f"--data-dir={directory / 'etcd'}",
                f"--listen-client-urls=http://{etcd}",
                f"--advertise-client-urls=http://{etcd}",
                f"--listen-peer-urls=http://{HOST}:0",
                "--log-level=warn",
                "--unsafe-no-fsync",  # nobody wants these data after a power cut
            ),
            "kube-apiserver": self._program(
                "kube-apiserver",
                f"--etcd-servers=http://{etcd}",
                f"--bind-address={HOST}",
                f"--advertise-address={HOST}",
                f"--secure-port={api.rpartition(':')[2]}",
                "--endpoint-reconciler-type=none",  # it refuses loopback, and no pod here calls anybody
                "--service-cluster-ip-range=10.96.0.0/16",
                f"--tls-cert-file={self.certificate}",
                f"--tls-private-key-file={self.key}",
                f"--token-auth-file={directory / 'tokens.csv'}",
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self.key}",
                f"--service-account-signing-key-file={self.key}",
                # Aggregation: how a metrics API of a test knows that it is the API server who asks.
                f"--requestheader-client-ca-file={self.certificate}",
                "--requestheader-username-headers=X-Remote-User",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                f"--proxy-client-cert-file={self.certificate}",
                f"--proxy-client-key-file={self.key}",
                f"--audit-policy-file={directory / 'audit-policy.json'}",
                f"--audit-log-path={directory / 'audit.jsonl'}",
                "--audit-log-maxsize=100000",  # MB, so one file however long the run
            ),
            "kube-controller-manager": self._program(
                "kube-controller-manager",
                f"--kubeconfig={self._kubeconfig_path('system:kube-controller-manager')}",
                f"--root-ca-file={self.certificate}",
                "--use-service-account-credentials",
                "--leader-elect=false",
                "--secure-port=0",
                # KWOK renews no node's lease. Taken for dead after this time, a node is said to be Ready again at once,
                # but its pods never are: each five minutes, at first, whatever ran then failed its test.
                "--node-monitor-grace-period=24h",
                f"--horizontal-pod-autoscaler-sync-period={hpa_sync}",
                *PLENTY,
            ),
            "kube-scheduler": self._program(
                "kube-scheduler",
                f"--kubeconfig={self._kubeconfig_path('system:kube-scheduler')}",
                "--leader-elect=false",
                "--secure-port=0",
                *PLENTY,
            ),
            "kwok": self._program(
                "kwok",
                f"--kubeconfig={self._kubeconfig_path('kwok')}",
                f"--config={HERE / 'stages.yaml'}",
                "--manage-all-nodes",
            ),
        }

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._write_certificate()
        tokens = {user: secrets.token_hex() for user in USERS}
        rows = [f'{tokens[user]},{user},{user},"{group}"' for user, group in USERS.items()]
        _write(self.directory / "tokens.csv", "\n".join(rows))
        _write(self.directory / "audit-policy.json", json.dumps(AUDIT_POLICY))
        for user in USERS:
            self._write_kubeconfig(user, tokens[user])
        self.programs["etcd"].start()
        self.start_api_server()
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            self.programs[name].start()
        nodes = {"apiVersion": "v1", "kind": "List", "items": [self._node(number) for number in range(self._nodes)]}
        self.kubectl("create", "-f-", stdin=json.dumps(nodes))
        # Nodes are Ready when KWOK works; pods can be created once the controllers have given them a ServiceAccount.
        self._insist("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=2s")
        self._insist("wait", "--for=create", "serviceaccount/default", "--timeout=2s")

    def stop(self) -> None:
        for program in reversed(self.programs.values()):
            program.stop()

    def start_api_server(self) -> None:
        """Start the API server and wait until it answers; the others find it again by themselves.

        Call it from a thread that stays: what Linux ends a program with is the thread that started it.
        """
        self.programs["kube-apiserver"].start()
        self._insist("get", "--raw=/readyz")

    def stop_api_server(self) -> None:
        """An outage, without the courtesies of an orderly end: nothing answers until ``start_api_server``."""
        self.programs["kube-apiserver"].stop(patience=0)

    def audit(self, user: str) -> list[dict[str, Any]]:
        """What this user asked of the API server, or all whose name is like this, oldest first.

        The events are of audit.k8s.io/v1; ``*`` stands for anything, up to the last colon.
        """
        with (self.directory / "audit.jsonl").open(encoding="utf-8") as lines:
            events = [json.loads(line) for line in lines if user.rpartition("*")[2] in line]
        return [event for event in events if fnmatchcase(event["user"]["username"], user)]

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(self.directory / f"{name}.log", self.binaries[name], *arguments)

    def _insist(self, *arguments: str, seconds: float = 60) -> None:
        """Repeat a kubectl command until it succeeds; give up after a while, or when a program has ended."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.kubectl(*arguments)
                return
            except ClusterError:
                for name, program in self.programs.items():
                    if program.ended_by_itself():
                        raise ClusterError(f"{name} ended; it said:\n{program.last_words()}") from None
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def _node(self, number: int) -> dict[str, Any]:
        resources = {"cpu": "64", "memory": "256Gi", "pods": str(self._pods_per_node)}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"node-{number}", "labels": {"kubernetes.io/hostname": f"node-{number}"}},
            "status": {"capacity": resources, "allocatable": resources},
        }

    def _write_certificate(self) -> None:
        request = (
            "req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=test-cluster"
            f" -addext subjectAltName=IP:{HOST},DNS:localhost"
            " -addext keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign"
        )
        subprocess.run(
            [self.binaries["openssl"], *request.split(), "-out", self.certificate, "-keyout", self.key],
            check=True,
            capture_output=True,
        )

    def _kubeconfig_path(self, user: str) -> Path:
        return self.directory / f"{user.replace(':', '.')}.kubeconfig"

    def _write_kubeconfig(self, user: str, token: str) -> None:
        authority = base64.b64encode(self.certificate.read_bytes()).decode()
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": {"server": self.url, "certificate-authority-data": authority}}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "default"}}],
            "current-context": "test",
        }
        _write(self._kubeconfig_path(user), json.dumps(kubeconfig, indent=2))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def free_ports(count: int) -> list[int]:
    """Ports that are free now and stay so: connections going out take theirs from above these."""
    ports: list[int] = []
    for port in random.sample(range(20_000, 32_768), 1_000):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise ClusterError("no free ports")
