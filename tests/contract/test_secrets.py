"""Passwords, hashes, codes, reserve prices and secret maxima stay where they belong through a life in production."""
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.clock import moved_clock, now
from app.data.columns import iso
from app.identity import one_time_codes
from app.jobs.worker import run_job
from app.runtime import runtime
from tests.app.payments.stand_in import SECRET_KEY, VISA, FlakyGateway
from tests.contract import leaks
from tests.contract.leaks import Recorder
from tests.testbed import PRODUCTION, Testbed

ROOT = "/marketplace"
PRODUCTS = f"{ROOT}/productlisting-api/v1/productlistingproducts"
PASSWORDS = ("first-Xq7-secret", "second-Xq7-secret", "third-Xq7-secret", "wrong-Xq7-secret")
RESERVE, MAXIMUM, RAISED = 7654.32, 5123.45, 6234.56  # a reserve that is reached shows (decision 11)
FIRST_CODE = 493_817
LINK_SECRET = "link-Xq7-secret".ljust(43, "z")
# In what the columns of these rows are for, and nowhere else.
HASHES = ("marketplace_user.password", "network_user.password")
AMOUNTS = (*(f"product_listing_product.{name}" for name in ("reserve_price", "leader_max", "runner_up_max")),
           "auction_offer_bid.maximum")


class Life:
    """People who register, forget, sell, bid and buy, through HTTP; every answer is kept."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.answers: list[tuple[str, str]] = []
        self.own_view: list[tuple[str, str]] = []
        self.codes = count(FIRST_CODE)
        self.visitor = self.client()
        self.staff = self.client(self.login("admin@admin.com", "superadmin-test-1"))

    def client(self, token: str | None = None, *, sees_own_secrets: bool = False) -> Recorder:
        """Return somebody whose answers are kept; who bids may see the own maximum."""
        made = Recorder(self.app, token=token)
        made.answers = self.own_view if sees_own_secrets else self.answers
        return made

    def login(self, email: str, password: str) -> str:
        """Return an access token."""
        answer = self.visitor.post(f"{ROOT}/auth-api/login", json={"username": email, "password": password})
        return str(ok(answer)["accessToken"])

    def registered(self, name: str, **options: Any) -> Recorder:
        """Return a user who registered, verified the address, forgot the password, and logged in with a new one."""
        email, auth = f"{name}@example.com", f"{ROOT}/auth-api"
        person = {"email": email, "fullname": name, "password": PASSWORDS[0]}
        made = ok(self.visitor.post(f"{auth}/v1/registeruser", json=person))
        refused(self.visitor.post(f"{auth}/v1/registeruser", json=person))
        for service, more in (("email-verification", {}), ("password-reset-by-email", {"password": PASSWORDS[1]})):
            verify = f"{auth}/verification-services/{service}"
            ok(self.visitor.post(f"{verify}/start", json={"email": email}))
            code = next(self.codes)
            refused(self.visitor.post(f"{verify}/complete", json={"email": email, "secretCode": "000000", **more}))
            ok(self.visitor.post(f"{verify}/complete", json={"email": email, "secretCode": f"{code:06d}", **more}))
        refused(self.visitor.post(f"{auth}/login", json={"username": email, "password": PASSWORDS[3]}))
        user = self.client(self.login(email, PASSWORDS[1]), **options)
        change = {"oldPassword": PASSWORDS[1], "newPassword": PASSWORDS[2]}
        ok(user.patch(f"{auth}/v1/userpassword/{made['user']['id']}", json=change, headers={"Idempotency-Key": name}))
        refused(user.patch(f"{auth}/v1/userpassword/{made['user']['id']}", json=change))
        return user

    def type_secrets_where_they_do_not_belong(self, user: Recorder) -> None:
        """Send secrets in malformed calls: a refusal must not repeat them."""
        auth, secret = f"{ROOT}/auth-api", PASSWORDS[3]
        broken = f'{{"password": "{secret}", }}'
        refused(self.visitor.post(f"{auth}/login", data=broken, content_type="application/json"))
        refused(self.visitor.post(f"{auth}/login", json={"username": ["x"], "password": secret}))
        refused(self.visitor.post(f"{auth}/login", json={"username": "x", "password": [secret]}))
        refused(self.visitor.post(f"{auth}/v1/registeruser", json={"email": "no address", "password": secret}))
        refused(self.visitor.post(f"{auth}/login", data=f"password={secret}"))
        refused(self.visitor.get(f"{auth}/currentuser?access_token={secret}&password={secret}"))
        refused(user.post(PRODUCTS, json={"reservePrice": RESERVE}))

    def auction(self, seller: Recorder, one: Recorder, two: Recorder) -> None:
        """Auction something with a secret reserve, on which both bid with secret maxima."""
        listing = self.listing()
        made = ok(seller.post(PRODUCTS, json=listing | {
            "type": "AUCTION", "biddingMode": "PROXY", "startPrice": 10, "reservePrice": RESERVE,
            "endBidDate": iso(now() + timedelta(days=1))}))["productListingProduct"]
        ok(seller.patch(f"{PRODUCTS}/{made['id']}", json={"reservePrice": RESERVE, "title": "Tank"}))
        for bidder, amount in ((one, MAXIMUM), (two, 120), (one, RAISED), (two, 300), (two, 150), (one, MAXIMUM)):
            bidder.post(f"{ROOT}/auctionoffer-api/v1/auctionofferbids", headers={"Idempotency-Key": f"bid {amount}"},
                        json={"productId": made["id"], "bidAmount": amount, "currency": "USD"})
        for viewer in (self.visitor, self.staff, seller, two):
            self.look_around(viewer, made["id"])

    def listing(self) -> dict[str, Any]:
        """Return what any listing says, in a new category."""
        shelf = f"{ROOT}/categorymanagement-api/v1"
        category = ok(self.staff.post(f"{shelf}/categories", json={"title": "Watches"}))["category"]["id"]
        subcategory = ok(self.staff.post(f"{shelf}/subcategories", json={
            "categoryId": category, "name": "Straps", "group": "MORE"}))["subcategory"]["id"]
        return {"currency": "USD", "title": "Watch", "description": "d", "condition": "USED", "shippingCurrency": "USD",
                "shipping": 0, "shippingMethod": "FREE", "categoryId": category, "subcategoryId": subcategory}

    def look_around(self, viewer: Recorder, auction: str) -> None:
        """Read whatever shows the auction."""
        for path in (f"{PRODUCTS}/{auction}", PRODUCTS, f"{ROOT}/productlisting-api/v1/productlistingownproducts",
                     f"{ROOT}/auctionoffer-api/v1/auctionofferbids?productId={auction}",
                     f"{ROOT}/searchindexing-api/v1/searchindexes?q=tank", f"{ROOT}/auth-api/v1/users",
                     f"{ROOT}/notificationmanagement-api/v1/notifications", f"{ROOT}/auth-api/currentuser"):
            viewer.get(path)

    def trade(self, seller: Recorder, buyer: Recorder) -> None:
        """Sell something at a fixed price, paid by card."""
        orders, listing = f"{ROOT}/ordermanagement-api/v1", self.listing() | {"type": "FIXED", "price": 30}
        sold = ok(seller.post(PRODUCTS, json=listing))["productListingProduct"]["id"]
        order = ok(buyer.post(f"{orders}/ordermanagementorders", json={
            "shippingAddress": {"city": "X"}, "lineItems": [{"productId": sold}]}))["orderManagementOrder"]
        ok(buyer.patch(f"{orders}/startordermanagementorderpayment/{order['id']}",
                       json={"paymentUserParams": {"paymentMethodId": VISA}}))


def ok(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json)


def refused(answer: Any) -> None:
    assert 400 <= answer.status_code < 500, answer.text


@pytest.fixture
def production(app: Flask, make_app: Callable[..., Flask], flaky: FlakyGateway,
               monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application as production runs it, its gateway a localstripe, its codes foreseeable."""
    made = make_app(**PRODUCTION)
    parts = made.extensions["guildhall"]
    monkeypatch.setattr(parts, "settings", replace(
        parts.settings, stripe_api_base=flaky.url, stripe_secret_key=SECRET_KEY))
    drawn = count(FIRST_CODE)
    monkeypatch.setattr(one_time_codes, "secrets", SimpleNamespace(
        randbelow=lambda _: next(drawn), token_urlsafe=lambda _: LINK_SECRET))
    with made.app_context():
        yield made


