"""Metrics APIs on loopback, `external.metrics.k8s.io` and `metrics.k8s.io`: they say what they are told to say."""

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cluster.control_plane import HOST, Reached

GROUP, VERSION = "external.metrics.k8s.io", "v1beta1"
USAGE_GROUP = "metrics.k8s.io"
AT = f"/apis/{GROUP}/{VERSION}"


class Metrics:
    """Values by the name of a metric, the same in every namespace; what is not there, no HPA can read."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def answer(self, path: str) -> dict[str, object] | None:
        """What the API says at a path; ``None`` where there is nothing."""
        parts = path.partition("?")[0].removeprefix(AT).strip("/").split("/")
        if not path.startswith(AT):
            return None
        if parts == [""]:
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": f"{GROUP}/{VERSION}",
                "resources": [],
            }
        value = self.values.get(parts[-1])
        if value is None:
            return None
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        item = {"metricName": parts[-1], "metricLabels": {}, "timestamp": now, "value": str(value)}
        return {"kind": "ExternalMetricValueList", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}, "items": [item]}


class Usage:
    """Cores that pods use, by name, the same in every namespace."""

    def __init__(self) -> None:
        self.cpu: dict[str, str] = {}

    def answer(self, path: str) -> dict[str, object] | None:
        """What the API says at a path; ``None`` where there is nothing."""
        resource = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["list"]}
        if path.partition("?")[0] == f"/apis/{USAGE_GROUP}/{VERSION}":
            version = f"{USAGE_GROUP}/{VERSION}"
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [resource]}
        if not path.partition("?")[0].endswith("/pods"):
            return None
        items = [
            {"metadata": {"name": name}, "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": "1Mi"}}]}
            for name, cpu in self.cpu.items()
        ]
        return {
            "kind": "PodMetricsList",
            "apiVersion": f"{USAGE_GROUP}/{VERSION}",
            "metadata": {},
            "items": items,
        }


@contextmanager
def served(cluster: Reached, namespace: str) -> Iterator[Metrics]:
    """External metrics for HPAs."""
    metrics = Metrics()
    with _behind(cluster, namespace, GROUP, metrics.answer):
        yield metrics


@contextmanager
def usage_served(cluster: Reached, namespace: str) -> Iterator[Usage]:
    """What pods use, as a metrics-server tells it."""
    usage = Usage()
    with _behind(cluster, namespace, USAGE_GROUP, usage.answer):
        yield usage


@contextmanager
def _behind(
    cluster: Reached, namespace: str, group: str, answer: Callable[[str], dict[str, object] | None]
) -> Iterator[None]:
    """Serves a group behind an APIService whose Service, in a namespace of the caller's, is a name for this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = answer(self.path)
            status = HTTPStatus.NOT_FOUND if found is None else HTTPStatus.OK
            body = json.dumps(
                found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}
            ).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody wants to read it."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    server.socket = _secret(cluster).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        cluster.kubectl("apply", "-f-", stdin=json.dumps(_service(namespace, group, server.server_port)))
        yield
    finally:
        cluster.kubectl("delete", "apiservice", f"{VERSION}.{group}", "--ignore-not-found", "--wait=false")
        server.shutdown()
        server.server_close()


def _secret(cluster: Reached) -> ssl.SSLContext:
    certificate, key = cluster.directory / "metrics.crt", cluster.directory / "metrics.key"
    request = f"req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=metrics -out {certificate} -keyout {key}"
    subprocess.run([cluster.binaries["openssl"], *request.split()], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _service(namespace: str, group: str, port: int) -> dict[str, object]:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "metrics", "namespace": namespace},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }
    registered = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{VERSION}.{group}"},
        "spec": {
            "group": group,
            "version": VERSION,
            "service": {"namespace": namespace, "name": "metrics", "port": port},
            "insecureSkipTLSVerify": True,  # this machine's loopback, for a while
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }
    return {"apiVersion": "v1", "kind": "List", "items": [service, registered]}
