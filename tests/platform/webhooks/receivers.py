"""A receiver of webhooks on this machine: it keeps what it was sent, and answers as the test says."""
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class Delivery:
    """One request as it came."""

    headers: dict[str, str]
    text: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.text)

    def verified_by(self, secret: str) -> dict[str, Any]:
        """Return the body when the signature is good and the time is of now; raises else."""
        return Webhook(secret).verify(self.text, self.headers)


Answer = tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """`answer` is asked of each delivery: a status and headers."""

    url: str = ""
    answer: Callable[[Delivery], Answer] = lambda _: (204, {})
    taken: list[Delivery] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fails(self, status: int = 500, **headers: str) -> None:
        """Answer with this status from now on."""
        self.answer = lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()})

    def recovers(self) -> None:
        """Take everything from now on."""
        self.answer = lambda _: (204, {})

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.taken]

    @property
    def names(self) -> list[str]:
        """The titles of the rows that came, in order."""
        return [one.body["data"]["title"] for one in self.taken]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Yield a receiver that listens."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with receiver.lock:
                receiver.at_once += 1
                receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
            length = int(self.headers["content-length"])
            delivery = Delivery({name.lower(): value for name, value in self.headers.items()},
                                self.rfile.read(length).decode())
            with receiver.lock:
                receiver.taken.append(delivery)
            status, headers = receiver.answer(delivery)
            with receiver.lock:
                receiver.at_once -= 1
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
