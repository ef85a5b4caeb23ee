"""`flask moderate` over cases: refusals first; queue, show, resolve are the commonest day (moderation.md, Terminal)."""
import json

import pytest

from blueprints.platform.moderation.reports import report

AS_ADA = ("--as", "ada@guildhall.test")
FAKE = ("--rule", "counterfeit")


@pytest.fixture
def case(market):
    """Case 1: two reports of a listing of Sara's; returns the id of the listing."""
    listing = market.listed()
    for person, text in ((market.ben, "It says Rolox on the dial."), (market.cleo, None)):
        report(person.actor, entity_type="PRODUCT", entity_id=listing, reason="COUNTERFEIT", text=text)
    return listing


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


ACTS = (("take", "1"), ("release", "1"), ("note", "1", "--reason", "r"), ("ask", "1", "Why?"),
        ("dismiss", "1", "--reason", "r"), ("resolve", "1", "--remove", *FAKE),
        ("warn", "USER", "sara@guildhall.test", *FAKE), ("suspend", "sara@guildhall.test", "--days", "7", *FAKE),
        ("ban", "sara@guildhall.test", *FAKE), ("unban", "sara@guildhall.test", *FAKE),
        ("undo", "a1", "--reason", "r"))


@pytest.mark.parametrize("words", ACTS, ids=lambda words: words[0])
def test_m_13_nobody_acts_without_saying_who(run, case, words):
    refused = run("moderate", *words, "--yes")
    assert (refused.exit_code, "GUILDHALL_OPERATOR" in refused.stderr) == (2, True), refused.output
    assert run("moderate", *words, "--yes", "--as", "ben@guildhall.test").exit_code == 1
    assert told(run("moderate", "audit", "verify", "--json"))["entries"] == 0


