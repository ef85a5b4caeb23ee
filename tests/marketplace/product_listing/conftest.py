"""What the listing tests share: a seller with a shelf to list on, a buyer, and bodies to send."""
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from tests.clients import ApiClient

PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
OWN_PRODUCTS = "/marketplace/productlisting-api/v1/productlistingownproducts"
MEDIAS = "/marketplace/productlisting-api/v1/productlistingmedias"
UPLOAD = "/marketplace/productlisting-api/api/media/upload"

Body = dict[str, Any]


@pytest.fixture
def seller(as_user: Callable[..., ApiClient]) -> ApiClient:
    """S of the scenarios."""
    return as_user("sally")


@pytest.fixture
def buyer(as_user: Callable[..., ApiClient]) -> ApiClient:
    """B of the scenarios."""
    return as_user("ben")


@pytest.fixture
def shelf(app: Flask, as_admin: ApiClient) -> dict[str, str]:
    """categoryId and subcategoryId of a place to list on."""
    category = create_category(as_admin.actor, title="Electronics")
    subcategory = create_subcategory(as_admin.actor, category_id=category.id, name="Phones", group="MOST_POPULAR")
    return {"categoryId": category.id, "subcategoryId": subcategory.id}


@pytest.fixture
def fixed(shelf: dict[str, str]) -> Callable[..., Body]:
    """Body BF of §8.5, some fields changed; None leaves a field out. Shipping is in the price's currency."""
    base = {"title": "Phone", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100, "currency": "USD",
            "shipping": 5, "shippingMethod": "STANDARD", **shelf}

    def body(**changed: Any) -> Body:
        named = {"shippingCurrency": changed.get("currency", "USD")} | base | changed
        return {name: value for name, value in named.items() if value is not None}
    return body


@pytest.fixture
def auction(fixed: Callable[..., Body]) -> Callable[..., Body]:
    """Body of an auction that starts at 50."""
    return lambda **changed: fixed(**{"type": "AUCTION", "price": None, "startPrice": 50} | changed)


@pytest.fixture
def listed(seller: ApiClient) -> Callable[[Body], Body]:
    """Call it with a body: the seller's new listing."""
    def create(body: Body) -> Body:
        answer = seller.post(PRODUCTS, json=body)
        assert answer.status_code == 201, answer.json
        row: Body = answer.json["productListingProduct"]
        return row
    return create


def refusal(answer: TestResponse, status: int) -> Body:
    """Return the error body after checking that it is one of that status, in the documented shape."""
    body: Body = answer.json
    assert answer.status_code == status, body
    assert body["result"] == "ERR"
    assert body["status"] == status
    assert body["message"]
    return body


def upload(caller: ApiClient, content: bytes | None, mime_type: str = "image/png",
           headers: dict[str, str] | None = None) -> TestResponse:
    """Send a form with (or without) the field `file`, encoded in memory."""
    fields = {} if content is None else {"file": FileStorage(BytesIO(content), "a", content_type=mime_type)}
    boundary, form = encode_multipart(fields)
    return caller.post(UPLOAD, data=form, content_type=f"multipart/form-data; boundary={boundary}", headers=headers)


def png(color: int = 0) -> bytes:
    """Return the bytes of a real small image."""
    file = BytesIO()
    Image.new("L", (2, 2), color).save(file, "PNG")
    return file.getvalue()
