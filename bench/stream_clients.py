"""Many clients of event streams in a process of their own, so that reading them does not disturb what is measured.

`python -m bench.stream_clients PORT < plan.json`: a plan is a list of [path, token]. It says `open` when each has
begun, and at the end of its input how old each event was when it came, in milliseconds."""

import asyncio
import json
import resource
import sys
from datetime import UTC, datetime
from typing import Any

AT_ONCE = 50  # that are opened side by side


class Clients:
    """What all streams of a plan were told."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.ages: list[float] = []
        self.heartbeats: set[int] = set()
        self.lost: list[str] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self, number: int, path: str, token: str, turn: asyncio.Semaphore) -> "asyncio.Task[None]":
        """Open a stream and return the task that reads it, once it has begun."""
        async with turn:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**16)
            self._writers.append(writer)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            while not (line := await reader.readline()).startswith(b"event: start"):
                if not line or (line.startswith(b"HTTP/") and b" 200 " not in line):
                    raise RuntimeError(f"{path}: {line!r}")
            await reader.readuntil(b"\n\n")
        return asyncio.create_task(self._read(number, reader))

    async def _read(self, number: int, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"timestamp"' in line:
                happened = datetime.fromisoformat(json.loads(line[6:])["timestamp"])
                self.ages.append(1000 * (datetime.now(UTC) - happened).total_seconds())
            elif line.startswith(b"id: "):
                self.heartbeats.add(number)
        self.lost.append(f"stream {number} ended")

    def close(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.transport.abort()


async def main(port: int) -> None:
    """Open the plan's streams, say so, read until the input ends, and report."""
    lines = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    plan: list[list[str]] = json.loads(await lines.readline())
    clients, turn = Clients(port), asyncio.Semaphore(AT_ONCE)
    reading = await asyncio.gather(*(clients.open(number, path, token, turn)
                                     for number, (path, token) in enumerate(plan)))
    _say({"open": len(reading)})
    await lines.readline()
    _say({"ages": clients.ages, "heartbeats": len(clients.heartbeats), "lost": len(clients.lost)})
    clients.close()


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(int(sys.argv[1])))
