"""`flask moderate` beyond cases: appeals, bulks, words, rules, figures, the audit; refusals first."""
import json

import pytest
from sqlalchemy import text

from app.actor import anonymous
from app.data.entity import db
from app.notify.mailbox import read_outbox
from blueprints.marketplace.category_management.commands import create_category
from blueprints.platform.moderation.appeals import appeal
from blueprints.platform.moderation.audit import export
from tests.cli.market import ORDERS

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
        ("rules", "retire", "spam"), ("ladder", "set", "0=warn"), ("bulk", "resume", "b1"),
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
    refused = run(*words, "--days", "3651")
    assert (refused.exit_code, "0<=x<=3650" in refused.stderr) == (2, True), refused.output


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


def test_the_case_of_an_appeal_shows_the_appeal_and_what_it_is_against(run, appealed, market):
    shown = run("moderate", "show", "2").stdout
    appeal_part = shown[shown.index("\nappeal\n"):]
    for said in ("p1  open", "s1", "It is genuine.", "under appeal", "a1", "WARN", "Counterfeit goods"):
        assert said in appeal_part
    for listing_s in ("Brass sextant", "shippingMethod", "proposed"):
        assert listing_s not in shown
    assert "Appeal against s1" in shown
    whole = told(run("moderate", "show", "2", "--json"))["appeal"]
    assert (whole["text"], [act["number"] for act in whole["acts"]]) == ("It is genuine.", [1])
    assert told(run("moderate", "show", "1", "--json"))["appeal"] is None
    assert [row["caseNumber"] for row in told(run("moderate", "appeals", "--json"))] == [2]


def test_an_appeal_and_a_bulk_that_are_not_there_are_refused_by_show(run, appealed):
    for named in ("p99", "b99", "99"):
        assert (run("moderate", "show", named).exit_code, named) == (1, named)
    assert run("moderate", "show", "x1").exit_code == 2


def test_show_takes_the_name_of_an_appeal_for_the_case_it_is_judged_in(run, appealed):
    by_case = told(run("moderate", "show", "2", "--json"))
    assert told(run("moderate", "show", "p1", "--json")) == by_case
    assert by_case["appeal"]["number"] == 1
    assert "It is genuine." in run("moderate", "show", "P1").stdout


def test_m_10_a_suspension_without_a_strike_says_how_to_appeal_and_shows_against_what(run, market, settle, callers):
    words = ("moderate", "suspend", "sara@guildhall.test", "--days", "7", "--no-strike", *FAKE, *AS_ADA)
    said = run(*words, "--dry-run").stderr
    assert "It leaves no strike on your record.\n" in said
    assert "by a link that comes with this" in said
    assert run(*words, "--yes").exit_code == 0
    settle()
    [letter] = [one for one in read_outbox(market.sara.email) if one["template"] == "STATEMENT_OF_REASONS"]
    link = letter["text"].split("appeal-page#")[1].split()[0]
    assert link.startswith("token=")
    appeal(anonymous("marketplace"), token=link.removeprefix("token="), text="It was not me.")
    assert "a1" in run("moderate", "appeals").stdout
    assert "It was not me." in run("moderate", "show", "2").stdout
    callers.admin("bob")
    granted = told(run("moderate", "decide", "p1", "--grant", "--reason", "r", "--as", "bob@guildhall.test", "--yes",
                       "--json"))
    assert (granted["against"], granted["undone"]) == ("a1", ["a1"])


def test_many_listings_are_removed_and_brought_back(run, market):
    kept, first, second = market.listed(title="Oil lamp"), market.listed(), market.listed()
    words = ("moderate", "remove-listing", "--seller", "sara@guildhall.test", "--title", "sextant", *FAKE, *AS_ADA)
    said = run(*words, "--dry-run").stderr
    assert "2 of your listings are removed until further notice" in said
    assert said.count("- “Brass sextant”") == 2
    assert said.index("It leaves a strike on your record.") < said.index("2 listings are removed\n")
    done = told(run(*words, "--yes", "--json"))
    assert (done["bulk"], done["done"], done["pending"]) == ("b1", 2, 0)
    assert told(run(*words, "--yes", "--json"))["changed"] is False
    assert len(told(run("users", "show", "sara@guildhall.test", "--json"))["strikes"]) == 1
    assert "is through" in run("moderate", "bulk", "resume", "b1", *AS_ADA, "--yes").stderr
    undone = told(run("moderate", "undo", "b1", "--reason", "wrong", *AS_ADA, "--yes", "--json"))
    assert (undone["undone"], undone["done"], undone["lost"]) == (2, 0, ["The letter that was sent stays sent."])
    removed = told(run("moderate", "remove-listing", first[-8:], kept, *FAKE, *AS_ADA, "--yes", "--json"))
    assert (removed["done"], second in {one["id"] for one in removed["said"]}) == (2, False)


