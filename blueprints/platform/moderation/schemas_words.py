"""What clients send about the words and the rules of the house."""
import re

from marshmallow import ValidationError, validates

from app.http.schemas import Choice, Code, InputSchema, Line, Text
from blueprints.platform.moderation.rules import REASONS

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class NewWord(InputSchema):
    """A word, phrase or beginning."""

    phrase = Line(required=True, metadata={"description": "a word or phrase; `*` at its end stands for any ending"})
    reason = Choice(REASONS, load_default="OTHER")


class NewRule(InputSchema):
    """A rule with its canned text."""

    code = Code(required=True, most=64, metadata={"description": "small letters, digits and single hyphens"})
    title = Line(required=True)
    text = Text(required=True, most=4_000)

    @validates("code")
    def _is_spelled_plainly(self, code: str, **_: object) -> None:
        """Refuse a code that could not be typed at a terminal."""
        if not _CODE.fullmatch(code):
            raise ValidationError("expected small letters, digits and single hyphens")