@pytest.mark.parametrize("words", [
    ("resolve", "1", *FAKE), ("resolve", "1", "--remove"), ("resolve", "1", "--remove", "--rule", "fake"),
    ("resolve", "1", "--ban", "--only", "selling", *FAKE), ("resolve", "1", "--ban", "--days", "3", *FAKE),
    ("resolve", "one", "--ban", *FAKE), ("undo", "57", "--reason", "r", "--days", "1"), ("undo", "s57", *FAKE),
    ("note", "COMPANY", "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "--reason", "r")])
def test_wrong_usage_exits_with_2(run, case, words):
    assert run("moderate", *words, *AS_ADA, "--yes").exit_code == 2


@pytest.mark.parametrize("words", [("resolve", "9", "--remove", *FAKE), ("show", "9"), ("take", "9"),
                                   ("undo", "a9", "--reason", "r"), ("unban", "sara@guildhall.test", *FAKE),
                                   ("resolve", "1", "--show-again", *FAKE)])
def test_what_is_refused_exits_with_1_before_it_asks(run, case, words):
    refused = run("moderate", *words, *(() if words[0] == "show" else AS_ADA))
    assert (refused.exit_code, "Go on?" in refused.output) == (1, False), refused.output


def test_a_suspension_from_trade_alone_is_refused_where_nobody_trades(run, callers):
    nora, _ = callers.user("nora", realm="network"), callers.admin("ned", realm="network")
    refused = run("moderate", "suspend", nora.user_id, "--days", "7", "--only", "selling", "--reason", "r",
                  "--realm", "network", "--as", "ned@guildhall.test")
    assert (refused.exit_code, "Go on?" in refused.output) == (1, False), refused.output
    assert "scope: a suspension in network is not limited to SELLING" in refused.stderr


def test_a_dry_run_and_a_no_change_nothing_though_the_letter_is_shown(run, case):
    words = ("moderate", "resolve", "1", "--remove", "--suspend", "7", *FAKE, *AS_ADA)
    for result in (run(*words, "--dry-run"), run(*words, input="n\n")):
        assert "until further notice" in result.stderr
        assert "The rule: Counterfeit goods." in result.stderr
    assert told(run("moderate", "queue", "--json"))[0]["state"] == "OPEN"
    assert told(run("moderate", "audit", "verify", "--json"))["entries"] == 0


def test_the_commonest_case_is_three_commands(run, case, market):
    queue = run("moderate", "queue").stdout.splitlines()
    assert queue[1].split()[:6] == ["1", "75", "PRODUCT", '"Brass', 'sextant"', "2"]
    shown = run("moderate", "show", "1").stdout
    for said in ("Brass sextant", "Sara", "Ben", "Cleo", "It says Rolox on the dial.", "--warn"):
        assert said in shown
    done = run("moderate", "resolve", "1", "--remove", "--suspend", "7", *FAKE, *AS_ADA, "--yes")
    assert done.stdout == "a1 a2, strike s1, 2 told\n", done.output
    assert told(run("moderate", "queue", "--json")) == []
    again = told(run("moderate", "resolve", "1", "--remove", "--suspend", "7", *FAKE, *AS_ADA, "--yes", "--json"))
    assert again == {"case": 1, "acts": ["a1", "a2"], "strike": "s1", "told": 2}
    assert told(run("moderate", "audit", "verify", "--json"))["intact"] is True


def test_an_undo_says_before_it_asks_what_cannot_come_back(run, case):
    assert run("moderate", "warn", "PRODUCT", case, *FAKE, *AS_ADA, "--yes").exit_code == 0
    refused = run("moderate", "undo", "a1", "--reason", "it is genuine", *AS_ADA, input="n\n")
    assert refused.stderr.index("does not come back: The letter") < refused.stderr.index("a1 (warn) is undone")
    words = ("moderate", "undo", "a1", "--reason", "it is genuine", *AS_ADA, "--yes", "--json")
    assert told(run(*words)) == {"undone": ["a1"], "lost": ["The letter that was sent stays sent."]}
    assert told(run(*words)) == {"changed": False, "reason": "a1 is undone already"}


@pytest.mark.parametrize(("words", "stays"), [
    (("hide", "PRODUCT", "{listing}"), ["The letter that was sent stays sent."]),
    (("suspend", "sara@guildhall.test", "--days", "7", "--only", "selling"), ["The letter that was sent stays sent."]),
    (("suspend", "sara@guildhall.test", "--days", "7"),
     ["The letter that was sent stays sent.", "The sessions that it ended stay ended."])])
def test_an_undo_of_a_hold_or_a_suspension_says_what_stays(run, case, words, stays):
    named = [word.format(listing=case) for word in words]
    assert run("moderate", *named, *FAKE, *AS_ADA, "--yes").exit_code == 0
    words = ("moderate", "undo", "a1", "--reason", "it is genuine", *AS_ADA)
    said = run(*words, "--dry-run").stderr
    assert [f"does not come back: {one}" in said for one in stays] == [True] * len(stays)
    assert told(run(*words, "--yes", "--json"))["lost"] == stays


def test_people_are_suspended_banned_and_let_in_again(run, market):
    sara = "sara@guildhall.test"
    assert run("moderate", "suspend", sara, "--days", "7", "--only", "selling", *FAKE, *AS_ADA, "--yes").exit_code == 0
    assert run("moderate", "ban", sara, "--rule", "fraud", *AS_ADA, "--yes").exit_code == 0
    lifted = told(run("moderate", "unban", sara, "--reason", "we were wrong", *AS_ADA, "--yes", "--json"))
    assert (lifted["acts"], lifted["strike"]) == (["a3"], None)


def test_a_listing_is_hidden_and_shown_again(run, case):
    assert run("moderate", "hide", "PRODUCT", case[-8:], "--days", "3", *FAKE, *AS_ADA, "--yes").exit_code == 0
    assert "hidden" in run("moderate", "show", "1").stdout
    assert run("moderate", "show-again", "product", case, "--reason", "mended", *AS_ADA, "--yes").exit_code == 0


def test_a_case_is_taken_noted_asked_about_given_back_and_dismissed(run, case):
    for words in (("take", "1"), ("note", "1", "--reason", "has a receipt"), ("ask", "1", "Where from?")):
        assert run("moderate", *words, *AS_ADA, "--yes").exit_code == 0
    assert "with Ada" in run("moderate", "queue").stdout
    assert len(told(run("moderate", "queue", "--mine", *AS_ADA, "--json"))) == 1
    assert "has a receipt" in run("moderate", "show", "1").stdout
    for words in (("release", "1"), ("dismiss", "1", "--reason", "is genuine")):
        assert run("moderate", *words, *AS_ADA, "--yes").exit_code == 0
    assert "is genuine" in run("moderate", "show", "1").stdout


def test_a_letter_is_shown_without_the_signs_that_a_terminal_obeys(run, case, settle):
    assert run("moderate", "ask", "1", "Where \x1b[31mfrom?", *AS_ADA, "--yes").exit_code == 0
    settle()
    shown = run("notify", "outbox", "--to", "sara@guildhall.test")
    assert ("Where �[31mfrom?" in shown.stdout, "\x1b" in shown.output) == (True, False), shown.output


def test_tables_fit_a_hundred_columns(run, market):
    listing = market.listed(title="A title that goes on and on " * 6, description="and a long description " * 40)
    report(market.ben.actor, entity_type="PRODUCT", entity_id=listing, reason="FRAUD", text="He never ships. " * 40)
    run("moderate", "take", "1", *AS_ADA, "--yes")
    for words in (("queue",), ("show", "1")):
        printed = run("moderate", *words)
        assert printed.exit_code == 0, printed.output
        assert max(len(line) for line in printed.stdout.splitlines()) <= 100, printed.stdout
