"""What a market with a past costs one client: threads, reputations, lists without suspended sellers, moderation."""

from collections.abc import Callable, Iterator
from itertools import cycle

from bench import one_client
from bench.guildhall import PRODUCTS, Guildhall
from bench.load import Request
from bench.market_seed import LISTINGS_OF_ONE, REPORTS, SUSPENDED_SELLERS
from bench.one_client import OneClient, measured
from bench.report import Section, at_most
from bench.servers import Server

P95_MS, SUSPENDING_P95_MS = 25, 50
MESSAGES = "/marketplace/messaging-api/v1/messagingmessages"
CONVERSATIONS = "/marketplace/messaging-api/v1/conversations"
REPUTATIONS = "/marketplace/feedback-api/v1/reputations"
FEEDBACK = "/marketplace/feedback-api/v1/feedbacks"
CASES = "/marketplace/adminmoderation-api/v1/cases"
ACTS = "/marketplace/adminmoderation-api/v1/acts"
SUSPENDING = f"suspending a seller of {LISTINGS_OF_ONE:,} listings"
COLUMNS = ("one client, past the query cache", *one_client.COLUMNS)


def measure(hall: Guildhall, server: Server, rows: int) -> Section:
    """Ask for each page again and again; bids and creates are only reported."""
    client = OneClient(server)  # one for both: the server ends a connection that rests while the other one asks
    market = Market(hall, client, hall.seeded["tokens"][0])
    moderator = Market(hall, client, hall.seeded["moderator"])
    reports = f"{min(rows, REPORTS):,} reports"
    thread = f"{MESSAGES}?withUserId={hall.seeded['counterpart']}"
    half = f"{rows // 2:,} of {rows:,} messages"
    asked: dict[str, Callable[[], float]] = {
        f"thread of {half}, page 1": market.list(thread),
        f"thread of {half}, the end by after=": market.list_the_end(thread),
        "all messages of one person": market.list(MESSAGES),
        "conversations of one person": market.list(CONVERSATIONS),
        f"reputation at {rows:,} feedbacks": market.each(f"{REPUTATIONS}/{{}}?caching=false"),
        f"feedback of one seller at {rows:,}": market.each(f"{FEEDBACK}?caching=false&sellerId={{}}"),
        f"products, {SUSPENDED_SELLERS} suspended sellers, page 1": market.list(PRODUCTS),
        f"products, {SUSPENDED_SELLERS} suspended sellers, the end by after=": market.list_the_end(PRODUCTS),
        f"queue at {reports}, page 1": moderator.list(CASES),
        f"queue at {reports}, the end by after=": moderator.list_the_end(CASES),
        SUSPENDING: moderator.suspend_and_undo(hall.seeded["large_seller"]),
    }
    written = {"bid": market.send(hall.bids_to_come), "create": market.send(cycle(hall.requests()["create"]))}
    section = Section(f"A market with a past, {hall.database}", COLUMNS)
    medians = {}
    for name, ask in (asked | written).items():
        times = measured(server, ask)
        medians[name] = times.p50
        section.rows.append((name, *times.cells))
        if name in asked:
            goal = SUSPENDING_P95_MS if name == SUSPENDING else P95_MS
            section.goals.append(at_most(f"{name}, p95, {hall.database}", goal, times.p95, " ms"))
    ratio = medians["create"] / medians["bid"]
    section.notes.append("The CPU time of suspending includes the undo behind each; its milliseconds do not.")
    section.notes.append(f"One client's bids a second ÷ creates a second: {ratio:.2f} (p50).")
    return section


class Market:
    """Makes the calls that are timed, with one token: the first bidder's, who has the long thread, or a moderator's."""

    def __init__(self, hall: Guildhall, client: OneClient, token: str) -> None:
        self._client, self._token, self._sellers = client, token, hall.seeded["sellers"]

    def list(self, path: str) -> Callable[[], float]:
        """Return the call of a list of 25 with joins."""
        return lambda: self._get(_past_the_cache(path))

    def list_the_end(self, path: str) -> Callable[[], float]:
        """Return the call of the same list behind the cursor of its last page but one."""
        paging = self._answer(_past_the_cache(path))["paging"]
        last = self._answer(f"{_past_the_cache(path)}&pageNumber={paging['pageCount'] - 1}")["paging"]["next"]
        return self.list(f"{_past_the_cache(path)}&after={last}")

    def each(self, path: str) -> Callable[[], float]:
        """Return the call of a path about one seller after the other."""
        sellers = cycle(self._sellers)
        return lambda: self._get(path.format(next(sellers)))

    def send(self, requests: Iterator[Request]) -> Callable[[], float]:
        """Return the call that sends the next of these requests."""
        return lambda: self._client.timed(next(requests))[0]

    def suspend_and_undo(self, seller: str) -> Callable[[], float]:
        """Return the call that suspends this seller; the undo that makes room for the next one is not timed."""
        order = {"kind": "SUSPEND", "entityType": "USER", "entityId": seller, "days": 7, "reason": "It is a benchmark."}

        def call() -> float:
            taken, answer = self._client.timed(Request(ACTS, "POST", order, self._token))
            path = f"{ACTS}/{answer['moderationAct']['number']}/undo"
            self._client.timed(Request(path, "POST", {"reason": "The next one."}, self._token))
            return taken
        return call

    def _get(self, path: str) -> float:
        return self._client.timed(Request(path, token=self._token))[0]

    def _answer(self, path: str) -> dict:
        return self._client.timed(Request(path, token=self._token))[1]


def _past_the_cache(path: str) -> str:
    return path if "caching=" in path else f"{path}{'&' if '?' in path else '?'}caching=false"
