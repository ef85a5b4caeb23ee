"""Holds open event streams in a web worker, without a thread for any of them (front-door.md FD-12…16, decisions/108).

One follower for each realm reads the log and has each event judged for all its streams, in a small pool of threads;
the event loop only sends. What a client did not get it reads anew, behind its last event, when it comes back."""
import asyncio
import logging
import random
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from flask import Flask

from app.clock import now
from app.errors import TooManyRequests
from app.events.log import LoggedEvent, newest_position, read_on
from app.events.outward import Key, OutwardEvent, Receiver, outward
from app.events.relay import LOG_VERSION
from app.http.client_address import client_network, is_loopback
from app.http.event_stream import EventStream, come_again, end, heartbeat, opening, outward_event
from app.identity.authentication import StandingLogin, identity
from app.ops.metrics import count_ended_stream, count_open_stream
from app.runtime import runtime
from app.settings import Settings

log = logging.getLogger("guildhall.streams")

MOST_EVENTS = 256
MOST_BYTES = 2**20
"""What waits for one client that does not read; with more it is let go, and comes again (FD-16)."""
BEAT_SECONDS = 15.0
_LOOK_SECONDS = 1.0  # how often the logins of all streams are compared with the cache versions
_TICK = 0.25
_WAKE_SECONDS = 0.05  # how often a follower looks whether something was published
_BURST_SECONDS = 0.1  # what happens within it is read and judged together
_ASK_SECONDS = 1.0  # how often it asks the database, whatever the cache versions say
_LONGEST_REST = 5.0  # seconds a follower rests while the database is away
_RETRY_AFTER = 30  # seconds after which a client with too many streams may try again
_BATCH = 128  # events read at once
_THREADS = 2
_SWITCH_SECONDS = 0.001
"""How long a thread that judges events may keep the interpreter from one that answers a request; Python's own 5 ms
doubled the p99 of a list beside 1,000 streams (bench/results/streams.md)."""
_ALONE_SECONDS = sys.getswitchinterval()
"""The same where no stream is open: to take turns more often costs a create up to a tenth (bench/README.md)."""
_PIECE = 2**16

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")


class _Caller(NamedTuple):
    """Who gets a stream, as of now, and what he has chosen; `login` is None for a visitor."""

    login: StandingLogin | None
    receiver: Receiver


@dataclass(eq=False, slots=True)
class _Stream:
    """One open stream: who gets it, how far it is, and what waits to be sent."""

    asked: EventStream
    login: StandingLogin | None = None
    receiver: Receiver | None = None  # None until it has joined its follower
    position: int = 0  # everything up to it was judged before it joined
    beats_at: float = 0.0
    waiting: deque[bytes] = field(default_factory=deque)
    size: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ending: tuple[str, bytes] | None = None  # why it ends, and its last word
    is_gone: bool = False

    def put(self, piece: bytes) -> None:
        """Have a piece sent; a client that leaves too much unread is let go."""
        if self.ending is not None:
            return
        if self.waiting and (len(self.waiting) >= MOST_EVENTS or self.size + len(piece) > MOST_BYTES):
            self.close("slow", come_again(), at_once=True)
            return
        self.waiting.append(piece)
        self.size += len(piece)
        self.wake.set()

    def close(self, reason: str, last: bytes, *, at_once: bool = False) -> None:
        """End it with this last word; `at_once`: without what still waits."""
        if self.ending is None:
            self.ending = reason, last
        if at_once:
            self.waiting.clear()
            self.size = 0
        self.wake.set()

    def leave(self) -> None:
        """Note that the client is gone."""
        self.is_gone = True
        self.wake.set()

    def take(self) -> bytes:
        """Return the next pieces that wait, as one that is small beside what a socket takes."""
        pieces = [self.waiting.popleft()]
        taken = len(pieces[0])
        while self.waiting and taken + len(self.waiting[0]) <= _PIECE:
            pieces.append(self.waiting.popleft())
            taken += len(pieces[-1])
        self.size -= taken
        return b"".join(pieces)


