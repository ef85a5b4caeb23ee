"""`flask moderate record`, narrowed as one looks for what was done by hand: refusals first."""
import json

import pytest

AS_ADA = ("--as", "ada@guildhall.test")


@pytest.fixture
def listed(run):
    """Call it with options; returns the entries."""
    def entries(*options):
        result = run("moderate", "record", "--json", *options)
        assert result.exit_code == 0, result.output
        return [(one["actionType"], one["entityId"]) for one in json.loads(result.stdout)]
    return entries


@pytest.fixture
def noted(run):
    """Call it with a listing and whether Ada leaves the note, or the operator without a name."""
    def note(listing, *whose):
        done = run("moderate", "note", "PRODUCT", listing, "--reason", "seen", *whose, "--yes")
        assert done.exit_code == 0, done.output
        return ("ADMIN_NOTE", listing)
    return note


def test_what_is_no_kind_no_date_nobody_and_nothing_is_refused(run, market):
    for options, code, says in ((("--action", "SHOUT"), 2, "'SHOUT' is not one of"), (("--type", "SHOE"), 2, "'SHOE'"),
                                (("--since", "soon"), 2, "--since: "), (("--until", "2026-13-01"), 2, "--until: "),
                                (("--by", "nobody@guildhall.test"), 1, "has no user nobody@guildhall.test"),
                                (("--on", "deadbeef"), 1, "the record has nothing on deadbeef"),
                                (("--on", "no id"), 1, "the record has nothing on no id"),
                                (("--realm", "network", "--by", "x"), 1, "network keeps no such record")):
        refused = run("moderate", "record", *options)
        assert (refused.exit_code, refused.stdout) == (code, ""), options
        assert says in refused.stderr


def test_it_is_narrowed_by_who_did_what_to_what_and_when(run, market, listed, noted):
    one, another = market.listed(), market.listed()
    first = noted(one, *AS_ADA)
    second = noted(another, *AS_ADA)
    assert listed() == listed("--by", "ada@guildhall.test") == listed("--action", "admin_note") == [second, first]
    assert listed("--type", "product") == [second, first]
    assert listed("--by", "terminal") == listed("--action", "RESTORE") == listed("--type", "USER") == []
    assert listed("--on", one[-8:]) == listed("--on", one, "--by", market.ada.user_id) == [first]
    assert listed("--since", "2000-01-01", "--until", "2999-01-01", "--limit", "1") == [second]
    assert listed("--until", "2000-01-01") == listed("--since", "2999-01-01") == []
    assert "nothing is recorded" in run("moderate", "record", "--until", "2000-01-01").stdout


def test_a_beginning_of_several_is_ambiguous(run, market, noted):
    one, another = sorted((market.listed(), market.listed()))
    noted(one, *AS_ADA), noted(another, *AS_ADA)
    assert one[:4] == another[:4]  # made in one minute
    refused = run("moderate", "record", "--on", one[:4])
    assert (refused.exit_code, f"ambiguous: {one}, {another}" in refused.stderr) == (1, True)


def test_however_it_is_narrowed_an_index_decides(run, market, plans):
    ada = market.ada.user_id
    for options in (("--by", ada), ("--by", "terminal", "--since", "2026-01-01"), ("--action", "RESTORE"),
                    ("--type", "USER"), ("--on", "deadbeef"), ("--until", "2026-01-01")):
        run("moderate", "record", *options)
    assert [step for step in plans if step.startswith("SCAN")] == []
    for index in ("by", "done", "on", "entity_short_id"):
        assert any(f"USING INDEX ix_admin_moderation_action_{index} " in f"{step} " or
                   f"USING COVERING INDEX ix_admin_moderation_action_{index} " in f"{step} " for step in plans), index
