"""People of the marketplace who write to each other, through the API."""
from typing import Any

from werkzeug.test import TestResponse

from tests.clients import ApiClient

MESSAGES = "/marketplace/messaging-api/v1/messagingmessages"
CONVERSATIONS = "/marketplace/messaging-api/v1/conversations"
BLOCKS = "/marketplace/people-api/v1/blocks"

Row = dict[str, Any]


def write(sender: ApiClient, recipient: ApiClient, content: str = "hi", **more: Any) -> TestResponse:
    """Let one person write to another."""
    return sender.post(MESSAGES, json={"toUserId": recipient.user_id, "content": content, "isRead": False, **more})


def written(sender: ApiClient, recipient: ApiClient, content: str = "hi") -> str:
    """The same where it must work; returns the message's id."""
    answer = write(sender, recipient, content)
    assert answer.status_code == 201, answer.json
    return str(answer.json["messagingMessage"]["id"])


def thread(reader: ApiClient, other: ApiClient, query: str = "") -> list[str]:
    """Return what one person reads of the messages with another, newest first."""
    return [row["content"] for row in listed(reader, f"?withUserId={other.user_id}{query}")]


def listed(reader: ApiClient, query: str = "") -> list[Row]:
    """Return the messages one person lists."""
    answer = reader.get(f"{MESSAGES}{query}")
    assert answer.status_code == 200, answer.json
    return list(answer.json["messagingMessages"])


def conversations(reader: ApiClient) -> list[Row]:
    """Return the conversations one person lists."""
    answer = reader.get(CONVERSATIONS)
    assert answer.status_code == 200, answer.json
    return list(answer.json["conversations"])


def unread(reader: ApiClient, other: ApiClient) -> int:
    """Return how many messages of another are unread."""
    return sum(row["unreadCount"] for row in conversations(reader) if row["counterpartId"] == other.user_id)


def refusal(answer: TestResponse) -> tuple[int, str]:
    """Return the status and the errCode of a refusal."""
    return answer.status_code, answer.json["errCode"]
