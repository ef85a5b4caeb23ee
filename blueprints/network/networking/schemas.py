"""What clients send to networking (rules-network §5B)."""
from app.http.schemas import Choice, Identifier, InputSchema, Text
from blueprints.network.networking.rules import ANSWERS


class NewConnection(InputSchema):
    """POST of a connection, the two people in any order; connectedSince is the server's."""

    user_id1 = Identifier(required=True)
    user_id2 = Identifier(required=True)


class NewConnectionRequest(InputSchema):
    """POST of a request. The contract asks for its status, too; a new one is pending whatever is sent (N-2)."""

    receiver_user_id = Identifier(required=True)
    message = Text(metadata={"description": "a note to the receiver"})


class ConnectionRequestChange(InputSchema):
    """PATCH of a request; respondedAt is the server's (N-3)."""

    status = Choice(ANSWERS, required=True)
