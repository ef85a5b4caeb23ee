"""What clients send to the moderation of a realm; the answers are the rows themselves."""
import re
from typing import Any

from marshmallow import ValidationError, fields, validates, validates_schema
from marshmallow.validate import Length

from app.http.schemas import Choice, Code, Flag, Identifier, InputSchema, JsonObject, Line, ObjectOf, Text, Whole
from blueprints.platform.moderation.rules import ACT_KINDS, ENTITY_TYPES, REASONS, SCOPES

_LONGEST = 2000
_MOST_ACTS = 20
_LONGEST_APPEAL = 5000
_CENTURY_DAYS = 36_500
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _words(**options: Any) -> Text:
    return Text(most=_LONGEST, **options)


def _rule() -> Code:
    return Code(most=64, metadata={"description": "the rule that was broken, by its code"})


def _strike() -> Flag:
    return Flag(metadata={"description": "whether a strike is left; without it the acts decide"})


class NewReport(InputSchema):
    """Body of createReport."""

    entity_type = Choice(ENTITY_TYPES, required=True)
    entity_id = Identifier(required=True)
    reason = Choice(REASONS, required=True)
    text = _words()


class ActTerms(InputSchema):
    """What is to be done, and its terms."""

    kind = Choice(ACT_KINDS, required=True)
    days = Whole(least=1, most=_CENTURY_DAYS, metadata={"description": "how long HIDE, REMOVE or SUSPEND lasts"})
    scope = Choice(SCOPES, metadata={"description": "what a suspension is limited to"})
    changes = JsonObject(metadata={"description": "what OVERRIDE_FEEDBACK writes", "example": {"rating": 3}})


class ActOfCase(ActTerms):
    """One act of a resolution; without a thing it is done to that of the case, or to its person."""

    entity_type = Choice(ENTITY_TYPES)
    entity_id = Identifier()

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        if ("entity_type" in data) != ("entity_id" in data):
            raise ValidationError("expected both entityType and entityId, or neither", "entityId")


class Resolving(InputSchema):
    """Body of resolveModerationCase."""

    acts = fields.List(ObjectOf(ActOfCase), required=True, validate=Length(1, _MOST_ACTS))
    reason = _words(required=True)
    rule = _rule()
    strike = _strike()


class Dismissing(InputSchema):
    """Body of dismissModerationCase."""

    reason = _words(required=True)
    rule = _rule()


class Note(InputSchema):
    """Body of noteModerationCase and askModerationCase."""

    text = _words(required=True)


class NewAct(ActTerms):
    """Body of createModerationAct; with a case's number it resolves that case."""

    entity_type = Choice(ENTITY_TYPES, required=True)
    entity_id = Identifier(required=True)
    reason = _words(required=True)
    rule = _rule()
    strike = _strike()
    case_number = Whole(least=1)


class UndoingAct(InputSchema):
    """Body of undoModerationAct."""

    reason = _words(required=True)
    force = Flag(load_default=False, metadata={"description": "undo although the thing was changed since"})


class NewAppeal(InputSchema):
    """Body of createAppeal."""

    strike_number = Whole(least=1, metadata={"description": "needed without a token, which names it by itself"})
    text = Text(most=_LONGEST_APPEAL, required=True)
    token = Text(most=1000, metadata={"description": "what the letter brought; without it a login is needed"})


class AppealDecision(InputSchema):
    """Body of decideAppeal."""

    granted = Flag(required=True)
    reason = _words(required=True)


class NewWord(InputSchema):
    """Body of createWord."""

    phrase = Line(required=True, metadata={"description": "a word or phrase; `*` at its end stands for any ending"})
    reason = Choice(REASONS, load_default="OTHER")


class NewRule(InputSchema):
    """Body of createRule."""

    code = Code(required=True, most=64, metadata={"description": "small letters, digits and single hyphens"})
    title = Line(required=True)
    text = Text(required=True, most=4_000)

    @validates("code")
    def _is_spelled_plainly(self, code: str, **_: object) -> None:
        """Refuse a code that could not be typed at a terminal."""
        if not _CODE.fullmatch(code):
            raise ValidationError("expected small letters, digits and single hyphens")
