"""People who write to each other, as the tests meet them: short ways to call the API of messaging."""
from typing import Any

from werkzeug.test import TestResponse

from blueprints.network.messaging.counting import differences, misnamed
from tests.clients import ApiClient, Callers

MESSAGING = "/network/messaging-api/v1"
CONVERSATIONS, MESSAGES = f"{MESSAGING}/conversations", f"{MESSAGING}/messages"
BLOCKS = "/network/people-api/v1/blocks"
Row = dict[str, Any]


class Chat:
    """A, B, C and D as in the scenarios of rules-network §8; S is the superAdmin."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.a, self.b, self.c, self.d = (callers.user(name, realm="network") for name in ("ann", "bob", "cleo", "dan"))
        self.s = callers.super_admin(realm="network")

    def begin(self, caller: ApiClient, *people: ApiClient, is_group: bool = False) -> TestResponse:
        """POST a conversation of these people."""
        return caller.post(CONVERSATIONS, json={"isGroup": is_group, "participantIds": [one.user_id for one in people]})

    def pair(self, one: ApiClient | None = None, other: ApiClient | None = None) -> Row:
        """Return a new conversation of A and B, or of two others."""
        one, other = one or self.a, other or self.b
        return ok(self.begin(one, one, other), 201)["conversation"]

    def group(self, *people: ApiClient) -> Row:
        """Return a new group of A, B and C, or of others; the first begins it."""
        people = people or (self.a, self.b, self.c)
        return ok(self.begin(people[0], *people, is_group=True), 201)["conversation"]

    def write(self, caller: ApiClient, conversation: Row, content: str = "hi", **values: Any) -> TestResponse:
        """POST a message."""
        return caller.post(MESSAGES, json={"conversationId": conversation["id"], "content": content} | values)

    def written(self, caller: ApiClient, conversation: Row, content: str = "hi", **values: Any) -> Row:
        """Write a message, and return it."""
        return ok(self.write(caller, conversation, content, **values), 201)["message"]

    def see(self, caller: ApiClient, conversation: Row) -> TestResponse:
        """GET a conversation."""
        return caller.get(f"{CONVERSATIONS}/{conversation['id']}")

    def change(self, caller: ApiClient, conversation: Row, **values: Any) -> TestResponse:
        """PATCH a conversation."""
        return caller.patch(f"{CONVERSATIONS}/{conversation['id']}", json=values)

    def end(self, caller: ApiClient, conversation: Row) -> TestResponse:
        """DELETE a conversation."""
        return caller.delete(f"{CONVERSATIONS}/{conversation['id']}")

    def read(self, caller: ApiClient, message: Row) -> TestResponse:
        """GET a message."""
        return caller.get(f"{MESSAGES}/{message['id']}")

    def edit(self, caller: ApiClient, message: Row, **values: Any) -> TestResponse:
        """PATCH a message."""
        return caller.patch(f"{MESSAGES}/{message['id']}", json=values)

    def remove(self, caller: ApiClient, message: Row) -> TestResponse:
        """DELETE a message."""
        return caller.delete(f"{MESSAGES}/{message['id']}")

    def read_until(self, caller: ApiClient, message: Row) -> TestResponse:
        """Mark as read up to a message."""
        return caller.patch(f"{MESSAGING}/readconversation/{message['conversationId']}",
                            json={"messageId": message["id"]})

    def unread(self, caller: ApiClient, conversation: Row) -> int:
        """Return how many messages are unread, where all counts must equal a recount."""
        assert (differences(10), misnamed(10)) == ([], [])
        found: int = ok(self.see(caller, conversation))["conversation"]["unreadCount"]
        return found

    def messages(self, caller: ApiClient, **filters: Any) -> list[str]:
        """Return the ids of the messages that the caller lists."""
        return [row["id"] for row in ok(caller.get(MESSAGES, query_string=filters))["messages"]]

    def conversations(self, caller: ApiClient, **filters: Any) -> list[Row]:
        """Return the conversations that the caller lists."""
        found: list[Row] = ok(caller.get(CONVERSATIONS, query_string=filters))["conversations"]
        return found


def ok(answer: TestResponse, status: int = 200) -> Row:
    """Return the JSON of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    found: Row = answer.json
    return found


def refused(answer: TestResponse) -> tuple[int, Any]:
    """Return status and errCode of a refusal."""
    return answer.status_code, answer.json["errCode"]
