"""The web server inside `flask serve`: gunicorn on the application that the supervisor has loaded already.

What is no HTTP never reaches the application; it is refused here, in the same words."""
import sys
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]
from gunicorn.http.errors import (  # type: ignore[import-untyped]
    ConfigurationProblem,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    ParseException,
)
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from app.errors import ApiError, InvalidInput, error_body

_OURS = (InvalidResponseHeader, InvalidResponseHeaderName, ConfigurationProblem)


class Worker(ThreadWorker):
    """gunicorn's threaded worker with our error shape (rules-platform §2.5) instead of its HTML pages."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer 400 to what is no HTTP, 500 to a failure outside the application (decision 3 knows no 414, 431, 501).

        Neither the answer nor the log repeats the request: a token may stand in it."""
        fault = type(exc).__name__
        if isinstance(exc, ParseException) and not isinstance(exc, _OURS):
            self.log.warning("no HTTP from %s: %s", addr[0] if addr else "a socket", fault)
            error: ApiError = InvalidInput("errMsg_requestIsNotValidHttp", detail={"request": fault})
        else:
            self.log.error("failure outside the application", exc_info=exc)
            error = ApiError("errMsg_UnexpectedError", "UnknownError")
        body = orjson.dumps(error_body(error))
        head = (f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n")
        with suppress(OSError):
            util.write_nonblock(client, head.encode() + body)


class LoadedApplication(WSGIApplication):
    """gunicorn with gunicorn.conf.py and GUNICORN_CMD_ARGS as always, but nothing left to load."""

    def __init__(self, application: Flask) -> None:
        self._application = application
        sys.argv = ["gunicorn", "wsgi:app"]
        super().__init__()

    def load(self) -> Flask:
        """Return the application that is there."""
        return self._application


def serve_web(application: Flask) -> None:
    """Serve until stopped."""
    LoadedApplication(application).run()
