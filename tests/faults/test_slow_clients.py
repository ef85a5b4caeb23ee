"""Clients that are slow on purpose, at the real server: they are told or let go, and everybody else is served."""
import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.components import wait_until
from tests.live import LiveSystem, answers, live_system

pytestmark = [pytest.mark.slow, pytest.mark.once("about bytes on their way; no statement is sent")]

HEALTH = "/marketplace/auth-api/health"
LONG = b"/marketplace/auth-api/openapi.json"
LOGIN = b"/marketplace/auth-api/login"
HEAD = b"POST " + LOGIN + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
STREAM = (b"GET /marketplace/realtime/subscribe?topics=ebaycclone-productlisting-service-dbevent-"
          b"productlistingproduct-created HTTP/1.1\r\nHost: localhost\r\n\r\n")
SLOW, MANY = 8, 200
PATIENCE = 30  # seconds: the machine may be busy, the clients are let go of only later


def test_slow_clients_are_told_or_let_go_and_whoever_behaves_is_served(tmp_path: Path) -> None:
    """At one system with short deadlines: each xdist worker would start its own for a test of each."""
    with live_system(tmp_path / "live", DATABASE_URL="", REQUEST_HEAD_SECONDS="1.5", REQUEST_BODY_SECONDS="1.5",
                     ANSWER_SECONDS="1.5") as impatient:
        _bodies_sent_a_byte_at_a_time_are_answered_408_and_health_answers_meanwhile(impatient)
        _heads_sent_a_byte_at_a_time_are_answered_408_and_health_answers_meanwhile(impatient)
        _silent_connections_are_closed_and_health_answers_meanwhile(impatient)
        _who_does_not_read_its_answers_is_let_go_and_health_answers_meanwhile(impatient)
        _a_client_that_leaves_in_the_middle_of_its_request_leaves_nothing_behind(impatient)
        _one_connection_serves_many_requests(impatient)
        _headers_that_are_too_long_together_are_refused(impatient)
        _an_upload_of_megabytes_arrives_whole(impatient)


@contextmanager
def connected(system: LiveSystem, count: int, first: bytes = b"", window: int = 0) -> Iterator[list[socket.socket]]:
    """Lend connections that have sent `first`; with `window`, the client's side holds no more than so many bytes."""
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            if window:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
            client.settimeout(60)
            client.connect(("127.0.0.1", int(system.environment["PORT"])))
            if first:
                client.sendall(first)
            clients.append(client)
        yield clients


def last_words(client: socket.socket) -> bytes:
    """Return all the server still says on this connection, which it closes."""
    said = b""
    try:
        while received := client.recv(65536):
            said += received
    except ConnectionResetError:
        pass
    return said


def is_closed(client: socket.socket, trickle: bytes) -> bool:
    """Send a little more; True when the server has said its last or has closed."""
    try:
        client.sendall(trickle)
        client.setblocking(False)
        client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.settimeout(60)
    return True


def refusal(said: bytes) -> tuple[int, str]:
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)["errCode"]


def _bodies_sent_a_byte_at_a_time_are_answered_408_and_health_answers_meanwhile(impatient: LiveSystem) -> None:
    with connected(impatient, SLOW, HEAD + b"Content-Length: 1000\r\n\r\n") as clients:
        assert answers(impatient.url + HEALTH, PATIENCE)
        wait_until(lambda: sum(is_closed(client, b" ") for client in clients) == SLOW, "all are told")
        assert {refusal(last_words(client)) for client in clients} == {(408, "RequestTimeout")}


def _heads_sent_a_byte_at_a_time_are_answered_408_and_health_answers_meanwhile(impatient: LiveSystem) -> None:
    with connected(impatient, SLOW, HEAD + b"X: ") as clients:
        assert answers(impatient.url + HEALTH, PATIENCE)
        wait_until(lambda: sum(is_closed(client, b"x") for client in clients) == SLOW, "all are told")
        assert {refusal(last_words(client)) for client in clients} == {(408, "RequestTimeout")}


def _silent_connections_are_closed_and_health_answers_meanwhile(impatient: LiveSystem) -> None:
    with connected(impatient, MANY) as clients:
        assert answers(impatient.url + HEALTH, PATIENCE)
        assert {last_words(client) for client in clients} == {b""}


