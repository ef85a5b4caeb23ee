"""A live auction in a real browser: the demo's page, and the lines of docs/realtime.md on a page of another origin."""
import json
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from app.http.example_pages import FOLDER
from tests.browser import PAGE_SECONDS, found_by_page, open_page
from tests.components import ROOT, wait_until
from tests.live import LiveSystem, live_system
from tests.programs import program

PAGE = (ROOT / "docs" / "realtime.md").read_text()
LINES = re.search(r"```js\n(.*?)```", PAGE, re.DOTALL)
SCRIPT = """
%s
const realm = "%s/marketplace", json = {"Content-Type": "application/json"};
const login = await fetch(`${realm}/auth-api/login`, {method: "POST", headers: json, body: JSON.stringify(
    {username: "cleo@demo.test", password: "demo-pass-1"})});
const {accessToken, userId} = await login.json();
const listed = await fetch(`${realm}/productlisting-api/v1/productlistingproducts?pageRowCount=100&type=AUCTION`);
const auction = (await listed.json()).productListingProducts.find(
    (row) => !row.closedAt && new Date(row.effectiveEnd) > new Date() && row.sellerId !== userId);
return await new Promise((found) => follow(realm, `productListingProduct/${auction.id}`, accessToken, (name, said) => {
    if (name === "start") fetch(`${realm}/auctionoffer-api/v1/auctionofferbids`, {method: "POST",
        headers: {...json, Authorization: `Bearer ${accessToken}`},
        body: JSON.stringify({productId: auction.id, bidAmount: 5000, currency: auction.currency})});
    if (name === "message") found(said);
}));
"""


def _call(system: LiveSystem, path: str, body: Any, token: str = "") -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = Request(f"{system.url}/marketplace/{path}", json.dumps(body).encode(), headers)
    with urlopen(request) as answer:
        return json.loads(answer.read())


def test_the_page_of_the_documents_has_the_lines_that_are_served() -> None:
    assert LINES is not None
    assert LINES[1] == (FOLDER / "follow.js").read_text()


@pytest.mark.slow
@pytest.mark.once("what is read of the log is tested on both; here it is a page")
def test_an_accepted_bid_is_on_the_open_page(tmp_path: Path) -> None:
    program("chromium")  # before the system is started
    assert LINES is not None
    with live_system(tmp_path / "home", GUILDHALL_ENV="demo") as system:
        with open_page(f"{system.url}/examples/auction", tmp_path) as page:
            wait_until(lambda: page.says("document.getElementById('state')?.textContent") == "live", "it is live",
                       PAGE_SECONDS)
            auction = json.loads(page.says("document.getElementById('auctions').value"))
            token = _call(system, "auth-api/login", {"username": "cleo@demo.test", "password": "demo-pass-1"})
            _call(system, "auctionoffer-api/v1/auctionofferbids", {
                "productId": auction["id"], "bidAmount": 4000, "currency": auction["currency"]}, token["accessToken"])
            wait_until(lambda: page.says("document.getElementById('price').textContent") == f"4000 {auction['currency']}",
                       "the bid is on the page", PAGE_SECONDS)
        found = found_by_page(SCRIPT % (LINES[1].replace("export ", ""), system.url), tmp_path)
    assert "failed" not in found, found
    assert found["data"]["currentBid"] == 5000
