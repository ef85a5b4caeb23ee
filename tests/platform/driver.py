"""Drives one realm's auth service over HTTP as its clients do: register, verify, log in, look around."""
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.settings import REALM_CODENAMES
from tests.clients import ApiClient

PASSWORD = "correct-horse-1"


class Auth:
    """The auth service of one realm, seen from outside."""

    def __init__(self, app: Flask, realm: str) -> None:
        self.app = app
        self.realm = realm
        self.codename = REALM_CODENAMES[realm]
        self.token_name = f"{self.codename}-access-token"
        self.other_realm = "network" if realm == "marketplace" else "marketplace"
        # A business service of the realm, for what every service answers.
        self.service = "categorymanagement-api" if realm == "marketplace" else "auth-api"

    def call(self, method: str, path: str, *, token: str | None = None, service: str = "auth-api",
             **options: Any) -> TestResponse:
        """Send one request to a service of the realm, with the token as Bearer."""
        return ApiClient(self.app, token=token).request(method, f"/{self.realm}/{service}{path}", **options)

    def register(self, email: str = "anna@example.com", password: str = PASSWORD, fullname: str = "Anna Ant",
                 **more: Any) -> TestResponse:
        """Register a user."""
        return self.call("POST", "/v1/registeruser",
                         json={"email": email, "password": password, "fullname": fullname, **more})

    def start(self, service: str, **body: Any) -> TestResponse:
        """Start a verification."""
        return self.call("POST", f"/verification-services/{service}/start", json=body)

    def complete(self, service: str, **body: Any) -> TestResponse:
        """Complete a verification."""
        return self.call("POST", f"/verification-services/{service}/complete", json=body)

    def verified_user(self, email: str = "anna@example.com", **more: Any) -> dict[str, Any]:
        """Register and verify a user over HTTP; returns the user."""
        user: dict[str, Any] = self.register(email, **more).json["user"]
        code = self.start("email-verification", email=email).json["secretCode"]
        assert self.complete("email-verification", email=email, secretCode=code).status_code == 200
        return user

    def login(self, username: str = "anna@example.com", password: str = PASSWORD, **options: Any) -> TestResponse:
        """Log in."""
        return self.call("POST", "/login", json={"username": username, "password": password}, **options)

    def token(self, username: str = "anna@example.com", password: str = PASSWORD) -> str:
        """Log in and return the access token."""
        answer = self.login(username, password)
        assert answer.status_code == 200, answer.json
        return str(answer.json["accessToken"])

    def current_user(self, token: str | None = None, **options: Any) -> TestResponse:
        """Ask who is logged in."""
        return self.call("GET", "/currentuser", token=token, **options)

    def is_alive(self, token: str) -> bool:
        """Tell whether the token still opens anything."""
        return self.current_user(token).status_code == 200


def wrong_code(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def is_refusal(answer: TestResponse, status: int, err_code: object = None) -> bool:
    """Tell whether the answer is the documented error JSON with this status (and errCode, when given)."""
    body = answer.json
    return bool(answer.status_code == status and body["result"] == "ERR" and body["status"] == status
                and body["message"] and body["date"].endswith("Z") and err_code in (None, body["errCode"]))