def test_m_29_the_listings_of_a_category_are_named_by_a_part_of_its_id(run, market):
    category = create_category(market.ada.actor, title="Clocks").id
    market.listed(), market.listed(categoryId=category)
    words = ("moderate", "remove-listing", *FAKE, *AS_ADA, "--yes", "--category")
    refused = run(*words, "deadbeef")
    assert (refused.exit_code, "there is no CATEGORY deadbeef" in refused.stderr) == (1, True), refused.output
    assert told(run(*words, category[-8:], "--json"))["done"] == 1


def test_a_bulk_in_which_something_is_refused_exits_with_1_and_its_rehearsal_too(run, market, callers):
    listing, taken = market.listed(), market.listed()
    assert market.ben.post("/marketplace/adminmoderation-api/v1/reports", json={
        "entityType": "PRODUCT", "entityId": taken, "reason": "FRAUD"}).status_code == 201
    callers.admin("bob")
    assert run("moderate", "take", "1", "--as", "bob@guildhall.test", "--yes").exit_code == 0
    words = ("moderate", "remove-listing", listing, taken, *FAKE, *AS_ADA, "--json")
    rehearsal, done = run(*words, "--dry-run"), run(*words, "--yes")
    said = [{"id": taken, "says": "Case 1 is with Bob"}]
    assert (rehearsal.exit_code, json.loads(rehearsal.stdout)["refused"]) == (1, said), rehearsal.output
    assert (done.exit_code, json.loads(done.stdout)["said"]) == (1, said), done.output
    assert json.loads(done.stdout)["done"] == 1
    shown = told(run("moderate", "show", "b1", "--json"))
    assert (shown["done"], shown["said"], shown["rule"], shown["begunBy"]) == (
        1, said, "counterfeit", market.ada.user_id)
    assert "Case 1 is with Bob" in run("moderate", "show", "B1").stdout


def test_a_list_of_bulks_costs_as_many_statements_however_many_there_are(run, market, count_statements):
    counted = []
    for _ in range(3):
        assert run("moderate", "remove-listing", market.listed(), *FAKE, *AS_ADA, "--yes").exit_code == 0
        with count_statements() as statements:
            assert told(run("moderate", "bulk", "list", "--json"))[0]["done"] == 1
        counted.append(len([one for one in statements if one.startswith("SELECT")]))
    assert counted[1] == counted[2]


def test_m_29_a_feedback_is_corrected_by_a_part_of_its_id_and_its_words_come_back(run, market):
    product = market.listed()
    order = market.paid(product)
    shipped = {"status": "SHIPPED", "carrier": "Post", "trackingNumber": "RR1"}
    for person, body in ((market.ada, shipped), (market.ben, {"status": "DELIVERED"})):
        moved = person.patch(f"{ORDERS}/ordermanagementorderstatus/{order['id']}", json=body)
        assert moved.status_code == 200, moved.text
    given = market.ben.post("/marketplace/feedback-api/v1/feedbacks", json={
        "orderId": order["id"], "orderItemId": order["items"][0], "sellerId": market.sara.user_id, "rating": 1,
        "productId": product, "comment": "Call me: 555 01 02"})
    assert given.status_code == 201, given.text
    feedback = given.json["feedback"]["id"]
    words = ("moderate", "override-feedback", feedback[-8:], "--comment", "[removed]", "--rule", "privacy", *AS_ADA)
    assert "was corrected by our staff" in run(*words, "--dry-run").stderr
    assert told(run(*words, "--yes", "--json")) == {"case": 1, "acts": ["a1"], "strike": None, "told": 0}
    read = f"/marketplace/feedback-api/v1/feedbacks/{feedback}"
    assert market.cleo.get(read).json["feedback"]["comment"] == "[removed]"
    undone = told(run("moderate", "undo", "a1", "--reason", "it was his own number", *AS_ADA, "--yes", "--json"))
    assert undone == {"undone": ["a1"], "lost": ["The letter that was sent stays sent."]}
    assert market.cleo.get(read).json["feedback"]["comment"] == "Call me: 555 01 02"


def test_words_are_added_tried_and_taken_off(run, market):
    assert run("moderate", "words", "add", "replica*", "--for", "counterfeit", *AS_ADA, "--yes").exit_code == 0
    assert run("moderate", "words", "add", "replica*", *AS_ADA, "--yes").exit_code == 1
    [found] = told(run("moderate", "words", "list", "--search", "EPL", "--json"))
    assert found["phrase"] == "replica*"
    assert told(run("moderate", "words", "list", "--search", "copy", "--json")) == []
    hit = told(run("moderate", "words", "test", "Fine REPLICAS here", "--json"))
    assert hit == [{"word": "replica*", "reason": "COUNTERFEIT"}]
    assert run("moderate", "words", "remove", "replica*", *AS_ADA, "--yes").exit_code == 0
    assert run("moderate", "words", "add", "rolex", *AS_ADA, "--yes").exit_code == 0
    refused = run("moderate", "words", "remove", "rolexx", *AS_ADA, "--yes")
    assert (refused.exit_code, "Did you mean rolex?" in refused.stderr) == (2, True), refused.output


