"""What the notification tests share: a saleroom, a way to read an inbox, and notices made by staff."""
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.clients import ApiClient, Callers
    from tests.marketplace.auction_offer.saleroom import Saleroom

NOTIFICATIONS = "/marketplace/notificationmanagement-api/v1/notifications"

Row = dict[str, Any]


@pytest.fixture
def room(callers: "Callers") -> "Saleroom":
    """A saleroom with seller S, buyers B (ben) and B2 (cleo), and an admin."""
    from tests.marketplace.auction_offer.saleroom import Saleroom

    return Saleroom(callers)


@pytest.fixture
def inbox(settle: Callable[[], None]) -> "Callable[..., list[Row]]":
    """Call it with a user and perhaps a type: the notifications once the system has come to rest, oldest first."""
    def read(user: "ApiClient", kind: str | None = None) -> list[Row]:
        settle()
        rows: list[Row] = user.get(f"{NOTIFICATIONS}?pageNumber=0").json["notifications"]
        return [row for row in reversed(rows) if kind in (None, row["notificationType"])]
    return read


@pytest.fixture
def notified(as_admin: "ApiClient") -> "Callable[..., Row]":
    """Call it with a user: a SYSTEM_ALERT made by an admin, some fields changed."""
    def create(user: "ApiClient", **changed: Any) -> Row:
        body = {"notificationType": "SYSTEM_ALERT", "userId": user.user_id, "channel": "IN_APP", "payload": {"a": 1},
                "isRead": False}
        answer = as_admin.post(NOTIFICATIONS, json=body | changed)
        assert answer.status_code == 201, answer.json
        row: Row = answer.json["notification"]
        return row
    return create
