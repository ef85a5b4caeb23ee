"""Who calls the API in a test: one client per user, each request in a context of its own, as on a real server."""
from collections.abc import Mapping
from contextvars import Context
from functools import cache
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.actor import Actor, system_actor
from app.data.unit_of_work import unit_of_work
from app.identity import passwords
from app.identity.access_tokens import issue_access_token
from app.identity.authentication import identity
from app.identity.roles import ADMIN, SUPER_ADMIN, SUPER_ADMIN_ID, USER
from app.identity.sessions import open_session
from app.production import SUPER_ADMIN_EMAIL
from app.runtime import runtime
from blueprints.platform.auth.models import Account, account_model

PASSWORD = "correct-horse-1"


class ApiClient:
    """Sends requests as one user (or nobody); `json=` is the body, the answer's `.json` the envelope."""

    def __init__(self, app: Flask, actor: Actor | None = None, token: str | None = None) -> None:
        self._client = app.test_client(use_cookies=False)
        self.token = token
        self._actor = actor

    @property
    def actor(self) -> Actor:
        """The same user as an actor, for calling commands and queries directly."""
        assert self._actor is not None, "a visitor without a token is no actor"
        return self._actor

    @property
    def user_id(self) -> str:
        """The user's id."""
        return str(self.actor.user_id)

    @property
    def email(self) -> str:
        """The user's e-mail."""
        return str(self.actor.email)

    def request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None,
                **options: Any) -> TestResponse:
        """Send one request; the application's context variables are those of a fresh request."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        return Context().run(self._client.open, path, method=method, headers=sent, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET `path`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        """POST to `path`."""
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> TestResponse:
        """PATCH `path`."""
        return self.request("PATCH", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        """PUT to `path`."""
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE `path`."""
        return self.request("DELETE", path, **options)


class Callers:
    """Makes users with a live session, without the cost of registering; the same name is the same user."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._known: dict[tuple[str, str], ApiClient] = {}

    def user(self, name: str = "anna", *, realm: str = "marketplace", role: str = USER, **fields: Any) -> ApiClient:
        """Return the client of the verified user `name` of the realm, made on first mention; password PASSWORD."""
        if (realm, name) not in self._known:
            account = self._account(name, realm, role, fields)
            self._known[realm, name] = self._log_in(account, realm)
        return self._known[realm, name]

    def admin(self, name: str = "ada", *, realm: str = "marketplace") -> ApiClient:
        """Return the client of an admin."""
        return self.user(name, realm=realm, role=ADMIN)

    def super_admin(self, *, realm: str = "marketplace") -> ApiClient:
        """Return the client of the realm's one superAdmin."""
        key = (realm, SUPER_ADMIN)
        if key not in self._known:
            self._known[key] = self._session(realm, SUPER_ADMIN_ID, SUPER_ADMIN, SUPER_ADMIN_EMAIL, "Super Admin")
        return self._known[key]

    def _account(self, name: str, realm: str, role: str, fields: dict[str, Any]) -> Account:
        values = {"email": f"{name}@guildhall.test", "fullname": name.capitalize(), "password": _password_hash(),
                  "email_verified": True, "role_id": role, **fields}
        with unit_of_work(system_actor(realm)) as work:
            account = work.insert(account_model(realm)(**values))
            work.commit()
        return account

    def _log_in(self, account: Account, realm: str) -> ApiClient:
        return self._session(realm, account.id, account.role_id, account.email, account.fullname)

    def _session(self, realm: str, user_id: str, role: str, email: str, fullname: str) -> ApiClient:
        pair = identity().keys.current(realm)
        with unit_of_work(system_actor(realm)) as work:
            session = open_session(work, realm, user_id, runtime().settings.access_token_ttl)
            work.commit()
        token = issue_access_token(pair, user_id=user_id, session_id=session.id, logged_in_at=session.logged_in_at,
                                   expires_at=session.expires_at)
        return ApiClient(self._app, Actor(realm, user_id, session.id, role, email, fullname), token)


def _password_hash() -> str:
    return _hashed_by(passwords._hasher)


@cache
def _hashed_by(_hasher: object) -> str:
    """Hash once for each cost: a login would renew a hash of another one."""
    return passwords.hash_password(PASSWORD)
