"""The sender: one process whose event loop has many messages under way, and a thread that asks the database in turns.

An endpoint that never answers has at most four connections here, and one once it failed: nobody else waits for it."""
import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.data.restored_copy import wait_until_live
from app.data.retries import error_text
from app.events.relay import LOG_VERSION
from app.outward.addresses import AddressRefused
from app.outward.client import NoReply, OutwardClient
from app.runtime import runtime
from blueprints.platform.webhooks import sending
from blueprints.platform.webhooks.commands import CHANGED
from blueprints.platform.webhooks.owing import owe_new_events
from blueprints.platform.webhooks.rules import signed_headers
from blueprints.platform.webhooks.sending import Attempt, Claimed, Parcel

log = logging.getLogger("guildhall.webhooks")

MOST_UNDER_WAY = 256
_TICK, _QUIET_SECONDS, _AFTER_TROUBLE_SECONDS, _LAST_SECONDS = 0.02, 1.0, 2.0, 3.0


def run_sender(stop: threading.Event) -> None:
    """Send until `stop` is set; a restored copy that is not live sends nothing."""
    wait_until_live(stop)
    if not stop.is_set():
        asyncio.run(Sender(OutwardClient.of_settings(runtime().settings)).run(stop))


def send_all(client: OutwardClient) -> int:
    """Owe what happened, send what is due, and return how many attempts were made: for tests and by hand."""
    return asyncio.run(Sender(client).drain())


class Sender:
    """What is under way, and what came back and is not written down yet."""

    def __init__(self, client: OutwardClient) -> None:
        self._client = client
        self._under_way: Counter[str] = Counter()
        self._back: list[Attempt] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._after, self._read = "", 0
        self.attempts = 0

    async def run(self, stop: threading.Event) -> None:
        """Take turns until `stop` is set: at once when something came back or happened, else once a second."""
        versions, seen, next_round, next_read = runtime().cache_versions, (-1, -1), 0.0, 0.0
        while not stop.is_set():
            newest = versions.read(LOG_VERSION, CHANGED)
            if newest != seen:
                seen, next_round, next_read = newest, 0.0, 0.0
            if self._back or time.monotonic() >= next_round:
                try:
                    reads = time.monotonic() >= next_read
                    is_busy = await self._take_round(reads)
                    next_round = time.monotonic() + (_TICK if is_busy else _QUIET_SECONDS)
                    if reads and not self._read:  # else there may be more
                        next_read = time.monotonic() + _QUIET_SECONDS
                except (SQLAlchemyError, OSError) as error:
                    log.warning("the sender will go on: %s", error)
                    await asyncio.sleep(_AFTER_TROUBLE_SECONDS)
            await asyncio.sleep(_TICK)
        await self._end()

    async def drain(self) -> int:
        """Take turns until nothing is due and nothing is under way; returns how many attempts were made."""
        while await self._take_round() or self._tasks or self._back:
            if self._tasks and not self._back:  # what came back during the round makes room for more
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        return self.attempts

    async def _take_round(self, reads: bool = True) -> bool:
        """Write down what came back, with `reads` owe what happened, claim and send what is due; returns whether there
        was any."""
        back, self._back = self._back, []
        room = MOST_UNDER_WAY - self._under_way.total()
        try:
            read, claimed = await asyncio.to_thread(
                _round, back, reads, dict(self._under_way), self._after, room)
        except BaseException:
            self._back = back + self._back
            raise
        self._after, self._read = claimed.after, read
        self._back += claimed.settled
        for parcel in claimed.parcels:
            self._under_way[parcel.endpoint_id] += 1
            task = asyncio.create_task(self._send(parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(back or read or claimed.parcels or claimed.settled)

    async def _send(self, parcel: Parcel) -> None:
        self.attempts += 1
        try:
            attempt = await _attempt(self._client, parcel)
            self._back.append(attempt)  # to the list of now: while it was awaited, a round took the former one
        finally:
            self._under_way[parcel.endpoint_id] -= 1

    async def _end(self) -> None:
        """Wait a moment for what is under way; what has not come back is sent again once its lease is over."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_SECONDS)
        for task in self._tasks:
            task.cancel()
        with suppress(SQLAlchemyError):
            await asyncio.to_thread(sending.settle, self._back)


def _round(back: Sequence[Attempt], reads: bool, under_way: dict[str, int], after: str,
           room: int) -> tuple[int, Claimed]:
    sending.settle(back)
    read = sum(owe_new_events(realm) for realm in runtime().settings.realms) if reads else 0
    return read, sending.claim(under_way, after, room)


async def _attempt(client: OutwardClient, parcel: Parcel) -> Attempt:
    """Make one attempt, signed now; whatever goes wrong is what came of it."""
    moment, started = now(), time.monotonic()
    status, error, retry_after = None, None, None
    try:
        headers = signed_headers(parcel.message_id, moment, parcel.text, parcel.secrets)
        reply = await client.request("POST", parcel.url, headers=headers, body=parcel.text.encode())
        status, retry_after = reply.status, reply.headers.get("retry-after")
    except (AddressRefused, NoReply) as trouble:
        error = str(trouble)
    except Exception as trouble:
        log.exception("message %s could not be sent", parcel.id)
        error = error_text(trouble)
    return Attempt(parcel.id, parcel.endpoint_id, moment, time.monotonic() - started, status, error, retry_after)
