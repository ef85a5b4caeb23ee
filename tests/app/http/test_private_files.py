"""Whoever gets an object reads the private file it shows, by the address in his answer; nobody else does (decision 50).

The object is the marketplace's media asset, declared here as if it showed private files."""
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import update

from app.clock import moved_clock
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from app.factory import SERVICES
from app.http.private_files import FileProperties, FileProperty, require_usable_files, with_read_tokens
from app.identity.bucket_tokens import private_bucket, user_bucket
from app.runtime import runtime
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.service import SERVICE as PRODUCT_LISTING
from blueprints.platform.bucket.commands import Upload, store_files
from tests.clients import ApiClient, Callers
from tests.contract import leaks
from tests.documents import PDF
from tests.flow import everything_sent

LISTING = "/marketplace/productlisting-api/v1"
MEDIAS, PRODUCTS = f"{LISTING}/productlistingmedias", f"{LISTING}/productlistingproducts"
OWNER_SHOWN = tuple(
    replace(target, fields=(*target.fields, "_owner")) if target.object == "productListingMedia" else target
    for target in PRODUCT_LISTING.targets)
DECLARED = replace(PRODUCT_LISTING, files=(FileProperty(Media, "url"),), targets=OWNER_SHOWN)


def services(declared=DECLARED):
    return [declared if one is PRODUCT_LISTING else one for one in SERVICES]


@pytest.fixture
def showing(make_app):
    """The application in which media assets show private files."""
    other = make_app(services())
    with other.app_context():
        yield other


@pytest.fixture
def people(showing):
    return Callers(showing)


@pytest.fixture
def anna(people):
    return people.user("anna")


@pytest.fixture
def ben(people):
    return people.user("ben")


def kept(owner, bucket=private_bucket):
    """Return the address of a file of the owner."""
    [file] = store_files(owner.actor, bucket(owner.user_id), [Upload("cv.pdf", PDF)])
    return file["downloadUrl"]


def made(owner, address):
    answer = owner.post(MEDIAS, json={"mimeType": "image/png", "url": address, "size": 1})
    assert answer.status_code == 201, answer.text
    return answer.json["productListingMedia"]


def shown(reader, media):
    return reader.get(f"{MEDIAS}/{media['id']}").json["productListingMedia"]["url"]


def opened(app, address):
    """GET the address as it is, without a login."""
    return ApiClient(app).get(address.removeprefix(runtime().settings.public_url))


@pytest.mark.once("about declarations")
@pytest.mark.parametrize(("declared", "why"), [
    (replace(DECLARED, files=(FileProperty(Media, "nothing"),)), "no row has nothing"),
    (replace(DECLARED, files=(FileProperty(Media, "url", owner="uploaderId"),)), "no row has url and uploaderId"),
    (replace(DECLARED, targets=PRODUCT_LISTING.targets), "shows url without _owner")])
def test_a_declaration_that_would_show_no_file_does_not_start(make_app, declared, why):
    with pytest.raises(ValueError, match=why):
        make_app(services(declared))


def test_a_private_file_of_somebody_else_and_one_that_is_none_are_refused_by_name(showing, anna, ben):
    unknown = f"/marketplace/bucket/download/{uuid7()}"
    in_the_other_realm = kept(ben, user_bucket).replace("/marketplace/", "/network/")
    for address in (kept(ben), f"{kept(ben)}?token=x", unknown, in_the_other_realm):
        refused = anna.post(MEDIAS, json={"mimeType": "image/png", "url": address, "size": 1})
        assert refused.status_code == 400, address
        assert list(refused.json["detail"]) == ["url"]


def test_an_own_private_file_a_public_one_and_an_external_address_are_taken(showing, anna, ben):
    for address in (kept(anna), kept(anna).removeprefix(runtime().settings.public_url), kept(ben, user_bucket),
                    "https://cdn.example/cv.pdf"):
        assert made(anna, address)["url"] == address


def test_whoever_gets_the_object_reads_the_file_for_a_while_and_a_stranger_does_not(showing, anna, ben):
    address = kept(anna)
    media = made(anna, address)
    assert opened(showing, address).status_code == 401
    for reader in (anna, ben):
        readable = shown(reader, media)
        assert readable.startswith(f"{address}?token=")
        assert opened(showing, readable).data == PDF
        with moved_clock(minutes=11):
            assert opened(showing, readable).status_code == 401


def test_an_external_address_and_a_file_of_another_owner_get_no_sight_of_anything(showing, anna, ben):
    external = made(anna, "https://cdn.example/cv.pdf")
    assert shown(ben, external) == "https://cdn.example/cv.pdf"
    with unit_of_work(anna.actor) as work:  # past every check
        work.execute(update(Media).where(Media.id == external["id"]).values(url=kept(ben)))
        work.commit()
    assert opened(showing, shown(anna, external)).status_code == 401


def test_a_remembered_list_gives_each_reader_a_token_of_his_own_and_a_fresh_one(showing, anna):
    media, address = made(anna, kept(anna)), None
    for minutes, source in ((0, "db"), (20, "cache")):
        with moved_clock(minutes=minutes):
            answer = anna.get(f"{MEDIAS}?cacheTTL=3600").json
            [row] = answer["productListingMedias"]
            assert (answer["source"], row["id"], row["url"] == address) == (source, media["id"], False)
            address = row["url"]
            assert opened(showing, address).data == PDF
    entries = runtime().answers._entries.values()
    assert entries
    assert not any(b"token=" in entry[2][0] for entry in entries)


