"""A circle of people of the network, who invite each other and answer."""
from typing import Any

from werkzeug.test import TestResponse

from tests.clients import ApiClient, Callers

ROOT = "/network/networking-api"
CONNECTIONS, REQUESTS = f"{ROOT}/v1/connections", f"{ROOT}/v1/connectionrequests"
DEGREES, MUTUAL = f"{ROOT}/v1/degrees", f"{ROOT}/v1/mutualconnections"
SUGGESTIONS = f"{ROOT}/v1/suggestions"
BLOCKS = "/network/people-api/v1/blocks"


def refused(answer: TestResponse) -> tuple[int, Any]:
    """Return status and errCode of a refusal."""
    return answer.status_code, answer.json["errCode"]


def said(answer: TestResponse) -> tuple[int, Any]:
    """Return status and message of a refusal."""
    return answer.status_code, answer.json["message"]


class Circle:
    """People by their first letter: circle.a is Ann; `person` makes more."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self.a, self.b, self.c, self.d = (self.person(name) for name in ("ann", "bob", "cat", "dan"))

    def person(self, name: str) -> ApiClient:
        """Return the user of that name."""
        return self._callers.user(name, realm="network")

    def invite(self, sender: ApiClient, receiver: ApiClient, **body: Any) -> TestResponse:
        """Send a request."""
        return sender.post(REQUESTS, json={"receiverUserId": receiver.user_id, "status": "pending", **body})

    def invited(self, sender: ApiClient, receiver: ApiClient, **body: Any) -> str:
        """Send a request that is taken, and return its id."""
        answer = self.invite(sender, receiver, **body)
        assert answer.status_code == 201, answer.json
        return str(answer.json["connectionRequest"]["id"])

    def answer(self, receiver: ApiClient, request_id: str, status: str = "accepted") -> TestResponse:
        """Answer a request."""
        return receiver.patch(f"{REQUESTS}/{request_id}", json={"status": status})

    def connect(self, one: ApiClient, other: ApiClient) -> str:
        """Connect two people, and return the connection's id."""
        accepted = self.answer(other, self.invited(one, other))
        assert accepted.status_code == 200, accepted.json
        return self.connection(one, other)

    def connection(self, one: ApiClient, other: ApiClient) -> str:
        """Return the id of the connection of two people."""
        both = {one.user_id, other.user_id}
        [found] = [row["id"] for row in self.connections(one) if {row["userId1"], row["userId2"]} == both]
        return str(found)

    def connections(self, person: ApiClient) -> list[dict[str, Any]]:
        """Return the connections that somebody sees in his list."""
        return list(person.get(CONNECTIONS).json["connections"])

    def degree(self, person: ApiClient, other: ApiClient) -> Any:
        """Return the degree somebody is told."""
        return person.get(f"{DEGREES}/{other.user_id}").json["degree"]["degree"]

    def mutual(self, person: ApiClient, other: ApiClient) -> set[str]:
        """Return the ids of the mutual connections."""
        return {row["userId"] for row in person.get(f"{MUTUAL}/{other.user_id}").json["mutualConnections"]}

    def suggested(self, person: ApiClient) -> dict[str, int]:
        """Return id → number of shared connections of whom somebody may know."""
        return {row["userId"]: row["mutualConnections"] for row in person.get(SUGGESTIONS).json["suggestions"]}

    def block(self, person: ApiClient, other: ApiClient) -> None:
        """Let one block the other."""
        assert person.post(BLOCKS, json={"userId": other.user_id}).status_code == 201
