"""`flask payments --realm network`: the commands of orders of goods, for orders of premium."""
import json
import uuid
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask import Flask

from blueprints.network.profile.premium_checks import check_premium
from blueprints.network.profile.premium_queries import is_premium
from cli.payments import payments
from tests.network.premium.club import ok
from tests.platform.moderation.chains import entries


@pytest.fixture
def flask_payments(app: Flask) -> Callable[..., str]:
    """Call it with arguments; returns what the command prints."""
    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(payments, [*arguments, "--realm", "network"], obj=None)
        assert result.exit_code == code, result.output
        return result.output
    return run


def test_what_is_not_there_or_not_of_premium_is_refused(club, flask_payments):
    for command in ("show", "fix", "refund"):
        assert "there is no order" in flask_payments(command, str(uuid.uuid4()), code=1)
    order = club.paid()["id"]
    assert "--due" in flask_payments("refund", order, "--due", "--yes", code=2)
    assert "--status" in flask_payments("fix", order, "--status", "PAID", "--yes", code=2)
    assert "10.0 USD of order" in flask_payments("refund", order, "--amount", "11", "--dry-run", code=1)
    assert is_premium(club.ann.user_id)


def test_status_and_show_tell_how_it_stands(club, flask_payments):
    order = club.paid()["id"]
    status = json.loads(flask_payments("status", "--json"))
    assert (status["payments success"], status["books"], status["open"]) == (1, "agree", [])
    shown = json.loads(flask_payments("show", order, "--json"))
    assert (shown["state"], shown["userId"], shown["total"]) == ("completed/paid", club.ann.user_id, 10)
    assert [one["state"] for one in shown["attempts"]] == ["success"]
    assert check_premium()[0] == "ok"


def test_payments_are_found_by_order_person_and_the_gateways_id(club, flask_payments):
    order = club.paid()["id"]
    [shown] = json.loads(flask_payments("list", "--json"))
    assert shown["order"] == order
    for text in (order[-8:], club.ann.email, shown["intent"]):
        assert json.loads(flask_payments("find", text, "--json")) == [shown]
    assert "no payments" in flask_payments("find", "nobody@guildhall.test")


def test_fix_reads_a_payment_anew(club, flask_payments):
    order = club.order()["id"]
    waiting = ok(club.start(order, club.localstripe.make_card()))["paymentResult"]
    club.localstripe.authenticate(waiting["paymentId"])
    assert "completed/paid" in flask_payments("fix", order, "--yes")
    assert is_premium(club.ann.user_id)


def test_what_a_payment_was_read_anew_or_given_back_for_stands_in_the_audit(club, flask_payments):
    order = club.paid()["id"]
    flask_payments("fix", order[-8:], "--reason", "she called", "--yes")
    flask_payments("refund", order[:13], "--amount", "4", "--reason", "she paid twice", "--yes")
    said = {entry["what"]: entry["facts"] for entry in entries("network")}
    assert {what: (facts["orderId"], facts["reason"]) for what, facts in said.items()} == {
        "premium.payment-reread": (order, "she called"), "premium.refund-requested": (order, "she paid twice")}
    assert said["premium.refund-requested"]["amount"] == 4


def test_a_dry_run_refuses_what_is_refused(club, flask_payments):
    order = club.order()["id"]
    for words in (("fix", order), ("refund", order), ("refund", order, "--surplus")):
        for how in ("--dry-run", "--yes"):
            flask_payments(*words, how, code=1)
    paid = club.paid(club.ben)["id"]
    flask_payments("refund", paid, "--dry-run")
    assert is_premium(club.ben.user_id)


def test_a_refund_of_the_whole_ends_premium(club, flask_payments):
    order = club.paid()["id"]
    flask_payments("refund", order, "--amount", "4", "--yes")
    assert is_premium(club.ann.user_id)
    flask_payments("refund", order, "--yes")
    assert not is_premium(club.ann.user_id)
    assert json.loads(flask_payments("show", order, "--json"))["state"] == "refunded/canceled"
