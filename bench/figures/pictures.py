"""Hostile pictures: what a hundred of each kind, four uploads at the same time, cost the web process in memory."""

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.guildhall import LOGIN, Guildhall
from bench.report import Section, at_most
from bench.seed import PASSWORD
from bench.servers import Server
from tests.hostile_pictures import KINDS, hostile_pictures, picture

UPLOAD = "/marketplace/bucket/upload"
AT_ONCE = 4
MOST_MIB = 64
SAMPLE_SECONDS = 0.02


def measure(hall: Guildhall) -> Section:
    """Send the files of each kind as one user's; the memory is that of all web processes together."""
    server = hall.web()
    server.start()
    section = Section(
        f"A hundred hostile pictures of each kind, {AT_ONCE} uploads at the same time",
        ("kind", "taken", "refused", "other answers", "seconds", "PSS MiB before", "highest", "more"),
    )
    try:
        writers = [_writer(server, email) for email in hall.seeded["emails"][: len(KINDS)]]
        _upload(server, *writers[0], picture())
        for kind, writer in zip(KINDS, writers, strict=True):
            section.rows.append(_row(server, kind, writer))
            section.goals.append(at_most(f"web processes, {kind}", MOST_MIB, float(section.rows[-1][-1]), " MiB"))
    finally:
        server.stop()
    section.notes.append("The worker, which decodes what was taken, does not run here; it has a limit of its own.")
    return section


def _row(server: Server, kind: str, writer: tuple[str, str]) -> Sequence[str]:
    files = [content for _, content in hostile_pictures(kind)]
    before, started = server.pss_mib(), time.monotonic()
    with _highest_pss(server) as samples, ThreadPoolExecutor(AT_ONCE) as clients:
        answers = Counter(clients.map(lambda content: _upload(server, *writer, content), files))
    other = sum(answers.values()) - answers[200] - answers[400]
    highest = max(samples)
    return (kind, str(answers[200]), str(answers[400]), str(other), f"{time.monotonic() - started:.1f}",
            f"{before:.0f}", f"{highest:.0f}", f"{max(0.0, highest - before):.1f}")  # fmt: skip


@contextmanager
def _highest_pss(server: Server) -> Iterator[list[float]]:
    samples, is_over = [server.pss_mib()], threading.Event()

    def watch() -> None:
        while not is_over.wait(SAMPLE_SECONDS):
            samples.append(server.pss_mib())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield samples
    finally:
        is_over.set()
        watching.join()


def _writer(server: Server, email: str) -> tuple[str, str]:
    """Log in; return the id of the user's bucket and the token for it."""
    body = json.dumps({"username": email, "password": PASSWORD}).encode()
    _, answer = _post(server, LOGIN, body, {"Content-Type": "application/json"})
    session = json.loads(answer)
    return f"{session['userId']}-public-user-bucket", session["userBucketToken"]


def _upload(server: Server, bucket: str, token: str, content: bytes) -> int:
    """Send one file; return the status of the answer."""
    limit = uuid.uuid4().hex
    parts = [('name="bucketId"', bucket.encode()), ('name="files"; filename="a"', content)]
    body = b"".join(f"--{limit}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
                    for head, value in parts) + f"--{limit}--\r\n".encode()  # fmt: skip
    status, _ = _post(server, UPLOAD, body, {
        "Content-Type": f"multipart/form-data; boundary={limit}", "Authorization": f"Bearer {token}"})  # fmt: skip
    return status


def _post(server: Server, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
