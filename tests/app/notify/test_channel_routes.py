"""The way out of letters, what mail providers tell, the key of Web Push, and what staff see of it (FD-25, FD-27)."""
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook
from werkzeug.test import TestResponse

from app.actor import kernel_actor, system_actor
from app.data.unit_of_work import unit_of_work
from app.notify.bounces import bounced_addresses
from app.notify.delivery import deliver_queued
from app.notify.letters import Letter
from app.notify.mailbox import Recipient, owe, read_outbox
from app.notify.models import ACCOUNT, CODE, DIGEST, NOTICE
from app.notify.push_keys import ensure_push_key
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.notify.unsubscribe import Subscription, unsubscribe_link
from tests.app.notify.postmaster import Postmaster
from tests.app.notify.returned import mute, posted
from tests.clients import ApiClient, Callers

SERVICE = "/marketplace/notification-service"
SECRET = f"whsec_{b64encode(b'k' * 32).decode()}"


def path_of(link: str) -> str:
    return link.partition("127.0.0.1:8000")[2]


def modes(client: ApiClient, notice_type: str) -> dict[str, str]:
    """Return channel → how the caller is told of a type."""
    found = client.get(f"{SERVICE}/preferences").json["preferences"]
    return {one["channel"]: one["mode"] for one in found if one["type"] == notice_type}


# The way out of letters.

@pytest.fixture
def link(callers: Callers, app: Flask) -> str:
    """The path of the link in a letter to Ben about an outbid."""
    of_ben = Subscription(str(callers.user("ben").user_id), "BID_OUTBID", "email")
    return path_of(unsubscribe_link("marketplace", of_ben))


def test_the_link_of_a_letter_asks_and_its_button_acts(callers: Callers, client: ApiClient, link: str) -> None:
    """FD-25"""
    ben = callers.user("ben")
    before = modes(ben, "BID_OUTBID")
    page = client.get(link)
    assert (page.status_code, page.mimetype, 'method="post"' in page.text) == (200, "text/html", True)
    assert modes(ben, "BID_OUTBID") == before
    for _ in range(2):
        done = client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200, done.text
    assert modes(ben, "BID_OUTBID") == before | {"email": "off"}


def test_nobody_stops_letters_with_a_token_that_is_none(client: ApiClient, link: str) -> None:
    token = link.partition("token=")[2]
    elsewhere = link.replace("/marketplace/", "/network/")
    wrong = ("", "?token=", "?token=x.y.z", f"?token={token[:-4]}AAAA", f"?token={'a' * 9000}")
    for path in (elsewhere, *(f"{SERVICE}/unsubscribe{query}" for query in wrong)):
        for answer in (client.get(path), client.post(path)):
            assert (answer.status_code, answer.json["message"]) == (400, "errMsg_tokenIsNotValid"), path[:80]


