"""Takes a whole request from the client before Flask gets a thread, and the whole answer from Flask before it is sent.

So a slow client costs a connection and never a thread. An answer without a bound is sent as it is made: a thread
makes a piece only when the client has taken the one before. An event stream is handed to app/ops/streams.py."""
import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Flask

from app.errors import ApiError, TooManyRequests, TooSlow, Unavailable
from app.http.client_address import client_network, is_loopback, said_by_proxy
from app.http.event_stream import HOLDER, OPENED, EventStream
from app.http.hooks import STREAM
from app.ops.streams import OpenStreams
from app.ops.wsgi_exchange import (
    IN_MEMORY,
    PIECE,
    AnswerStream,
    Body,
    Environ,
    Scope,
    WsgiAnswer,
    environ_of,
    failed_answer,
    put_into,
)
from app.settings import Settings

log = logging.getLogger("guildhall.web")

REQUESTS_IN_MEMORY = 64 * 2**20  # bytes of all bodies that come in or wait for a thread; the rest in files
ANSWERS_IN_MEMORY = 64 * 2**20  # bytes of all answers that wait for their readers in one process; the rest in files
SLOWEST = 16 * 1024  # bytes a second that a client must keep up once its patience is used up
ABORT = "guildhall.abort"  # the ASGI extension of app/ops/web.py: drops the connection, whatever it still holds

# What is read of a refused body and for how long; whoever sends more, or slowly, finds the connection closed.
_MOST_HEARD_OUT = 64 * 2**20
_LONGEST_HEARD_OUT = 5.0

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


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
        environ = environ_of(scope)
        try:
            body = await self._received(environ, receive)
        except ClientGone:
            return
        put_into(environ, body)
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

    async def _hand_over(self, answer: WsgiAnswer, events: EventStream, scope: Scope, receive: Receive,
                         send: Send) -> None:
        """Send the head of an event stream, and leave the rest to who holds those."""
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        except BaseException:
            self.streams.give_place_back(events)
            raise
        await self.streams.hold(events, receive, send, scope.get("extensions", {}).get(ABORT))

    async def _received(self, environ: Environ, receive: Receive) -> Body:
        """Return the whole body; raises ClientGone. One that is refused is not read to its end."""
        announced = environ.get("CONTENT_LENGTH")
        if announced is None and "HTTP_TRANSFER_ENCODING" not in environ:
            return Body(BytesIO())
        if announced is not None and int(announced) > self._longest_body:
            return Body(BytesIO(), int(announced), whole=False)  # the application refuses it by its length
        client = client_of(environ, self._settings.trusted_proxies)
        if not self.unfinished.begin(client):
            return Body(BytesIO(), refusal=too_many_unfinished(), whole=False)
        try:
            return await self._read(receive)
        finally:
            self.unfinished.end(client)

    async def _read(self, receive: Receive) -> Body:
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
                        return Body(content, length, in_memory=in_memory)
        except TimeoutError:
            refusal = TooSlow()
        except OSError as error:  # no room for the file
            log.error("a request of %d bytes and more found no room: %s", length, error.strerror)
            refusal = Unavailable("errMsg_NoRoom")
        except BaseException:
            self._drop(content, in_memory)
            raise
        self._drop(content, in_memory)
        return Body(BytesIO(), length, refusal, whole=False)

    def _drop(self, content: IO[bytes], in_memory: int) -> None:
        content.close()
        self.requests_in_memory -= in_memory

    def _run_application(self, environ: Environ) -> WsgiAnswer:
        """Run the application, in one of its threads, and return all it says.

        The body is closed here: the client may be gone, and its task with it, while the application still reads."""
        answer = WsgiAnswer()
        environ[HOLDER] = self.streams
        try:
            said = self._application(environ, answer.start)
            if OPENED in environ and answer.status == 200:
                answer.events = environ[OPENED]
                return answer
            if environ.get(STREAM):
                answer.stream = AnswerStream(said)
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
            answer = failed_answer()
        finally:
            if answer.events is None and OPENED in environ:  # counted, and refused behind the view
                self.streams.give_place_back(environ[OPENED])
            environ["wsgi.input"].close()
        return answer

    async def _send(self, answer: WsgiAnswer, scope: Scope, send: Send) -> None:
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

    async def _send_stream(self, stream: AnswerStream, send: Send, limit: asyncio.Timeout) -> None:
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
            for at in range(0, len(piece), PIECE):
                await _move(limit, loop.time() + self._settings.answer_seconds)
                await send({"type": "http.response.body", "body": piece[at:at + PIECE], "more_body": True})


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
