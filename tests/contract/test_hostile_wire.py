"""What is sent past every HTTP library, to the real server: it answers in our words, or closes, and goes on serving."""
import json
import socket
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.components import wait_until
from tests.live import LiveSystem

LOGIN = b"/marketplace/auth-api/login"
UPLOAD = "/marketplace/productlisting-api/api/media/upload"
JSON = b"Host: localhost\r\nContent-Type: application/json\r\n"
CREDENTIALS = json.dumps({"username": "admin@admin.com", "password": "superadmin-test-1"}).encode()

# What comes in; all of it is refused with a 400.
MALFORMED = {
    "no http": b"hello\r\n\r\n",
    "http/0.9": b"GET /\r\n\r\n",
    "http/9.9": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a strange method": b"G\x00T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an endless address": b"GET /?q=" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an endless header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "a thousand headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
    "a length that is none": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Content-Length: many\r\n\r\n{}",
    "a negative length": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Content-Length: -1\r\n\r\n{}",
    "a length in Arabic digits": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Content-Length: \xd9\xa3\r\n\r\n{}",
    "two lengths": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "length and chunks": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON
                         + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "an unknown transfer coding": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: rot13\r\n\r\n{}",
    "an unknown expectation": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Expect: a miracle\r\n\r\n",
    "chunks of no size": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "a chunk of negative size": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON
                                + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk that is longer": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON
                              + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xxxx\r\n0\r\n\r\n",
    "a chunk that is cut short": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON
                                 + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{}",
    "a body that is cut short": b"POST " + LOGIN + b" HTTP/1.1\r\n" + JSON + b"Content-Length: 99\r\n\r\n{\"a\":",
}


def exchange(system: LiveSystem, request: bytes) -> tuple[int, bytes, bytes]:
    """Send bytes, say that no more will come, and return status, head and body of the answer."""
    with socket.create_connection(("127.0.0.1", int(system.environment["PORT"])), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]) if head else 0, head, body


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    """Return a request that closes its connection."""
    lines = (b"POST " + path + b" HTTP/1.1", JSON + b"Connection: close", *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def get(address: bytes) -> bytes:
    """Return a request that closes its connection."""
    return b"GET " + address + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def in_chunks(body: bytes, size: int = 7) -> bytes:
    """Return the body in the chunked transfer coding."""
    parts = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def told(body: bytes) -> Any:
    """Return an error that has the documented shape."""
    error = json.loads(body)
    assert error["result"] == "ERR"
    assert {"status", "message", "errCode", "date"} <= set(error)
    return error


@pytest.mark.slow
@pytest.mark.once("about bytes that never reach a statement")
def test_malformed_http_is_refused_in_our_words_and_the_server_goes_on(live: LiveSystem) -> None:
    wait_until(lambda: live.is_back("web", 3), "both web workers run")
    workers = live.pids("web")
    for name, request in MALFORMED.items():
        status, head, body = exchange(live, request)
        assert status == 400, (name, head, body)
        assert b"application/json" in head, (name, head)
        assert told(body)["status"] == 400, name
        assert b"Traceback" not in body
    _a_body_in_chunks_is_a_body_and_has_the_same_limit(live)
    _who_sends_far_too_much_hears_the_refusal(live)
    _addresses_of_every_form_are_answered(live)
    _clients_that_stall_hold_no_thread_for_good(live)
    assert live.pids("web") == workers
    assert "Traceback" not in live.logs("web"), live.logs("web")[-3000:]


def _a_body_in_chunks_is_a_body_and_has_the_same_limit(live: LiveSystem) -> None:
    chunked = b"Transfer-Encoding: chunked"
    assert exchange(live, post(LOGIN, in_chunks(CREDENTIALS), chunked))[0] == 200
    status, _, body = exchange(live, post(LOGIN, in_chunks(b"[" + b" " * 3_000_000 + b"]", 60_000), chunked))
    assert status == 413
    assert told(body)["status"] == 413


def _who_sends_far_too_much_hears_the_refusal(live: LiveSystem) -> None:
    """The client sends everything before it listens, as most do."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n'
    form = part + bytes(12_000_000) + b"\r\n--x--\r\n"
    json_type = {"Content-Type": "application/json"}
    token = _sent_whole(live, LOGIN.decode(), CREDENTIALS, json_type)["accessToken"]
    form_type = {"Content-Type": "multipart/form-data; boundary=x", "Authorization": f"Bearer {token}"}
    assert _sent_whole(live, UPLOAD, form, form_type)["error"]["code"] == "too_large"
    assert _sent_whole(live, LOGIN.decode(), bytes(12_000_000), json_type)["status"] == 413


def _sent_whole(live: LiveSystem, path: str, body: bytes, headers: dict[str, str]) -> Any:
    with closing(HTTPConnection("127.0.0.1", int(live.environment["PORT"]), timeout=60)) as connection:
        connection.request("POST", path, body, headers)
        return json.loads(connection.getresponse().read())


def _addresses_of_every_form_are_answered(live: LiveSystem) -> None:
    for address in (b"http://evil.example/", b"//", b"//evil.example/x", b"/%", b"/%zz", b"/\xff", b"/a\\b", b"/..;/",
                    b"/marketplace/auth-api/../../x", b"/?\xff=\xfe", b"/#a", b"http://[::1", b"http://[", b"*"):
        status, _, body = exchange(live, get(address))
        assert status in (200, 400, 404), (address, status, body[:200])


def _clients_that_stall_hold_no_thread_for_good(live: LiveSystem) -> None:
    """One for each thread there is: the next caller is answered when they have used up the patience."""
    with ExitStack() as stack:
        for _ in range(4):
            silent = stack.enter_context(
                socket.create_connection(("127.0.0.1", int(live.environment["PORT"])), timeout=60))
            silent.sendall(post(LOGIN, b"{", b"Content-Length: 50"))
        assert exchange(live, get(b"/marketplace/auth-api/health"))[0] == 200
