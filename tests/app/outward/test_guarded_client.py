"""The guarded client: what it refuses reaches nothing on this machine, and what it takes is bounded (FD-20).

Whatever address the client dials ends at one listener here: who may not be reached must never be connected to."""
import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.outward import addresses
from app.outward.addresses import AddressRefused, OutwardRules, is_public
from app.outward.client import READ_BYTES, NoReply, OutwardClient, Reply, resolve
from app.settings import SettingsError, load_settings
from tests.app.outward.certificates import authority_and_certificate

PUBLIC = "93.184.215.14"
OWN_HOST = "api.guildhall.example"
STRICT = OutwardRules(frozenset({OWN_HOST}))
LOCAL = OutwardRules(frozenset(), is_local_fine=True)

# What the system's own resolver, or the form, makes of these: no name server is asked.
WRITTEN = (
    # loopback, in every way it can be written
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://127/", "https://0x7f.1/", "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/", "https://2130706433/", "https://017700000001/", "https://0177.0.0.1/", "https://0177.1/",
    "https://127.255.255.254/", "https://0/", "https://0.0.0.0/", "https://0x0/", "https://00000000/",
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://127.0.0.1./", "https://127.1./",
    # in other scripts
    "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://１２７.0.0.1/", "https://ⓛocalhost/", "https://localhost．/",
    "https://ⅼocalhost/", "https://loc\u00adalhost/", "https://loc\u200balhost/", "https://𝟭𝟮𝟳.𝟬.𝟬.𝟭/",
    "https://xn--a/", "https://xn--localhost-/",
    # IPv6: loopback, mapped, compatible, translated, tunnelled, private, of one link, multicast, documentation
    "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[::ffff:0:127.0.0.1]/", "https://[::127.0.0.1]/", "https://[::7f00:1]/",
    "https://[64:ff9b::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://[2002:7f00:0001::1]/", "https://[2002:a00:1::]/",
    "https://[2001::7f00:1]/", "https://[2001:0:7f00:1::]/", "https://[2001:10::1]/", "https://[2001:2::1]/",
    "https://[2001:db8::1]/", "https://[3fff::1]/", "https://[fe80::1]/", "https://[fe80::1%25lo]/",
    "https://[fe80::1%lo]/", "https://[::1%lo]/", "https://[2606:2800:220:1::1%lo]/", "https://[fec0::1]/",
    "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/", "https://[ff0e::1]/", "https://[100::1]/",
    "https://[5f00::1]/", "https://[4000::1]/", "https://::1/", "https://[127.0.0.1]/", "https://[::1/",
    # private, shared, of one link, metadata, documentation, multicast, reserved
    "https://10.0.0.1/", "https://10.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/",
    "https://192.168.257/", "https://100.64.0.1/", "https://100.100.100.200/", "https://169.254.169.254/",
    "https://169.254.43518/", "https://0xa9fea9fe/", "https://2852039166/", "https://169.254.170.2/",
    "https://168.63.129.16/", "https://192.0.0.192/", "https://192.0.0.8/", "https://192.0.2.1/", "https://192.88.99.1/",
    "https://192.52.193.1/", "https://192.31.196.1/", "https://192.175.48.1/", "https://198.18.0.1/",
    "https://198.51.100.1/", "https://203.0.113.1/", "https://224.0.0.1/", "https://239.255.255.250/",
    "https://240.0.0.1/", "https://255.255.255.255/",
    # another scheme, port, user, or what one reader takes for the host and another does not
    "http://93.184.215.14/", "HTTP://93.184.215.14/", "https://93.184.215.14:8443/", "https://93.184.215.14:80/",
    "https://93.184.215.14:0/", "https://93.184.215.14:65536/", "https://93.184.215.14:x/", "http://127.0.0.1:443/",
    "https://me@93.184.215.14/", "https://me:word@93.184.215.14/", "https://93.184.215.14@127.0.0.1/",
    "https://127.0.0.1@93.184.215.14/", "https://@93.184.215.14/", "https://93.184.215.14\\@127.0.0.1/",
    "https://93.184.215.14#@127.0.0.1/", "https://127.0.0.1#.example/", "https://93.184.215.14/#x",
    "https://127.0.0.1\t/", "https://127.0.0.1%2f/", "https://%31%32%37.0.0.1/", "https:127.0.0.1", "https:/127.0.0.1",
    "https:///127.0.0.1", "//127.0.0.1/", "https://", "", "https://a b/", "https://a_b.example/",
    "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://93.184.215.14/", "unix:///run/valkey.sock", "javascript:1",
    "data:text/plain,x", "https://" + "a" * 2050, f"https://{OWN_HOST}/", f"https://{OWN_HOST.upper()}/x",
)
# What a stranger's name server may answer.
ANSWERED: dict[str, list[str]] = {
    "loopback.example": ["127.0.0.1"], "loopback6.example": ["::1"], "any.example": ["0.0.0.0"],
    "one-of-two.example": [PUBLIC, "127.0.0.1"], "one-of-two-6.example": [PUBLIC, "::1"],
    "last-of-many.example": [*["93.184.215.14"] * 9, "10.0.0.1"], "mapped.example": ["::ffff:93.184.215.14"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"], "six-to-four.example": ["2002:5db8:d70e::1"],
    "teredo.example": ["2001:0:53aa:64c::1"], "metadata.google.internal": ["169.254.169.254"],
    "metadata.example": ["fd00:ec2::254"], "zone.example": ["fe80::1%1"], "scope.example": ["2606:2800:220:1::1%1"],
    "multicast.example": ["224.0.0.251"], "nothing.example": [], "nonsense.example": ["no address"],
}


class Listener:
    """What listens on this machine, where everything ends that the client dials."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0)
        self.port = self.socket.getsockname()[1]
        self.dialled: list[str] = []

    async def connect(self, address: str, port: int) -> socket.socket:
        """Connect to the listener, whatever was asked for."""
        self.dialled.append(address)
        return socket.create_connection(("127.0.0.1", self.port))

    def was_reached(self) -> bool:
        """Tell whether anybody connected."""
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.socket.close()


def _answering(*answers: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    left = list(answers)

    async def answer(_host: str, _port: int) -> list[str]:
        return left.pop(0)

    return answer


def _trusting(folder: Path, *names: str) -> tuple[Callable[[], ssl.SSLContext], ssl.SSLContext]:
    authority, certificate = authority_and_certificate(folder, *names)
    client, server = ssl.create_default_context(cafile=str(authority)), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return lambda: client, server


@asynccontextmanager
async def _receiver(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
                    trust: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=trust)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _saying(text: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()

    return answer


def _asked_of(answer: Callable[..., Awaitable[None]], **client: Any) -> Reply:
    async def run() -> Reply:
        async with _receiver(answer) as port:
            return await OutwardClient(LOCAL, **client).request("POST", f"http://127.0.0.1:{port}/hook", body=b"{}")

    return asyncio.run(run())


def test_at_least_a_hundred_hostile_addresses_are_tried() -> None:
    assert len(set(WRITTEN)) + len(ANSWERED) > 140


@pytest.mark.parametrize("url", WRITTEN)
def test_no_hostile_address_reaches_anything_on_this_machine(url: str, listener: Listener) -> None:
    client = OutwardClient(STRICT, connect=listener.connect)
    with pytest.raises(AddressRefused):
        client.request_and_wait("POST", url, body=b"x")
    assert listener.dialled == []
    assert not listener.was_reached()


@pytest.mark.parametrize("host", ANSWERED)
def test_no_name_that_leads_astray_reaches_anything_on_this_machine(host: str, listener: Listener) -> None:
    client = OutwardClient(STRICT, resolve=_answering(ANSWERED[host]), connect=listener.connect)
    with pytest.raises(AddressRefused):
        client.request_and_wait("POST", f"https://{host}/", body=b"x")
    assert listener.dialled == []
    assert not listener.was_reached()


def test_a_name_that_leads_elsewhere_after_the_check_is_not_asked_again(listener: Listener) -> None:
    async def nowhere(address: str, _port: int) -> socket.socket:
        listener.dialled.append(address)
        raise ConnectionRefusedError("refused")

    client = OutwardClient(STRICT, resolve=_answering([PUBLIC], ["127.0.0.1"]), connect=nowhere)
    with pytest.raises(NoReply):
        client.request_and_wait("POST", "https://rebinding.example/", body=b"x")
    assert listener.dialled == [PUBLIC]


def test_a_connection_that_ends_at_another_address_than_the_judged_one_carries_nothing(listener: Listener) -> None:
    client = OutwardClient(STRICT, resolve=_answering([PUBLIC]), connect=listener.connect)
    with pytest.raises(AddressRefused, match="another address"):
        client.request_and_wait("POST", "https://a.example/", body=b"x")
    reached, _ = listener.socket.accept()
    with reached:
        reached.settimeout(5)
        assert reached.recv(1) == b""


def test_addresses_of_this_machines_own_interfaces_are_refused(listener: Listener,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_own_addresses", lambda _moment: frozenset({PUBLIC}))
    client = OutwardClient(STRICT, resolve=_answering([PUBLIC]), connect=listener.connect)
    with pytest.raises(AddressRefused):
        client.request_and_wait("POST", "https://myself.example/", body=b"x")
    assert not listener.was_reached()


@pytest.mark.parametrize("address", ["1.1.1.1", PUBLIC, "9.9.9.9", "2606:4700:4700::1111", "2a00:1450:4001::1",
                                     "2001:200::1", "2003::1"])
def test_addresses_of_the_public_internet_are_good(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", ["https://127.0.0.1:{}/", "http://127.0.0.1:{}/", "http://localhost:{}/"])
def test_no_proxy_of_the_environment_is_asked(url: str, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with pytest.raises(NoReply):
        OutwardClient(LOCAL).request_and_wait("POST", url.format(port), body=b"x")
    assert not listener.was_reached()


@pytest.mark.parametrize("where", ["http://127.0.0.1:{}/", "https://127.0.0.1/", "//127.0.0.1:{}/", "/again"])
def test_a_redirect_is_an_answer_and_is_not_followed(where: str, listener: Listener) -> None:
    place = where.format(listener.port)
    reply = _asked_of(_saying(f"HTTP/1.1 307 x\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()))
    assert (reply.status, reply.is_success, reply.headers["location"]) == (307, False, place)
    assert not listener.was_reached()


def test_receivers_on_this_machine_are_good_where_the_setting_says_so_and_inner_ones_never(listener: Listener) -> None:
    assert _asked_of(_saying(b"HTTP/1.1 204 No Content\r\n\r\n")).is_success
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "https://192.168.0.1:8443/", f"http://{PUBLIC}/",
                f"https://{PUBLIC}:8443/"):
        with pytest.raises(AddressRefused):
            OutwardClient(LOCAL, connect=listener.connect).request_and_wait("GET", url)
    client = OutwardClient(LOCAL, resolve=_answering(["127.0.0.1", PUBLIC]), connect=listener.connect)
    with pytest.raises(AddressRefused):
        client.request_and_wait("GET", "https://both.example/")
    assert not listener.was_reached()


def test_production_refuses_the_setting_that_lets_receivers_on_this_machine_pass() -> None:
    with pytest.raises(SettingsError, match="OUTWARD_LOCAL must be 0"):
        load_settings({"GUILDHALL_ENV": "production", "OUTWARD_LOCAL": "1"})
    assert OutwardRules.of_settings(load_settings({"OUTWARD_LOCAL": "1"})).is_local_fine
    assert not OutwardRules.of_settings(load_settings({})).is_local_fine


def test_names_of_this_installation_are_its_public_one_and_each_allowed_host() -> None:
    settings = load_settings({"PUBLIC_URL": "https://Guildhall.example/api", "ALLOWED_HOSTS": "bücher.example"})
    assert OutwardRules.of_settings(settings).own_hosts == {"guildhall.example", "xn--bcher-kva.example"}


def test_the_certificate_and_the_host_header_are_those_of_the_name_wherever_its_address_came_from(
        tmp_path: Path) -> None:
    trust, server = _trusting(tmp_path, "hooks.example")
    heard: list[bytes] = []
    named: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: named.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(4))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok")
        await writer.drain()

    async def run() -> Reply:
        async with _receiver(answer, server) as port:
            client = OutwardClient(LOCAL, trust, resolve=_answering(["127.0.0.1"]))
            return await client.request("POST", f"https://hooks.example:{port}/a/b?c=d",
                                        headers={"Webhook-Id": "msg_1"}, body=b"body")

    reply = asyncio.run(run())
    assert (reply.status, reply.body, reply.headers["x-a"]) == (200, b"ok", "b")
    assert named == ["hooks.example"]
    head = heard[0].decode().split("\r\n")
    assert head[0] == "POST /a/b?c=d HTTP/1.1"
    assert any(line.startswith("Host: hooks.example:") for line in head)
    assert "Webhook-Id: msg_1" in head
    assert head[-1] == "body"


def test_a_certificate_for_another_name_is_not_good(tmp_path: Path) -> None:
    trust, server = _trusting(tmp_path, "others.example")

    async def run() -> None:
        async with _receiver(_saying(b"HTTP/1.1 200 OK\r\n\r\n"), server) as port:
            client = OutwardClient(LOCAL, trust, resolve=_answering(["127.0.0.1"]))
            await client.request("POST", f"https://hooks.example:{port}/", body=b"x")

    with pytest.raises(NoReply, match="TLS failed"):
        asyncio.run(run())


def test_a_receiver_that_never_answers_is_waited_for_no_longer_than_the_total() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.sleep(60)

    with pytest.raises(NoReply, match="no answer within"):
        _asked_of(silent, total_seconds=0.2)


def test_a_receiver_that_drips_is_waited_for_no_longer_than_the_total() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-A: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(NoReply, match=r"no answer within|no end|too long|broke"):
        _asked_of(drip, total_seconds=0.3)


def test_a_connection_that_is_never_taken_is_waited_for_no_longer_than_for_connecting() -> None:
    async def never(_address: str, _port: int) -> socket.socket:
        await asyncio.sleep(60)
        raise AssertionError

    client = OutwardClient(STRICT, resolve=_answering([PUBLIC, "1.1.1.1"]), connect=never, connect_seconds=0.1)
    with pytest.raises(NoReply, match="no connection within"):
        client.request_and_wait("POST", "https://a.example/")


def test_of_an_endless_answer_64_kib_are_read() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 8192)
            await writer.drain()

    reply = _asked_of(endless)
    assert (reply.status, reply.is_cut) == (200, True)
    assert READ_BYTES - 1000 < len(reply.body) < READ_BYTES


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000,
                                  b"HTTP/1.1 999999 x\r\n\r\n", b"\x00" * 100,
                                  b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_what_is_no_answer_of_http_is_a_failure_and_no_error_of_ours(said: bytes) -> None:
    with pytest.raises(NoReply):
        _asked_of(_saying(said))


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_no_caller_writes_the_headers_that_frame_a_request(name: str) -> None:
    with pytest.raises(ValueError, match="writes"):
        OutwardClient(LOCAL).request_and_wait("POST", "http://127.0.0.1:1/", headers={name: "x"})


def test_the_systems_own_resolver_is_asked_for_every_address() -> None:
    assert asyncio.run(resolve("127.1", 443)) == ["127.0.0.1"]
