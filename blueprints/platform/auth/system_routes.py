"""URL map of auth's bare routes: sessions and keys (rules-platform §3.4), verification services (§3.5)."""
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.errors import Forbidden, LoginRequired, NotFound
from app.http.bearer import presented_token
from app.http.declaration import Routes
from app.http.envelope import json_response
from app.http.request import json_body
from app.http.schemas import InputSchema, load
from app.identity.access_tokens import token_name
from app.identity.authentication import identity
from app.identity.devices import DEVICE_LIFETIME, device_cookie
from app.identity.sessions import session_body
from app.runtime import runtime
from blueprints.platform.auth import documents, logins
from blueprints.platform.auth.login_page import LOGIN_PAGE, LOGIN_SCRIPT, VERIFICATION_PAGE, VERIFICATION_SCRIPT
from blueprints.platform.auth.parties import PASSWORD_RESET, SECOND_FACTOR, VERIFICATIONS, Verification
from blueprints.platform.auth.schemas import (
    Credentials,
    EmailAndCode,
    EmailOnly,
    EmailVerification,
    MobileOrEmail,
    PasswordReset,
    SecondFactorCode,
    SecondFactorStart,
)
from blueprints.platform.auth.verification import complete_verification, start_verification


def add_session_routes(api: Routes, realm: str) -> None:
    """Add login, relogin, logout and the public key."""
    @api.system("/login", name="loginPage", **documents.PAGE)
    def login_page(actor: Actor) -> Response:
        """A page to try a login on."""
        return Response(LOGIN_PAGE, mimetype="text/html")

    @api.system("/login-page.js", name="loginPageScript", **documents.SCRIPT)
    def login_script(actor: Actor) -> Response:
        """The script of that page."""
        return Response(LOGIN_SCRIPT, mimetype="text/javascript")

    @api.system("/login", name="login", method="POST", body=Credentials, changes_login=True, **documents.LOGIN)
    def log_in(actor: Actor) -> Response:
        """Log in with e-mail and password."""
        given = load(Credentials(), json_body())
        username = given.get("username") or given["email"]
        device = request.cookies.get(device_cookie(realm), "")
        login = logins.log_in(actor, username, given["password"], device)
        response = _with_token(realm, login)
        response.set_cookie(device_cookie(realm), login.device_token, max_age=DEVICE_LIFETIME, **_cookie_attributes())
        return response

    @api.system("/relogin", name="relogin", changes_login=True, **documents.RELOGIN)
    def relogin(actor: Actor) -> Response:
        """Replace the session by a fresh one that knows the user as it is now; the token comes in a header."""
        shown = presented_token(realm)
        if shown is not None and shown.location != "header":
            raise Forbidden("GET relogin takes the token from a header alone; with a cookie, send POST relogin",
                            "ReloginNeedsHeaderOrPost")
        return _logged_in_again(realm, actor)

    @api.system("/relogin", name="reloginByPost", method="POST", changes_login=True, **documents.RELOGIN_BY_POST)
    def relogin_by_post(actor: Actor) -> Response:
        """The same; also with the cookie alone."""
        return _logged_in_again(realm, actor)

    @api.system("/logout", name="logout", method="POST", changes_login=True, **documents.LOGOUT)
    def log_out(actor: Actor) -> Response:
        """End the session; always succeeds."""
        logins.log_out(actor)
        response = json_response({"status": "OK", "message": "User logged out successfully"})
        response.delete_cookie(token_name(realm), **_cookie_attributes())
        return response

    @api.system("/publickey", name="publicKey", **documents.PUBLIC_KEY)
    def public_key(actor: Actor) -> dict[str, str]:
        """The key that verifies access tokens: the named one, or the current one."""
        key = identity().keys.public_pem(realm, request.args.get("keyId"))
        if key is None:
            raise NotFound("errMsg_PublicKeyNotFound")
        return {"keyId": key.key_id, "keyData": key.pem}


def add_verification_routes(api: Routes, realm: str) -> None:
    """Add start and complete of the six verification services, and the page the link of a letter leads to."""
    @api.system("/verification-page", name="verificationPage", **documents.PAGE)
    def verification_page(actor: Actor) -> Response:
        """Where the link of a letter leads: it asks for a password and completes the verification."""
        return Response(VERIFICATION_PAGE, mimetype="text/html")

    @api.system("/verification-page.js", name="verificationPageScript", **documents.SCRIPT)
    def verification_script(actor: Actor) -> Response:
        """The script of that page."""
        return Response(VERIFICATION_SCRIPT, mimetype="text/javascript")

    for verification in VERIFICATIONS.values():
        _add_verification(api, realm, verification)


def _add_verification(api: Routes, realm: str, verification: Verification) -> None:
    name, path = verification.name, f"/verification-services/{verification.name}"
    start_body, complete_body = _bodies(verification)

    @api.system(f"{path}/start", name=f"{name}-start", method="POST", body=start_body,
                **documents.START)
    def start(actor: Actor) -> dict[str, Any]:
        """Send a verification code."""
        return start_verification(actor, name, load(start_body(), json_body()))

    @api.system(f"{path}/complete", name=f"{name}-complete", method="POST", body=complete_body,
                changes_login=verification.purpose == SECOND_FACTOR, **documents.completed(verification))
    def complete(actor: Actor) -> dict[str, Any]:
        """Bring the verification code back."""
        return complete_verification(actor, name, load(complete_body(), json_body()))


def _bodies(verification: Verification) -> tuple[type[InputSchema], type[InputSchema]]:
    if verification.purpose == SECOND_FACTOR:
        return SecondFactorStart, SecondFactorCode
    if verification.purpose == PASSWORD_RESET:
        return MobileOrEmail if verification.channel == "mobile" else EmailOnly, PasswordReset
    return EmailOnly, EmailVerification if verification.channel == "email" else EmailAndCode


def _with_token(realm: str, login: logins.Login) -> Response:
    """Return the session object with the token in body, header and cookie (rules-platform §3.3)."""
    name, settings = token_name(realm), runtime().settings
    response = json_response(session_body(login.session, login.access_token), headers={name: login.access_token})
    response.set_cookie(name, login.access_token, max_age=settings.access_token_ttl, **_cookie_attributes())
    return response


def _logged_in_again(realm: str, actor: Actor) -> Response:
    try:
        return _with_token(realm, logins.log_in_again(actor))
    except (LoginRequired, NotFound):
        return json_response(documents.CANNOT_RELOGIN, 401)


def _cookie_attributes() -> dict[str, Any]:
    """None is for front ends of other sites, which CORS_ORIGINS must name; else Lax."""
    settings = runtime().settings
    return {"httponly": True, "secure": True, "samesite": "None" if settings.cors_origins else "Lax",
            "domain": settings.cookie_domain or None, "path": "/"}
