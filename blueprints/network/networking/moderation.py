"""What staff do to invitations by moderation: their notes are words that strangers write (decisions/090)."""

from app.actor import Actor
from app.data.moderated_kinds import Decide, Subject
from app.data.object_commands import hold_object
from app.data.reads import find_any_row
from app.data.unit_of_work import UnitOfWork
from blueprints.network.networking.models import ConnectionRequest

INVITATION = "INVITATION"


def invitation_subject(actor: Actor, request_id: str) -> Subject | None:
    """Return an invitation as staff judge it; it concerns its sender, and its two people alone may report it.

    None where there is none."""
    row = find_any_row(ConnectionRequest, request_id)
    return None if row is None else Subject(
        f"invitation of {row['sentAt']}", row["senderUserId"], row, words=row["message"] or "",
        parties=frozenset({row["senderUserId"], row["receiverUserId"]}), held=row["held"], is_active=row["isActive"])


def hold_invitation(work: UnitOfWork, request_id: str, decide: Decide) -> list[str]:
    """Hold an invitation, or let it go: its receiver neither sees nor answers it meanwhile. Raises NotFound."""
    return hold_object(work, ConnectionRequest, request_id, decide)
