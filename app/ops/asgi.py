"""Takes a whole request from the client before Flask gets a thread, and the whole answer from Flask before it is sent.

So a slow client costs a connection and never a thread. An answer without a bound is sent as it is made: a thread
makes a piece only when the client has taken the one before. An event stream is handed to app/ops/streams.py."""
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from tempfile import SpooledTemporaryFile, TemporaryFile
from threading import Lock
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import orjson
from flask import Flask

from app.errors import ApiError, TooManyRequests, TooSlow, Unavailable, error_body
from app.http.client_address import client_network, is_loopback, said_by_proxy
from app.http.event_stream import HOLDER, OPENED, EventStream
from app.http.hooks import REFUSAL, STREAM
from app.ops.streams import OpenStreams
from app.settings import Settings

log = logging.getLogger("guildhall.web")

IN_MEMORY = 2**20  # bytes of one body, asked or answered; the rest of a longer one waits in a file
REQUESTS_IN_MEMORY = 64 * 2**20  # bytes of all bodies that come in or wait for a thread; the rest in files
ANSWERS_IN_MEMORY = 64 * 2**20  # bytes of all answers that wait for their readers in one process; the rest in files
SLOWEST = 16 * 1024  # bytes a second that a client must keep up once its patience is used up
ABORT = "guildhall.abort"  # the ASGI extension of app/ops/web.py: drops the connection, whatever it still holds
_PIECE = 2**16

# What is read of a refused body and for how long; whoever sends more, or slowly, finds the connection closed.
_MOST_HEARD_OUT = 64 * 2**20
_LONGEST_HEARD_OUT = 5.0

Message = dict[str, Any]
Scope = dict[str, Any]
Environ = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


class BrokenOff(Exception):
    """An answer that is sent as it is made cannot be made to its end."""


