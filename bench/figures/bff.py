"""What a page of the read layer costs one client: in the order of its default and in others, and of words."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from bench import one_client
from bench.guildhall import Guildhall
from bench.load import Request
from bench.one_client import OneClient, measured_in_turn
from bench.report import Section, at_most
from bench.servers import Server

P95_MS = 25
ROWS = 100_000
_ROUNDS, _EACH = 3, 20
LIST = "/marketplace/bff-service/{}/list?limit=25&getJoins=false"
COLUMNS = ("one client, 25 rows a page", *one_client.COLUMNS)
_LISTINGS, _USED = "productListingProduct", {"condition": {"operator": "eq", "value": "USED"}}
_ASKED = {
    "{rows} listings, the default order": (_LISTINGS, "", None),
    "… backwards": (_LISTINGS, "&sortOrder=desc", None),
    "… of one condition": (_LISTINGS, "", _USED),
    "… newest": (_LISTINGS, "&sort=newest", None),
    "… ending soonest": (_LISTINGS, "&sort=endingSoonest", None),
    "… by title": (_LISTINGS, "&sortBy=title", None),
    "… by title, backwards": (_LISTINGS, "&sortBy=title&sortOrder=desc", None),
    "… by price": (_LISTINGS, "&sortBy=price", None),
    "… by price, backwards": (_LISTINGS, "&sortBy=price&sortOrder=desc", None),
    "… by what they cost now": (_LISTINGS, "&sort=priceAscending", None),
    "… by what they cost now, backwards": (_LISTINGS, "&sort=priceDescending", None),
    "{rows} subcategories, the default order": ("subcategory", "", None),
    "… backwards ": ("subcategory", "&sortOrder=desc", None),
    "… by name": ("subcategory", "&sortBy=name", None),
    "… by name, backwards": ("subcategory", "&sortBy=name&sortOrder=desc", None),
    "{rows} records of the search, the default order": ("searchIndex", "", None)}
_FACET, _BY_PRICE = "&facets=condition", "&sort=priceAscending"
_TYPED = {
    "a word of one listing in thirteen": ("{0}%20", ""), "… and one facet": ("{0}%20", _FACET),
    "… the cheapest first": ("{0}%20", _BY_PRICE),
    "a word of one in 12,000": ("{2}%20", ""), "… and one facet ": ("{2}%20", _FACET),
    "two words": ("{0}%20{1}%20", ""), "two words and one facet": ("{0}%20{1}%20", _FACET),
    "three letters of a word": ("{3}", ""), "… and one facet  ": ("{3}", _FACET),
    "a word of all listings": ("hawksworth%20", "")}
"""Words over listings: what is typed, made of the common, the second, the rare one, and the beginning of the common."""


def _asked(words: Sequence[str]) -> Iterator[tuple[str, str, str, Any]]:
    for name, (index, query, filters) in _ASKED.items():
        yield name, index, query, filters
    for name, (typed, more) in _TYPED.items():
        yield name, _LISTINGS, f"&q={typed.format(*words, words[0][:3])}{more}", None


def measure(hall: Guildhall, server: Server, rows: int) -> Section:
    """Ask for a page of each list again and again."""
    client, token = OneClient(server), hall.seeded["tokens"][0]
    section = Section(f"The read layer, {hall.database}", COLUMNS)
    for name, index, query, filters in _asked(hall.seeded["words"]):
        path = LIST.format(index) + query
        request = Request(path, token=token) if filters is None else Request(path, "POST", filters, token)
        [times] = measured_in_turn(server, [lambda request=request: client.timed(request)[0]], _ROUNDS, _EACH)
        shown = name.format(rows=f"{rows:,}").strip()
        section.rows.append((shown, *times.cells))
        section.goals.append(at_most(f"{index}, {shown}, p95, {hall.database}", P95_MS, times.p95, " ms"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    section.notes.append(f"Load of the machine at the end (1, 5, 15 minutes): {load}; {os.cpu_count()} cores.")
    return section
