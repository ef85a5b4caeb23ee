"""What searchIndexing does when something it describes changes, and how records that staff write reach the index.

All are batch subscribers: they may see an event twice or late, and read the present state or compare versions."""
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from app.events.event_delivery import Event
from app.events.subscriptions import subscribe_batch
from app.search import Change, Removal
from app.search.catalogue import apply_or_rebuild
from blueprints.marketplace.category_management import topics as categories
from blueprints.marketplace.feedback.topics import REPUTATION_CHANGED
from blueprints.marketplace.product_listing import topics as products
from blueprints.marketplace.product_listing.queries import live_products_of, products_showing
from blueprints.marketplace.search_indexing.documents import SCHEMA, search_document
from blueprints.marketplace.search_indexing.refreshing import has_fed, refresh, refresh_dependants
from blueprints.marketplace.search_indexing.topics import INDEX_CREATED, INDEX_DELETED, INDEX_UPDATED
from blueprints.platform.auth.topics import standing_topic, user_topic

REALM = "marketplace"

_CREATED = {categories.CATEGORY_CREATED: "CATEGORY", categories.SUBCATEGORY_CREATED: "SUBCATEGORY",
            products.PRODUCT_CREATED: "PRODUCT", user_topic(REALM, "created"): "SELLER"}
_UPDATED = {categories.CATEGORY_UPDATED: "CATEGORY", categories.SUBCATEGORY_UPDATED: "SUBCATEGORY",
            products.PRODUCT_UPDATED: "PRODUCT", user_topic(REALM, "updated"): "SELLER"}
_DELETED = {categories.CATEGORY_DELETED: "CATEGORY", categories.SUBCATEGORY_DELETED: "SUBCATEGORY",
            products.PRODUCT_DELETED: "PRODUCT", user_topic(REALM, "deleted"): "SELLER"}
_DESCRIBED = _CREATED | _UPDATED | _DELETED
# Document type → the property others show, and the reference by which they are found.
_SHOWN_ELSEWHERE = {"CATEGORY": ("title", "category_ref"), "SUBCATEGORY": ("name", "subcategory_ref"),
                    "SELLER": ("fullname", "seller_ref")}


@subscribe_batch(*_DESCRIBED, name="search_indexing.refresh")
def refresh_records(events: Sequence[Event]) -> None:
    """Write the records of everything that changed, each once however often it did, and of those that show its name."""
    changed: dict[str, dict[str, str | None]] = {}
    for event in events:
        changed.setdefault(_DESCRIBED[event.topic], {})[event.key] = event.request_id
    for document_type, causes in changed.items():
        refresh(document_type, causes)
    renamed = {found: event.request_id for event in events if (found := _renamed(event))}
    for (reference, id), cause in renamed.items():
        refresh_dependants(reference, id, cause)


@subscribe_batch(*(standing_topic(REALM, verb) for verb in (
    "locked", "unlocked", "restored", "suspended", "reinstated")),
                 user_topic(REALM, "deleted"), name="search_indexing.seller_standing")
def follow_sellers(events: Sequence[Event]) -> None:
    """Take out the records of sellers who are not active any more, and bring back those of sellers who are again."""
    for cause, caused in groupby(events, key=attrgetter("request_id")):
        refresh("PRODUCT", dict.fromkeys(live_products_of({event.key for event in caused}), cause))


@subscribe_batch(REPUTATION_CHANGED, name="search_indexing.reputation")
def follow_reputations(events: Sequence[Event]) -> None:
    """Write a seller's new rating into the seller's record and those of the products; five minutes part two of them."""
    for cause, caused in groupby(events, key=attrgetter("request_id")):
        sellers = {event.key for event in caused}
        refresh("PRODUCT", dict.fromkeys(live_products_of(sellers), cause))
        refresh("SELLER", dict.fromkeys(sorted(sellers), cause))


@subscribe_batch(products.MEDIA_DELETED, products.MEDIA_HELD, products.MEDIA_UPDATED, name="search_indexing.media")
def follow_media(events: Sequence[Event]) -> None:
    """Take an image that is removed or held out of the records of the products that show it, and put it back."""
    moved = [event for event in events
             if event.topic != products.MEDIA_UPDATED or "isActive" in event.payload["newDataValues"]]
    for cause, caused in groupby(moved, key=attrgetter("request_id")):
        refresh("PRODUCT", dict.fromkeys(products_showing([event.key for event in caused]), cause))


def _renamed(event: Event) -> tuple[str, str] | None:
    """Return by which reference to find the records that show a name which changed, vanished or, with an account that
    wakes, came back."""
    shown = _SHOWN_ELSEWHERE.get(_DESCRIBED[event.topic])
    if shown is None or event.topic in _CREATED:
        return None
    if event.topic in _UPDATED and event.payload["newDataValues"].keys().isdisjoint((shown[0], "isActive")):
        return None
    return shown[1], event.key


@subscribe_batch(INDEX_CREATED, INDEX_UPDATED, INDEX_DELETED, name="search.search_index")
def feed_search(events: Sequence[Event]) -> None:
    """Bring the records that staff or a rebuild wrote into the search index, in one commit per batch."""
    if changes := [_change(event) for event in events if not has_fed(event)]:
        apply_or_rebuild(SCHEMA.name, changes)


def _change(event: Event) -> Change:
    row = event.payload
    if event.topic == INDEX_DELETED:
        return Removal(row["id"], row["recordVersion"])
    return search_document(row["id"], row["recordVersion"], row["documentType"], row["referenceId"], row["indexedAt"],
                           row["createdAt"], row["document"])
