"""What clients send to company, field by field (rules-network §1B).

What names the actor may be left out: it is the caller (G1). Times are the server's (NET-13)."""
from typing import Any

from marshmallow import ValidationError, validates_schema

from app.http.schemas import (
    FILLED_IN,
    NOT_READ,
    Choice,
    Code,
    Identifier,
    InputSchema,
    Instant,
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

_IS_CALLER = FILLED_IN | {"description": "the caller"}
_PUBLIC_ELSE = FILLED_IN | {"description": "public where it is left out"}


class CompanyChange(InputSchema):
    """Body of updateCompany; who made the page never changes (C-2)."""

    name = Code(most=LONGEST_NAME, metadata={"description": "compared without regard to case and form"})
    website = WebAddress()
    location = Line()
    logo_url = WebAddress()
    page_visibility = Choice(VISIBILITIES)
    description = Text(most=LONGEST_DESCRIPTION, least=0)
    industry = Line()
    created_by_user_id = Identifier(metadata=FILLED_IN | NOT_READ)

    @validates_schema
    def _key_fits(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 < len(identifier_key(data.get("name", "-"))) <= LONGEST_NAME:
            raise ValidationError("expected a shorter name", "name")


class NewCompany(CompanyChange):
    """Body of createCompany."""

    name = Code(most=LONGEST_NAME, required=True, metadata={"description": "compared without regard to case and form"})
    page_visibility = Choice(VISIBILITIES, metadata=_PUBLIC_ELSE)
    created_by_user_id = Identifier(metadata=_IS_CALLER)


class NewAdmin(InputSchema):
    """Body of assignCompanyAdmin (C-3)."""

    user_id = Identifier(required=True)
    company_id = Identifier(required=True)
    assigned_at = Instant(metadata=FILLED_IN | NOT_READ)
    assigned_by = Identifier(metadata=_IS_CALLER)


class NewFollower(InputSchema):
    """Body of followCompany (C-3)."""

    company_id = Identifier(required=True)
    followed_at = Instant(metadata=FILLED_IN | NOT_READ)
    user_id = Identifier(metadata=_IS_CALLER)


class FollowerApproval(InputSchema):
    """Body of approveCompanyFollower."""

    follow_state = Choice(FOLLOW_STATES[1:], required=True)


class NewUpdate(InputSchema):
    """Body of createCompanyUpdate."""

    company_id = Identifier(required=True)
    content = Text(most=LONGEST_UPDATE, required=True)
    author_user_id = Identifier(metadata=_IS_CALLER)
    attachment_urls = ListOf(WebAddress(), most=MOST_ATTACHMENTS)
    visibility = Choice(VISIBILITIES, metadata=_PUBLIC_ELSE)


class UpdateChange(InputSchema):
    """Body of updateCompanyUpdate."""

    content = Text(most=LONGEST_UPDATE)
    attachment_urls, attachment_urls_append, attachment_urls_remove = list_changes(
        "attachmentUrls", WebAddress, most=MOST_ATTACHMENTS)
    visibility = Choice(VISIBILITIES)
