"""Clients that go on while the system is being killed under them: lost answers are retried under the same id."""
import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.data.ids import uuid7

ANSWER_SECONDS = 60.0
NOT_NOW = (503, 409)


class Connection:
    """One client's connection; opened again whenever the server goes away."""

    def __init__(self, url: str, token: str) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._open: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: dict[str, object] | None = None) -> tuple[int, dict[str, object]]:
        """Return status and body of the first answer that is one; AssertionError when none comes in time."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            try:
                status, answer = self._once(method, path, body)
            except (OSError, http.client.HTTPException):
                self.close()
                time.sleep(0.05)
                continue
            if status not in NOT_NOW:
                return status, answer
            time.sleep(0.05)
        raise AssertionError(f"no answer to {method} {path} within {ANSWER_SECONDS:g} s")

    def close(self) -> None:
        """Hang up; the next call connects again."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _once(self, method: str, path: str, body: dict[str, object] | None) -> tuple[int, dict[str, object]]:
        if self._open is None:
            self._open = http.client.HTTPConnection(self._address, timeout=15)
        self._open.request(method, path, json.dumps(body) if body is not None else None, self._headers)
        response = self._open.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}


@dataclass
class Told:
    """What the clients were told; read it when they have stopped."""

    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class Bidder(threading.Thread):
    """Bids on random auctions until told to stop, always a step above what it last saw."""

    def __init__(self, url: str, token: str, auctions: list[str], told: Told, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._connection = Connection(url, token)
        self._auctions = auctions
        self._told = told
        self._stop_asked = stop

    def run(self) -> None:
        """Bid; whatever goes wrong is told, not swallowed."""
        try:
            while not self._stop_asked.is_set():
                self._bid(random.choice(self._auctions))
        except Exception as error:
            self._told.failures.append(repr(error))
        finally:
            self._connection.close()

    def _bid(self, auction: str) -> None:
        path = "/marketplace/productlisting-api/v1/productlistingproducts/" + auction
        _, answer = self._connection.call("GET", path)
        product = answer["productListingProduct"]
        assert isinstance(product, dict)
        price = float(product["currentBid"] or product["startPrice"])
        bid = uuid7()
        status, _ = self._connection.call("POST", "/marketplace/auctionoffer-api/v1/auctionofferbids", {
            "auctionOfferBidId": bid, "productId": auction, "currency": "USD", "bidAmount": round(price * 1.02 + 1, 2)})
        self._told.statuses[status] = self._told.statuses.get(status, 0) + 1
        if status == 201:
            self._told.acknowledged.append(("auction_offer_bid", bid))
