"""The Flask application without what no request here needs: coroutine checks and the session cookie."""
from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface


class NoSessions(SessionInterface):
    """Access tokens say who calls (app/identity); Flask's own session cookie is neither read nor written."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Return the session that refuses to be changed."""
        return NullSession()

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        """Do nothing."""


class Application(Flask):
    """Our Flask."""

    session_interface = NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the callback as it is: all of ours are plain functions, and Flask would ask each at every request."""
        return func
