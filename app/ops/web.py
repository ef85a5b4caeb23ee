"""The web server: gunicorn's `asgi` worker around app/ops/asgi.py, with the deadlines gunicorn 27 does not have.

What is no HTTP never reaches the application; it is refused here, in the same words."""
import asyncio
import resource
import socket
import sys
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask
from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]
from gunicorn.asgi.parser import LimitRequestHeaders  # type: ignore[import-untyped]
from gunicorn.asgi.protocol import ASGIProtocol  # type: ignore[import-untyped]
from gunicorn.workers import gasgi  # type: ignore[import-untyped]

from app.errors import ApiError, InvalidInput, TooSlow, error_body
from app.ops.asgi import ABORT, BufferingServer, too_many_unfinished
from app.runtime import runtime_of

_LONGEST_HEAD = 64 * 1024  # bytes of all headers of one request; gunicorn bounds each, and their number
_LINGER_SECONDS = 5.0  # how long a closed connection may take to read what was written to it
_BEFORE_THE_KILL_SECONDS = 1.0  # the master ends a worker that is not gone by its graceful_timeout

_REFUSALS: dict[int, Any] = {408: TooSlow, 429: too_many_unfinished,
                             500: partial(ApiError, "errMsg_UnexpectedError", "UnknownError")}


