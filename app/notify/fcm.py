"""Firebase Cloud Messaging, HTTP v1: the documented shapes; tried against a stub in the tests, not against Google.

A service account signs a short-lived assertion, for which Google gives an access token (RFC 7523)."""
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from app.notify.carrier import Delayed, RecipientGone
from app.notify.fcm_account import FcmAccount
from app.notify.letters import Letter
from app.notify.push_requests import PushRequest, refusal, wait_of
from app.outward.client import Reply

API = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_ASSERTION_SECONDS = 3600
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# UNREGISTERED: the app is gone; SENDER_ID_MISMATCH: the token is another project's, and always will be.
_GONE = ("UNREGISTERED", "SENDER_ID_MISMATCH")
MOST_CHARACTERS = 1_000
"""Of title and of body: FCM takes 4,096 bytes in all."""


class Fcm:
    """Makes the requests of one run: one access token for all of them."""

    def __init__(self, account: FcmAccount, post: Callable[[PushRequest], Reply], api: str = API) -> None:
        self._account, self._post, self._api = account, post, api
        self._token = ""

    def request(self, token: str, letter: Letter, data: Mapping[str, Any] | None) -> PushRequest:
        """Return the request that brings the message to the app with this registration token; raises Delayed."""
        message = {"token": token, "data": {name: _text(value) for name, value in (data or {}).items()},
                   "notification": {"title": letter.subject[:MOST_CHARACTERS], "body": letter.text[:MOST_CHARACTERS]}}
        return PushRequest(f"{self._api}/v1/projects/{self._account.project_id}/messages:send", {
            "Authorization": f"Bearer {self._access_token()}", "Content-Type": "application/json"},
            orjson.dumps({"message": message}))

    def _access_token(self) -> str:
        if not self._token:
            asked = urlencode({"grant_type": _GRANT, "assertion": self._assertion()}).encode()
            reply = self._post(PushRequest(self._account.token_uri, {
                "Content-Type": "application/x-www-form-urlencoded"}, asked))
            try:
                self._token = str(orjson.loads(reply.body)["access_token"])
            except (ValueError, TypeError, KeyError) as error:
                raise Delayed(f"Google gives no access token: {refusal(reply)}", wait_of(reply)) from error
        return self._token

    def _assertion(self) -> str:
        import jwt

        moment = int(time.time())  # Google compares it with the true time
        return jwt.encode({
            "iss": self._account.client_email, "scope": SCOPE, "aud": self._account.token_uri, "iat": moment,
            "exp": moment + _ASSERTION_SECONDS}, self._account.private_key, algorithm="RS256")


def judge(reply: Reply) -> None:
    """Return when FCM took the message; raises RecipientGone (UNREGISTERED, 404), Undeliverable or Delayed."""
    if reply.is_success:
        return
    code, says = _error(reply)
    if code in _GONE or reply.status == 404:
        raise RecipientGone(f"Firebase knows this app no more: {code or reply.status}")
    raise refusal(reply, f"{code} {says}")


def _error(reply: Reply) -> tuple[str, str]:
    """Return the error code of FCM and its words."""
    try:
        error = orjson.loads(reply.body)["error"]
        codes = [str(one["errorCode"]) for one in error.get("details", []) if "errorCode" in one]
        return (codes or [str(error.get("status", ""))])[0], str(error.get("message", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