class UnfinishedRequests:
    """Counts the requests of each client that are not yet wholly received (decision 56), in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()

    def begin(self, address: str) -> bool:
        """Count one more; False, and not counted, when the client has as many as it may. This machine may have any."""
        client = client_network(address)
        if self._counts[client] >= self._most and not is_loopback(address):
            return False
        self._counts[client] += 1
        return True

    def end(self, address: str) -> None:
        """Forget one that `begin` counted."""
        client = client_network(address)
        self._counts[client] -= 1
        if not self._counts[client]:
            del self._counts[client]


@dataclass(frozen=True)
class _Body:
    """What came in: the bytes, how many there are or were announced, and why the request is refused, if it is."""

    content: IO[bytes]
    length: int | None = None
    refusal: ApiError | None = None
    whole: bool = True
    in_memory: int = 0


class _Stream:
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


class _Answer:
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
        self.stream: _Stream | None = None
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
            for at in range(0, self._in_file, _PIECE):
                self._file.seek(at)
                yield self._file.read(min(_PIECE, self._in_file - at))
        for piece in self._pieces:
            for at in range(0, len(piece), _PIECE):
                yield piece[at:at + _PIECE]

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


class BufferingServer:
    """An ASGI application around a WSGI one, which runs in `threads` threads; the limits are those of `settings`."""

    def __init__(self, application: Flask, settings: Settings, threads: int) -> None:
        self.unfinished = UnfinishedRequests(settings.unfinished_per_address)
        self._application = application
        self._settings = settings
        self._longest_body: int = application.config["MAX_CONTENT_LENGTH"]
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self.streams = OpenStreams(application, settings)
        self.requests_in_memory = 0  # bytes of bodies that are not answered yet
        self.waiting_in_memory = 0  # bytes of answers that are not sent yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the process; there are no web sockets here."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.streams.shut_down()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = _environ(scope)
        try:
            body = await self._received(environ, receive)
        except ClientGone:
            return
        _put_into(environ, body)
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._run_application, environ)
        finally:
            self.requests_in_memory -= body.in_memory
        if answer.events is not None:
            await self._hand_over(answer, answer.events, scope, receive, send)
            return
        try:
            await self._send(answer, scope, send)
        finally:
            answer.close()
            if answer.stream is not None:
                self._threads.submit(answer.stream.close)
        if not body.whole:
            await _hear_out(receive)

    async def _hand_over(self, answer: _Answer, events: EventStream, scope: Scope, receive: Receive,
                         send: Send) -> None:
        """Send the head of an event stream, and leave the rest to who holds those."""
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        except BaseException:
            self.streams.give_place_back(events)
            raise
        await self.streams.hold(events, receive, send, scope.get("extensions", {}).get(ABORT))

    async def _received(self, environ: Environ, receive: Receive) -> _Body:
        """Return the whole body; raises ClientGone. One that is refused is not read to its end."""
        announced = environ.get("CONTENT_LENGTH")
        if announced is None and "HTTP_TRANSFER_ENCODING" not in environ:
            return _Body(BytesIO())
        if announced is not None and int(announced) > self._longest_body:
            return _Body(BytesIO(), int(announced), whole=False)  # the application refuses it by its length
        client = client_of(environ, self._settings.trusted_proxies)
        if not self.unfinished.begin(client):
            return _Body(BytesIO(), refusal=too_many_unfinished(), whole=False)
        try:
            return await self._read(receive)
        finally:
            self.unfinished.end(client)

    async def _read(self, receive: Receive) -> _Body:
        """Read the body to its end, as long as the client keeps up; raises ClientGone."""
        length = in_memory = 0
        content = SpooledTemporaryFile()  # noqa: SIM115 - whoever gets it closes it
        patience = self._settings.request_body_seconds
        loop = asyncio.get_running_loop()
        began = loop.time()
        refusal: ApiError | None = None
        try:
            async with asyncio.timeout(patience) as limit:
                while length <= self._longest_body:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    piece = message.get("body", b"")
                    is_in_memory, length = length == in_memory, length + len(piece)
                    content.write(piece)
                    if is_in_memory:
                        in_memory, self.requests_in_memory = length, self.requests_in_memory + len(piece)
                        if length > IN_MEMORY or self.requests_in_memory > REQUESTS_IN_MEMORY:
                            content.rollover()
                            in_memory, self.requests_in_memory = 0, self.requests_in_memory - in_memory
                    await _move(limit, began + patience + length / SLOWEST)
                    if not message.get("more_body"):
                        content.seek(0)
                        return _Body(content, length, in_memory=in_memory)
        except TimeoutError:
            refusal = TooSlow()
        except OSError as error:  # no room for the file
            log.error("a request of %d bytes and more found no room: %s", length, error.strerror)
            refusal = Unavailable("errMsg_NoRoom")
        except BaseException:
            self._drop(content, in_memory)
            raise
        self._drop(content, in_memory)
        return _Body(BytesIO(), length, refusal, whole=False)

    def _drop(self, content: IO[bytes], in_memory: int) -> None:
        content.close()
        self.requests_in_memory -= in_memory

    def _run_application(self, environ: Environ) -> _Answer:
        """Run the application, in one of its threads, and return all it says.

        The body is closed here: the client may be gone, and its task with it, while the application still reads."""
        answer = _Answer()
        environ[HOLDER] = self.streams
        try:
            said = self._application(environ, answer.start)
            if OPENED in environ and answer.status == 200:
                answer.events = environ[OPENED]
                return answer
            if environ.get(STREAM):
                answer.stream = _Stream(said)
                return answer
            try:
                for piece in said:
                    answer.add(piece)
            finally:
                if hasattr(said, "close"):
                    said.close()
        except Exception:
            log.exception("failure outside the application")
            answer.close()
            answer = failed()
        finally:
            if answer.events is None and OPENED in environ:  # counted, and refused behind the view
                self.streams.give_place_back(environ[OPENED])
            environ["wsgi.input"].close()
        return answer

    async def _send(self, answer: _Answer, scope: Scope, send: Send) -> None:
        """Send the answer as the client reads it; let go of a client that does not."""
        if self.waiting_in_memory + answer.in_memory > ANSWERS_IN_MEMORY:
            answer.move_to_file()
        self.waiting_in_memory += answer.in_memory
        patience = self._settings.answer_seconds
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        try:
            async with asyncio.timeout(patience) as limit:
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
                if answer.stream is not None:
                    await self._send_stream(answer.stream, send, limit)
                pieces = iter(answer)
                piece = next(pieces, b"")
                while (following := next(pieces, None)) is not None:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    sent += len(piece)
                    await _move(limit, min(loop.time() + patience, began + patience + sent / SLOWEST))
                    piece = following
                await send({"type": "http.response.body", "body": piece})
                await _move(limit, None)
        except (TimeoutError, BrokenOff):
            if abort := scope.get("extensions", {}).get(ABORT):
                abort()
        finally:
            self.waiting_in_memory -= answer.in_memory

    async def _send_stream(self, stream: _Stream, send: Send, limit: asyncio.Timeout) -> None:
        """Send the pieces as they are made and read; raises BrokenOff when one could not be made.

        Then nothing may end the JSON: the client must see that it has not all."""
        loop = asyncio.get_running_loop()
        while True:
            await _move(limit, None)
            try:
                piece = await loop.run_in_executor(self._threads, stream.next)
            except Exception as error:
                log.exception("an answer broke off while it was sent")
                raise BrokenOff from error
            await _move(limit, loop.time() + self._settings.answer_seconds)
            if piece is None:
                return
            for at in range(0, len(piece), _PIECE):
                await _move(limit, loop.time() + self._settings.answer_seconds)
                await send({"type": "http.response.body", "body": piece[at:at + _PIECE], "more_body": True})


async def _move(limit: asyncio.Timeout, when: float | None) -> None:
    """Move the deadline; raises TimeoutError when it has passed.

    The time-out cancels what is awaited, and `asyncio.wait_for`, in which gunicorn waits, drops a cancellation that
    comes together with the result (Python 3.11); or it is still to come, and would end the request at a later await."""
    if limit.expired():
        await asyncio.sleep(0)
        raise TimeoutError
    limit.reschedule(when)


def client_of(environ: Environ, proxies: int) -> str:
    """Return the address the request comes from, as the nearest `proxies` proxies saw it (app/http/wsgi_middleware.py
    believes the same)."""
    return said_by_proxy(environ.get("HTTP_X_FORWARDED_FOR", ""), proxies) or str(environ.get("REMOTE_ADDR", ""))


def too_many_unfinished() -> TooManyRequests:
    """Return the refusal of decision 56."""
    return TooManyRequests("errMsg_TooManyUnfinishedRequests", 1, "TooManyUnfinishedRequests")


def failed() -> _Answer:
    """Return the answer to a failure that the application could not answer itself."""
    answer = _Answer()
    body = orjson.dumps(error_body(ApiError("errMsg_UnexpectedError", "UnknownError")))
    answer.start("500", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    answer.add(body)
    return answer


def _environ(scope: Scope) -> Environ:
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


def _put_into(environ: Environ, body: _Body) -> None:
    """Give the request its body; one that came in chunks has a length by now."""
    environ["wsgi.input"] = body.content
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    if body.length is not None:
        environ["CONTENT_LENGTH"] = str(body.length)
    if body.refusal is not None:
        environ[REFUSAL] = body.refusal


async def _hear_out(receive: Receive) -> None:
    """Read what a refused request still sends: most clients listen for the answer only when they have said everything.

    Without it, closing the connection would take the answer away from them."""
    left = _MOST_HEARD_OUT
    try:
        async with asyncio.timeout(_LONGEST_HEARD_OUT) as limit:
            while left > 0 and not limit.expired():
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return