def found(needles: Iterable[str], texts: leaks.Texts) -> list[str]:
    """Return where any of the secrets stands; digits count only where they are a number of their own."""
    pattern = re.compile("|".join(rf"(?<![0-9a-f.-]){re.escape(one)}(?![0-9a-f])" for one in needles))
    return [f"{hit.group()} in {where}: …{text[max(0, hit.start() - 80):hit.end() + 40]}…"
            for where, text in texts if (hit := pattern.search(text))]


def digits_of(*amounts: float) -> list[str]:
    return [form for amount in amounts for form in (f"{amount:.2f}", f"{round(amount * 100)}")]


@pytest.mark.slow
def test_a_whole_life_in_production_leaks_no_secret(production: Flask, testbed: Testbed,
                                                    settle: Callable[[], None]) -> None:
    life = Life(production)
    with leaks.everything_logged() as log:
        seller, one, two = (life.registered(name, sees_own_secrets=name == "one") for name in ("seller", "one", "two"))
        life.type_secrets_where_they_do_not_belong(seller)
        life.auction(seller, one, two)
        life.trade(seller, two)
        settle()
        with moved_clock(days=1, minutes=1):
            settle()
            run_mail()
        drawn = [f"{code:06d}" for code in range(FIRST_CODE, next(life.codes))]
    said = [*life.answers, ("the log", log.getvalue())]
    kept = [*leaks.kept_in_redis(runtime().redis), *leaks.kept_in_files(testbed.home), *leaks.told_in_events()]
    everything = [*said, *life.own_view, *kept, *leaks.kept_in_the_database(*HASHES)]
    assert len(life.answers) > 60
    assert found(["Tank"], everything)
    assert not found([*PASSWORDS, LINK_SECRET, "superadmin-test-1", SECRET_KEY, "k" * 40], everything)
    assert not found(["$argon2"], everything)
    assert not found(drawn, everything)
    assert "/auth-api/login" in log.getvalue()
    assert "eyJhbGciOi" not in log.getvalue()  # how every access token begins
    known_to_all = [*said, *kept, *leaks.kept_in_the_database(*HASHES, *AMOUNTS)]
    assert not found(digits_of(RESERVE, MAXIMUM, RAISED), known_to_all)


def run_mail() -> None:
    """Try to send the letters to a server that is not there: the failure is logged."""
    with suppress(OSError):
        run_job("send-mail")
