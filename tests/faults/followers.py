"""Clients that follow event streams while the system is killed under them, and come back behind their last event."""
import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

HANGS_UP = (10, 100, 1000)
"""Behind so many events a client hangs up by itself: so each is cut off, whichever web worker is killed."""
_REST_SECONDS = 0.1
_LOST = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass
class Follower:
    """One client: what it follows, where it began and is by now, and what it was told, in the order it came."""

    token: str
    topics: Sequence[str]
    began: int = 0
    position: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)
    """(position, topic) of each event."""
    said: set[str] = field(default_factory=set)
    """Names of events that are no message: start, reset, gone, end."""
    times: int = 0
    """How often a stream was opened for it."""
    statuses: set[int] = field(default_factory=set)

    async def run(self, address: str) -> None:
        """Follow until it is cancelled; whatever is lost is opened again."""
        host, _, port = address.partition(":")
        while True:
            try:
                reader, writer = await asyncio.open_connection(host, int(port), limit=2**20)
                try:
                    writer.write(self._request(address))
                    await self._listen(reader)
                finally:
                    writer.close()
            except _LOST:
                await asyncio.sleep(_REST_SECONDS)

    def _request(self, address: str) -> bytes:
        last = f"Last-Event-ID: {self.position}\r\n" if self.position else ""
        return (f"GET /marketplace/realtime/subscribe?topics={','.join(self.topics)} HTTP/1.1\r\nHost: {address}\r\n"
                f"Authorization: Bearer {self.token}\r\n{last}\r\n").encode()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        self.statuses.add(status)
        if status != 200:
            raise OSError(f"answered with {status}")
        self.times += 1
        left = ""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            left += (await reader.readexactly(size + 2))[:-2].decode()
            *blocks, left = left.split("\n\n")
            for block in blocks:
                self._take(dict(line.split(": ", 1) for line in block.split("\n") if line))
        raise OSError("the stream is over")

    def _take(self, block: dict[str, str]) -> None:
        """Take one event, as a browser does: its id is where the client goes on."""
        if "event" in block:
            self.said.add(block["event"])
        elif "data" in block:
            body: dict[str, Any] = json.loads(block["data"])
            self.told.append((int(block["id"]), body["type"]))
        if "id" in block:
            self.began = self.began or int(block["id"])
            self.position = int(block["id"])
        if "data" in block and "event" not in block and len(self.told) in HANGS_UP:
            raise OSError("the client hangs up")


class Following:
    """Some followers, in a loop of their own, while the block lasts."""

    def __init__(self, url: str, followers: Sequence[Follower]) -> None:
        self.followers = followers
        self.wanted: Sequence[Sequence[object]] = []
        self._address = urlsplit(url).netloc
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Following":
        self._thread.start()
        self._running = [asyncio.run_coroutine_threadsafe(one.run(self._address), self._loop)
                         for one in self.followers]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for one in self._running:
            one.cancel()
        asyncio.run_coroutine_threadsafe(_ended(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def have_begun(self) -> bool:
        """Return whether all have been told from where they go on; raises what ended one of them."""
        self._look()
        return all(one.began for one in self.followers)

    def have_come_to_the_end(self) -> bool:
        """Return whether all have been told as much as they wanted; raises what ended one of them."""
        self._look()
        return all(len(one.told) >= len(wanted) for one, wanted in zip(self.followers, self.wanted, strict=True))

    def _look(self) -> None:
        for one in self._running:
            if one.done():
                one.result()


async def _ended() -> None:
    """Wait until nothing else runs in the loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)
