"""What a page of the read layer costs one client, in the order of its default and in others."""

import os

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
_ASKED = {
    "{rows} listings, the default order": ("productListingProduct", "", None),
    "… backwards": ("productListingProduct", "&sortOrder=desc", None),
    "… of one condition": ("productListingProduct", "", {"condition": {"operator": "eq", "value": "USED"}}),
    "… by title": ("productListingProduct", "&sortBy=title", None),
    "… by price": ("productListingProduct", "&sortBy=price", None),
    "{rows} subcategories, the default order": ("subcategory", "", None),
    "… backwards ": ("subcategory", "&sortOrder=desc", None),
    "… by name": ("subcategory", "&sortBy=name", None),
    "{rows} records of the search, the default order": ("searchIndex", "", None)}
_DEFAULT = "the default order", "backwards"


def measure(hall: Guildhall, server: Server, rows: int) -> Section:
    """Ask for the first page of each list again and again; only lists in their default order have a goal."""
    client, token = OneClient(server), hall.seeded["tokens"][0]
    section = Section(f"The read layer, {hall.database}", COLUMNS)
    for name, (index, query, filters) in _ASKED.items():
        path = LIST.format(index) + query
        request = Request(path, token=token) if filters is None else Request(path, "POST", filters, token)
        [times] = measured_in_turn(server, [lambda request=request: client.timed(request)[0]], _ROUNDS, _EACH)
        shown = name.format(rows=f"{rows:,}").strip()
        section.rows.append((shown, *times.cells))
        if any(part in name for part in _DEFAULT):
            section.goals.append(at_most(f"{index}, {shown}, p95, {hall.database}", P95_MS, times.p95, " ms"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    section.notes.append(f"Load of the machine at the end (1, 5, 15 minutes): {load}; {os.cpu_count()} cores.")
    return section
