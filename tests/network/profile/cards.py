"""Profiles as tests write and read them, and what stands between people."""
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.actor import system_actor
from app.clock import now
from app.data.unit_of_work import unit_of_work
from blueprints.network.profile.premium_models import Premiumsubscription
from tests.clients import ApiClient

ROOT = "/network/profile-api/v1"
PROFILES, VIEWS = f"{ROOT}/profiles", f"{ROOT}/profileviews"
CERTIFICATIONS, LANGUAGES = f"{ROOT}/certifications", f"{ROOT}/languages"
NOBODY = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
Person = Callable[..., ApiClient]
Row = dict[str, Any]


def write(person: ApiClient, **said: Any) -> Row:
    """Write somebody's profile, a public one unless it is said otherwise."""
    answer = person.post(PROFILES, json={"fullName": person.actor.fullname, "profileVisibility": "public"} | said)
    assert answer.status_code == 201, answer.text
    row: Row = answer.json["profile"]
    return row


def change(person: ApiClient, profile: Row, **said: Any) -> Row:
    """Change a profile."""
    answer = person.patch(f"{PROFILES}/{profile['id']}", json=said)
    assert answer.status_code == 200, answer.text
    row: Row = answer.json["profile"]
    return row


def got(reader: ApiClient, profile: Row) -> int:
    """Return the status with which somebody gets a profile."""
    return reader.get(f"{PROFILES}/{profile['id']}").status_code


def listed(reader: ApiClient, query: str = "") -> list[str]:
    """Return the full names of the profiles in somebody's list."""
    answer = reader.get(f"{PROFILES}?{query}")
    assert answer.status_code == 200, answer.text
    return [row["fullName"] for row in answer.json["profiles"]]


def connect(one: ApiClient, other: ApiClient) -> None:
    """Let two people be connected."""
    requests = "/network/networking-api/v1/connectionrequests"
    asked = one.post(requests, json={"receiverUserId": other.user_id, "status": "pending"})
    assert asked.status_code == 201, asked.text
    accepted = other.patch(f"{requests}/{asked.json['connectionRequest']['id']}", json={"status": "accepted"})
    assert accepted.status_code == 200, accepted.text


def make_premium(person: ApiClient) -> None:
    """Let somebody have paid for premium."""
    with unit_of_work(system_actor("network")) as work:
        work.insert(Premiumsubscription(
            user_id=person.user_id, profile_id=NOBODY, currency="USD", price=1000, days=30, status="completed",
            payment_confirmation="paid", priced_at=now(), period_start=now(), period_end=now() + timedelta(days=30)))
        work.commit()


def block(one: ApiClient, other: ApiClient) -> None:
    """Let one person block another."""
    assert one.post("/network/people-api/v1/blocks", json={"userId": other.user_id}).status_code == 201