class _Places:
    """Counts the open streams of this process, of each user and of each address; asked by any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def take(self, asked: EventStream) -> None:
        """Count one more; raises TooManyRequests, and counts nothing, where it is one too many."""
        bounds = self._bounds(asked)
        with self._lock:
            if any(self._counts[key] >= most for key, most in bounds.items()):
                raise TooManyRequests("errMsg_TooManyOpenStreams", _RETRY_AFTER, "TooManyOpenStreams")
            self._counts.update(bounds.keys())

    def give_back(self, asked: EventStream) -> None:
        """Forget one."""
        with self._lock:
            for key in self._bounds(asked):
                self._counts[key] -= 1
                if not self._counts[key]:
                    del self._counts[key]

    def _bounds(self, asked: EventStream) -> dict[str, int]:
        bounds = {"all": self._settings.streams_per_process}
        if asked.actor.user_id is not None:
            bounds[f"user {asked.actor.user_id}"] = self._settings.streams_per_user
        if not is_loopback(asked.address):
            bounds[f"address {client_network(asked.address)}"] = self._settings.streams_per_address
        return bounds


@dataclass(eq=False)
class _Follower:
    """How far a realm is followed. Who holds the lock may let a stream join, or move the position."""

    realm: str
    position: int
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None  # kept here, since the loop itself would let it be collected


class OpenStreams:
    """The open streams of one process."""

    def __init__(self, application: Flask, settings: Settings) -> None:
        self._application = application
        self._settings = settings
        self._places = _Places(settings)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="streams")
        self._streams: set[_Stream] = set()
        # By realm, and by what they chose.
        self._by_key: defaultdict[str, defaultdict[Key, set[_Stream]]] = defaultdict(lambda: defaultdict(set))
        self._followers: dict[str, _Follower] = {}
        self._begins = asyncio.Lock()
        self._attending: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._is_away = False

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._streams)

    def take_place(self, stream: EventStream) -> None:
        """Count one more, which `hold` or `give_place_back` forgets; raises TooManyRequests."""
        self._places.take(stream)

    def give_place_back(self, stream: EventStream) -> None:
        """Forget one that was counted and is not held after all."""
        self._places.give_back(stream)

    async def hold(self, asked: EventStream, receive: Receive, send: Send, abort: Callable[[], object] | None) -> None:
        """Send a stream, whose head is sent, until its client leaves, its login ends or the process stops."""
        stream = _Stream(asked)
        self._streams.add(stream)
        self._take_turns()
        count_open_stream(1)
        if self._is_stopping:
            stream.close("stop", come_again())
        tasks = [asyncio.create_task(_watch(stream, receive)), asyncio.create_task(self._join(stream))]
        if self._attending is None:
            self._attending = asyncio.create_task(self._attend())
        try:
            await self._send(stream, send)
        except TimeoutError:
            stream.close("unread", b"")
            if abort is not None:
                abort()
        finally:
            for task in tasks:
                task.cancel()
            self._forget(stream)

    def stop(self) -> None:
        """End all: their clients come again, to another process."""
        self._is_stopping = True
        for stream in self._streams:
            stream.close("stop", come_again())

    def shut_down(self) -> None:
        """Let go of the threads: nothing is sent any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _send(self, stream: _Stream, send: Send) -> None:
        """Send what waits as the client reads it; raises TimeoutError when it reads nothing for too long."""
        is_last = False
        while not is_last:
            if stream.is_gone:  # gunicorn wants a last message, also for a client that is gone
                piece, is_last = b"", True
            elif stream.waiting:
                piece = stream.take()
            elif stream.ending is not None:
                piece, is_last = stream.ending[1], True
            else:
                stream.wake.clear()
                await stream.wake.wait()
                continue
            async with asyncio.timeout(self._settings.answer_seconds):
                await send({"type": "http.response.body", "body": piece, "more_body": not is_last})

    def _forget(self, stream: _Stream) -> None:
        self._streams.discard(stream)
        self._take_turns()
        self._let_join(stream, None)
        self._places.give_back(stream.asked)
        count_open_stream(-1)
        count_ended_stream("left" if stream.ending is None else stream.ending[0])

    def _take_turns(self) -> None:
        sys.setswitchinterval(_SWITCH_SECONDS if self._streams else _ALONE_SECONDS)

    def _let_join(self, stream: _Stream, receiver: Receiver | None) -> None:
        """Have the stream told as this receiver from now on; None: not at all."""
        by_key = self._by_key[stream.asked.actor.realm]
        for key in stream.receiver.selection.keys if stream.receiver is not None else ():
            by_key[key].discard(stream)
            if not by_key[key]:
                del by_key[key]
        for key in receiver.selection.keys if receiver is not None else ():
            by_key[key].add(stream)
        stream.receiver = receiver

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def in_application() -> T:
            with self._application.app_context():
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._threads, in_application)

    # Joining: from the last event of the client to where its realm is followed.

    async def _join(self, stream: _Stream) -> None:
        try:
            caller = await self._in_thread(lambda: _caller_of(stream.asked))
            if caller is None:
                stream.close("session", end("session"))
                return
            stream.login = caller.login
            follower = await self._follower(stream.asked.actor.realm)
            after = None if stream.asked.is_reset else stream.asked.after
            stream.position = follower.position if after is None else after
            stream.put(opening(stream.position, is_reset=stream.asked.is_reset))
            while not await self._has_joined(stream, follower, caller.receiver):
                await self._catch_up(stream, caller.receiver)
        except Exception:
            log.exception("an event stream could not be opened")
            stream.close("failure", come_again())

    async def _follower(self, realm: str) -> _Follower:
        async with self._begins:
            follower = self._followers.get(realm)
            if follower is None:
                follower = _Follower(realm, await self._in_thread(newest_position))
                self._followers[realm] = follower
                follower.task = asyncio.create_task(self._follow(follower))
        return follower

    async def _has_joined(self, stream: _Stream, follower: _Follower, receiver: Receiver) -> bool:
        """Let the stream join if it has what the follower has read; True also when it is gone meanwhile."""
        async with follower.lock:
            if stream not in self._streams:
                return True
            if stream.position < follower.position:
                return False
            self._let_join(stream, receiver)
            stream.beats_at = asyncio.get_running_loop().time() + random.uniform(0, BEAT_SECONDS)
            return True

    async def _catch_up(self, stream: _Stream, receiver: Receiver) -> None:
        """Send what the client missed, no more at once than may wait for it."""
        while len(stream.waiting) > max(0, MOST_EVENTS - _BATCH) and stream.ending is None and not stream.is_gone:
            await asyncio.sleep(_WAKE_SECONDS)
        realm, position = receiver.actor.realm, stream.position

        def missed() -> tuple[list[OutwardEvent], int]:
            events, reached = read_on(realm, position, _BATCH)
            return outward(events, [receiver])[0] if events else [], reached

        told, stream.position = await self._in_thread(missed)
        for one in told:
            stream.put(outward_event(one))

    # Following: one for each realm.

    async def _follow(self, follower: _Follower) -> None:
        """Read the log as it grows, as long as anybody listens."""
        loop = asyncio.get_running_loop()
        seen, asks_at, failures = None, 0.0, 0
        while self._streams:
            try:
                version = await self._in_thread(lambda: runtime().cache_versions.read(LOG_VERSION))
                if version == seen and loop.time() < asks_at:
                    await asyncio.sleep(_WAKE_SECONDS)
                    continue
                while await self._has_more(follower):
                    pass
                seen, asks_at, failures = version, loop.time() + _ASK_SECONDS, 0
                await asyncio.sleep(_BURST_SECONDS)
            except Exception as error:
                failures += 1
                if failures == 1:
                    log.warning("the log cannot be followed: %s", error)
                await asyncio.sleep(min(0.1 * 2**min(failures, 10), _LONGEST_REST))
        del self._followers[follower.realm]

    async def _has_more(self, follower: _Follower) -> bool:
        """Have the streams of a realm told of the next events; True when there may be more already."""
        async with follower.lock:
            events, reached = await self._in_thread(lambda: read_on(follower.realm, follower.position, _BATCH))
            if events:
                streams = self._wanting(follower.realm, events)
                receivers = [stream.receiver for stream in streams if stream.receiver is not None]
                told = await self._in_thread(lambda: outward(events, receivers)) if receivers else []
                self._tell(streams, told)
            follower.position = reached
        return len(events) == _BATCH

    def _wanting(self, realm: str, events: Sequence[LoggedEvent]) -> list[_Stream]:
        """Return the streams that chose one of the events."""
        by_key = self._by_key[realm]
        found: set[_Stream] = set()
        for event in events:
            for object_id in (None, event.object_id):
                found |= by_key.get((event.object_name, event.verb, object_id), set())
        return list(found)

    @staticmethod
    def _tell(streams: Sequence[_Stream], told: Sequence[Sequence[OutwardEvent]]) -> None:
        written: dict[int, bytes] = {}  # streams of the same actor are told the same
        for stream, some in zip(streams, told, strict=True):
            for one in some:
                if one.position > stream.position:
                    if id(one) not in written:
                        written[id(one)] = outward_event(one)
                    stream.put(written[id(one)])

    # Heartbeats, and the logins of all streams.

    async def _attend(self) -> None:
        loop = asyncio.get_running_loop()
        looks_at = loop.time() + _LOOK_SECONDS
        while self._streams:
            await asyncio.sleep(_TICK)
            moment = loop.time()
            for stream in self._streams:
                if stream.receiver is not None and stream.beats_at <= moment:
                    stream.put(heartbeat(max(stream.position, self._followers[stream.asked.actor.realm].position)))
                    stream.beats_at += BEAT_SECONDS
            if moment >= looks_at:
                looks_at = moment + _LOOK_SECONDS
                await self._look_at_logins()
        self._attending = None

    async def _look_at_logins(self) -> None:
        """End the streams whose logins are over, and tell the others as what their callers are by now (FD-15)."""
        try:
            changed = await self._changed()
            callers = await self._in_thread(lambda: [_caller_of(stream.asked) for stream in changed])
        except Exception as error:
            if not self._is_away:
                log.warning("the logins of event streams cannot be looked at: %s", error)
            self._is_away = True
            return
        self._is_away = False
        for stream, caller in zip(changed, callers, strict=True):
            if caller is None:
                stream.close("session", end("session"), at_once=True)
            elif stream in self._streams:
                stream.login = caller.login
                self._let_join(stream, caller.receiver)

    async def _changed(self) -> list[_Stream]:
        """Return the streams whose logins may be over, or other than they were."""
        logins = [(stream, stream.login) for stream in self._streams
                  if stream.login is not None and stream.receiver is not None]
        names = list({name for _, login in logins for name in login.version_keys})
        if not names:
            return []
        versions = dict(zip(names, await self._in_thread(lambda: runtime().cache_versions.read(*names)), strict=True))
        moment = now()
        return [stream for stream, login in logins if moment >= login.ends_at
                or tuple(versions[name] for name in login.version_keys) != login.versions]


def _caller_of(asked: EventStream) -> _Caller | None:
    """Look up who gets a stream, as of now; None where its login is over."""
    login, actor = None, asked.actor
    if asked.token is not None:
        login = identity().authenticator.look_again(actor.realm, asked.token)
        if login is None or login.actor.owed_factor is not None:
            return None
        actor = login.actor
    # What nothing depends on is left out: equal actors are judged once.
    actor = replace(actor, session_id=None, address=None, device=None)
    return _Caller(login, Receiver(actor, asked.selection))


async def _watch(stream: _Stream, receive: Receive) -> None:
    """Wait until the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.leave()
