"""A live auction in a real browser: the demo's page, which runs on the lines of docs/realtime.md."""
import json
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from app.http.example_pages import FOLDER
from tests.browser import PAGE_SECONDS, open_page
from tests.components import ROOT, wait_until
from tests.live import LiveSystem, live_system
from tests.programs import program

PAGE = (ROOT / "docs" / "realtime.md").read_text()
LINES = re.search(r"```js\n(.*?)```", PAGE, re.DOTALL)
BY_PAGE = """
const form = (id, values) => {
  const found = document.getElementById(id);
  for (const [name, value] of Object.entries(values)) found.elements[name].value = value;
  found.requestSubmit();
};
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
    """First a visitor watches, then Cleo, by a ticket; somebody else bids, then she."""
    program("chromium")  # before the system is started
    with (live_system(tmp_path / "home", GUILDHALL_ENV="demo") as system,
          open_page(f"{system.url}/examples/auction", tmp_path) as page):
        def shows(element: str, text: str) -> None:
            wait_until(lambda: page.says(f"document.getElementById('{element}')?.innerText") == text,
                       f"{element} shows {text}", PAGE_SECONDS)

        shows("state", "live")
        auction = json.loads(page.says("document.getElementById('auctions').value"))
        ben = _call(system, "auth-api/login", {"username": "ben@demo.test", "password": "demo-pass-1"})["accessToken"]
        price = {"productId": auction["id"], "currency": auction["currency"]}
        _call(system, "auctionoffer-api/v1/auctionofferbids", price | {"bidAmount": 4000}, ben)
        shows("price", f"4000 {auction['currency']}")
        page.says(f"{BY_PAGE} form('login', {{}})")
        wait_until(lambda: page.says("!document.getElementById('bid').hidden"), "Cleo is logged in", PAGE_SECONDS)
        shows("state", "live")
        page.says("form('bid', {amount: '5000'})")
        shows("price", f"5000 {auction['currency']}")
        shows("bids", f"5000 {auction['currency']}")
