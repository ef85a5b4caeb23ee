"""One request to an address that somebody named, bounded in every way (front-door.md FD-20).

The name is resolved once, every address is judged, and one of those is connected to: nothing can change in between."""
import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address

import h11

from app.outward.addresses import AddressRefused, OutwardRules, Receiver
from app.release import VERSION
from app.settings import Settings

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
READ_BYTES = 65_536
MOST_ADDRESSES = 4
_NAME_THREADS = 64  # getaddrinfo blocks; a name whose server is silent keeps a thread of its own busy
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent"})

Resolve = Callable[[str, int], Awaitable[list[str]]]
Connect = Callable[[str, int], Awaitable[socket.socket]]


class NoReply(Exception):
    """The receiver gave no answer: no connection, no good certificate, no HTTP, or not in time; the message says it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered: `headers` by lower-case name, of a repeated one the last; at most 64 KiB in all."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False

    @property
    def is_success(self) -> bool:
        """True for 2xx; a redirect is none, and is never followed."""
        return 200 <= self.status < 300


async def resolve(host: str, port: int) -> list[str]:
    """Return every A and AAAA of a host, and what the machine's own tables say, as text."""
    found = await asyncio.get_running_loop().run_in_executor(
        _name_threads(), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(where[0]) for _, _, _, _, where in found))


@cache
def _name_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_NAME_THREADS, thread_name_prefix="names")


async def connect(address: str, port: int) -> socket.socket:
    """Return a socket that is connected to an IP address; raises OSError."""
    family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, (address, port))
    except BaseException:
        opened.close()
        raise
    return opened


@cache
def public_trust() -> ssl.SSLContext:
    """Return the context that trusts what the machine trusts, made once a process."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True)
class OutwardClient:
    """Sends requests under `rules`. No proxy, cookie or netrc of the environment is used, and no redirect followed.

    `trust`, `resolve` and `connect` are the real ones but in tests."""

    rules: OutwardRules
    trust: Callable[[], ssl.SSLContext] = public_trust
    resolve: Resolve = resolve
    connect: Connect = connect
    connect_seconds: float = field(default=CONNECT_SECONDS)
    total_seconds: float = field(default=TOTAL_SECONDS)

    @classmethod
    def of_settings(cls, settings: Settings) -> "OutwardClient":
        """Return the client of an installation."""
        return cls(OutwardRules.of_settings(settings))

    async def request(self, method: str, url: str, *, headers: Mapping[str, str] | None = None,
                      body: bytes = b"") -> Reply:
        """Send one request and return the answer, whatever its status.

        Raises AddressRefused when nothing may be sent there, NoReply when no answer came within `total_seconds`, names
        and TLS included. No name of `headers` may be one that the client writes itself."""
        receiver = self.rules.receiver(url)
        taken = {name.lower() for name in headers or {}} & _OWN_HEADERS
        if taken:
            raise ValueError(f"the client writes {', '.join(sorted(taken))} itself")
        try:
            async with asyncio.timeout(self.total_seconds):
                return await self._exchange(receiver, method, headers or {}, body)
        except TimeoutError:
            raise NoReply(f"no answer within {self.total_seconds:g} s") from None

    def request_and_wait(self, method: str, url: str, *, headers: Mapping[str, str] | None = None,
                         body: bytes = b"") -> Reply:
        """The same for code without an event loop, such as a job: blocks its thread for `total_seconds` at most."""
        return asyncio.run(self.request(method, url, headers=headers, body=body))

    async def _exchange(self, receiver: Receiver, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            addresses = self.rules.judged(receiver, await self.resolve(receiver.host, receiver.port))
        except (socket.gaierror, UnicodeError) as error:
            raise NoReply(f"the host {receiver.host} is unknown") from error
        opened = await self._opened(receiver, addresses)
        # The certificate must be good for the *name*, wherever the address came from.
        trust, name = (self.trust(), receiver.host) if receiver.is_https else (None, None)
        try:
            reader, writer = await asyncio.open_connection(sock=opened, limit=READ_BYTES, ssl=trust,
                                                           server_hostname=name)
        except (OSError, ssl.SSLError) as error:
            opened.close()
            raise NoReply(f"TLS failed: {_in_words(error)}") from error
        except BaseException:
            opened.close()
            raise
        try:
            return await _converse(reader, writer, _head(receiver, method, headers, body), body)
        except (OSError, ssl.SSLError, h11.ProtocolError) as error:
            raise NoReply(f"the connection broke: {_in_words(error)}") from error
        finally:
            writer.transport.abort()  # what else it says is not waited for

    async def _opened(self, receiver: Receiver, addresses: list[str]) -> socket.socket:
        """Return a socket connected to the first judged address that answers, within `connect_seconds` for all."""
        tried, error = addresses[:MOST_ADDRESSES], ""
        for address in tried:
            try:
                async with asyncio.timeout(self.connect_seconds / len(tried)):
                    opened = await self.connect(address, receiver.port)
            except TimeoutError:
                error = f"no connection within {self.connect_seconds:g} s"
                continue
            except OSError as trouble:
                error = f"no connection: {_in_words(trouble)}"
                continue
            try:
                self._check_peer(opened, address)
            except BaseException:
                opened.close()
                raise
            return opened
        raise NoReply(error)

    def _check_peer(self, opened: socket.socket, address: str) -> None:
        try:
            peer = opened.getpeername()[0]
        except OSError as error:
            raise NoReply(f"no connection: {_in_words(error)}") from error
        if ip_address(peer) != ip_address(address):
            raise AddressRefused("the connection ended at another address than the one that was judged")


def _head(receiver: Receiver, method: str, headers: Mapping[str, str], body: bytes) -> h11.Request:
    own = [("Host", receiver.host_header), ("User-Agent", f"Guildhall/{VERSION}"), ("Accept-Encoding", "identity"),
           ("Connection", "close"), ("Content-Length", str(len(body)))]
    return h11.Request(method=method, target=receiver.target, headers=[*own, *headers.items()])


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: h11.Request,
                    body: bytes) -> Reply:
    """Send the request, read the answer: its head, and of its body what fits into READ_BYTES together with it."""
    state = h11.Connection(h11.CLIENT)
    writer.writelines(_sent(state, (head, h11.Data(data=body), h11.EndOfMessage())))
    with suppress(ConnectionError):  # some answer, and hang up, before they have read all
        await writer.drain()
    left, status = READ_BYTES, 0
    found: dict[str, str] = {}
    pieces: list[bytes] = []
    while True:
        event = state.next_event()
        if event is h11.NEED_DATA:
            if left <= 0:
                return Reply(status, found, b"".join(pieces), is_cut=True) if status else _endless_head()
            data = await reader.read(min(left, READ_BYTES))
            left -= len(data)
            state.receive_data(data)
        elif isinstance(event, h11.Response):
            status = event.status_code
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            pieces.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed | h11.PAUSED):
            return Reply(status, found, b"".join(pieces))


def _sent(state: h11.Connection, events: Iterable[h11.Event]) -> list[bytes]:
    return [piece for piece in map(state.send, events) if piece]


def _endless_head() -> Reply:
    raise NoReply("the head of the answer has no end")


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
