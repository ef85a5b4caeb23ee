"""Requests and answers pass the server whole: what an application behind it sees, and what its clients get."""
import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask, Response, request

from app.http.hooks import REFUSAL, STREAM
from app.ops import asgi, wsgi_exchange
from app.ops.asgi import (
    ABORT,
    ANSWERS_IN_MEMORY,
    IN_MEMORY,
    REQUESTS_IN_MEMORY,
    BufferingServer,
    UnfinishedRequests,
)
from app.settings import Settings

LONGEST = 4 * IN_MEMORY
SETTINGS = Settings(request_body_seconds=30, answer_seconds=30)
IMPATIENT = replace(SETTINGS, request_body_seconds=0.05, answer_seconds=0.05)


def small_application() -> Flask:
    app = Flask("small")
    app.config["MAX_CONTENT_LENGTH"] = LONGEST

    @app.route("/echo", methods=["GET", "POST"])
    def echo() -> Any:
        refusal = request.environ.get(REFUSAL)
        if refusal is not None:
            return {"code": refusal.err_code}, refusal.status
        return {"length": len(request.get_data()), "announced": request.content_length, "from": request.remote_addr,
                "q": request.args.get("q"), "forwarded": request.headers.get("X-Forwarded-For")}

    @app.get("/long/<int:size>")
    def long(size: int) -> Response:
        def pieces() -> Iterator[bytes]:
            for at in range(0, size, 100_000):
                yield bytes([at % 251]) * min(100_000, size - at)
        return Response(pieces(), content_type="application/octet-stream")

    @app.get("/endless/<int:size>")
    def endless(size: int) -> Response:
        def pieces() -> Iterator[bytes]:
            for number in range(size):
                made.append(number)
                yield b"x" * IN_MEMORY
        made: list[int] = app.config.setdefault("MADE", [])
        request.environ[STREAM] = True
        return Response(pieces())

    @app.get("/broken-off")
    def broken_off() -> Response:
        def pieces() -> Iterator[bytes]:
            yield b"[1"
            raise RuntimeError("the database went away")
        request.environ[STREAM] = True
        return Response(pieces())

    @app.get("/broken")
    def broken() -> Response:
        return Response(iter([b"a", 1]))  # type: ignore[list-item]

    return app


