"""The replay's market over HTTP: a seller and a pool of bidders register, verify, log in, list and bid.

Needs a server in demo or test mode, which returns verification codes (decision 21)."""
import json
import secrets
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import click

from app.clock import now
from app.data.columns import iso
from cli.demo_factories import demo_id
from cli.replay import CURRENCY, REALM, RealAuction, RealBid

PASSWORD = "replay-pass-1"


class HttpMarket:
    """One kept connection; the names of an auction's bidders are lent to the pool's users, auction by auction."""

    def __init__(self, url: str, most_bidders: int) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.netloc, timeout=30)
        self._prefix = f"{parts.path.rstrip('/')}/{REALM}"
        run = secrets.token_hex(4)
        self._seller = self._enter(f"seller-{run}@replay.test")
        self._pool = [self._enter(f"bidder-{number}-{run}@replay.test") for number in range(most_bidders)]
        self._lent: dict[str, tuple[str, str]] = {}

    def open_auction(self, auction: RealAuction, reserve: Decimal | None) -> str:
        """List the auction as the seller; every bidder of the pool is free again."""
        self._lent.clear()
        body = {"type": "AUCTION", "biddingMode": "PROXY", "title": auction.title, "description": "A real auction.",
                "condition": "USED", "currency": CURRENCY, "shippingCurrency": CURRENCY, "shipping": 0,
                "shippingMethod": "STANDARD", "categoryId": demo_id("Watches"),
                "subcategoryId": demo_id("Watches", "Wristwatches"), "startPrice": float(auction.opening),
                "endBidDate": iso(now() + timedelta(days=1))}
        if reserve is not None:
            body["reservePrice"] = float(reserve)
        listed = self._call("POST", "/productlisting-api/v1/productlistingproducts", body, self._seller[1], 201)
        product_id: str = listed["productListingProduct"]["id"]
        return product_id

    def bid(self, product_id: str, bid: RealBid) -> bool:
        """Send one bid; False when the server answers 400."""
        if bid.bidder not in self._lent:
            self._lent[bid.bidder] = self._pool[len(self._lent)]
        body = {"productId": product_id, "bidAmount": float(bid.maximum), "currency": CURRENCY, "status": "ACTIVE"}
        answer = self._call("POST", "/auctionoffer-api/v1/auctionofferbids", body, self._lent[bid.bidder][1], 201, 400)
        return answer.get("result") != "ERR"

    def close(self, product_id: str) -> tuple[Decimal | None, str | None]:
        """Return where the auction stands: the API has no early close, and the standing is what it would close at."""
        answer = self._call("GET", f"/productlisting-api/v1/productlistingproducts/{product_id}", None,
                            self._seller[1], 200)
        product = answer["productListingProduct"]
        names = {user_id: name for name, (user_id, _) in self._lent.items()}
        price = product["currentBid"]
        return None if price is None else Decimal(str(price)).quantize(Decimal("0.01")), names.get(
            product["highestBidderId"])

    def _enter(self, email: str) -> tuple[str, str]:
        """Register, verify and log in; returns user id and access token."""
        account = {"email": email, "password": PASSWORD, "fullname": email.split("@")[0]}
        user = self._call("POST", "/auth-api/v1/registeruser", account, None, 201)["user"]
        steps = "/auth-api/verification-services/email-verification"
        code = self._call("POST", f"{steps}/start", {"email": email}, None, 200)["secretCode"]
        self._call("POST", f"{steps}/complete", {"email": email, "secretCode": code}, None, 200)
        session = self._call("POST", "/auth-api/login", {"username": email, "password": PASSWORD}, None, 200)
        return user["id"], session["accessToken"]

    def _call(self, method: str, path: str, body: Any, token: str | None, *expected: int) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            self._connection.request(method, self._prefix + path, json.dumps(body) if body else None, headers)
            answer = self._connection.getresponse()
            found = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            raise click.ClickException(f"{method} {path}: {error}") from error
        if answer.status not in expected:
            raise click.ClickException(f"{method} {path} answered {answer.status}: {found.get('message')}")
        return dict(found)
