"""People, pages, jobs and posts, as the tests of search make and find them."""
from typing import Any

from werkzeug.test import TestResponse

from tests.clients import ApiClient, Callers
from tests.flow import settle
from tests.network.company.pages import Row, ok
from tests.network.content.wall import Wall
from tests.network.job_application.offers import Offers
from tests.network.profile.cards import PROFILES, write

SEARCH = "/network/search-api/v1"
LISTS = {"people": PROFILES, "companies": "/network/company-api/v1/companies",
         "jobs": "/network/jobapplication-api/v1/jobpostings", "posts": "/network/content-api/v1/posts"}
"""What is searched → the list of the service that owns it."""
KINDS = {"people": "PROFILE", "companies": "COMPANY", "jobs": "JOB", "posts": "POST"}


class Town:
    """A has founded Acme, which B administers, too; C and D are strangers, S is the superAdmin."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.offers, self.wall = Offers(callers), Wall(callers)
        self.acme = self.offers.acme
        self.a, self.b, self.c, self.d, self.s = (
            self.offers.a, self.offers.b, self.offers.c, self.offers.d, self.offers.s)

    def one_of(self, what: str, **values: Any) -> Row:
        """Return a new public row of A's: a profile, a page, a posting or a post of his own."""
        if what == "people":
            return write(self.a, **values)
        if what == "companies":
            return self.offers.found(**values)
        return self.offers.own(self.a, **values) if what == "jobs" else self.wall.posted(**values)

    def ask(self, caller: ApiClient, what: str, **arguments: Any) -> TestResponse:
        """GET a search, of which nothing is settled before."""
        return caller.get(f"{SEARCH}/{what}", query_string=arguments)

    def found(self, caller: ApiClient, what: str, **arguments: Any) -> Row:
        """Return the answer of a search, everything settled before."""
        settle()
        return ok(self.ask(caller, what, **arguments))

    def ids(self, caller: ApiClient, what: str, **arguments: Any) -> list[str]:
        """Return the ids of what is found; the total is their number."""
        answer = self.found(caller, what, pageNumber=0, **arguments)
        assert answer["paging"]["totalRowCount"] == answer["rowCount"]
        return [row["id"] for row in answer[answer["dataName"]]]

    def walk(self, caller: ApiClient, what: str, **arguments: Any) -> list[str]:
        """Return the ids of a whole search, page by page."""
        seen: list[str] = []
        following: dict[str, str] = {}
        while True:
            answer = self.found(caller, what, pageRowCount=2, **following, **arguments)
            seen += [row["id"] for row in answer[answer["dataName"]]]
            if answer["paging"]["next"] is None:
                return seen
            following = {"after": answer["paging"]["next"]}

    def listed(self, caller: ApiClient, what: str, **arguments: Any) -> list[str]:
        """Return the ids of the list of the service that owns the rows."""
        answer = ok(caller.get(LISTS[what], query_string={"pageNumber": 0, **arguments}))
        return [row["id"] for row in answer[answer["dataName"]]]

    def act(self, what: str, row: Row, kind: str) -> None:
        """Let staff do something to a row."""
        ok(self.s.post("/network/adminmoderation-api/v1/acts", json={
            "entityType": KINDS[what], "entityId": row["id"], "kind": kind, "reason": "r"}), 201)

    def block(self, one: ApiClient, other: ApiClient) -> None:
        """Let one person block another."""
        ok(one.post("/network/people-api/v1/blocks", json={"userId": other.user_id}), 201)