def _who_does_not_read_its_answers_is_let_go_and_health_answers_meanwhile(impatient: LiveSystem) -> None:
    asked = (b"GET " + LONG + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") * 2000
    with connected(impatient, SLOW, window=4096) as clients:
        for client in clients:
            client.setblocking(False)
            client.send(asked)
        assert answers(impatient.url + HEALTH, PATIENCE)
        wait_until(lambda: not _connections(impatient), "the server has let go of all of them")


def _connections(system: LiveSystem) -> list[Any]:
    """Return the connections that clients have with the web workers."""
    port = int(system.environment["PORT"])
    return [one for pid in system.pids("web")[1:] for one in psutil.Process(pid).net_connections("tcp")
            if one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port]


def _a_client_that_leaves_in_the_middle_of_its_request_leaves_nothing_behind(impatient: LiveSystem) -> None:
    with connected(impatient, SLOW, HEAD + b"Content-Length: 1000\r\n\r\n{"):
        pass
    wait_until(lambda: not _connections(impatient), "the server has forgotten them")
    assert answers(impatient.url + HEALTH, PATIENCE)
    assert "Traceback" not in impatient.logs("web")


def _one_connection_serves_many_requests(impatient: LiveSystem) -> None:
    connection = HTTPConnection("127.0.0.1", int(impatient.environment["PORT"]), timeout=60)
    statuses, sockets = [], set()
    for method, path, body in (("GET", HEALTH, None), ("HEAD", HEALTH, None), ("POST", LOGIN.decode(), "{}"),
                               ("POST", LOGIN.decode(), iter([b"{", b"}"])), ("GET", HEALTH, None)):
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        assert bool(said) == (method != "HEAD")
        assert int(answer.headers["Content-Length"]) > 0
        statuses.append(answer.status)
        sockets.add(connection.sock)
    connection.close()
    assert statuses == [200, 200, 400, 400, 200]
    assert len(sockets) == 1


def _headers_that_are_too_long_together_are_refused(impatient: LiveSystem) -> None:
    """Each may be long, and there may be many; a thousand such requests that wait for a thread must fit into memory."""
    head = b"GET " + HEALTH.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for length, status in ((700, 200), (1000, 400)):
        headers = b"".join(b"X-%d: %s\r\n" % (number, b"x" * length) for number in range(80))
        with connected(impatient, 1, head + headers + b"\r\n") as [client]:
            assert int(last_words(client).split(b" ")[1]) == status


def _an_upload_of_megabytes_arrives_whole(impatient: LiveSystem) -> None:
    """It waits in a file; what is no picture is refused only after all of it was read."""
    form = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
            + os.urandom(5_000_000) + b"\r\n--x--\r\n")
    connection = HTTPConnection("127.0.0.1", int(impatient.environment["PORT"]), timeout=60)
    credentials = json.dumps({"username": "admin@admin.com", "password": "superadmin-test-1"})
    connection.request("POST", LOGIN.decode(), credentials, {"Content-Type": "application/json"})
    token = json.loads(connection.getresponse().read())["accessToken"]
    connection.request("POST", "/marketplace/productlisting-api/api/media/upload", form, {
        "Content-Type": "multipart/form-data; boundary=x", "Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["code"]) == (400, "invalid_mime")
    connection.close()


def test_slow_connections_of_each_kind_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with ExitStack() as stack:
        system = stack.enter_context(live_system(tmp_path / "live", DATABASE_URL="", MARKETPLACE_PUBLIC_READS="1"))
        wait_until(lambda: system.logs("web").count("server listening") == 2, "both workers listen")
        for first in (b"", HEAD, HEAD + b"Content-Length: 1000\r\n\r\n{", STREAM):
            clients = stack.enter_context(connected(system, SLOW, first))
        wait_until(lambda: len(_connections(system)) == 4 * SLOW, "all have arrived")
        assert all(client.recv(4096) for client in clients)  # the streams are open
        assert system.stop() == 0
        log = system.logs("web")
    assert log.count("Worker exiting") == 2  # each by itself: the master had to kill nobody
