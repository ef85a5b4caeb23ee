"""One burst of load by wrk at one server, with what it cost the server's processes."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.servers import Server

CONNECTIONS = 32
REPLAY = Path(__file__).parent / "wrk" / "replay.lua"


class LoadGeneratorMissing(Exception):
    """wrk is not on this machine."""


@dataclass(frozen=True)
class Request:
    """One HTTP request of a burst."""

    path: str
    method: str = "GET"
    body: object = None
    token: str | None = None

    def raw(self) -> bytes:
        """The request as it goes over the wire."""
        body = b"" if self.body is None else json.dumps(self.body).encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Burst:
    """What one burst measured; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    slowest: float
    cpu_ms: float
    refused: int
    broken: int


def find_wrk() -> str:
    """Path of wrk (or of what WRK names); raises LoadGeneratorMissing with what to do."""
    found = shutil.which(os.environ.get("WRK", "wrk"))
    if found is None:
        raise LoadGeneratorMissing("wrk is missing: install it (Debian: apt-get install wrk) and run again.")
    return found


def burst(server: Server, requests: Sequence[Request], seconds: float, connections: int = CONNECTIONS) -> Burst:
    """Loads the server for whole `seconds`, replaying `requests` in order over keep-alive connections."""
    recording = server.folder / f"{server.name}.requests"
    recording.write_bytes(b"".join(b"%d\n%b\n" % (len(raw), raw) for raw in (request.raw() for request in requests)))
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "--timeout", "10s"]
    command += ["-s", str(REPLAY), server.url, "--", str(recording)]
    before = server.cpu_seconds()
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu = server.cpu_seconds() - before
    line = next(line for line in reversed(printed.splitlines()) if line.startswith("{"))
    seen = json.loads(line)
    return Burst(
        requests=seen["requests"],
        per_second=seen["requests"] / seen["seconds"],
        p50=seen["p50"],
        p99=seen["p99"],
        slowest=seen["slowest"],
        cpu_ms=1000 * cpu / max(1, seen["requests"]),
        refused=seen["refused"],
        broken=seen["broken"],
    )