def test_a_foreign_pages_form_stops_nothing_without_the_token_and_needs_no_cookie_with_it(
        client: ApiClient, link: str) -> None:
    answer = client.post(link, data=b"List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded",
                         headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200  # a mail program in the browser: RFC 8058 asks for no cookie and sends none


@pytest.mark.parametrize(("kind", "user_id", "has_way_out"), [
    (NOTICE, "u1", True), (DIGEST, "u1", True), (NOTICE, None, False), (ACCOUNT, "u1", False), (CODE, "u1", False)])
def test_letters_that_may_be_switched_off_say_how_and_codes_never(
        make_app: Callable[..., Flask], mail_server: Any, postmaster: Postmaster, kind: str, user_id: str | None,
        has_way_out: bool) -> None:
    with make_app(MAIL_TRANSPORT="smtp", SMTP_URL="smtp://127.0.0.1:9").app_context():
        with unit_of_work(system_actor("marketplace")) as work:
            owe(work, realm="marketplace", channel="email", name="BID_OUTBID", cause="event-1", kind=kind,
                letters={Recipient("ben@example.com", user_id): Letter("Outbid", "You were outbid.",
                                                                       "<html><body>You were outbid.</body></html>")})
            work.commit()
        with SmtpTransport(SmtpAccount.of(f"smtp://127.0.0.1:{mail_server.port}", "mail@guildhall.example")) as carrier:
            assert deliver_queued(carrier) == {"sent": 1}
    [letter] = postmaster.letters
    assert (letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is has_way_out
    assert ("List-Unsubscribe" in letter) is has_way_out
    bodies = [part.get_content() for part in letter.walk() if not part.is_multipart()]
    for body in bodies:
        assert ("/notification-service/unsubscribe?token=" in body) is has_way_out
    if has_way_out:
        url = re.fullmatch(r"<(\S+)>", letter["List-Unsubscribe"])
        assert url is not None
        assert url[1] in bodies[0]


# What mail providers tell.

@pytest.fixture
def told(make_app: Callable[..., Flask]) -> Iterator[Callable[..., TestResponse]]:
    """Call it with the bounces that a provider tells, and how it signs."""
    app = make_app(MAIL_BOUNCE_SECRET=SECRET)

    def tell(bounces: Any, realm: str = "marketplace", secret: str = SECRET, minutes: int = 0,
             **headers: str) -> TestResponse:
        body, at = json.dumps({"bounces": bounces}), datetime.now(UTC) - timedelta(minutes=minutes)
        signed = {"webhook-id": "m1", "webhook-timestamp": str(int(at.timestamp())),
                  "webhook-signature": Webhook(secret).sign("m1", at, body)}
        return ApiClient(app).post(f"/{realm}/notification-service/bounces", data=body,
                                   content_type="application/json", headers=signed | headers)

    with app.app_context():
        yield tell


def test_a_provider_tells_of_a_letter_by_its_message_id_and_it_counts_once(told: Callable[..., TestResponse]) -> None:
    letter = posted("gone@example.com", "event-1")
    bounce = {"messageId": f"<{letter.upper()}@guildhall.example>", "status": "5.1.1", "diagnostic": "no such user"}
    for _ in range(2):
        assert told([bounce, {"messageId": "another's", "status": "5.1.1"}]).status_code == 202
    assert [(row.address, row.bounces) for row in bounced_addresses(None, 9)] == [("gone@example.com", 1)]


def test_what_another_signs_is_old_or_is_of_another_realm_counts_nothing(told: Callable[..., TestResponse]) -> None:
    bounce = {"messageId": posted("gone@example.com", "event-1"), "status": "5.1.1"}
    for wrong in ({"secret": f"whsec_{b64encode(b'x' * 32).decode()}"}, {"minutes": 6}, {"minutes": -6},
                  {"webhook-signature": "v1"}, {"webhook-signature": "v1,&"}, {"webhook-timestamp": "x"},
                  {"webhook-id": "m2"}, {"webhook-id": ""}):
        refused = told([bounce], **wrong)
        assert (refused.status_code, refused.json["errCode"]) == (400, "InvalidSignature"), wrong
    assert told([bounce], realm="network").status_code == 202
    assert told([bounce | {"status": "5.7.1"}]).status_code == 202
    assert bounced_addresses(None, 9) == []


@pytest.mark.parametrize("bounces", ["x", [1], [{}], [{"messageId": "a"}], [{"messageId": "a", "status": 5}], {}])
def test_a_signed_body_of_another_shape_is_refused_by_name(told: Callable[..., TestResponse], bounces: Any) -> None:
    refused = told(bounces)
    assert (refused.status_code, refused.json["errCode"]) == (400, "ValidationError")


def test_without_the_setting_nothing_is_taken(client: ApiClient) -> None:
    assert client.post(f"{SERVICE}/bounces", json={"bounces": []}).json["errCode"] == "InvalidSignature"


# What staff see, and what everybody may.

def test_staff_see_muted_addresses_of_their_realm_and_others_do_not(callers: Callers, client: ApiClient) -> None:
    mute("gone@example.com")
    listed = callers.admin().get(f"{SERVICE}/bounced-addresses").json["items"]
    assert [(one["email"], one["bounces"], one["mutedAt"] is not None) for one in listed] == [
        ("gone@example.com", 3, True)]
    assert callers.admin().get(f"{SERVICE}/bounced-addresses?email=ben@example.com").json["items"] == []
    refused = callers.admin().get(f"{SERVICE}/bounced-addresses?email=%00")
    assert (refused.status_code, set(refused.json["detail"])) == (400, {"email"})
    assert callers.admin(realm="network").get("/network/notification-service/bounced-addresses").json["items"] == []
    assert callers.user("ben").get(f"{SERVICE}/bounced-addresses").status_code == 403
    assert client.get(f"{SERVICE}/bounced-addresses").status_code == 401


def test_pages_get_the_key_that_browsers_subscribe_for(client: ApiClient) -> None:
    key = ensure_push_key()
    assert client.get(f"{SERVICE}/push-key").json == {"status": "OK", "statusCode": 200, "publicKey": key}


def test_before_there_is_a_key_it_is_not_found(client: ApiClient) -> None:
    from sqlalchemy import delete

    from app.notify.push_keys import PushKey

    with unit_of_work(kernel_actor()) as work:
        work.execute(delete(PushKey))
        work.commit()
    assert client.get(f"{SERVICE}/push-key").status_code == 404
    assert read_outbox() == []
