"""Topics of auth that are not named after an API: the verification services keep the older service name `user`."""
from app.settings import REALM_CODENAMES

# Verification service → the word of its topics (rules-platform §7.4).
_WORDS = {
    "email-verification": "email-verification",
    "mobile-verification": "mobile-verification",
    "email-2factor-verification": "email-2FA",
    "mobile-2factor-verification": "mobile-2FA",
    "password-reset-by-email": "password-reset-by-email",
    "password-reset-by-mobile": "password-reset-by-mobile",
}


def verification_topic(realm: str, service: str, phase: str) -> str:
    """Return the full topic of a verification service; `phase` is start or complete."""
    return f"{REALM_CODENAMES[realm]}-user-service-{_WORDS[service]}-{phase}"