@dataclass
class Client:
    """Asks one request of the server, and takes what comes back."""

    server: BufferingServer
    pieces: list[bytes] = field(default_factory=list)  # of its body, as they come in
    then: str = "end"  # or "silence", "leave", "too late": the rest comes together with the time-out
    reads: bool = True
    also: list[tuple[bytes, bytes]] = field(default_factory=list)  # headers, as they are
    address: str = "203.0.113.1"
    said: list[dict[str, Any]] = field(default_factory=list)
    was_dropped: bool = False

    async def ask(self, path: str, method: str = "GET", **headers: str) -> "Client":
        left = list(self.pieces)
        forever = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if left:
                piece = left.pop(0)
                return {"type": "http.request", "body": piece, "more_body": bool(left) or self.then != "end"}
            if self.then == "silence":
                await forever.wait()
            if self.then == "too late":
                with suppress(asyncio.CancelledError):  # as asyncio.wait_for may, in which gunicorn waits
                    await forever.wait()
                return {"type": "http.request", "body": b"}", "more_body": False}
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if not self.reads:
                await forever.wait()
            self.said.append(message)

        def drop() -> None:
            self.was_dropped = True

        path, _, query = path.partition("?")
        await self.server({
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "http_version": "1.1", "client": (self.address, 1), "extensions": {ABORT: drop}, "scheme": "http",
            "headers": [*((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
                        *self.also],
        }, receive, send)
        return self

    @property
    def status(self) -> int:
        return int(self.said[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.said[1:])

    @property
    def json(self) -> Any:
        return Response(self.body, content_type="application/json").get_json()


def served(settings: Settings = SETTINGS) -> BufferingServer:
    return BufferingServer(small_application(), settings, threads=1)


def ask(client: Client, path: str, method: str = "GET", **headers: str) -> Client:
    return asyncio.run(client.ask(path, method, **headers))


@pytest.mark.parametrize("then", ["silence", "too late"])
def test_a_body_that_does_not_come_in_time_is_answered_408(then: str) -> None:
    client = ask(Client(served(IMPATIENT), [b"{"], then=then), "/echo", "POST", content_length="50")
    assert (client.status, client.json) == (408, {"code": "RequestTimeout"})


def test_a_body_that_keeps_up_may_take_longer() -> None:
    body = [bytes(65536)] * 8  # 4 s each at 16 KiB a second
    client = ask(Client(served(IMPATIENT), body), "/echo", "POST", content_length=str(8 * 65536))
    assert client.json["length"] == 8 * 65536


def test_a_client_that_leaves_before_its_request_is_whole_reaches_nobody() -> None:
    client = ask(Client(served(), [b"{"], then="leave"), "/echo", "POST", content_length="50")
    assert client.said == []


def test_a_body_longer_than_the_limit_is_refused_unread() -> None:
    client = ask(Client(served(), [b"x"]), "/echo", "POST", content_length=str(LONGEST + 1))
    assert client.status == 413


def test_a_body_in_chunks_longer_than_the_limit_is_refused_when_it_passes_it() -> None:
    client = ask(Client(served(), [bytes(IN_MEMORY)] * 8), "/echo", "POST", transfer_encoding="chunked")
    assert client.status == 413


def test_a_body_in_chunks_reaches_the_application_with_its_length() -> None:
    client = ask(Client(served(), [b"abc", b"", b"de"]), "/echo", "POST", transfer_encoding="chunked")
    assert client.json["length"] == client.json["announced"] == 5


def test_a_long_body_waits_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = []
    rollover = tempfile.SpooledTemporaryFile.rollover

    def counted(self: Any) -> None:
        moved.append(self)
        rollover(self)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", counted)
    body = [bytes(IN_MEMORY), b"and more"]
    client = ask(Client(served(), body), "/echo", "POST", content_length=str(IN_MEMORY + 8))
    assert client.json["length"] == IN_MEMORY + 8
    assert len(moved) == 1


def test_a_long_body_without_room_for_a_file_is_answered_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", no_room)
    client = ask(Client(served(), [bytes(IN_MEMORY + 1)]), "/echo", "POST", content_length=str(IN_MEMORY + 1))
    assert client.status == 503


def test_a_client_that_does_not_read_is_dropped_and_the_thread_is_free() -> None:
    async def both() -> tuple[Client, Client]:
        server = served(IMPATIENT)
        deaf = asyncio.ensure_future(Client(server, reads=False).ask("/long/3000000"))
        other = await Client(server).ask("/echo")
        return await deaf, other

    deaf, other = asyncio.run(both())
    assert deaf.was_dropped
    assert other.status == 200


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, 3_300_000])
def test_an_answer_arrives_as_it_was_said(size: int) -> None:
    expected = b"".join(bytes([at % 251]) * min(100_000, size - at) for at in range(0, size, 100_000))
    assert ask(Client(served()), f"/long/{size}").body == expected


def test_a_long_answer_without_room_for_a_file_is_given_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(wsgi_exchange, "TemporaryFile", no_room)
    client = ask(Client(served()), "/long/3300000")
    assert (client.status, len(client.body)) == (200, 3_300_000)


def test_answers_that_wait_take_no_more_memory_than_they_may() -> None:
    async def held() -> int:
        server = served(replace(SETTINGS, answer_seconds=600))
        count = ANSWERS_IN_MEMORY // IN_MEMORY + 8
        deaf = [asyncio.ensure_future(Client(server, reads=False).ask(f"/long/{IN_MEMORY}")) for _ in range(count)]
        await asyncio.sleep(0)
        await Client(server).ask("/echo")  # one thread: it comes after all of them
        held = server.waiting_in_memory
        for one in deaf:
            one.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*deaf)
        return held

    assert 0 < asyncio.run(held()) <= ANSWERS_IN_MEMORY


def test_a_failure_of_the_application_itself_is_a_500_in_our_words() -> None:
    client = ask(Client(served()), "/broken")
    assert (client.status, client.json["errCode"]) == (500, "UnknownError")


def test_a_query_of_any_bytes_reaches_the_application() -> None:
    assert ask(Client(served()), "/echo?q=%C3%A9").json["q"] == "é"


def test_an_address_may_have_so_many_unfinished_requests_and_no_more() -> None:
    unfinished = UnfinishedRequests(2)
    assert [unfinished.begin("203.0.113.1") for _ in range(3)] == [True, True, False]
    assert unfinished.begin("203.0.113.2")
    unfinished.end("203.0.113.1")
    assert unfinished.begin("203.0.113.1")


