"""What clients send to networking (rules-network §5B)."""
from app.http.schemas import FILLED_IN, NOT_READ, Choice, Identifier, InputSchema, Instant, Text
from blueprints.network.networking.rules import STATUSES


class NewConnection(InputSchema):
    """POST of a connection, the two people in any order; connectedSince is the server's."""

    user_id1 = Identifier(required=True)
    user_id2 = Identifier(required=True)


class NewConnectionRequest(InputSchema):
    """POST of a request; a new one is pending whatever is sent (N-2)."""

    receiver_user_id = Identifier(required=True)
    status = Choice(STATUSES, metadata=FILLED_IN | NOT_READ)
    responded_at = Instant(metadata=NOT_READ)
    message = Text(metadata={"description": "a note to the receiver"})


class ConnectionRequestChange(InputSchema):
    """PATCH of a request (N-3)."""

    status = Choice(STATUSES, required=True)
    responded_at = Instant(metadata=NOT_READ)
