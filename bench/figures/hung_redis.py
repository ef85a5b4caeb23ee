"""A Redis that accepts connections and never answers: what a request waits meanwhile (docs/decisions/069)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench.guildhall import Guildhall
from bench.load import burst
from bench.report import Section, at_most

SECONDS, CONNECTIONS = 10.0, 4
FIRST_SECONDS, FIRST_CONNECTIONS = 3.0, 32  # the first requests of each worker wait, and find it out; all meet it
P99_MS = 300
ASKED = ("list", "create")


def measure(halls: list[Guildhall]) -> Section:
    """Load a web server whose workers have met such a Redis once."""
    section = Section(
        f"With a Redis that never answers, {CONNECTIONS} at a time",
        ("", "asked", "answers", "p50 ms", "p99 ms", "slowest ms", "refused"),
    )
    for hall in halls:
        for figure in ASKED:
            with _silent_server() as url:
                server = hall.web("hung-redis")
                server.environment["REDIS_URL"] = url
                server.start()
                try:
                    burst(server, hall.requests()[figure], FIRST_SECONDS, FIRST_CONNECTIONS)
                    shot = burst(server, hall.requests()[figure], SECONDS, CONNECTIONS)
                finally:
                    server.stop()
            section.rows.append((hall.database, figure, str(shot.requests), f"{shot.p50:.1f}", f"{shot.p99:.1f}",
                                 f"{shot.slowest:.0f}", str(shot.refused)))
            section.goals.append(at_most(f"{figure} p99, {hall.database}, Redis hangs", P99_MS, shot.p99, " ms"))
    return section


@contextmanager
def _silent_server() -> Iterator[str]:
    """Yield the URL of a server that accepts every connection and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in kept:
            one.close()
