"""Connections at the web server's own event loop, around an application that says one thing at a time."""
import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from gunicorn.config import Config

from app.ops.asgi import UnfinishedRequests
from app.ops.web import Protocol
from app.settings import Settings

pytestmark = pytest.mark.once("about bytes; no statement is sent")

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Worker(SimpleNamespace):
    """What a connection asks of the worker it belongs to; `asgi` answers when it may, and notes that it was asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        log = logging.getLogger("tests.web")
        log.access_log_enabled = False  # type: ignore[attr-defined]
        super().__init__(loop=loop, cfg=Config(), log=log, settings=Settings(), connections=set(), nr_conns=0, nr=0,
                         max_requests=100, alive=True, worker_connections=100,
                         server=SimpleNamespace(streams=(), unfinished=UnfinishedRequests(100)))
        self.asked, self.may_answer = asyncio.Semaphore(0), asyncio.Event()

    async def asgi(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.asked.release()
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


async def reset_before_it_is_taken() -> None:
    """Have a client ask two requests at once and reset its connection, before the server takes it."""
    loop = asyncio.get_running_loop()
    worker = Worker(loop)
    server = await loop.create_server(lambda: Protocol(worker), "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()) as client:
        client.sendall(REQUEST * 2)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", True, 0))
    await worker.asked.acquire()
    while worker.connections:
        await asyncio.sleep(0.001)
    worker.may_answer.set()
    await asyncio.wait({task for task in asyncio.all_tasks() if task is not asyncio.current_task()})
    server.close()


@pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_a_client_that_is_gone_before_it_is_taken_is_no_error(
        new_loop: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture) -> None:
    """What it has sent is read nevertheless, a request behind the other, and nobody knows from what address."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(reset_before_it_is_taken())
    assert caplog.records == []
