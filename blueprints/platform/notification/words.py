"""The words of notices: what each kind says in the app, and the one kind that every realm has."""
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.notify.letter_templates import LetterTemplate
from app.notify.letters import spoken
from app.notify.notice_kinds import NoticeKind, NoticeKinds
from app.runtime import runtime

SYSTEM_ALERT = "SYSTEM_ALERT"
TEXTS = Path(__file__).parent / "templates"
KINDS = {SYSTEM_ALERT: NoticeKind(LetterTemplate(SYSTEM_ALERT, TEXTS, own=("subject", "message")))}
DIGEST_LETTER = LetterTemplate("DIGEST", TEXTS, own=("lines",))


def kind_of(realm: str, notice_type: str) -> NoticeKind:
    """Return what its service declares of a kind of notice; raises KeyError for a type that nobody declares."""
    return runtime().part(NoticeKinds)[realm, notice_type]


def said_in_app(realm: str, notice_type: str, payload: Mapping[str, Any], locale: str = "") -> tuple[str, str]:
    """Return title and body of a notice as the app shows it, made of its payload alone."""
    return spoken(kind_of(realm, notice_type).words, payload, locale, realm)
