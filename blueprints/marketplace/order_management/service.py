"""orderManagement as one declaration."""
from app.service import ServiceDeclaration
from blueprints.marketplace.order_management import jobs
from blueprints.marketplace.order_management.ledger_entries import check_ledger, check_refunds_due
from blueprints.marketplace.order_management.routes import api
from blueprints.marketplace.order_management.rules import parse_commission
from blueprints.marketplace.order_management.settlement import CHECKOUT

SERVICE = ServiceDeclaration(
    name="orderManagement", version="1.0.16", description="Orders, their payments by Stripe, and shipment.",
    realms=("marketplace",),
    routes=api,
    background=(jobs,),
    checkouts=(CHECKOUT,),
    checks={"books": check_ledger, "refunds due": check_refunds_due},
    cli=("cli.payments",),
    settings={"commission_percent": parse_commission},
)
