"""People around company pages, as the tests meet them: short ways to call the API of company."""
from typing import Any

from werkzeug.test import TestResponse

from app.data.ids import uuid7
from tests.clients import ApiClient, Callers

COMPANY = "/network/company-api/v1"
Row = dict[str, Any]


class Pages:
    """A founded Acme; B, C and D are whoever a scenario needs them for, S is the superAdmin (rules-network §8)."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.a, self.b, self.c, self.d = (callers.user(name, realm="network") for name in ("ann", "bob", "cleo", "dan"))
        self.s = callers.super_admin(realm="network")

    def found(self, founder: ApiClient | None = None, *, name: str | None = None, **values: Any) -> Row:
        """Return a new page of A, or of another founder."""
        return ok((founder or self.a).post(f"{COMPANY}/companies", json={"name": name or f"Acme {uuid7()}"} | values),
                  201)["company"]

    def change(self, caller: ApiClient, page: Row, **values: Any) -> TestResponse:
        """PATCH the page."""
        return caller.patch(f"{COMPANY}/companies/{page['id']}", json=values)

    def see(self, caller: ApiClient, page: Row) -> TestResponse:
        """GET the page."""
        return caller.get(f"{COMPANY}/companies/{page['id']}")

    def assign(self, caller: ApiClient, page: Row, person: ApiClient) -> TestResponse:
        """Let a person be an admin."""
        return caller.post(f"{COMPANY}/assigncompanyadmin", json={"companyId": page["id"], "userId": person.user_id})

    def remove(self, caller: ApiClient, row: Row) -> TestResponse:
        """Take the right of an admin away."""
        return caller.delete(f"{COMPANY}/removecompanyadmin/{row['id']}")

    def admins(self, caller: ApiClient, page: Row) -> list[Row]:
        """Return the rows of admins that the caller is shown."""
        return ok(caller.get(f"{COMPANY}/companyadmins?companyId={page['id']}"))["companyAdmins"]

    def right_of(self, person: ApiClient, page: Row) -> Row:
        """Return the row that makes a person an admin."""
        return next(row for row in self.admins(self.s, page) if row["userId"] == person.user_id)

    def follow(self, caller: ApiClient, page: Row) -> TestResponse:
        """Follow the page."""
        return caller.post(f"{COMPANY}/followcompany", json={"companyId": page["id"]})

    def followed(self, caller: ApiClient, page: Row) -> Row:
        """Follow the page, and return the row."""
        return ok(self.follow(caller, page), 201)["companyFollower"]

    def unfollow(self, caller: ApiClient, row: Row) -> TestResponse:
        """Follow no longer."""
        return caller.delete(f"{COMPANY}/unfollowcompany/{row['id']}")

    def approve(self, caller: ApiClient, row: Row) -> TestResponse:
        """Let in who asked to follow."""
        return caller.patch(f"{COMPANY}/companyfollowers/{row['id']}", json={"followState": "approved"})

    def publish(self, caller: ApiClient, page: Row, **values: Any) -> TestResponse:
        """Publish news."""
        return caller.post(f"{COMPANY}/companyupdates", json={"companyId": page["id"], "content": "news"} | values)

    def published(self, page: Row, **values: Any) -> Row:
        """Publish news as A, and return it."""
        return ok(self.publish(self.a, page, **values), 201)["companyUpdate"]

    def read(self, caller: ApiClient, update: Row) -> TestResponse:
        """GET an update."""
        return caller.get(f"{COMPANY}/companyupdates/{update['id']}")

    def lists(self, caller: ApiClient, what: str, **filters: Any) -> list[str]:
        """Return the ids of a list, whole: companies, companyadmins, companyfollowers or companyupdates."""
        answer = ok(caller.get(f"{COMPANY}/{what}", query_string={"pageNumber": 0, **filters}))
        return [row["id"] for row in answer[answer["dataName"]]]

    def counts(self, page: Row) -> tuple[int, int]:
        """Return how many followers and updates the page shows."""
        shown = ok(self.see(self.s, page))["company"]
        return shown["followerCount"], shown["updateCount"]


def ok(answer: TestResponse, status: int = 200) -> Row:
    """Return the JSON of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    found: Row = answer.json
    return found


def refused(answer: TestResponse) -> tuple[int, Any]:
    """Return status and errCode of a refusal."""
    return answer.status_code, answer.json["errCode"]
