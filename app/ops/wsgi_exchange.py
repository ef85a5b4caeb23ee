"""One request and its answer as WSGI has them: the environment with its body, and what the application says."""
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import orjson

from app.errors import ApiError, error_body
from app.http.event_stream import EventStream
from app.http.hooks import REFUSAL

IN_MEMORY = 2**20  # bytes of one body, asked or answered; the rest of a longer one waits in a file
PIECE = 2**16  # bytes that are sent at once

Scope = dict[str, Any]
Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Body:
    """What came in: the bytes, how many there are or were announced, and why the request is refused, if it is."""

    content: IO[bytes]
    length: int | None = None
    refusal: ApiError | None = None
    whole: bool = True
    in_memory: int = 0


class AnswerStream:
    """The pieces of an answer without a bound; each may be made by another thread, one at a time."""

    def __init__(self, said: Iterable[bytes]) -> None:
        self._said, self._pieces, self._lock = said, iter(said), Lock()

    def next(self) -> bytes | None:
        """Make the next piece; None at the end."""
        with self._lock:
            return next(self._pieces, None)

    def close(self) -> None:
        """Let the application end it, once a piece that is being made is made."""
        with self._lock:
            if hasattr(self._said, "close"):
                self._said.close()


class WsgiAnswer:
    """What the application says: status, headers and body; the body in memory as far as it may be, the rest in a file.

    With a full disk all of it stays in memory, because what is only read must be answered."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []
        self.in_memory = 0
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._in_file = 0
        self._most = IN_MEMORY
        self.stream: AnswerStream | None = None
        self.events: EventStream | None = None

    def start(self, status: str, headers: list[tuple[str, str]], _failure: Any = None) -> Callable[[bytes], None]:
        """Take status and headers: the `start_response` of WSGI."""
        self.status = int(status[:3])
        self.headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self.add

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the body."""
        self._pieces.append(piece)
        self.in_memory += len(piece)
        if self.in_memory > self._most:
            self.move_to_file()

    def move_to_file(self) -> None:
        """Append what is in memory to a file of our own, if there is room for it."""
        left = memoryview(b"".join(self._pieces))
        try:
            self._file = self._file or TemporaryFile(buffering=0)  # noqa: SIM115 - `close` does
            self._file.seek(self._in_file)
            while left:
                left = left[self._file.write(left):]
        except OSError:
            self._most = sys.maxsize
        else:
            self._in_file += self.in_memory
            self._pieces, self.in_memory = [], 0

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in pieces that are small beside what a socket takes."""
        if self._file is not None:
            for at in range(0, self._in_file, PIECE):
                self._file.seek(at)
                yield self._file.read(min(PIECE, self._in_file - at))
        for piece in self._pieces:
            for at in range(0, len(piece), PIECE):
                yield piece[at:at + PIECE]

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


def failed_answer() -> WsgiAnswer:
    """Return the answer to a failure that the application could not answer itself."""
    answer = WsgiAnswer()
    body = orjson.dumps(error_body(ApiError("errMsg_UnexpectedError", "UnknownError")))
    answer.start("500", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    answer.add(body)
    return answer


def environ_of(scope: Scope) -> Environ:
    """Return the WSGI environment of the request, without its body."""
    path = unquote_to_bytes(scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    server = scope.get("server") or ("localhost", 0)
    client = scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"), "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]), "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0), "wsgi.url_scheme": scope.get("scheme", "http"), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False}
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # X_Forwarded_For would pass for what a proxy adds to X-Forwarded-For; gunicorn drops it, too
        key, text = _key(name), value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


@lru_cache(1024)
def _key(header: bytes) -> str:
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"


def put_into(environ: Environ, body: Body) -> None:
    """Give the request its body; one that came in chunks has a length by now."""
    environ["wsgi.input"] = body.content
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    if body.length is not None:
        environ["CONTENT_LENGTH"] = str(body.length)
    if body.refusal is not None:
        environ[REFUSAL] = body.refusal
