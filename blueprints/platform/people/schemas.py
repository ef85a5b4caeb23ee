"""What clients send to people."""
from app.http.schemas import Identifier, InputSchema


class NewBlock(InputSchema):
    """Body of createBlock."""

    user_id = Identifier(required=True, metadata={"description": "whom the caller does not want to hear from"})
