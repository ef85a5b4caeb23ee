"""Topics of auth, whose names differ by realm; the verification services keep the older service name `user`."""
from app.events.topics import db_topic, service_topic
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
_VERBS = ("locked", "unlocked", "restored", "suspended", "reinstated")


def verification_topic(realm: str, service: str, phase: str) -> str:
    """Return the full topic of a verification service; `phase` is start or complete."""
    return f"{REALM_CODENAMES[realm]}-user-service-{_WORDS[service]}-{phase}"


def user_topic(realm: str, verb: str) -> str:
    """Return the topic of a dbevent of a realm's users; `verb` is created, updated or deleted."""
    return db_topic(realm, "auth", "user", verb)


def standing_topic(realm: str, verb: str) -> str:
    """Return the topic that says an account was `locked`, `unlocked`, `restored`, `suspended` or `reinstated`; additive
    (decision 41, moderation.md M-3)."""
    return service_topic(realm, "auth", f"user-{verb}")


def purged_topic(realm: str) -> str:
    """Return the topic that says an account is gone for good; the key is its id."""
    return service_topic(realm, "auth", "user-purged")


def password_replaced_topic(realm: str) -> str:
    """Return the topic that says staff have given a user another password; the key is the user's id."""
    return service_topic(realm, "auth", "user-password-replaced")


def export_ready_topic(realm: str) -> str:
    """Return the topic that says a person's export may be read; the key is the user's id."""
    return service_topic(realm, "auth", "person-export-ready")


def own_topics(realm: str) -> list[str]:
    """Return what auth sends in a realm beside the events of its rows and APIs."""
    return [*(verification_topic(realm, service, phase) for service in _WORDS for phase in ("start", "complete")),
            *(standing_topic(realm, verb) for verb in _VERBS), purged_topic(realm),
            password_replaced_topic(realm), export_ready_topic(realm)]
