"""What clients send to company, field by field (rules-network §1B).

Times are the server's. What names the actor is not missed: left out, it is the caller."""
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from app.http.schemas import (
    Choice,
    Code,
    Identifier,
    Ignored,
    InputSchema,
    Line,
    ListOf,
    Text,
    WebAddress,
    list_changes,
)
from app.plain_text import identifier_key
from blueprints.network.company.rules import (
    FOLLOW_STATES,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_UPDATE,
    MOST_ATTACHMENTS,
    VISIBILITIES,
)

_IS_CALLER = {"description": "the caller, when it is sent"}
_PUBLIC = {"description": "public when left out"}


class CompanyChange(InputSchema):
    """Body of updateCompany; who made the page never changes (C-2)."""

    created_by_user_id: fields.Field[Any] = Ignored(required=True)
    name = Code(most=LONGEST_NAME, metadata={"description": "compared without regard to case and form"})
    website = WebAddress()
    location = Line()
    logo_url = WebAddress()
    page_visibility = Choice(VISIBILITIES)
    description = Text(most=LONGEST_DESCRIPTION, least=0)
    industry = Line()

    @validates_schema
    def _key_fits(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 < len(identifier_key(data.get("name", "-"))) <= LONGEST_NAME:
            raise ValidationError("expected a shorter name", "name")


class NewCompany(CompanyChange):
    """Body of createCompany."""

    not_missed = ("created_by_user_id", "page_visibility")
    name = Code(most=LONGEST_NAME, required=True, metadata={"description": "compared without regard to case and form"})
    created_by_user_id = Identifier(required=True, metadata=_IS_CALLER)
    page_visibility = Choice(VISIBILITIES, required=True, metadata=_PUBLIC)


class NewAdmin(InputSchema):
    """Body of assignCompanyAdmin (C-3)."""

    not_missed = ("assigned_by",)
    assigned_at = Ignored(required=True)
    user_id = Identifier(required=True)
    company_id = Identifier(required=True)
    assigned_by = Identifier(required=True, metadata=_IS_CALLER)


class NewFollower(InputSchema):
    """Body of followCompany (C-3)."""

    not_missed = ("user_id",)
    followed_at = Ignored(required=True)
    company_id = Identifier(required=True)
    user_id = Identifier(required=True, metadata=_IS_CALLER)


class FollowerApproval(InputSchema):
    """Body of approveCompanyFollower."""

    follow_state = Choice(FOLLOW_STATES[1:], required=True)


class NewUpdate(InputSchema):
    """Body of createCompanyUpdate."""

    not_missed = ("author_user_id", "visibility")
    company_id = Identifier(required=True)
    content = Text(most=LONGEST_UPDATE, required=True)
    author_user_id = Identifier(required=True, metadata=_IS_CALLER)
    attachment_urls = ListOf(WebAddress(), most=MOST_ATTACHMENTS)
    visibility = Choice(VISIBILITIES, required=True, metadata=_PUBLIC)


class UpdateChange(InputSchema):
    """Body of updateCompanyUpdate."""

    content = Text(most=LONGEST_UPDATE)
    attachment_urls, attachment_urls_append, attachment_urls_remove = list_changes(
        "attachmentUrls", WebAddress, most=MOST_ATTACHMENTS)
    visibility = Choice(VISIBILITIES)