def test_addresses_of_one_ipv6_network_count_together() -> None:
    unfinished = UnfinishedRequests(1)
    assert unfinished.begin("2001:db8:1:2::1")
    assert not unfinished.begin("2001:db8:1:2:ffff::9")
    assert unfinished.begin("2001:db8:1:3::1")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_have_any_number_of_unfinished_requests(address: str) -> None:
    unfinished = UnfinishedRequests(1)
    assert all(unfinished.begin(address) for _ in range(100))


@pytest.mark.parametrize(("proxies", "forwarded", "statuses"), [
    (0, "198.51.100.7", [429]),  # what a client says of itself is not believed
    (1, "198.51.100.7", [200]),
    (1, "198.51.100.7, 203.0.113.1", [429]),
])
def test_the_address_that_counts_is_the_one_the_trusted_proxy_saw(
        proxies: int, forwarded: str, statuses: list[int]) -> None:
    async def answers() -> list[int]:
        server = served(replace(SETTINGS, trusted_proxies=proxies, unfinished_per_address=1))
        slow = asyncio.ensure_future(Client(server, [b"{"], then="silence").ask(
            "/echo", "POST", content_length="9", x_forwarded_for="203.0.113.1"))
        await asyncio.sleep(0)
        other = await Client(server, [b"{}"]).ask("/echo", "POST", content_length="2", x_forwarded_for=forwarded)
        slow.cancel()
        return [other.status]

    assert asyncio.run(answers()) == statuses


def test_a_quote_does_not_make_the_caller_the_proxy_which_may_have_any_number() -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": '"198.51.100.7, 203.0.113.1'}
    assert asgi.client_of(environ, 1) == "203.0.113.1"


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"x-forwarded_for"])
def test_a_header_whose_name_is_written_with_underscores_is_none(name: bytes) -> None:
    client = Client(served(), also=[(name, b"198.51.100.7")])
    assert ask(client, "/echo", x_forwarded_for="203.0.113.1").json["forwarded"] == "203.0.113.1"


def test_bodies_that_wait_for_a_thread_take_no_more_memory_than_they_may() -> None:
    async def held() -> tuple[int, list[int], int]:
        server, release, waiting = served(), threading.Event(), []
        server._threads.submit(release.wait)
        count = REQUESTS_IN_MEMORY // IN_MEMORY + 8
        for _ in range(count):
            waiting.append(asyncio.ensure_future(Client(server, [bytes(IN_MEMORY)]).ask(
                "/echo", "POST", content_length=str(IN_MEMORY))))
            await asyncio.sleep(0)
        held = server.requests_in_memory
        release.set()
        done = await asyncio.gather(*waiting)
        return held, [one.json["length"] for one in done], server.requests_in_memory

    held_at_most, lengths, held_at_last = asyncio.run(held())
    assert 0 < held_at_most <= REQUESTS_IN_MEMORY
    assert set(lengths) == {IN_MEMORY}
    assert held_at_last == 0


@pytest.mark.parametrize("then", ["silence", "leave"])
def test_a_body_that_does_not_come_whole_takes_no_memory_any_more(then: str) -> None:
    server = served(IMPATIENT)
    ask(Client(server, [bytes(1000)], then=then), "/echo", "POST", content_length="5000")
    assert server.requests_in_memory == 0


def test_an_answer_without_a_bound_is_sent_as_it_is_made_and_none_of_it_is_kept() -> None:
    server = served()
    client = ask(Client(server), "/endless/3")
    assert client.body == b"x" * 3 * IN_MEMORY
    assert (server.waiting_in_memory, client.was_dropped, client.said[-1].get("more_body", False)) == (0, False, False)


def test_no_piece_is_made_before_the_client_has_taken_the_former() -> None:
    server = served(IMPATIENT)
    client = ask(Client(server, reads=False), "/endless/1000")
    assert client.was_dropped
    assert len(server._application.config["MADE"]) <= 1
    assert ask(Client(server), "/echo").status == 200  # the one thread is free


def test_an_answer_that_breaks_off_cuts_the_connection() -> None:
    client = ask(Client(served()), "/broken-off")
    assert client.body == b"[1"
    assert client.was_dropped
    assert all(message.get("more_body", True) for message in client.said[1:])
