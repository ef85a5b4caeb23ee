"""What clients send to jobApplication, field by field (rules-network §3B).

What names the actor may be left out: it is the caller (NET-13). Times and the first state are the server's."""
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, validates_schema

from app.http.schemas import FILLED_IN, NOT_READ, Choice, Identifier, InputSchema, Instant, Line, Text, WebAddress
from blueprints.network.job_application.deadlines import parse_deadline
from blueprints.network.job_application.rules import (
    APPLICATION_STATUSES,
    EMPLOYMENT_TYPES,
    LONGEST_DESCRIPTION,
    LONGEST_LETTER,
    POSTING_STATUSES,
    VISIBILITIES,
    WORKPLACE_TYPES,
)


class Deadline(Instant):
    """An ISO 8601 date; one without a time is the end of that UTC day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        try:
            return parse_deadline(value)
        except (TypeError, ValueError):
            raise ValidationError("expected an ISO 8601 date") from None


class PostingChange(InputSchema):
    """Body of updateJobPosting; who posted it never changes (J-8)."""

    description = Text(most=LONGEST_DESCRIPTION, metadata=FILLED_IN)
    title = Line(metadata=FILLED_IN)
    application_deadline = Deadline(metadata={"description": "a date without a time ends with that UTC day"})
    company_id = Identifier(metadata=FILLED_IN | {"description": "stays from the first application on"})
    employment_type = Choice(EMPLOYMENT_TYPES, metadata=FILLED_IN)
    salary_range = Line()
    location = Line()
    visibility = Choice(VISIBILITIES, metadata=FILLED_IN)
    workplace_type = Choice(WORKPLACE_TYPES, metadata=FILLED_IN)
    status = Choice(POSTING_STATUSES, metadata=FILLED_IN)
    company_name = Line(metadata=FILLED_IN | {"description": "the company's own name where companyId is set"})


class NewPosting(PostingChange):
    """Body of createJobPosting."""

    description = Text(most=LONGEST_DESCRIPTION, required=True)
    title = Line(required=True)
    company_id = Identifier()
    posted_by_user_id = Identifier(metadata={"description": "the caller"})

    @validates_schema
    def _is_somebodys(self, data: dict[str, Any], **_: Any) -> None:
        if not data.keys() & {"company_id", "company_name"}:
            raise ValidationError("is required where no companyId is", "companyName")


class ApplicationChange(InputSchema):
    """Body of updateJobApplication: the applicant's letter and résumé, or the state, which others decide."""

    cover_letter = Text(most=LONGEST_LETTER)
    resume_url = WebAddress()
    status = Choice(APPLICATION_STATUSES, metadata=FILLED_IN)


class NewApplication(ApplicationChange):
    """Body of createJobApplication; it begins as submitted (J-6)."""

    job_posting_id = Identifier(required=True)
    status = Choice(APPLICATION_STATUSES, metadata=FILLED_IN | NOT_READ)
    applicant_user_id = Identifier(metadata={"description": "the caller"})
