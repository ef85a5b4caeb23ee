"""What the contract requires and the server knows: documented as required, taken without, not read where it is ours."""
import pytest

from app.errors import InvalidInput
from app.http.schemas import FILLED_IN, NOT_READ, Identifier, InputSchema, Instant, load
from tests.clients import ApiClient

SOMEBODY = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


class Following(InputSchema):
    """Who follows may be left out, when is ours."""

    user_id = Identifier(metadata=FILLED_IN)
    followed_at = Instant(metadata=NOT_READ)


@pytest.mark.once("about values")
def test_what_is_filled_in_may_be_left_out_and_what_is_not_read_never_arrives() -> None:
    assert load(Following(), {}) == {}
    assert load(Following(), {"userId": SOMEBODY, "followedAt": "2020-01-01"}) == {"user_id": SOMEBODY}


@pytest.mark.once("about values")
def test_what_is_not_read_is_still_of_its_kind() -> None:
    with pytest.raises(InvalidInput) as refused:
        load(Following(), {"followedAt": "yesterday"})
    assert list(refused.value.detail) == ["followedAt"]


@pytest.mark.once("about documents")
def test_the_document_says_of_both_that_they_are_required(client: ApiClient) -> None:
    schemas = client.get("/network/company-api/openapi.json").json["components"]["schemas"]
    assert set(schemas["NewFollowerWithId"]["required"]) == {"companyId", "userId", "followedAt"}
    assert schemas["CompanyChange"]["required"] == ["createdByUserId"]
