"""A front end under development: a page of another port of this machine, in a real browser, against the demo."""
from pathlib import Path

import pytest

from tests.browser import found_by_page
from tests.live import live_system
from tests.programs import program

SCRIPT = """
const base = "%s/marketplace", json = {"Content-Type": "application/json"};
const products = `${base}/productlisting-api/v1/productlistingproducts?pageRowCount=100`;

const listed = await fetch(products);
const rows = (await listed.json()).productListingProducts;

const login = await fetch(`${base}/auth-api/login`, {method: "POST", headers: json, body: JSON.stringify(
    {username: "cleo@demo.test", password: "demo-pass-1"})});
const {accessToken, userId} = await login.json();

const runs = (row) => row.type === "AUCTION" && new Date(row.effectiveEnd) > new Date();
const auction = rows.find((row) => runs(row) && row.sellerId !== userId);
const bid = await fetch(`${base}/auctionoffer-api/v1/auctionofferbids`, {method: "POST",
    headers: {...json, Authorization: `Bearer ${accessToken}`, "Idempotency-Key": "a-first-bid"},
    body: JSON.stringify({productId: auction.id, bidAmount: 5000, currency: auction.currency})});

const byCookie = await fetch(products, {credentials: "include"}).then(() => "read", () => "kept from the page");
return {listed: [listed.status, rows.length], login: login.status, bid: [bid.status, await bid.json()],
        requestId: bid.headers.get("X-Request-Id"), byCookie};
"""


@pytest.mark.slow
def test_a_page_of_another_port_lists_logs_in_and_bids(tmp_path: Path) -> None:
    program("chromium")  # before the system is started
    with live_system(tmp_path / "home", GUILDHALL_ENV="demo") as system:
        found = found_by_page(SCRIPT % system.url, tmp_path)
    assert "failed" not in found, found
    status, rows = found["listed"]
    assert status == 200
    assert rows >= 10
    assert found["login"] == 200
    status, bid = found["bid"]
    assert status == 201, bid
    assert bid["auctionOfferBid"]["bidAmount"] == 5000
    assert found["requestId"] == bid["requestId"]
    assert found["byCookie"] == "kept from the page"
