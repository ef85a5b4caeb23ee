"""The Flask application without what no request here needs: coroutine checks, the session cookie, builders of URLs."""
from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import Rule


class NoSessions(SessionInterface):
    """Access tokens say who calls (app/identity); Flask's own session cookie is neither read nor written."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Return the session that refuses to be changed."""
        return NullSession()

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        """Do nothing."""


class PlainRule(Rule):
    """A rule that compiles what builds its URL when first asked: nobody asks, and it was most of a start's time."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(Rule._compile_builder(rule, append_unknown))
            return compiled[0](rule, **values)

        return build


class Application(Flask):
    """Our Flask."""

    session_interface = NoSessions()
    url_rule_class = PlainRule

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the callback as it is: all of ours are plain functions, and Flask would ask each at every request."""
        return func
