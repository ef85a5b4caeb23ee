"""The rules of sending, without a database."""
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.events.outward import OutwardEvent
from blueprints.platform.webhooks import rules
from blueprints.platform.webhooks.queries import body_for
from blueprints.platform.webhooks.rules import signed_headers, text_of, wait_after

WAITS_OF_FD_18 = rules.WAITS
GONE = OutwardEvent(7, "1", "…-category-updated", "gone", "category", "1", "t")
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")


@pytest.fixture(autouse=True)
def _waits_of_fd_18(monkeypatch: pytest.MonkeyPatch, _nothing_is_tried_again_meanwhile: None) -> None:
    monkeypatch.setattr(rules, "WAITS", WAITS_OF_FD_18)


@pytest.mark.parametrize(("attempts", "seconds"), [
    (1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18_000), (6, 36_000), (7, 86_400)])
def test_the_waits_are_those_of_fd_18_and_a_fifth_longer_at_most(attempts: int, seconds: int) -> None:
    """FD-18."""
    assert wait_after(attempts, 0.0) == timedelta(seconds=seconds)
    assert wait_after(attempts, 1.0) == timedelta(seconds=seconds * 1.2)


@pytest.mark.parametrize("attempts", [8, 9, 1000])
def test_after_eight_attempts_nothing_is_tried_again(attempts: int) -> None:
    assert wait_after(attempts, 0.5, timedelta(seconds=1)) is None


def test_who_asks_for_a_longer_wait_gets_it_a_day_at_most_and_never_a_shorter_one() -> None:
    assert wait_after(1, 0.0, timedelta(minutes=10)) == timedelta(minutes=10)
    assert wait_after(2, 0.0, timedelta(seconds=1)) == timedelta(minutes=5)
    assert wait_after(1, 0.0, timedelta(days=400)) == timedelta(days=1)


def test_each_secret_signs_the_exact_text_and_another_does_not_verify() -> None:
    text, moment = text_of({"type": "x", "data": {"title": "é"}}), datetime.now(UTC)
    headers = signed_headers("evt_1", moment, text, SECRETS)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in SECRETS:
        assert Webhook(secret).verify(text, headers)["data"] == {"title": "é"}
    for changed in (text + " ", text.replace("é", "e")):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRETS[0]).verify(changed, headers)
    old = signed_headers("evt_1", moment - timedelta(minutes=6), text, SECRETS)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRETS[0]).verify(text, old)


def test_what_is_no_more_to_be_seen_is_told_by_its_id_alone() -> None:
    assert body_for(1, GONE) == {"type": "gone", "timestamp": "t", "data": {"object": "category", "id": "1"}}


def test_a_version_of_payloads_that_is_not_made_is_an_error() -> None:
    with pytest.raises(KeyError):
        body_for(2, GONE)
