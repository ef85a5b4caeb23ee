"""orderManagement as one declaration."""
from app.data.person_rows import ERASED, KEPT, rows_of_people
from app.service import ServiceDeclaration
from blueprints.marketplace.order_management import jobs, subscribers
from blueprints.marketplace.order_management.ledger_entries import check_disputes, check_ledger, check_refunds_due
from blueprints.marketplace.order_management.models import (
    LedgerEntry,
    Order,
    OrderItem,
    OrderPayment,
    PaymentCustomer,
    PaymentMethod,
)
from blueprints.marketplace.order_management.routes import api
from blueprints.marketplace.order_management.rules import parse_commission
from blueprints.marketplace.order_management.settlement import CHECKOUT

SERVICE = ServiceDeclaration(
    name="orderManagement", version="1.0.16", description="Orders, their payments by Stripe, and shipment.",
    realms=("marketplace",),
    routes=api,
    background=(jobs, subscribers),
    checkouts=(CHECKOUT,),
    checks={"books": check_ledger, "refunds due": check_refunds_due, "disputes": check_disputes},
    cli=("cli.payments",),
    settings={"commission_percent": parse_commission},
    persons=(
        rows_of_people(Order, KEPT, "buyer_id", why="the ledger and the other party need orders"),
        rows_of_people(OrderItem, KEPT, "seller_id", why="the ledger and the other party need orders"),
        rows_of_people(LedgerEntry, KEPT, "seller_id", why="the ledger"),
        rows_of_people(OrderPayment, KEPT, "owner_id", why="the ledger: the ticket of a payment"),
        rows_of_people(PaymentCustomer, ERASED, "user_id"),
        rows_of_people(PaymentMethod, ERASED, "user_id"),
    ),
)
