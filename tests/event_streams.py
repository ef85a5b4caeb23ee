"""Event streams as clients have them: a server that holds them, in a thread of the test, and what comes of each."""
import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from flask import Flask

from app.ops.asgi import ABORT, BufferingServer
from app.runtime import runtime_of
from tests.components import wait_until


@dataclass(frozen=True)
class Event:
    """One event as a browser sees it: `name` is `message` where it has none; without `data` it is a heartbeat."""

    name: str
    id: str
    data: Any


def events_in(text: str) -> list[Event]:
    """Return the whole events of a stream's text, heartbeats too."""
    found = []
    for block in text.split("\n\n")[:-1]:
        said = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if "id" in said or "data" in said:
            data = json.loads(said["data"]) if "data" in said else None
            found.append(Event(said.get("event", "message"), said.get("id", ""), data))
    return found


@dataclass
class OpenStream:
    """One client with its stream; `reads` set to False, it takes nothing more."""

    loop: asyncio.AbstractEventLoop
    reads: bool = True
    text: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    is_over: bool = False
    was_dropped: bool = False
    _leaves: asyncio.Event = field(default_factory=asyncio.Event)
    _reads_again: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> list[Event]:
        """Return what came, without heartbeats."""
        return [one for one in events_in(self.text) if one.data is not None]

    @property
    def messages(self) -> list[Any]:
        """Return the data of the messages that came."""
        return [one.data for one in self.events if one.name == "message"]

    def named(self, name: str) -> list[Event]:
        """Return the events of that name."""
        return [one for one in self.events if one.name == name]

    def wait(self, fact: Callable[["OpenStream"], Any], what: str) -> "OpenStream":
        """Wait until something is true of it."""
        wait_until(lambda: bool(fact(self)), f"{what}; it said {self.text!r}")
        return self

    def has_begun(self) -> "OpenStream":
        """Wait until it tells from where it goes on."""
        return self.wait(lambda one: one.named("start") or one.named("reset"), "the stream has begun")

    def is_closed(self) -> "OpenStream":
        """Wait until the server has ended it."""
        return self.wait(lambda one: one.is_over, "the stream is over")

    def leave(self) -> None:
        """Close the connection."""
        self.loop.call_soon_threadsafe(self._leaves.set)

    def read_again(self) -> None:
        """Take what comes from now on."""
        self.reads = True
        self.loop.call_soon_threadsafe(self._reads_again.set)

    async def _run(self, server: BufferingServer, scope: dict[str, Any]) -> None:
        async def receive() -> dict[str, Any]:
            await self._leaves.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if not self.reads:
                self._reads_again.clear()
                await self._reads_again.wait()
            if "status" in message:
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.text += message.get("body", b"").decode()

        def drop() -> None:
            self.was_dropped = True

        try:
            await server({**scope, "extensions": {ABORT: drop}}, receive, send)
        finally:
            self.is_over = True


@dataclass
class StreamServer:
    """A server that holds streams, as a web worker does."""

    server: BufferingServer
    loop: asyncio.AbstractEventLoop
    opened: list[OpenStream] = field(default_factory=list)

    def open(self, path: str, token: str | None = None, *, reads: bool = True, method: str = "GET",
             address: str = "203.0.113.1", **headers: str) -> OpenStream:
        """Ask for a path, and return what comes."""
        stream = OpenStream(self.loop, reads)
        self.opened.append(stream)
        path, _, query = path.partition("?")
        sent = {"host": "localhost", **({} if token is None else {"authorization": f"Bearer {token}"}), **headers}
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "scheme": "http",
                 "query_string": query.encode(), "http_version": "1.1", "client": (address, 1),
                 "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]}
        asyncio.run_coroutine_threadsafe(stream._run(self.server, scope), self.loop)
        return stream

    def stop(self) -> None:
        """Stop it as SIGTERM does."""
        self.loop.call_soon_threadsafe(self.server.streams.stop)


@contextmanager
def stream_server(app: Flask) -> Iterator[StreamServer]:
    """Serve the application while the block lasts, in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    held = StreamServer(BufferingServer(app, runtime_of(app).settings, threads=2), loop)
    try:
        yield held
    finally:
        for stream in held.opened:
            stream.leave()
            stream.read_again()
        wait_until(lambda: all(stream.is_over for stream in held.opened), "all streams are over")
        wait_until(lambda: len(asyncio.all_tasks(loop)) == 0, "nothing is left in the loop")
        held.server.streams.shut_down()
        held.server._threads.shutdown()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
