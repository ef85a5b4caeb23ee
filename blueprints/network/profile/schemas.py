"""What clients send to profile, field by field (rules-network §6A, §6B)."""
from typing import Any

import orjson
from marshmallow import ValidationError, fields

from app.http.schemas import (
    FILLED_IN,
    Choice,
    Identifier,
    InputSchema,
    JsonObject,
    Line,
    ListOf,
    Name,
    Text,
    WebAddress,
    list_changes,
)
from blueprints.network.profile.rules import (
    AUDIENCES,
    DEEPEST_ITEM,
    LARGEST_ITEMS,
    LONGEST_SUMMARY,
    MOST_ITEMS,
    MOST_TERMS,
    PUBLIC,
    VISIBILITIES,
    depth_of,
)

_AUDIENCE = {"description": "who sees it while it is private: the owner alone, or their connections too"}


class Items(fields.List[Any]):
    """Experience or education: JSON objects of any shape, one alone too, or the text of either; bounded."""

    def __init__(self) -> None:
        super().__init__(JsonObject(), metadata={"maxItems": MOST_ITEMS})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise ValidationError("expected a list of JSON objects") from None
        items = [JsonObject().deserialize(item) for item in (value if isinstance(value, list) else [value])]
        if len(items) > MOST_ITEMS:
            raise ValidationError(f"expected at most {MOST_ITEMS} objects")
        if depth_of(items) > DEEPEST_ITEM:
            raise ValidationError(f"expected at most {DEEPEST_ITEM} levels of nesting")
        if len(orjson.dumps(items)) > LARGEST_ITEMS:
            raise ValidationError(f"expected at most {LARGEST_ITEMS} bytes of JSON")
        return items


class _ProfileFields(InputSchema):
    """What a create and an update both may carry; an empty text takes back what was said."""

    summary = Text(least=0, most=LONGEST_SUMMARY)
    headline = Line(least=0)
    profile_photo_url = WebAddress()
    current_company = Line(least=0)
    industry = Line(least=0)
    location = Line(least=0)
    experience = Items()
    education = Items()
    audience = Choice(AUDIENCES, metadata=_AUDIENCE)


class NewProfile(_ProfileFields):
    """Body of createProfile."""

    full_name = Name(required=True)
    profile_visibility = Choice(VISIBILITIES, load_default=PUBLIC,
                                metadata=FILLED_IN | {"description": "public when left out"})
    skills = ListOf(Line(), most=MOST_TERMS)
    languages = ListOf(Line(), most=MOST_TERMS)
    certifications = ListOf(Line(), most=MOST_TERMS)
    user_id = Identifier(metadata={"description": "the caller, when left out; superAdmin may name another"})


class ProfileChange(_ProfileFields):
    """Body of updateProfile; the contract wants the visibility each time, here it may be left out (§0.4 G3)."""

    full_name = Name()
    profile_visibility = Choice(VISIBILITIES, metadata=FILLED_IN)
    skills, skills_append, skills_remove = list_changes("skills", Line, most=MOST_TERMS)
    languages, languages_append, languages_remove = list_changes("languages", Line, most=MOST_TERMS)
    certifications, certifications_append, certifications_remove = list_changes(
        "certifications", Line, most=MOST_TERMS)


class NewCertification(InputSchema):
    """Body of createCertification."""

    name = Line(required=True)


class NewLanguage(InputSchema):
    """Body of createLanguage."""

    name = Line(required=True)
