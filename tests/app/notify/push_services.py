"""Push services and gateways as they are at home: a real server that keeps what it is given, and a browser's keys."""
import json
import os
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Given:
    """One request that the service was given."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """A server on this machine; `answers` is path → status and body, 201 for any other; each says `retry_after`."""

    url: str
    given: list[Given] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    retry_after: str = ""


@contextmanager
def serving() -> Iterator[Service]:
    """Run such a server."""
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.given.append(Given(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, answer = service.answers.get(self.path, (201, {}))
            said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{service.url}/elsewhere")
            if service.retry_after:
                self.send_header("Retry-After", service.retry_after)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Service(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Browser:
    """Somebody's browser: it subscribes, and opens what was encrypted for it."""

    def __init__(self, endpoint: str) -> None:
        self._key, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.endpoint = endpoint
        self.subscription = json.dumps({"endpoint": endpoint, "keys": {
            "p256dh": _text(point), "auth": _text(self._auth)}})

    def opened(self, body: bytes) -> Any:
        """Return what the service worker reads."""
        return json.loads(http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
