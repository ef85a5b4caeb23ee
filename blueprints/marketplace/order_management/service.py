"""orderManagement as one declaration."""
from functools import partial

from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import KEPT, Obligation, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.ops.mends import Mend, NamedMend
from app.service import ServiceDeclaration
from blueprints.marketplace.order_management import jobs, subscribers
from blueprints.marketplace.order_management.commands import restore_order
from blueprints.marketplace.order_management.index import READABLE
from blueprints.marketplace.order_management.inspection import orders_named
from blueprints.marketplace.order_management.ledger_corrections import correct_ledger, wrong_ledgers
from blueprints.marketplace.order_management.ledger_entries import (
    check_ledger,
    check_refunds_due,
    check_stock,
    mend_stock,
)
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.order_management.obligations import lines_of, open_orders_of
from blueprints.marketplace.order_management.person_acts import DEALINGS
from blueprints.marketplace.order_management.queries import items_seen_by, order_subject, orders_seen_by
from blueprints.marketplace.order_management.record_models import LedgerEntry
from blueprints.marketplace.order_management.rules import parse_commission
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.marketplace.order_management.topics import (
    CUSTOMER_LEFT,
    ORDER_CANCELLED,
    ORDER_DISPUTED,
    PAYMENT_FAILED,
    PAYMENT_STARTED,
    PAYMENT_SUCCEEDED,
)
from blueprints.marketplace.order_management.won_auctions import check_auction_orders, mend_auction, wrong_auctions
from blueprints.platform.checkout.checks import check_disputes
from blueprints.platform.checkout.persons import rows_of_payers

SERVICE = ServiceDeclaration(
    name="orderManagement", version="1.0.16", description="Orders, their payments by Stripe, and shipment.",
    realms=("marketplace",),
    routes="blueprints.marketplace.order_management.routes.api",
    background=(jobs, subscribers),
    emits=lambda _: (ORDER_CANCELLED, ORDER_DISPUTED, PAYMENT_STARTED, PAYMENT_SUCCEEDED, PAYMENT_FAILED,
                     CUSTOMER_LEFT),
    readable=READABLE,
    relations=(
        # A seller of some lines sees those lines alone: the query of orders knows.
        relations_of(Order, Relation("buyerId", "user"),
                     Relation("items", "orderManagementOrderItem", name="orderItems", many=True, by_query=True)),
        relations_of(OrderItem, Relation("orderId", "orderManagementOrder"), Relation("sellerId", "user"),
                     Relation("productId", "productListingProduct")),
    ),
    targets=(
        JoinTarget("orderManagementOrder", ("id", "orderNumber", "status", "status_idx"), orders_seen_by,
                   personal=True, depends_on=("rows:orderManagementOrderItem",)),
        JoinTarget("orderManagementOrderItem", ("id", "title", "quantity", "price", "shipping", "currency"),
                   items_seen_by, personal=True),
    ),
    checkouts=(CHECKOUT,),
    checks={"books": check_ledger, "stock": check_stock, "auction orders": check_auction_orders,
            "refunds due": check_refunds_due, "disputes": partial(check_disputes, CHECKOUT)},
    mends={"stock": Mend("lets the stock of these listings be what orders hold", mend_stock),
           "books": NamedMend("appends to the ledger of these orders what it lacks or what puts it right; no booking "
                              "is changed", wrong_ledgers, correct_ledger,
                              "what is not the ledger's is for whoever keeps the books: `flask payments status` lists "
                              "it; `flask payments show`, then `reconcile`, `fix` or `refund`"),
           "auction orders": NamedMend("cancels the order that nobody began to pay where two hold an auction, and "
                                       "places the winner's order anew where it was lost", wrong_auctions, mend_auction,
                                       "the rest is for whoever keeps the books: `flask orders find LISTING`; the "
                                       "money of an order that goes is given back by `flask payments refund`")},
    moderated=(ModeratedKind("ORDER", Order, restore_order, order_subject, named=lambda _, text: orders_named(text)),),
    person_effects=(DEALINGS,),
    cli=("cli.orders", "cli.payments"),
    settings={"commission_percent": parse_commission},
    obligations=(Obligation(open_orders_of),),
    persons=(
        rows_of_people(Order, KEPT, "buyer_id", why="the ledger and the other party need orders",
                       export=exported("orders", "buyer_id", without=(
                           "payment_method_id", "stripe_customer_id", "payment_intent_id"))),
        rows_of_people(OrderItem, KEPT, "seller_id", why="the ledger and the other party need orders",
                       export=exported("order-lines", where=lines_of)),
        rows_of_people(LedgerEntry, KEPT, "seller_id", why="the ledger", export=exported("ledger", "seller_id")),
        *rows_of_payers(CHECKOUT, CUSTOMER_LEFT),
    ),
)