def test_rules_are_written_named_and_retired(run, market):
    assert "counterfeit" in run("moderate", "rules").stdout
    assert run("moderate", "rules", "add", "knives", *RULE, *AS_ADA, "--yes").exit_code == 0
    assert "No knives." in run("moderate", "rules", "list").stdout
    refused = run("moderate", "rules", "retire", "knifes", *AS_ADA, "--yes")
    assert (refused.exit_code, "Did you mean knives?" in refused.stderr) == (2, True), refused.output
    assert run("moderate", "rules", "retire", "knives", *AS_ADA, "--yes").exit_code == 0
    assert run("moderate", "warn", "USER", "sara@guildhall.test", "--rule", "knives", *AS_ADA).exit_code == 2


def test_m_16_the_ladder_is_read_and_written_by_a_super_admin(run, market):
    assert [step["proposed"] for step in told(run("moderate", "ladder", "list", "--json"))] == [
        "WARN", "HIDE", "SUSPEND", "SUSPEND", "BAN"]
    words = ("moderate", "ladder", "set", "0=warn", "2=suspend:7", "4=ban")
    boss = ("--as", "admin@admin.com")
    assert run(*words, *AS_ADA, "--yes").exit_code == 1
    assert "0 warn, 2 suspend for 7 days, 4 ban" in run(*words, *boss, "--dry-run").stderr
    assert len(told(run("moderate", "ladder", "list", "--json"))) == 5
    written = told(run(*words, *boss, "--yes", "--json"))
    assert written == told(run("moderate", "ladder", "list", "--json")) == [
        {"strikes": 0, "proposed": "WARN", "days": None}, {"strikes": 2, "proposed": "SUSPEND", "days": 7},
        {"strikes": 4, "proposed": "BAN", "days": None}]
    assert "SUSPEND" in run("moderate", "ladder").stdout
    assert len(told(run("moderate", "ladder", "set", "--default", *boss, "--yes", "--json"))) == 5
    assert told(run("moderate", "audit", "verify", "--json"))["entries"] == 2


@pytest.mark.parametrize("steps", [(), ("2",), ("x=warn",), ("2=warn:7:1",), ("2=warn", "--default")])
def test_m_16_what_is_no_ladder_is_wrong_usage(run, market, steps):
    assert run("moderate", "ladder", "set", *steps, "--as", "admin@admin.com", "--yes").exit_code == 2


@pytest.mark.parametrize("steps", [("2=unban",), ("2=suspend",), ("2=warn:7",), ("2=warn", "2=ban")])
def test_m_16_an_impossible_ladder_is_refused(run, market, steps):
    refused = run("moderate", "ladder", "set", *steps, "--as", "admin@admin.com", "--dry-run")
    assert (refused.exit_code, "ladder" in refused.stderr) == (1, True), refused.output


def test_a_year_is_counted(run, appealed):
    counts = told(run("moderate", "transparency", "--json"))
    assert (counts["appeals"]["made"], counts["acts"][0]["kind"]) == (1, "WARN")
    assert "counterfeit" in run("moderate", "transparency").stdout
    assert run("moderate", "transparency", "--year", "1999").exit_code == 2


def test_an_audit_that_is_not_what_was_written_exits_with_1(run, appealed):
    assert run("moderate", "audit", "verify").exit_code == 0
    lines = run("moderate", "audit", "export").stdout.splitlines()
    assert json.loads(lines[-1])["head"]["seq"] == len(lines) - 1
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM moderation_audit WHERE seq = 1"))
    broken = run("moderate", "audit", "verify")
    assert (broken.exit_code, "entry 1 is missing" in broken.stdout) == (1, True)


def test_the_audit_is_printed_in_signs_that_no_terminal_obeys(run, market):
    said = "seen\x9b2J\u202e"
    written = run("moderate", "note", "USER", market.sara.user_id, "--reason", said, *AS_ADA, "--yes")
    assert written.exit_code == 0, written.output
    printed = run("moderate", "audit", "export").stdout
    assert all(sign == "\n" or sign.isprintable() for sign in printed)
    assert any("\x9b2J\u202e" in line for line in export("marketplace"))
    assert [*map(json.loads, printed.splitlines())] == [*map(json.loads, export("marketplace"))]


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
    for words in (("appeals",), ("record",), ("bulk", "list"), ("words", "list"), ("rules",), ("transparency",),
                  ("queue",)):
        printed = run("moderate", *words)
        assert printed.exit_code == 0, printed.output
        assert max(len(line) for line in printed.stdout.splitlines()) <= 100, printed.stdout
