"""Payment references, customers and kept cards: a person's own, all for whoever oversees payments (§7.2, P-3)."""
from typing import Any

from sqlalchemy import ColumnElement, select

from app.actor import Actor
from app.data.reads import Listing, fetch_one, list_rows
from app.data.reads.filters import Filters, equal, holding
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire, row_serializer
from app.data.visibility import holds, seen_by
from app.errors import NotFound
from app.identity.access import require
from app.payments.checkout import Checkout
from blueprints.platform.checkout.visibility import customers_of, references_of


def reference_filters(checkout: Checkout) -> Filters:
    """Return the filters of the list of references."""
    reference: Any = checkout.reference
    return Filters((equal(reference.owner_id), equal(reference.order_id), equal(reference.payment_id),
                    equal(reference.payment_status), equal(reference.status_literal), equal(reference.redirect_url)))


def customer_filters(checkout: Checkout) -> Filters:
    """Return the filters of the list of customers."""
    customer: Any = checkout.customer
    return Filters((equal(customer.user_id), equal(customer.customer_id), equal(customer.platform)))


def method_filters(checkout: Checkout) -> Filters:
    """Return the filters of the list of kept cards."""
    method: Any = checkout.method
    return Filters((equal(method.payment_method_id), equal(method.user_id), equal(method.customer_id),
                    equal(method.card_holder_name), equal(method.card_holder_zip), equal(method.platform),
                    holding(method.card_info)))


def reference_by(checkout: Checkout, actor: Actor, **named: str) -> Wire:
    """Return the reference with that id, order_id or payment_id to its owner; raises NotFound, Forbidden."""
    model: Any = checkout.reference
    row = _one(model, *(getattr(model, name) == value for name, value in named.items()))
    require(holds(references_of(checkout), row, actor))
    return row


def list_references(checkout: Checkout, actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of payment references: the actor's own; all for overseers."""
    model: Any = checkout.reference
    return list_rows(model, asked.page, *asked.where, *seen_by(references_of(checkout), actor))


def customer_of_user(checkout: Checkout, actor: Actor, user_id: str) -> Wire:
    """Return who a user is at the gateway, to that user; raises Forbidden, NotFound."""
    model: Any = checkout.customer
    _require_own(checkout, actor, user_id)
    return _one(model, model.user_id == user_id)


def list_customers(checkout: Checkout, actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of gateway customers: the actor's own row; all for overseers."""
    model: Any = checkout.customer
    return list_rows(model, asked.page, *asked.where, *seen_by(customers_of(checkout), actor))


def list_methods(checkout: Checkout, actor: Actor, asked: ReadRequest, user_id: str) -> Listing:
    """Return a page of a user's kept cards, to that user; raises Forbidden."""
    model: Any = checkout.method
    _require_own(checkout, actor, user_id)
    return list_rows(model, asked.page, *asked.where, model.user_id == user_id)


def _require_own(checkout: Checkout, actor: Actor, user_id: str) -> None:
    require(checkout.overseers(actor) or actor.is_user(user_id))


def _one(model: Any, *where: ColumnElement[bool]) -> Wire:
    shape = row_serializer(model)
    row = fetch_one(select(*shape.columns).where(model.is_active.is_(True), *where))
    if row is None:
        raise NotFound
    return shape.row(row)
