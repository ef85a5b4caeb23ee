"""One client with one keep-alive connection: for figures of single requests, which need no wrk."""

import http.client
import json
import time

from bench.load import Request
from bench.servers import Server


class OneClient:
    """Sends one request after the other to one server."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def timed(self, request: Request) -> tuple[float, dict]:
        """Return the milliseconds until the answer was there whole, and the answer; raises RuntimeError if refused."""
        headers = {"Authorization": f"Bearer {request.token}", "Content-Type": "application/json"}
        body = json.dumps(request.body) if request.body is not None else None
        begun = time.perf_counter()
        self._connection.request(request.method, request.path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        taken = 1000 * (time.perf_counter() - begun)
        if answer.status >= 400:
            raise RuntimeError(f"{request.method} {request.path}: {answer.status} {text[:300]!r}")
        return taken, json.loads(text)
