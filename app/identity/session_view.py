"""The session object of `/login`, `/currentuser` and `/relogin`: bare, alike on every service (rules-platform §3.3)."""
from datetime import UTC, datetime
from typing import Any

from app.data.columns import iso
from app.identity.bucket_tokens import bucket_tokens
from app.identity.sessions import LiveSession
from app.runtime import runtime


def session_body(session: LiveSession, access_token: str) -> dict[str, Any]:
    """Return the session object: no `id`, no password, bucket tokens fresh."""
    return {
        "status": "OK", "sessionId": session.id, "userId": session.user_id, "email": session.email,
        "fullname": session.fullname, "roleId": session.role, **session.profile,
        "loginDate": iso(datetime.fromtimestamp(session.logged_in_at, UTC)),
        "sessionNeedsEmail2FA": session.needs_email_2fa, "sessionNeedsMobile2FA": session.needs_mobile_2fa,
        "accessToken": access_token, **bucket_tokens(runtime().settings.secret_key, session),
    }
