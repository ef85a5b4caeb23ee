"""An application that a thread of the test serves, until the block ends."""
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask
from werkzeug.serving import make_server


@contextmanager
def served(app: Flask, listener: socket.socket) -> Iterator[None]:
    """Serve it on a socket that listens, which stays open: the port is nobody else's before and after."""
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno())
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
