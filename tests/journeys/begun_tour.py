"""The README's tour on a demo, begun by some logins and gone on with by the same ones after a loss or a move."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from app.clock import now
from app.data.columns import iso
from app.jobs.wakeup import queue
from app.jobs.worker import GuildhallWorker
from app.ops.checks import FAIL, examine
from app.runtime import runtime
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant
from cli import load_command
from cli.demo_factories import ADA, ANNA, BEN, CLEO, DEMO_PASSWORD, PICTURED, demo_id, product_id
from tests.app.payments.stand_in import VISA
from tests.clients import ApiClient
from tests.flow import settle
from tests.organization.world import SCOPES, Caller

MARKET = "/marketplace"
PRODUCTS = f"{MARKET}/productlisting-api/v1/productlistingproducts"
BIDS = f"{MARKET}/auctionoffer-api/v1/auctionofferbids"
ORDERS = f"{MARKET}/ordermanagement-api/v1/ordermanagementorders"
MESSAGES = f"{MARKET}/messaging-api/v1/messagingmessages"
NOTICES = f"{MARKET}/notificationmanagement-api/v1/notifications"


def failures(app: Flask) -> dict[str, str]:
    """Return what `flask doctor` finds wrong while a worker is at work: by check, all of them."""
    with app.app_context():
        worker = GuildhallWorker([queue()], connection=runtime().redis)
        worker.register_birth()
        try:
            return {found.check: found.says for found in examine() if found.state == FAIL}
        finally:
            worker.register_death()


@dataclass
class BegunTour:
    """What people of the demo and the client of a tenant hold in their hands: tokens, a secret, ids."""

    tenant: str
    tokens: Mapping[str, str]
    client_id: str
    client_secret: str
    tenant_token: str
    organization: str
    picture: bytes
    auction: str = ""
    titles: list[str] = field(default_factory=list)

    def list_and_bid(self, app: Flask) -> None:
        """List a sextant as Anna, in an auction that ends in an hour, and bid for it as Ben; then nothing moves."""
        anna, found = self._as(app, ANNA), f"{MARKET}/categorymanagement-api/v1/subcategories?name=Lenses"
        [lenses] = anna.get(found).json["subcategories"]
        listed = anna.post(PRODUCTS, json={
            "type": "AUCTION", "title": "Brass sextant", "description": "Works.", "condition": "USED",
            "currency": "USD", "startPrice": 10, "endBidDate": iso(now() + timedelta(hours=1)),
            "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
            "categoryId": lenses["categoryId"], "subcategoryId": lenses["id"]})
        self.auction = _made(listed)["productListingProduct"]["id"]
        _made(self._bid(app, BEN, 12))
        self.titles = self._titles(app)
        with app.app_context():
            settle()

    def go_on(self, app: Flask) -> None:
        """Find what was there, and go on to the end: bid, win, order, pay, write; then new signing keys."""
        assert self._titles(app) == self.titles
        assert _picture(app) == self.picture
        self._win(app)
        self._order_and_pay(app)
        self._write(app)
        self._keep_records(app)
        with app.app_context():
            settle()
        _typed(app, "auth", "rotate-keys", "--realm", "marketplace", "--yes")
        for token in (self.tokens[CLEO], logged_in(app, CLEO)):
            assert ApiClient(app, token=token).get(f"{MARKET}/auth-api/currentuser").json["fullname"].startswith("Cleo")

    def _win(self, app: Flask) -> None:
        refused = self._bid(app, CLEO, 12.20)
        assert (refused.status_code, refused.json["errCode"]) == (400, "BidTooLow")
        bid = _made(self._bid(app, CLEO, 15))["auctionOfferBid"]["id"]
        assert self._as(app, CLEO).get(f"{BIDS}/{bid}").json["auctionOfferBid"]["bidAmount"] == 15
        _typed(app, "auctions", "close", self.auction, "--as", ADA, "--yes")
        with app.app_context():
            settle()
        newest = self._as(app, CLEO).get(NOTICES).json["notifications"][0]
        assert (newest["notificationType"], newest["payload"]["bidAmount"]) == ("BID_WON", 15)

    def _order_and_pay(self, app: Flask) -> None:
        cleo = self._as(app, CLEO)
        order = _made(cleo.post(ORDERS, json={
            "orderNumber": f"ORD-{self.auction}", "shippingAddress": {"city": "Basel"},
            "lineItems": [{"productId": self.auction}]}))["orderManagementOrder"]["id"]
        paid = cleo.patch(f"{MARKET}/ordermanagement-api/v1/startordermanagementorderpayment/{order}",
                          json={"paymentUserParams": {"paymentMethodId": VISA}})
        assert (paid.status_code, paid.json["paymentResult"]["amount"]) == (200, 20), paid.text
        assert cleo.get(f"{ORDERS}/{order}").json["orderManagementOrder"]["status"] == "PAID"

    def _write(self, app: Flask) -> None:
        sent = _made(self._as(app, CLEO).post(MESSAGES, json={"toUserId": demo_id(ANNA), "content": "Thank you!"}))
        read = self._as(app, ANNA).get(f"{MESSAGES}/{sent['messagingMessage']['id']}")
        assert read.json["messagingMessage"]["content"] == "Thank you!"

    def _keep_records(self, app: Flask) -> None:
        for token in (self.tenant_token, _tenant_token(app, self.client_id, self.client_secret)):
            caller = Caller(app, self.tenant, token)
            assert caller.get(self.organization).get_json()["legalName"] == "Épées"
            assert caller.get(caller.add(legalName="Another")).get_json()["legalName"] == "Another"

    def _titles(self, app: Flask) -> list[str]:
        rows = self._as(app, ANNA).get(f"{PRODUCTS}?pageRowCount=100").json["productListingProducts"]
        return sorted(row["title"] for row in rows)

    def _bid(self, app: Flask, bidder: str, amount: float) -> TestResponse:
        return self._as(app, bidder).post(BIDS, json={
            "productId": self.auction, "bidAmount": amount, "currency": "USD"})

    def _as(self, app: Flask, email: str) -> ApiClient:
        return ApiClient(app, token=self.tokens[email])


def begin_tour(app: Flask, tenant: str) -> BegunTour:
    """Log people of the demo in, add a tenant with a client, keep an organization there; then list and bid."""
    with app.app_context():
        settle()
        ports = organization_of().ports
        add_tenant(ports, tenant)
        client, secret = add_client(ports, tenant, SCOPES, "tour")
    token = _tenant_token(app, client.client_id, secret)
    tour = BegunTour(
        tenant, {email: logged_in(app, email) for email in (ANNA, BEN, CLEO)}, client.client_id, secret, token,
        Caller(app, tenant, token).add(legalName="Épées"), _picture(app))
    tour.list_and_bid(app)
    return tour


def logged_in(app: Flask, email: str) -> str:
    """Log in with the demo's password; returns the token."""
    answer = ApiClient(app).post(f"{MARKET}/auth-api/login", json={"username": email, "password": DEMO_PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json["accessToken"])


def _tenant_token(app: Flask, client_id: str, secret: str) -> str:
    answer = ApiClient(app).post("/organization-api/oauth/token", data={
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    assert answer.status_code == 200, answer.text
    return str(answer.json["access_token"])


def _picture(app: Flask) -> bytes:
    """Return the bytes of the picture that a listing of the demo shows."""
    visitor = ApiClient(app)
    shown = visitor.get(f"{PRODUCTS}/{product_id(PICTURED[0])}").json["productListingProduct"]["media"][0]
    answer = visitor.get(urlsplit(shown["url"]).path)
    assert answer.status_code == 200, answer.text
    return answer.data


def _typed(app: Flask, group: str, *words: str) -> None:
    done = app.test_cli_runner().invoke(load_command(group), words)
    assert done.exit_code == 0, done.output


def _made(answer: TestResponse) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json