def test_a_joined_object_shows_its_file_in_a_list_that_is_one_for_many(showing, anna, ben, people):
    media = made(anna, kept(anna))
    category = people.super_admin().post("/marketplace/categorymanagement-api/v1/categories", json={"title": "Papers"})
    product = {"title": "Tank", "description": "d", "condition": "USED", "type": "FIXED", "price": 1, "currency": "USD",
               "shippingMethod": "FREE", "shipping": 0, "shippingCurrency": "USD", "mediaAssetIds": [media["id"]],
               "categoryId": category.json["category"]["id"]}
    shelf = people.super_admin().post("/marketplace/categorymanagement-api/v1/subcategories", json={
        "categoryId": product["categoryId"], "name": "CVs", "group": "MORE"})
    product["subcategoryId"] = shelf.json["subcategory"]["id"]
    made_product = anna.post(PRODUCTS, json=product)
    assert made_product.status_code == 201, made_product.text
    addresses = set()
    for reader in (anna, ben, anna):
        [row] = reader.get(PRODUCTS).json["productListingProducts"]
        one = reader.get(f"{PRODUCTS}/{row['id']}").json["productListingProduct"]
        for joined in (row["media"], one["media"]):
            addresses.add(joined[0]["url"])
            assert opened(showing, joined[0]["url"]).data == PDF
    readers = {address.partition("?token=")[2].split(".")[2] for address in addresses}
    assert readers == {anna.user_id, ben.user_id}


def test_a_visitor_gets_the_bare_address(make_app, anna):
    media = made(anna, kept(anna))
    rows = orjson.dumps([{"url": media["url"], "_owner": anna.user_id}])
    with make_app(services()).app_context():
        assert with_read_tokens(replace(anna.actor, session_id=None), Media, rows) == rows
        assert b"?token=" in with_read_tokens(anna.actor, Media, rows)


def test_a_whole_list_that_is_sent_in_batches_shows_every_file(make_app, anna):
    for _ in range(3):
        made(anna, kept(anna))
    small = make_app(services(), PAGE_SIZE_LIMIT="2")
    with small.app_context():
        rows = Callers(small).super_admin().get(f"{MEDIAS}?pageNumber=0").json["productListingMedias"]
        assert len(rows) == 3
        assert all(opened(small, row["url"]).data == PDF for row in rows)


def test_what_is_written_back_as_it_was_shown_is_kept_without_its_token(showing, anna):
    address = kept(anna)
    readable = shown(anna, made(anna, address))
    assert "?token=" in readable
    assert made(anna, readable)["url"] == address


def test_an_object_that_is_gone_gives_no_new_token(showing, anna, ben):
    media = made(anna, kept(anna))
    readable = shown(ben, media)
    assert anna.delete(f"{MEDIAS}/{media['id']}").status_code == 200
    assert ben.get(f"{MEDIAS}/{media['id']}").status_code == 404
    assert opened(showing, readable).data == PDF
    with moved_clock(minutes=11):
        assert opened(showing, readable).status_code == 401


def test_no_event_row_or_log_line_has_a_token(showing, anna, ben):
    with leaks.everything_logged() as log:
        keyed = {"headers": {"Idempotency-Key": "k1"},
                 "json": {"mimeType": "image/png", "url": kept(anna), "size": 1}}
        media = anna.post(MEDIAS, **keyed).json["productListingMedia"]
        token = shown(ben, media).partition("?token=")[2]
        ben.get(MEDIAS)
        assert opened(showing, shown(ben, media)).status_code == 200
        assert opened(showing, f"{media['url']}?token={token}x").status_code == 401
        assert anna.post(MEDIAS, **keyed).json["productListingMedia"] == media
        assert anna.delete(f"{MEDIAS}/{media['id']}").status_code == 200
    kept_texts = [*leaks.kept_in_the_database(), *leaks.kept_in_redis(runtime().redis),
                  ("the log", log.getvalue()), *((event.topic, event.payload) for event in everything_sent())]
    assert any(media["url"] in text for _, text in kept_texts)
    signature = token.rpartition(".")[2]
    assert [where for where, text in kept_texts if signature in text or "?token=1" in text] == []


def test_files_cost_one_statement_when_written_and_none_when_read(showing, anna, count_statements):
    addresses = [kept(anna) for _ in range(3)]
    with count_statements() as asked:
        require_usable_files(anna.actor, Media, {"url": addresses})
    assert len(asked) == 1
    rows = orjson.dumps([{"url": address, "_owner": anna.user_id} for address in addresses])
    with count_statements() as asked:
        assert with_read_tokens(anna.actor, Media, rows).count(b"?token=") == 3
        require_usable_files(anna.actor, Media, {"url": "https://cdn.example/a.pdf"})
    assert asked == []


def test_a_list_of_addresses_is_checked_and_shown_one_by_one(showing, anna, ben, monkeypatch):
    declared = FileProperties([FileProperty(Product, "mediaAssetIds", owner="sellerId")])
    monkeypatch.setitem(runtime()._parts, FileProperties, declared)  # a later test has this application, too
    own, foreign = kept(anna), kept(ben)
    for name in ("mediaAssetIds", "mediaAssetIds_append"):
        require_usable_files(anna.actor, Product, {name: [own, "https://cdn.example/a.pdf"]})
        with pytest.raises(InvalidInput) as refused:
            require_usable_files(anna.actor, Product, {name: [own, foreign]})
        assert list(refused.value.detail) == [name]
    [row] = orjson.loads(with_read_tokens(ben.actor, Product, orjson.dumps([{
        "sellerId": anna.user_id, "mediaAssetIds": [own, "https://cdn.example/a.pdf", foreign, None]}])))
    mine, external, theirs, nothing = row["mediaAssetIds"]
    assert opened(showing, mine).data == PDF
    assert (external, nothing) == ("https://cdn.example/a.pdf", None)
    assert opened(showing, theirs).status_code == 401
