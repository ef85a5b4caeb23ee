"""A way to Redis that can be made to hang: it accepts connections, and passes nothing on, until it is told to go on."""
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.components import wait_until

_PIECE = 2**16


class HangingRedis:
    """Counts what reaches it. Connections that were open when it hung, hang too."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._sockets: list[socket.socket] = []
        self._ports: list[int] = []
        """From which ports it was reached, in their order."""
        self._own = 0
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def connections(self) -> int:
        """Return how many connections there were: all that were opened before, for they are taken in their order."""
        with socket.create_connection(self._listener.getsockname()) as own:
            mine = own.getsockname()[1]
            wait_until(lambda: mine in self._ports, "the server takes this one")
        self._own += 1
        return len(self._ports) - self._own

    def hang(self) -> None:
        """Answer nothing from now on."""
        self._goes_on.clear()

    def go_on(self) -> None:
        """Answer everything, also what was asked meanwhile."""
        self._goes_on.set()

    def close(self) -> None:
        """Hang up on everybody."""
        self._goes_on.set()
        _hang_up(self._listener)
        self._accepting.join()
        for one in self._sockets:
            _hang_up(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, (_, port) = self._listener.accept()
                self._sockets.append(client)
                server = self._server()
                self._sockets.append(server)
                self._ports.append(port)
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _server(self) -> socket.socket:
        parts = urlsplit(self._target)
        if parts.scheme != "unix":
            return socket.create_connection((parts.hostname, parts.port or 6379))
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(parts.path)
        except OSError:
            server.close()
            raise
        return server

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                self._goes_on.wait()
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _hang_up(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def hanging_redis(target: str) -> Iterator[HangingRedis]:
    """Put one before the Redis at `target`; it does not hang yet."""
    redis = HangingRedis(target)
    try:
        yield redis
    finally:
        redis.close()
