"""What messaging decides without a database."""
from typing import Protocol

LONGEST_CONTENT = 5000


class Parties(Protocol):
    """Who sent a message, and to whom."""

    @property
    def from_user_id(self) -> str: ...
    @property
    def to_user_id(self) -> str: ...


class Copies(Parties, Protocol):
    """A message as its two parties have it."""

    @property
    def is_read(self) -> bool: ...
    @property
    def sender_deleted(self) -> bool: ...
    @property
    def recipient_deleted(self) -> bool: ...
    @property
    def held(self) -> str | None: ...


def pair_of(one: str, other: str) -> str:
    """Return what all messages between two people have in common, whoever sent them."""
    return " ".join(sorted((one, other)))


def is_party(message: Parties, user_id: str | None) -> bool:
    """Return whether this person sent the message or received it."""
    return user_id in (message.from_user_id, message.to_user_id)


def has_deleted(message: Copies, user_id: str) -> bool:
    """Return whether this party has deleted the message for itself."""
    return message.sender_deleted if message.from_user_id == user_id else message.recipient_deleted


def has(message: Copies, user_id: str) -> bool:
    """Return whether this party still has the message: has not deleted it, and moderation does not hold it from it.

    A HIDDEN message is its sender's still (M-1)."""
    is_held_from = message.held is not None and not (message.held == "HIDDEN" and message.from_user_id == user_id)
    return not has_deleted(message, user_id) and not is_held_from


def is_unread_by(message: Copies, user_id: str) -> bool:
    """Return whether the message counts as unread of this party: it came to it, is there, and was not read."""
    return message.to_user_id == user_id and not message.is_read and has(message, user_id)
