"""The words of notices: what each kind says in the app, and the one kind that every realm has."""
from collections.abc import Mapping
from typing import Any

from app.notify.letters import LetterTemplate, spoken
from app.notify.notice_kinds import NoticeKind, NoticeKinds
from app.runtime import runtime

SYSTEM_ALERT = "SYSTEM_ALERT"
KINDS = {SYSTEM_ALERT: NoticeKind(LetterTemplate(
    "{{ subject or 'A notice from Guildhall' }}", "{{ message or 'Please see your notifications.' }}",
    own=("subject", "message")))}


def kind_of(realm: str, notice_type: str) -> NoticeKind:
    """Return what its service declares of a kind of notice; raises KeyError for a type that nobody declares."""
    return runtime().part(NoticeKinds)[realm, notice_type]


def said_in_app(realm: str, notice_type: str, payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return title and body of a notice as the app shows it, made of its payload alone."""
    title, body = spoken(kind_of(realm, notice_type).words, payload)
    return title, body[:1].upper() + body[1:]