class Protocol(ASGIProtocol):
    """A connection that must say in time what it asks for; its errors have our shape (rules-platform §2.5)."""

    worker: "Worker"
    _head_deadline: asyncio.TimerHandle | None = None
    _counted: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take a connection if there is room for it and its address may have one more."""
        super().connection_made(transport)
        worker = self.worker
        worker.connections.add(self)
        if worker.nr_conns - len(worker.server.streams) > worker.worker_connections:  # streams have their own limit
            self.drop()
            return
        peer = transport.get_extra_info("peername")
        if not worker.settings.trusted_proxies and isinstance(peer, tuple):  # behind a proxy the address is the proxy's
            if not worker.server.unfinished.begin(peer[0]):
                self._refuse(429)
                return
            self._counted = peer[0]
        # Of later requests on the connection gunicorn's `keepalive` bounds the waiting and the head.
        self._head_deadline = worker.loop.call_later(worker.settings.request_head_seconds, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._head_is_over()
        self.worker.connections.discard(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """Still answer who says that it will send no more; gunicorn would hang up. True keeps the connection."""
        receiver, request = self._body_receiver, self._current_request
        if receiver is None or request is None:
            return self._has_part_of_a_head() and self._refuse(400)
        request.must_close = True
        if not receiver._complete:
            return self._refuse(400)
        if receiver._body_finished:
            receiver.signal_disconnect()  # an open stream ends by nothing else
        return True

    def drop(self) -> None:
        """End the connection now, with whatever it still holds."""
        self._closed = True
        self.transport.abort()
        if self._request_ready is not None:
            self._request_ready.set()

    def is_waiting(self) -> bool:
        """True when no request is being answered: nothing is lost by closing."""
        return self._body_receiver is None

    def _feed_callback_parser(self, data: bytes) -> bool:
        """Read on, unless the connection is lost: uvloop may know no address of it, and raises when it is asked."""
        return not self._closed and bool(super()._feed_callback_parser(data))

    def _on_headers_complete(self) -> bool:
        """Take a head of a sensible length: a thousand that wait for a thread are held, and copied, at once."""
        if sum(len(name) + len(value) for name, value in self._callback_parser.headers) > _LONGEST_HEAD:
            raise LimitRequestHeaders("the headers are too long together")
        self._head_is_over()
        return bool(super()._on_headers_complete())

    def _head_is_over(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None
        if self._counted is not None:
            self.worker.server.unfinished.end(self._counted)
            self._counted = None

    def _head_is_late(self) -> None:
        """Let go of who says nothing; tell who says it too slowly."""
        if self._has_part_of_a_head():
            self._refuse(408)
        else:
            self.drop()

    def _has_part_of_a_head(self) -> bool:
        parser = self._callback_parser
        return bool(parser.method or parser._buffer)

    def _refuse(self, status: int) -> bool:
        """Answer the error and close; True, so that the answer can still be read."""
        self._send_error_response(status, "")
        self._close_transport()
        if self._request_ready is not None:
            self._request_ready.set()
        return True

    def _send_error_response(self, status: int, message: str, extra_headers: Any = ()) -> None:
        """Answer 400 to what is no HTTP (decision 3 knows no 414, 431, 501), 500 to a failure outside the application.

        Neither the answer nor the log repeats the request: a token may stand in it."""
        if self._closed:
            return
        error: ApiError = _REFUSALS.get(status, partial(_no_http, status))()
        peer = self.transport.get_extra_info("peername")
        self.log.warning("refused before the application, %s: %s", peer[0] if peer else "a socket", error.err_code)
        body = orjson.dumps(error_body(error))
        extra = "".join(f"{name}: {value}\r\n" for name, value in error.headers.items())
        head = (f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\nConnection: close\r\n{extra}"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n")
        self._safe_write(head.encode() + body)

    def _close_transport(self) -> None:
        """Close, and do not wait for ever for a client that does not read the rest."""
        if self.transport is not None and not self._closed:
            self.worker.loop.call_later(_LINGER_SECONDS, self.transport.abort)
        super()._close_transport()

    def _build_http_scope(self, request: Any, sockname: Any, peername: Any) -> dict[str, Any]:
        scope: dict[str, Any] = super()._build_http_scope(request, sockname, peername)
        scope["extensions"] = {ABORT: self.drop}
        return scope

    def _is_websocket_upgrade(self, _request: Any) -> bool:
        return False


def _no_http(status: int) -> InvalidInput:
    return InvalidInput("errMsg_requestIsNotValidHttp", detail={"request": HTTPStatus(status).phrase})


gasgi.ASGIProtocol = Protocol  # the worker has no setting for it


class Worker(gasgi.ASGIWorker):
    """gunicorn's `asgi` worker; it serves the WSGI application in `threads` threads."""

    server: BufferingServer

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.connections: set[Protocol] = set()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Accept `threads`, which are ours."""

    def init_process(self) -> None:
        """Allow as many open files as the system lets us: each connection is one."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    def _setup_event_loop(self) -> None:
        super()._setup_event_loop()
        self._create_server = self.loop.create_server
        self.loop.create_server = self._listen

    async def _listen(self, make_protocol: Any, *, sock: socket.socket, **options: Any) -> Any:
        """Take one connection at a time: asyncio's own loop takes a hundred, and other workers would have none."""
        server = await self._create_server(make_protocol, sock=sock, backlog=1, **options)
        sock.listen(self.cfg.backlog)  # the line of those who wait stays as long as it was
        return server

    def load_wsgi(self) -> None:
        """Put the buffering server around the application."""
        application = self.app.wsgi()
        self.settings = runtime_of(application).settings
        self.asgi = self.server = BufferingServer(application, self.settings, self.cfg.threads)

    def handle_exit_signal(self) -> None:
        """Stop: let go of who waits at once, of who is slow just before the master would kill this process.

        Open streams are told to come again."""
        super().handle_exit_signal()
        self.server.streams.stop()
        for connection in list(self.connections):
            if connection.is_waiting():
                connection.drop()
        self.loop.call_later(max(0.0, self.cfg.graceful_timeout - _BEFORE_THE_KILL_SECONDS), self._drop_the_slow)

    def _drop_the_slow(self) -> None:
        for connection in list(self.connections):
            connection.drop()


class LoadedApplication(WSGIApplication):
    """gunicorn with gunicorn.conf.py and GUNICORN_CMD_ARGS as always, but nothing left to load."""

    def __init__(self, application: Flask) -> None:
        self._application = application
        sys.argv = ["gunicorn", "wsgi:app"]
        super().__init__()

    def load(self) -> Flask:
        """Return the application that is there."""
        return self._application


def serve_web(application: Flask) -> None:
    """Serve until stopped."""
    LoadedApplication(application).run()
