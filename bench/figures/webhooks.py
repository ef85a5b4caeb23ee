"""How old events are when receivers get them, while one of fifty never answers (front-door.md FD-19, issue 21)."""
import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from bench.guildhall import PRODUCTS, ROOT, Guildhall
from bench.report import Section, at_most

RECEIVERS, DELIVERIES = 50, 5_000
EVENTS_A_SECOND = 2.0
PATIENCE_SECONDS = 120.0
HOOKS = "/marketplace/webhooks-api/v1/webhookendpoints"
TOPIC = "ebaycclone-productlisting-service-dbevent-productlistingproduct-created"
A_PERSON = 5  # webhooks of one person


@dataclass
class LocalHall(Guildhall):
    """A Guildhall in test mode, where receivers on this machine are good."""

    @property
    def environment(self) -> dict[str, str]:
        """Its settings; the port is added by the server."""
        return super().environment | {"GUILDHALL_ENV": "test", "OUTWARD_LOCAL": "1", "MAIL_TRANSPORT": "outbox",
                                      "SMTP_URL": "", "PUBLIC_URL": ""}


@dataclass
class Receivers:
    """One server for all: path /0 never answers, every other is answered at once; `ages` are seconds by path."""

    port: int = 0
    ages: dict[str, list[float]] = field(default_factory=dict)
    silent: int = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one message."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line.split(":")[1]) for line in head.splitlines()
                          if line.lower().startswith("content-length"))
            body = json.loads(await reader.readexactly(length))
            path = head.split(" ", 2)[1]
            if path == "/0":
                self.silent += 1
                await reader.read()  # until the sender has waited long enough
            else:
                self.ages.setdefault(path, []).append(
                    time.time() - datetime.fromisoformat(body["timestamp"]).timestamp())
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        writer.close()

    @property
    def count(self) -> int:
        """How many messages were taken."""
        return sum(map(len, self.ages.values()))


@contextmanager
def _receiving() -> Iterator[Receivers]:
    receivers, loop = Receivers(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(receivers.take, "127.0.0.1", 0))
    receivers.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield receivers
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def measure(hall: Guildhall, deliveries: int, section: Section) -> None:
    """Register the receivers, let listings be made at a pace, and add how old each was when it came."""
    web = hall.web()
    events, new = deliveries // RECEIVERS, hall.requests()["create"]
    with _receiving() as receivers, _running(hall, "events", "relay"), _running(hall, "webhooks", "send"):
        web.start()
        try:
            for number in range(RECEIVERS):
                _post(f"{web.url}{HOOKS}", hall.seeded["tokens"][number // A_PERSON], {
                    "url": f"http://127.0.0.1:{receivers.port}/{number}", "topics": [TOPIC]})
            time.sleep(2)  # the log is read from here on
            began = time.monotonic()
            for number in range(events):
                time.sleep(max(0.0, began + number / EVENTS_A_SECOND - time.monotonic()))
                _post(web.url + PRODUCTS, new[0].token, new[0].body)
            wanted, deadline = events * (RECEIVERS - 1), time.monotonic() + PATIENCE_SECONDS
            while receivers.count < wanted and time.monotonic() < deadline:
                time.sleep(0.1)
            took = time.monotonic() - began
        finally:
            web.stop()
    ages = sorted(age for some in receivers.ages.values() for age in some)
    p95 = statistics.quantiles(ages, n=20)[-1]
    section.rows.append((hall.database, f"{len(ages):,} of {wanted:,}", f"{len(ages) / took:,.0f}",
                         f"{statistics.median(ages):.2f}", f"{p95:.2f}", f"{ages[-1]:.2f}", str(receivers.silent)))
    section.goals.append(at_most(f"{hall.database}: p95 age at the receivers that answer", 2, p95, " s"))
    section.goals.append(at_most(f"{hall.database}: messages that did not come", 0, wanted - len(ages)))


def table(deliveries: int) -> Section:
    """Return the empty table."""
    return Section(
        f"{deliveries:,} deliveries to {RECEIVERS} receivers of which one never answers",
        ("database", "delivered to the others", "a second", "median age, s", "p95, s", "oldest, s",
         "connections of the silent one"),
        notes=[f"Listings are made at {EVENTS_A_SECOND:g} a second over HTTP; each is sent to every receiver, signed, "
               "over http on this machine. An age is from the commit to the receiver."])


@contextmanager
def _running(hall: Guildhall, *command: str) -> Iterator[None]:
    with (hall.home / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "flask", *command], cwd=ROOT, stdout=log, stderr=log,
                                   env={**os.environ, **hall.environment})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _post(url: str, token: str, body: dict[str, object]) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {
        "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60):
        pass
