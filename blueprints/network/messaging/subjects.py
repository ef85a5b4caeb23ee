"""A message as staff judge it. Apart from queries.py: who lists messages judges nothing."""
from app.actor import Actor
from app.data.moderated_kinds import Subject
from app.data.reads import find_any_row
from blueprints.network.messaging.models import Message
from blueprints.network.messaging.queries import participants_of


def message_subject(actor: Actor, message_id: str) -> Subject | None:
    """Return a message as staff judge it, deleted too; who takes part may report it (M-19). None: there is none."""
    row = find_any_row(Message, message_id)
    return None if row is None else Subject(
        f"message of {row['sentAt']}", row["senderUserId"], row, words=row["content"],
        parties=frozenset(participants_of(row["conversationId"])), held=row["held"], is_active=row["isActive"])
