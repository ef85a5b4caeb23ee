"""What is of one realm is refused by the other, where the same id and e-mail exist in both (issue 18, to show 3)."""
from io import BytesIO
from typing import NamedTuple

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import Event
from app.identity.file_tokens import file_token
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from blueprints.platform.notification.notices import tell_all
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.app.payments.stand_in import VISA
from tests.clients import PASSWORD, ApiClient, Callers
from tests.documents import PDF

REALMS = ("marketplace", "network")


class Twins(NamedTuple):
    """The same person in both realms, at home in `realm`, and somebody else of both."""

    realm: str
    other: str
    home: ApiClient
    away: ApiClient
    bob: ApiClient


@pytest.fixture(params=REALMS)
def twins(request: pytest.FixtureRequest, callers: Callers) -> Twins:
    """One id and one e-mail in both realms, twice."""
    realm, other = request.param, next(one for one in REALMS if one != request.param)
    ids = {name: uuid7() for name in ("ann", "bob")}
    home, away = (callers.user("ann", realm=one, id=ids["ann"]) for one in (realm, other))
    callers.user("bob", realm=other, id=ids["bob"])
    assert (home.user_id, home.email) == (away.user_id, away.email)
    return Twins(realm, other, home, away, callers.user("bob", realm=realm, id=ids["bob"]))


@pytest.mark.parametrize("place", ["bearer", "header", "cookie", "query"])
def test_a_token_opens_its_own_realm_alone(twins, place):
    assert by_token(twins, twins.realm, place, twins.home.token).status_code == 200
    for named in REALMS:  # under the name of either realm
        assert by_token(twins, twins.other, place, twins.home.token, named).status_code == 401


def test_the_super_admins_have_one_id_and_rule_one_realm_each(callers):
    ours, theirs = (callers.super_admin(realm=realm) for realm in REALMS)
    assert ours.user_id == theirs.user_id
    for path in ("auth-api/v1/users", "adminmoderation-api/v1/cases", "notification-service/notifications"):
        assert ours.get(f"/marketplace/{path}").status_code == 200
        assert theirs.get(f"/marketplace/{path}").status_code == ours.get(f"/network/{path}").status_code == 401


def test_the_cookie_of_a_login_is_read_in_its_realm_alone(twins):
    credentials = {"username": twins.home.email, "password": PASSWORD}
    answer = twins.home.post(f"/{twins.realm}/auth-api/login", json=credentials)
    visitor = ApiClient(twins.home._client.application)
    cookies = "; ".join(f"{name}={value}" for line in answer.headers.getlist("Set-Cookie")
                        for name, value in parse_cookie(line.split(";")[0]).items())
    token = answer.json["accessToken"]
    for sent in filter(None, (cookies, f"{REALM_CODENAMES[twins.realm]}-access-token={token}")):
        assert visitor.get(f"/{twins.other}/auth-api/currentuser", headers={"Cookie": sent}).status_code == 401


def test_a_session_is_seen_and_ended_in_its_realm_alone(twins):
    path = f"/{twins.other}/auth-api/v1/sessions"
    assert [row["id"] for row in twins.away.get(path).json["sessions"]] == [twins.away.actor.session_id]
    assert twins.away.delete(f"{path}/{twins.home.actor.session_id}").status_code == 404
    assert twins.away.post(f"/{twins.other}/auth-api/logout").status_code == 200
    assert twins.home.get(f"/{twins.realm}/auth-api/currentuser").status_code == 200


def test_a_bucket_and_its_private_files_are_one_realm_s(twins):
    token, foreign = (bucket_token(one, realm) for one, realm in ((twins.home, twins.realm), (twins.away, twins.other)))
    file = upload(twins, twins.realm, token).json["data"][0]
    assert upload(twins, twins.realm, foreign).status_code == upload(twins, twins.other, token).status_code == 401
    assert download(twins, twins.realm, file, bearer=token).status_code == 200
    assert download(twins, twins.realm, file, bearer=foreign).status_code == 401
    for bearer in (token, foreign):
        assert download(twins, twins.other, file, bearer=bearer).status_code == 404
    read, forged = (file_token(runtime().settings.secret_key, one.actor, file["fileId"], one.user_id, 600)
                    for one in (twins.home, twins.away))
    assert download(twins, twins.realm, file, read).status_code == 200
    assert download(twins, twins.realm, file, forged).status_code == 401


def test_an_idempotency_key_is_one_realm_s(twins):
    sent = {"json": {"userId": twins.bob.user_id}, "headers": {"Idempotency-Key": "the-same"}}
    for caller, realm in ((twins.home, twins.realm), (twins.away, twins.other)):
        first, again = (caller.post(f"/{realm}/people-api/v1/blocks", **sent) for _ in range(2))
        assert (first.status_code, "Idempotency-Replayed" in first.headers) == (201, False)
        assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, True)


def test_a_block_is_one_realm_s(twins):
    blocked = twins.home.post(f"/{twins.realm}/people-api/v1/blocks", json={"userId": twins.bob.user_id})
    assert blocked.status_code == 201
    path = f"/{twins.other}/people-api/v1"
    assert twins.away.get(f"{path}/blocks").json["blocks"] == []
    assert twins.away.delete(f"{path}/blocks/{twins.bob.user_id}").status_code == 404
    assert [row["id"] for row in twins.away.get(f"{path}/people?q=bob").json["people"]] == [twins.bob.user_id]


