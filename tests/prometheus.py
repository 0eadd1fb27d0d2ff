"""A real Prometheus on loopback that scrapes what a test says is there, and operators."""

import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cluster.control_plane import free_ports

HOST = "127.0.0.1"


class Scraped:
    """Figures that Prometheus sees, by metric; its URL; and a way to take it away."""

    def __init__(self, url: str, figures: dict[str, float], process: "subprocess.Popen[bytes]") -> None:
        self.url, self.figures, self._process = url, figures, process

    def shows(self, metric: str, value: float | None, seconds: float = 20) -> None:
        """Sets a figure, or takes it away, and waits until Prometheus shows it."""
        self.figures.pop(metric, None) if value is None else self.figures.update({metric: value})
        deadline = time.monotonic() + seconds
        while self._value(metric) != value:
            assert time.monotonic() < deadline, f"Prometheus does not show {metric} {value}: {self._value(metric)}"
            time.sleep(0.05)

    def _value(self, metric: str) -> float | None:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?query={metric}", timeout=2) as answer:
                found = json.load(answer)["data"]["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if found else None

    def asked(self, path: str, **parameters: str) -> Any:
        """What its API answers."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def stop(self) -> None:
        """Ends Prometheus."""
        self._process.kill()
        self._process.wait()


@contextmanager
def a_prometheus(directory: Path, *ports: int, rules: str = "") -> Iterator[Scraped]:
    """A Prometheus of its own for one test, which also scrapes these ports and follows these rules."""
    figures: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(f"{name} {value}\n" for name, value in figures.items()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    program = shutil.which("prometheus")
    assert program is not None
    server = ThreadingHTTPServer((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (port,) = free_ports(1)
    settings = {
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"},
        "rule_files": [rules] if rules else [],
        "scrape_configs": [
            {"job_name": job, "honor_labels": True, "static_configs": [{"targets": [f"{HOST}:{each}" for each in of]}]}
            for job, of in (("ent", [server.server_port]), ("ent-capacity", ports))
        ],
    }
    (directory / "prometheus.yml").write_text(json.dumps(settings))
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={HOST}:{port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    scraped = Scraped(f"http://{HOST}:{port}", figures, process)
    try:
        yield scraped
    finally:
        scraped.stop()
        server.shutdown()
        server.server_close()
