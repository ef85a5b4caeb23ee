"""Two at once about one person's premium: one order is open, one payment is taken, no period is counted twice."""
from collections import Counter
from dataclasses import replace

import pytest
from flask import Flask

from app.clock import moved_clock
from app.jobs.worker import run_job
from blueprints.network.profile.premium_checks import differences
from tests.concurrency.together import together
from tests.network.premium.club import Club, length, ok


@pytest.fixture(autouse=True)
def patience(paying_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the gateway takes its time; what a late answer leads to is not the question here."""
    held = paying_app.extensions["guildhall"]
    monkeypatch.setattr(held, "settings", replace(held.settings, stripe_timeout_seconds=30.0))


def settled() -> None:
    """Let what was left open while the gateway was busy be settled."""
    for seconds in (61, 3_700):
        with moved_clock(seconds=seconds):
            run_job("settle-payments")


def test_net_27_of_many_orders_at_once_one_is_open(app: Flask, club: Club) -> None:
    answers = together(app, *[club.try_order] * 6)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: 5}
    assert {answer.json["errCode"] for answer in answers if answer.status_code == 400} == {"SubscriptionOpen"}


def test_of_many_starts_of_one_order_one_reaches_the_gateway(app: Flask, club: Club) -> None:
    order = club.order()
    answers = together(app, *[lambda: club.start(order["id"])] * 6)
    assert {answer.status_code for answer in answers} <= {200, 400}
    settled()
    assert [one["status"] for one in club.localstripe.intents(orderId=order["id"])] == ["succeeded"]
    assert length(club.read(order["id"])) == 30
    assert differences() == []


def test_net_27_a_payment_and_the_refund_of_the_one_before_leave_no_gap_and_no_overlap(app: Flask, club: Club) -> None:
    for _ in range(3):
        first, second = club.paid(), club.order()
        answers = together(app, lambda first=first: club.refund(first["id"]),
                           lambda second=second: club.start(second["id"]))
        assert [answer.status_code for answer in answers] == [200, 200]
        settled()
        assert club.read(first["id"])["status"] == "refunded"
        paid = club.read(second["id"])
        assert (paid["status"], length(paid)) == ("completed", 30)
        assert differences() == []
        ok(club.refund(second["id"]))


def test_two_refunds_at_once_give_the_money_back_once(app: Flask, club: Club) -> None:
    order = club.paid()
    answers = together(app, *[lambda: club.refund(order["id"])] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    settled()
    [intent] = club.localstripe.intents(orderId=order["id"])
    assert len(club.localstripe.refunds(intent["id"])) == 1
    assert club.read(order["id"])["status"] == "refunded"
