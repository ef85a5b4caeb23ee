"""Every address a client sends is of one kind, and what was stored before is never served as a link that runs."""
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from marshmallow import fields
from sqlalchemy import String, select, type_coerce, update

from app.actor import system_actor
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.http.realm_front import BusinessApi
from app.http.schemas import WebAddress
from app.ops.checks import OK, WARN, examine
from blueprints.marketplace.category_management.models import Category
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.platform.auth.models import MarketplaceUser
from tests.clients import ApiClient, Callers

AUTH, NETWORK = "/marketplace/auth-api", "/network/auth-api"
CATEGORIES = "/marketplace/categorymanagement-api/v1/categories"
MEDIAS = "/marketplace/productlisting-api/v1/productlistingmedias"
TICKETS = "/marketplace/ordermanagement-api/v1/ordermanagementorderpayment"
START = "/marketplace/ordermanagement-api/v1/startordermanagementorderpayment"
BAD = ("javascript:alert(1)", "/\\evil.com", "//evil.example/a.png", 'https://a.example/"onerror="x',
       "data:text/html,x", "https://a.example/\u202e", "https://admin:x@a.example/", "http://a.example/a.png",
       "/marketplace/auth-api/relogin")
# Nobody is shown these, we call them: the guarded client has rules of its own (front-door.md FD-20).
RECEIVERS = {"createWebhookEndpoint.url", "updateWebhookEndpoint.url"}
_ADDRESS = re.compile(r"url|avatar|website|logo|image|photo|link|redirect|callback", re.IGNORECASE)


def address_fields(app: Flask) -> Iterator[tuple[str, fields.Field[object]]]:
    for blueprint in app.blueprints.values():
        for api in getattr(blueprint, "apis", ()):
            if isinstance(api, BusinessApi) and api.input is not None:
                # of a list of addresses, each is of that kind
                yield from ((f"{api.name}.{name}", getattr(field, "inner", field))
                            for name, field in api.input.fields.items() if _ADDRESS.search(name))


@pytest.mark.once("about declarations")
def test_every_field_with_the_name_of_an_address_is_of_the_one_kind(app: Flask) -> None:
    found = dict(address_fields(app))
    assert {"registerUser.avatar", "updateProfile.avatar", "updateUser.avatar", "createCategory.image_url",
            "createProductListingMedia.url", "updateOrderManagementOrderPayment.redirect_url"} <= set(found)
    assert {name for name, field in found.items() if not isinstance(field, WebAddress)} == RECEIVERS


@pytest.mark.once("refused before any statement")
@pytest.mark.parametrize(("method", "path", "field"), [
    ("PATCH", f"{AUTH}/v1/profile/{{me}}", "avatar"), ("PATCH", f"{AUTH}/v1/users/{{me}}", "avatar"),
    ("POST", f"{AUTH}/v1/users", "avatar"), ("POST", f"{AUTH}/v1/registeruser", "avatar"),
    ("POST", f"{NETWORK}/v1/registeruser", "avatar"), ("POST", CATEGORIES, "imageUrl"),
    ("PATCH", f"{CATEGORIES}/{{me}}", "imageUrl"), ("POST", MEDIAS, "url"), ("POST", TICKETS, "redirectUrl"),
    ("PATCH", f"{TICKETS}/{{me}}", "redirectUrl"), ("PATCH", f"{START}/{{me}}", "paymentUserParams.return_url")])
def test_an_address_that_runs_or_leads_astray_is_refused_by_name(
        as_super_admin: ApiClient, method: str, path: str, field: str) -> None:
    for text in BAD:
        name, _, inner = field.partition(".")
        body = {name: {inner: text} if inner else text}
        answer = as_super_admin.request(method, path.format(me=as_super_admin.user_id), json=body)
        assert answer.status_code == 400, (text, answer.text)
        assert "https" in answer.json["detail"][field], (text, answer.json)
        assert text not in answer.text


def test_https_addresses_and_our_own_files_are_taken(callers: Callers) -> None:
    anna = callers.user("anna")
    file = f"/marketplace/bucket/download/{uuid7()}"
    for sent, kept in (("https://cdn.example/a.png?b=c", None), (file, None), (f"http://127.0.0.1:8000{file}", None),
                       ("http://localhost:3000/a.png", None), (" https://cdn.example/ü.png ",
                                                               "https://cdn.example/%C3%BC.png")):
        answer = anna.patch(f"{AUTH}/v1/profile/{anna.user_id}", json={"avatar": sent})
        assert answer.status_code == 200, answer.text
        assert answer.json["user"]["avatar"] == (kept or sent)


def test_a_bad_stored_address_is_not_served_and_doctor_finds_it(callers: Callers, as_admin: ApiClient) -> None:
    anna = callers.user("anna")
    assert state_of_addresses()[0] == OK
    category = as_admin.post(CATEGORIES, json={"title": "Lamps"}).json["category"]["id"]
    media = anna.post(MEDIAS, json={"mimeType": "image/png", "size": 5, "url": "https://a.example/b.png"}).json[
        "productListingMedia"]["id"]
    with unit_of_work(system_actor("marketplace")) as work:
        for column, row_id in ((MarketplaceUser.avatar, anna.user_id), (Category.image_url, category),
                               (Media.url, media)):
            work.execute(update(column.class_).where(column.class_.id == row_id).values({column.key: "javascript:x"}))
        work.invalidate(f"user:{anna.user_id}")
        work.commit()
    shown = [
        anna.get(f"{AUTH}/currentuser").json["avatar"],
        anna.get(f"{AUTH}/v1/users/{anna.user_id}").json["user"]["avatar"],
        anna.get(f"{AUTH}/v1/briefuser/{anna.user_id}").json["user"]["avatar"],
        *(row["avatar"] for row in as_admin.get(f"{AUTH}/v1/users").json["users"] if row["id"] == anna.user_id),
        as_admin.get(f"{CATEGORIES}/{category}").json["category"]["imageUrl"],
        as_admin.get(f"{CATEGORIES}?caching=false").json["categories"][0]["imageUrl"],
        anna.get(f"{MEDIAS}/{media}").json["productListingMedia"]["url"],
        anna.get(f"{MEDIAS}?caching=false").json["productListingMedias"][0]["url"],
        anna.patch(f"{AUTH}/v1/profile/{anna.user_id}", json={"fullname": "Anna B"}).json["user"]["avatar"]]
    assert shown == [""] * len(shown)
    state, said = state_of_addresses()
    assert state == WARN
    assert said.startswith("3 stored addresses would be refused today, 3 of them are not shown")
    assert f"marketplace_user.avatar of {anna.user_id}" in said
    plain = select(type_coerce(MarketplaceUser.avatar, String)).where(MarketplaceUser.id == anna.user_id)
    assert fetch(plain)[0][0] == "javascript:x"


def state_of_addresses() -> tuple[str, str]:
    return next((found.state, found.says) for found in examine() if found.check == "web addresses")
