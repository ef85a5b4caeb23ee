"""What the dbevents of moderation say has just happened, for those who listen to them."""
from typing import Any

from app.events.event_delivery import Event


def change_in(event: Event, name: str) -> Any:
    """Return the value that a field of the event's object has just got, None when the event did not change it."""
    if event.topic.endswith("-created"):
        return event.payload.get(name)
    return event.payload.get("newDataValues", {}).get(name)


def is_decided(event: Event, *states: str) -> bool:
    """Return whether a case has just come into one of these states; not for an appeal, which has a letter of its own.

    A case that staff open and resolve in one transaction is decided when it is created."""
    if change_in(event, "state") not in states:
        return False
    row = event.payload if event.topic.endswith("-created") else event.payload["moderationCase"]
    return bool(row["kind"] != "APPEAL")
