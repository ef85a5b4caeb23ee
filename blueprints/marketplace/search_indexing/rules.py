"""What a search document holds (rules-marketplace §9.3): pure shapes from the rows of the services it describes."""
import re
from collections.abc import Iterator, Mapping
from typing import Any

DOCUMENT_TYPES = ("PRODUCT", "SELLER", "CATEGORY", "SUBCATEGORY")
DEEPEST_DOCUMENT = 20

_PRODUCT_KEYS = ("id", "title", "description", "condition", "type", "price", "currency", "startPrice", "currentBid",
                 "endBidDate", "shipping", "shippingMethod", "sellerId", "categoryId", "subcategoryId", "createdAt")
_NAMES = frozenset({"title", "name", "fullname", "subtitle", "description"})
_NO_PROSE = re.compile(r"(^|[a-z])(id|ids|url|urls|Id|Ids|Url|Urls|avatar)$|^createdAt$")
_ADDRESS = re.compile(r"[a-z]+://|/|[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)

Row = Mapping[str, Any]


def product_document(product: Row, rating: Row) -> dict[str, Any]:
    """Return the document of a listing row that carries its joins, and of its seller's rating."""
    category, subcategory, seller = (product.get(name) or {} for name in ("category", "subcategory", "seller"))
    return {name: product.get(name) for name in _PRODUCT_KEYS} | {
        "sellerName": seller.get("fullname"), "sellerRatingAverage": rating.get("ratingAverage"),
        "sellerRatingCount": rating.get("ratingCount", 0), "categoryTitle": category.get("title"),
        "subcategoryName": subcategory.get("name"),
        "mediaUrls": [media["url"] for media in product.get("media") or () if media]}


def seller_document(seller: Row, rating: Row) -> dict[str, Any]:
    """Return the document of a user who sells."""
    return {"id": seller["id"], "fullname": seller["fullname"], "avatar": seller["avatar"],
            "ratingAverage": rating.get("ratingAverage"), "ratingCount": rating.get("ratingCount", 0)}


def category_document(category: Row) -> dict[str, Any]:
    """Return the document of a category."""
    return {name: category.get(name) for name in ("id", "title", "subtitle", "imageUrl")}


def subcategory_document(subcategory: Row, category: Row | None) -> dict[str, Any]:
    """Return the document of a subcategory."""
    return {name: subcategory.get(name) for name in ("id", "name", "group", "categoryId")} | {
        "categoryTitle": (category or {}).get("title")}


def references(document: Row) -> dict[str, str | None]:
    """Return what a document must be rewritten for when it is renamed."""
    found = {"category_ref": document.get("categoryId"), "subcategory_ref": document.get("subcategoryId"),
             "seller_ref": document.get("sellerId")}
    return {name: value if isinstance(value, str) and len(value) <= 36 else None for name, value in found.items()}


def document_fault(document: Any) -> str | None:
    """Say why a document given by a client cannot be kept, or None."""
    level = [document]
    for _ in range(DEEPEST_DOCUMENT):
        if any(isinstance(value, str) and "\x00" in value for value in level):
            return "expected text without NUL"
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return None
    return f"expected at most {DEEPEST_DOCUMENT} levels"


def other_prose(document: Row) -> str:
    """Return the text of a document beyond its names and description; ids and addresses are not prose."""
    return " ".join(_prose(document, top=True))


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _prose(value: Any, top: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not _NO_PROSE.search(key) and not (top and key in _NAMES):
                yield from _prose(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _prose(inner)
    elif isinstance(value, str) and not _ADDRESS.match(value):
        yield value
