"""What clients may send to watchlistCart (rules-marketplace §10.2)."""
from typing import Any

from marshmallow import ValidationError, post_load, pre_load, validates_schema

from app.clock import now
from app.data.columns import iso
from app.http.schemas import Choice, Code, Identifier, IdList, InputSchema, Instant, Whole
from app.plain_text import identifier_key
from blueprints.marketplace.watchlist_cart.rules import LARGEST_QUANTITY, ROWS_AT_ONCE

_LONGEST_NAME = 255
TO_LIST, TO_CART, REMOVE = "MOVE_TO_LIST", "MOVE_TO_CART", "REMOVE"
ACTIONS = (TO_LIST, TO_CART, REMOVE)


class _Added(InputSchema):
    """The contract demands `addedAt` of a create; left out it is now (WC8)."""

    added_at = Instant(required=True, metadata={"description": "now when left out"})

    @pre_load
    def _supply_moment(self, data: Any, **_: Any) -> Any:
        if isinstance(data, dict) and data.get("addedAt") is None:
            return {**data, "addedAt": iso(now())}
        return data


class NewCartItem(_Added):
    """Body of createCartItem."""

    quantity = Whole(least=1, most=LARGEST_QUANTITY, required=True)
    product_id = Identifier(required=True)


class NewWatchlistItem(_Added):
    """Body of createWatchlistItem."""

    product_id = Identifier(required=True)
    list_id = Identifier(metadata={"description": "a list of yours; left out: the default list"})


class NewWatchlistList(InputSchema):
    """Body of createWatchlistList; `itemCount` is the server's and is not read (WC7)."""

    name = Code(required=True, metadata={"description": "compared without regard to case and form"})

    @validates_schema
    def _key_fits(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 < len(identifier_key(data.get("name", "-"))) <= _LONGEST_NAME:
            raise ValidationError("expected a shorter name", "name")


class QuantityChange(InputSchema):
    """Body of updateCartItemQuantity."""

    quantity = Whole(least=1, most=LARGEST_QUANTITY)


class ItemMove(InputSchema):
    """Body of updateWatchlistItem."""

    list_id = Identifier(required=True, allow_none=True, metadata={
        "description": "a list of yours; null is the default list", "example": None})

    @pre_load
    def _drop_nulls(self, data: Any, **_: Any) -> Any:
        """Keep them: null means the default list here."""
        return data


class ManyItems(InputSchema):
    """Body of moveWatchlistItems: what happens to which rows of the watchlist and of the cart."""

    action = Choice(ACTIONS, required=True)
    watchlist_item_ids = IdList(metadata={"example": ["018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"]})
    cart_item_ids = IdList()
    list_id = Identifier(metadata={"description": "with MOVE_TO_LIST: the list; left out: the default list"})

    @validates_schema
    def _some_and_few(self, data: dict[str, Any], **_: Any) -> None:
        named = [*data.get("watchlist_item_ids", ()), *data.get("cart_item_ids", ())]
        if not 0 < len(named) <= ROWS_AT_ONCE:
            raise ValidationError(f"expected 1 to {ROWS_AT_ONCE} ids in both lists", "watchlist_item_ids")
        if "list_id" in data and data.get("action") != TO_LIST:
            raise ValidationError(f"expected only with action {TO_LIST}", "list_id")

    @post_load
    def _each_once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"watchlist_item_ids": [], "cart_item_ids": []} | {
            name: list(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in data.items()}
