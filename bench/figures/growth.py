"""Lists of a table that grows: one client, the same requests at 10,000 products and at many more, by their p50."""

from collections.abc import Callable
from statistics import median

from bench.guildhall import PRODUCTS, Guildhall
from bench.load import Request
from bench.one_client import OneClient
from bench.report import Section, at_most
from bench.seed import AUCTIONS
from bench.servers import Server

SMALL = 10_000
ROUNDS, DEEP_ROUNDS, WARM_UP = 60, 7, 5
RATIO = 1.5
COLUMNS = ("p50 ms of one client", "10,000 products", "{rows:,} products", "ratio")
Served = tuple[Guildhall, Server]


def products_for(rows: int) -> int:
    """Return how many fixed-price products make `rows` listings, at SMALL with those of the creates to come."""
    return rows - AUCTIONS - 1 - (ROUNDS + WARM_UP if rows == SMALL else 0)


def measure(small: Served, large: Served, rows: int) -> Section:
    """Ask both in turn: page 1, the end by `after=`, the last pageNumber, then lists right after creates."""
    callers = [Caller(*served) for served in (small, large)]
    section = Section(f"Growth, {small[0].database}", [column.format(rows=rows) for column in COLUMNS])
    ends = [caller.cursor_of_the_end() for caller in callers]
    last = [caller.page_count() for caller in callers]
    figures: tuple[tuple[str, int, Callable[[int], float]], ...] = (
        ("page 1", ROUNDS, lambda which: callers[which].listed("")),
        ("the end by after=", ROUNDS, lambda which: callers[which].listed(f"&after={ends[which]}")),
        ("the last pageNumber (only reported)", DEEP_ROUNDS,
         lambda which: callers[which].listed(f"&pageNumber={last[which]}")),
        ("list right after a create", ROUNDS, lambda which: callers[which].listed_after_a_create()),
    )  # fmt: skip
    for name, rounds, ask in figures:
        taken = [[ask(which) for which in (0, 1)] for _ in range(rounds + WARM_UP)][WARM_UP:]
        few, many = (median(pair[which] for pair in taken) for which in (0, 1))
        section.rows.append((name, f"{few:.2f}", f"{many:.2f}", f"{many / few:.2f}"))
        if rounds == ROUNDS:
            section.goals.append(at_most(f"{name}, {rows:,} ÷ 10,000, {small[0].database}", RATIO, many / few))
    return section


class Caller:
    """One user with one keep-alive connection, and what is asked of it."""

    def __init__(self, hall: Guildhall, server: Server) -> None:
        self._token = hall.seeded["tokens"][0]
        self._create = hall.requests()["create"][0]
        self._client = OneClient(server)

    def listed(self, query: str) -> float:
        """Return the milliseconds of a list of 25 with joins, past the query cache."""
        return self._client.timed(Request(f"{PRODUCTS}?caching=false{query}", token=self._token))[0]

    def listed_after_a_create(self) -> float:
        """Create a product, then return the milliseconds of page 1."""
        self._client.timed(self._create)
        return self.listed("")

    def page_count(self) -> int:
        """Return the number of pages of 25."""
        return self._paging("")["pageCount"]

    def cursor_of_the_end(self) -> str:
        """Return the cursor behind which the last rows stand."""
        return self._paging(f"&pageNumber={self.page_count() - 1}")["next"]

    def _paging(self, query: str) -> dict:
        return self._client.timed(Request(f"{PRODUCTS}?caching=false{query}", token=self._token))[1]["paging"]
