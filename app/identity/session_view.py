"""The session object of `/login`, `/currentuser` and `/relogin`: bare, alike on every service (rules-platform §3.3)."""
from datetime import UTC, datetime
from typing import Any

from app.data.columns import iso
from app.identity.bucket_tokens import bucket_tokens
from app.identity.sessions import LiveSession
from app.runtime import runtime

# What OpenAPI documents say of it.
SESSION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["status", "sessionId", "userId", "email", "fullname", "roleId", "accessToken", "userBucketToken"],
    "properties": {
        "status": {"type": "string", "const": "OK"}, "sessionId": {"type": "string", "format": "uuid"},
        "userId": {"type": "string", "format": "uuid"}, "email": {"type": "string"}, "fullname": {"type": "string"},
        "roleId": {"type": "string", "enum": ["superAdmin", "admin", "user"]}, "avatar": {"type": ["string", "null"]},
        "emailVerified": {"type": "boolean"}, "phone": {"type": ["string", "null"]},
        "loginDate": {"type": "string", "format": "date-time"}, "sessionNeedsEmail2FA": {"type": "boolean"},
        "sessionNeedsMobile2FA": {"type": "boolean"}, "accessToken": {"type": "string"},
        "userBucketToken": {"type": "string", "description": "writes the user's own bucket"},
        "applicationBucketToken": {"type": "string", "description": "staff only: writes the common bucket"}},
    "example": {
        "status": "OK", "sessionId": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
        "userId": "018f4c1d-0c52-7d11-8f3a-5b1e2a9c7d60", "email": "anna@example.com", "fullname": "Anna Ant",
        "roleId": "user", "avatar": None, "emailVerified": True, "loginDate": "2026-01-31T12:00:00.000Z",
        "sessionNeedsEmail2FA": False, "sessionNeedsMobile2FA": False, "accessToken": "eyJhbGciOiJSUzI1NiJ9.e30.sig",
        "userBucketToken": "eyJhbGciOiJIUzI1NiJ9.e30.sig"}}


def session_body(session: LiveSession, access_token: str) -> dict[str, Any]:
    """Return the session object: no `id`, no password, bucket tokens fresh."""
    return {
        "status": "OK", "sessionId": session.id, "userId": session.user_id, "email": session.email,
        "fullname": session.fullname, "roleId": session.role, **session.profile,
        "loginDate": iso(datetime.fromtimestamp(session.logged_in_at, UTC)),
        "sessionNeedsEmail2FA": session.needs_email_2fa, "sessionNeedsMobile2FA": session.needs_mobile_2fa,
        "accessToken": access_token, **bucket_tokens(runtime().settings.secret_key, session),
    }
