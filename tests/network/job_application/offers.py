"""People around jobs, as the tests meet them: short ways to call the API of jobApplication."""
from typing import Any

from werkzeug.test import TestResponse

from tests.clients import ApiClient, Callers
from tests.network.company.pages import Pages, Row, ok

JOBS = "/network/jobapplication-api/v1"
POSTINGS, APPLICATIONS = f"{JOBS}/jobpostings", f"{JOBS}/jobapplications"
BAKER = {"title": "Baker", "description": "Bakes.", "employmentType": "full_time", "visibility": "public",
         "workplaceType": "remote", "status": "active"}


class Offers(Pages):
    """A has founded Acme, which B administers, too; C and D are strangers, S is the superAdmin."""

    def __init__(self, callers: Callers) -> None:
        super().__init__(callers)
        self.acme = self.found(name="Acme")
        ok(self.assign(self.a, self.acme, self.b), 201)

    def offer(self, caller: ApiClient, **values: Any) -> TestResponse:
        """POST a posting of Acme."""
        return caller.post(POSTINGS, json=BAKER | {"companyId": self.acme["id"]} | values)

    def offered(self, **values: Any) -> Row:
        """Return a new posting of Acme, made by A."""
        return ok(self.offer(self.a, **values), 201)["jobPosting"]

    def own(self, poster: ApiClient, **values: Any) -> Row:
        """Return a new posting that is its poster's own."""
        return ok(poster.post(POSTINGS, json=BAKER | {"companyName": "Home"} | values), 201)["jobPosting"]

    def shown(self, caller: ApiClient, posting: Row) -> TestResponse:
        """GET a posting."""
        return caller.get(f"{POSTINGS}/{posting['id']}")

    def edit(self, caller: ApiClient, posting: Row, **values: Any) -> TestResponse:
        """PATCH a posting."""
        return caller.patch(f"{POSTINGS}/{posting['id']}", json=values)

    def drop(self, caller: ApiClient, posting: Row) -> TestResponse:
        """DELETE a posting."""
        return caller.delete(f"{POSTINGS}/{posting['id']}")

    def apply(self, caller: ApiClient, posting: Row, **values: Any) -> TestResponse:
        """Apply for a job."""
        return caller.post(APPLICATIONS, json={"jobPostingId": posting["id"]} | values)

    def applied(self, caller: ApiClient, posting: Row, **values: Any) -> Row:
        """Apply for a job, and return the application."""
        return ok(self.apply(caller, posting, **values), 201)["jobApplication"]

    def look(self, caller: ApiClient, application: Row) -> TestResponse:
        """GET an application."""
        return caller.get(f"{APPLICATIONS}/{application['id']}")

    def move(self, caller: ApiClient, application: Row, **values: Any) -> TestResponse:
        """PATCH an application."""
        return caller.patch(f"{APPLICATIONS}/{application['id']}", json=values)

    def withdraw(self, caller: ApiClient, application: Row) -> TestResponse:
        """DELETE an application."""
        return caller.delete(f"{APPLICATIONS}/{application['id']}")

    def listed(self, caller: ApiClient, what: str = "jobpostings", **filters: Any) -> list[str]:
        """Return the ids of a list, whole: jobpostings or jobapplications."""
        answer = ok(caller.get(f"{JOBS}/{what}", query_string={"pageNumber": 0, **filters}))
        return [row["id"] for row in answer[answer["dataName"]]]