def test_a_notice_is_read_and_seen_in_its_realm_alone(twins):
    tell(twins)
    path = "notification-service/notifications"
    [notice] = twins.home.get(f"/{twins.realm}/{path}").json["items"]
    there = twins.away.get(f"/{twins.other}/{path}").json
    assert (there["items"], there["unread"]) == ([], 0)
    seen = twins.away.post(f"/{twins.other}/{path}/seen", json={"notificationIds": [notice["id"]]}).json
    assert (seen["seen"], seen["unread"]) == (0, 0)
    assert twins.home.get(f"/{twins.realm}/{path}").json["unread"] == 1


def test_a_case_and_its_reports_are_one_realm_s(twins, callers):
    path = f"/{twins.realm}/adminmoderation-api/v1"
    report = {"entityType": "USER", "entityId": twins.bob.user_id, "reason": "SPAM"}
    answer = twins.home.post(f"{path}/reports", json=report)
    assert answer.status_code == 201, answer.text
    ours, theirs = (callers.super_admin(realm=realm) for realm in (twins.realm, twins.other))
    [case] = ours.get(f"{path}/cases").json["moderationCases"]
    there = f"/{twins.other}/adminmoderation-api/v1"
    assert theirs.get(f"{there}/cases").json["moderationCases"] == []
    assert theirs.get(f"{there}/cases/{case['number']}").status_code == 404
    for act in ("take", "notes", "dismiss"):
        assert theirs.post(f"{there}/cases/{case['number']}/{act}",
                           json={"text": "mine", "reason": "mine"}).status_code == 404, act
    assert twins.away.get(f"{there}/reports").json["reports"] == []


def test_what_the_network_has_is_reported_in_the_network_alone(callers):
    founder = callers.user("ann", realm="network")
    page = founder.post("/network/company-api/v1/companies", json={"name": "Acme"}).json["company"]
    profile = founder.post("/network/profile-api/v1/profiles", json={"fullName": "Ann"}).json["profile"]
    for kind, row in (("COMPANY", page), ("PROFILE", profile)):
        report = {"entityType": kind, "entityId": row["id"], "reason": "SPAM"}
        abroad, at_home = (callers.user("bob", realm=realm).post(
            f"/{realm}/adminmoderation-api/v1/reports", json=report).status_code for realm in REALMS)
        assert (abroad, at_home) == (400, 201)


@pytest.mark.parametrize("realm", REALMS)
def test_a_kept_card_is_one_realm_s(paying_app, callers, realm):  # noqa: F811
    services = {"marketplace": "/marketplace/ordermanagement-api", "network": "/network/profile-api"}
    other = next(one for one in REALMS if one != realm)
    home, away = (callers.user("ann", realm=one, id="0190d6a4-0000-7000-8000-000000000001") for one in (realm, other))
    added = home.post(f"{services[realm]}/payment-methods/add", json={"paymentMethodId": VISA})
    assert added.status_code == 200, added.text
    assert away.get(f"{services[other]}/payment-methods/list").json == []
    for reference in (added.json["id"], added.json["paymentMethodId"]):
        assert away.delete(f"{services[other]}/payment-methods/delete/{reference}").status_code == 404
    customer = f"{services[other]}/v1/paymentcustomers/{away.user_id}"
    assert away.get(customer).status_code == 404
    assert len(home.get(f"{services[realm]}/payment-methods/list").json) == 1


def by_token(twins: Twins, realm: str, place: str, token: str | None, named: str = "") -> TestResponse:
    """Ask who is logged in, with the token at a place, under the name of a realm."""
    name = f"{REALM_CODENAMES[named or realm]}-access-token"
    headers = {"bearer": {"Authorization": f"Bearer {token}"}, "header": {name: str(token)},
               "cookie": {"Cookie": f"{name}={token}"}, "query": {}}[place]
    query = f"?access_token={token}" if place == "query" else ""
    return ApiClient(twins.home._client.application).get(f"/{realm}/auth-api/currentuser{query}", headers=headers)


def bucket_token(person: ApiClient, realm: str) -> str:
    """Return the token of the person's buckets."""
    return str(person.get(f"/{realm}/auth-api/currentuser").json["userBucketToken"])


def upload(twins: Twins, realm: str, token: str) -> TestResponse:
    """Upload a document into the private bucket of the person of both realms."""
    form = {"bucketId": f"{twins.home.user_id}-private-user-bucket", "files": FileStorage(BytesIO(PDF), "cv.pdf")}
    return ApiClient(twins.home._client.application, token=token).post(f"/{realm}/bucket/upload", data=form)


def download(twins: Twins, realm: str, file: dict[str, str], read: str | None = None, *,
             bearer: str | None = None) -> TestResponse:
    """Download a file at the address of a realm."""
    query = {} if read is None else {"token": read}
    return ApiClient(twins.home._client.application, token=bearer).get(
        f"/{realm}/bucket/download/{file['fileId']}", query_string=query)


def tell(twins: Twins) -> None:
    """Tell the person something at home."""
    event = Event(id=1, event_id=uuid7(), realm=twins.realm, topic="x", key="x", payload={}, occurred_at=now(),
                  user_id=None, request_id="x")
    with unit_of_work(system_actor(twins.realm)) as work:
        tell_all(work, event, "SYSTEM_ALERT", [twins.home.user_id], {"subject": "news", "message": "news"})
        work.commit()
