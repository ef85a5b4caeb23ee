"""A message as staff judge it. Apart from queries.py: who lists messages judges nothing."""
from app.actor import Actor
from app.data.moderated_kinds import Subject
from app.data.reads import find_any_row
from blueprints.marketplace.messaging.models import Message


def message_subject(actor: Actor, message_id: str) -> Subject | None:
    """Return a message as staff judge it, deleted too; its parties alone may report it (M-19). None: there is none."""
    row = find_any_row(Message, message_id)
    return row and Subject(
        f"message of {row['sentAt']}", row["fromUserId"], row, words=row["content"],
        parties=frozenset({row["fromUserId"], row["toUserId"]}), held=row["held"], is_active=row["isActive"])
