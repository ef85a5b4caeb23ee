"""`flask moderate` beyond cases: appeals, bulks, words, rules, figures, the audit; refusals first."""
import json

import pytest
from sqlalchemy import text

from app.data.entity import db
from blueprints.platform.moderation.appeals import appeal

AS_ADA, FAKE = ("--as", "ada@guildhall.test"), ("--rule", "counterfeit")
RULE = ("--title", "Knives", "--text", "No knives.")


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def appealed(run, market):
    """Sara was warned of a listing and appeals."""
    assert run("moderate", "warn", "PRODUCT", market.listed(), *FAKE, *AS_ADA, "--yes").exit_code == 0
    appeal(market.sara.actor, strike_number=1, text="It is genuine.")


ACTS = (("decide", "p1", "--grant", "--reason", "r"), ("remove-listing", "--title", "sextant", *FAKE),
        ("words", "add", "fake"), ("words", "remove", "fake"), ("rules", "add", "knives", *RULE),
        ("rules", "retire", "spam"), ("bulk", "resume", "b1"),
        ("override-feedback", "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "--rating", "3", *FAKE))


@pytest.mark.parametrize("words", ACTS, ids=lambda words: words[0])
def test_m_13_nobody_acts_without_saying_who(run, market, words):
    refused = run("moderate", *words, "--yes")
    assert (refused.exit_code, "GUILDHALL_OPERATOR" in refused.stderr) == (2, True), refused.output
    assert run("moderate", *words, "--yes", "--as", "ben@guildhall.test").exit_code == 1


@pytest.mark.parametrize("words", [
    ("decide", "p1", "--reason", "r"), ("remove-listing", *FAKE), ("remove-listing", "9f31c27a", "--title", "t", *FAKE),
    ("words", "add", "a*b*"), ("rules", "add", "Two Words", *RULE),
    ("override-feedback", "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", *FAKE)])
def test_wrong_usage_changes_nothing(run, market, words):
    refused = run("moderate", *words, *AS_ADA, "--yes")
    assert refused.exit_code in (1, 2), refused.output
    assert told(run("moderate", "words", "list", "--json")) == []
    assert told(run("moderate", "bulk", "list", "--json")) == []


def test_m_13_a_suspended_member_of_staff_does_not_act(run, market, callers):
    bob = callers.admin("bob")
    boss = ("--as", "admin@admin.com", "--yes")
    assert run("moderate", "suspend", bob.user_id, "--days", "1", *FAKE, *boss).exit_code == 0
    assert told(run("users", "show", bob.user_id, "--json"))["state"] == "suspended"
    refused = run("moderate", "words", "add", "fake", "--yes", "--as", "bob@guildhall.test")
    assert (refused.exit_code, "is suspended" in refused.stderr) == (1, True), refused.output


def test_m_32_no_reports_are_taken_of_who_abuses_them_until_they_are_again(run, market):
    words = ("moderate", "mute-reporter", "ben@guildhall.test", *AS_ADA, "--yes", "--json")
    assert told(run(*words))["mutedDays"] == 30
    assert told(run(*words, "--days", "0"))["mutedDays"] == 0
    assert run("moderate", "mute-reporter", "nobody@guildhall.test", *AS_ADA, "--yes").exit_code == 1


def test_m_14_who_struck_does_not_decide_while_another_moderator_can(run, appealed, callers):
    callers.admin("bob")
    refused = run("moderate", "decide", "p1", "--grant", "--reason", "r", *AS_ADA)
    assert (refused.exit_code, "OwnStrike" in refused.stderr, "Go on?" in refused.output) == (1, True, False)


def test_an_appeal_is_read_and_granted_and_says_first_what_cannot_come_back(run, appealed, callers):
    callers.admin("bob")
    assert "It is genuine." in run("moderate", "appeals").stdout
    words = ("moderate", "decide", "p1", "--grant", "--reason", "the maker says so", "--as", "bob@guildhall.test")
    said = run(*words, "--dry-run").stderr
    assert said.index("does not come back: The letter") < said.index("p1 is granted")
    assert told(run("moderate", "appeals", "--json"))[0]["state"] == "OPEN"
    assert run(*words, "--yes").stdout == "p1 granted, a1 undone\n"
    assert told(run("moderate", "appeals", "--json")) == []
    assert told(run("moderate", "appeals", "--state", "all", "--json"))[0]["state"] == "GRANTED"
    assert told(run("users", "show", "sara@guildhall.test", "--json"))["strikes"][0]["state"] == "revoked"


def test_many_listings_are_removed_and_brought_back(run, market):
    kept, first, second = market.listed(title="Oil lamp"), market.listed(), market.listed()
    words = ("moderate", "remove-listing", "--seller", "sara@guildhall.test", "--title", "sextant", *FAKE, *AS_ADA)
    assert "2 listings are removed" in run(*words, "--dry-run").stderr
    done = told(run(*words, "--yes", "--json"))
    assert (done["bulk"], done["done"], done["pending"]) == ("b1", 2, 0)
    assert told(run(*words, "--yes", "--json"))["changed"] is False
    assert len(told(run("users", "show", "sara@guildhall.test", "--json"))["strikes"]) == 1
    assert "is through" in run("moderate", "bulk", "resume", "b1", *AS_ADA, "--yes").stderr
    undone = told(run("moderate", "undo", "b1", "--reason", "wrong", *AS_ADA, "--yes", "--json"))
    assert (undone["undone"], undone["done"]) == (2, 0)
    removed = told(run("moderate", "remove-listing", first[-8:], kept, *FAKE, *AS_ADA, "--yes", "--json"))
    assert (removed["done"], second in {one["id"] for one in removed["said"]}) == (2, False)


def test_words_are_added_tried_and_taken_off(run, market):
    assert run("moderate", "words", "add", "replica*", "--for", "counterfeit", *AS_ADA, "--yes").exit_code == 0
    assert run("moderate", "words", "add", "replica*", *AS_ADA, "--yes").exit_code == 1
    hit = told(run("moderate", "words", "test", "Fine REPLICAS here", "--json"))
    assert hit == [{"word": "replica*", "reason": "COUNTERFEIT"}]
    assert run("moderate", "words", "remove", "replica*", *AS_ADA, "--yes").exit_code == 0
    assert "is not on the list" in run("moderate", "words", "remove", "replica*", *AS_ADA, "--yes").stderr


def test_rules_are_written_named_and_retired(run, market):
    assert "counterfeit" in run("moderate", "rules").stdout
    assert run("moderate", "rules", "add", "knives", *RULE, *AS_ADA, "--yes").exit_code == 0
    assert "No knives." in run("moderate", "rules", "list").stdout
    assert run("moderate", "rules", "retire", "knives", *AS_ADA, "--yes").exit_code == 0
    assert run("moderate", "warn", "USER", "sara@guildhall.test", "--rule", "knives", *AS_ADA).exit_code == 2


def test_a_year_is_counted(run, appealed):
    counts = told(run("moderate", "transparency", "--json"))
    assert (counts["appeals"]["made"], counts["acts"][0]["kind"]) == (1, "WARN")
    assert "counterfeit" in run("moderate", "transparency").stdout
    assert run("moderate", "transparency", "--year", "1999").exit_code == 1


def test_an_audit_that_is_not_what_was_written_exits_with_1(run, appealed):
    assert run("moderate", "audit", "verify").exit_code == 0
    lines = run("moderate", "audit", "export").stdout.splitlines()
    assert json.loads(lines[-1])["head"]["seq"] == len(lines) - 1
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM moderation_audit WHERE seq = 1"))
    broken = run("moderate", "audit", "verify")
    assert (broken.exit_code, "entry 1 is missing" in broken.stdout) == (1, True)


def test_reading_a_message_between_others_needs_a_name_and_is_recorded(run, market):
    """M-22."""
    sent = market.sara.post("/marketplace/messaging-api/v1/messagingmessages",
                            json={"toUserId": market.ben.user_id, "content": "or everybody hears of it"})
    assert sent.status_code == 201, sent.text
    reported = market.ben.post("/marketplace/adminmoderation-api/v1/reports", json={
        "entityType": "MESSAGE", "entityId": sent.json["messagingMessage"]["id"], "reason": "HARASSMENT"})
    assert reported.status_code == 201, reported.text
    refused = run("moderate", "show", "1")
    assert (refused.exit_code, "everybody" in refused.output) == (2, False)
    assert "or everybody hears of it" in run("moderate", "show", "1", *AS_ADA).stdout
    assert "read message" in told(run("moderate", "record", "--json"))[0]["reason"]


def test_no_table_is_wider_than_a_hundred_columns(run, appealed, market):
    run("moderate", "words", "add", "a phrase that goes on " * 9, *AS_ADA, "--yes")
    for words in (("appeals",), ("bulk", "list"), ("words", "list"), ("rules",), ("transparency",), ("queue",)):
        printed = run("moderate", *words)
        assert printed.exit_code == 0, printed.output
        assert max(len(line) for line in printed.stdout.splitlines()) <= 100, printed.stdout
