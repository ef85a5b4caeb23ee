"""A person who is erased stands nowhere any more: in no table, index, letter, stream, file, log or figure, but where
docs/persons.md says it: the books, the others' conversations, the record of staff."""
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from flask import Flask

from app.actor import Actor
from app.clock import moved_clock
from app.data.person_rows import KEPT, PersonTables
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.platform.auth.person_commands import erase_account
from cli import load_command
from tests.clients import ApiClient, Callers
from tests.contract import leaks
from tests.contract.leaks import SmallRealm, everything_logged
from tests.contract.test_leaks import BUYER, REPORTER_NAME, SECRETS, STRANGER, Market
from tests.contract.test_network_leaks import MODERATOR, OWNER, QUIET, QUIET_NAME, SmallNetwork

pytestmark = pytest.mark.both("rows of every table go or lose a name, words inside JSON among them")
# The id inside a text or JSON that is kept: the audit, who did what to an order, the copy that a case has, what others
# were told. Redis counts under the id how often its cache was made old; a count that began anew would bring it back.
NAMED_INSIDE = {"moderation_audit", "order_history", "moderation_evidence", "notification", "notice",
                "hash guildhall:versions of Redis"}
# Whose words are kept without the name: what was said to others, reported, or pleaded; where an order was sent.
WORDS_KEPT = {"messaging_message", "network_message", "moderation_report", "moderation_appeal", "moderation_evidence",
              "order_management_order", "auction_offer_bid", "moderation_case", "moderation_act", "moderation_note",
              "moderation_strike", "admin_moderation_action"}
# Indexes of kept rows: the others find what was said to them.
INDEXED = {"index marketplaceMessages", "index networkMessages"}


def kept_tables() -> set[str]:
    """Return the tables whose rows stay as they are, by what their services declare."""
    return {rows.model.__tablename__ for rows in runtime().part(PersonTables) if rows.fate == KEPT}


def erase(world: SmallRealm, persons: Sequence[str], settle: Callable[[], None]) -> None:
    """Erase persons of the realm, and let the time pass in which events and letters to others are kept."""
    for person in persons:
        assert erase_account(Actor(world.realm, role="system", operator="root"), str(world.people[person].user_id))
    settle()
    run_job("purge-archived")
    settle()
    with moved_clock(hours=2):  # all of it once more
        settle()
    with moved_clock(days=runtime().settings.mail_days + 1):
        for job in ("purge-events", "trim-streams", "purge-idempotency-keys", "sweep-sessions", "purge-letters",
                    "compact-indexes"):
            run_job(job)


def everywhere(world: SmallRealm, log: Iterator[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Return each kind of place with all that stands there."""
    return {"tables": list(leaks.kept_in_the_database()), "Redis": list(leaks.kept_in_redis(runtime().redis)),
            "files": list(leaks.kept_in_files(runtime().settings.home)), "log": list(log),
            "figures": [("/metrics", ApiClient(world.app).get("/metrics").text)]}


def places_of(words: Sequence[str], found: Mapping[str, list[tuple[str, str]]]) -> set[tuple[str, str]]:
    """Return (word, where) of each place that has one of the words."""
    return {(word, where.removeprefix("row of ")) for texts in found.values() for where, text in texts
            for word in words if word in text}


def assert_nowhere(world: SmallRealm, names: Sequence[str], words: Sequence[str], user_id: str,
                   log: Iterator[tuple[str, str]]) -> None:
    """Fail with each place that has what identifies the person, or the person's words, and is not named above."""
    found = everywhere(world, log)
    assert places_of(names, found) == set()
    assert {place for place in places_of(words, found) if place[1] not in WORDS_KEPT | INDEXED} == set()
    found.pop("log")  # lines of the security log name ids; docs/persons.md says how long they are kept
    assert {where for _, where in places_of([user_id], found)} <= kept_tables() | NAMED_INSIDE | INDEXED


def test_an_erased_trader_stands_nowhere_but_in_the_books(
        app: Flask, callers: Callers, settle: Callable[[], None]) -> None:
    world = Market(app, callers)
    settle()
    buyer = world.people[BUYER]
    names = [str(buyer.email), "+491517654321", REPORTER_NAME]
    words = [SECRETS[name].text for name in ("offer", "folder", "message", "street", "report of a message")]
    with everything_logged() as written:
        erase(world, (BUYER, STRANGER), settle)
    assert_nowhere(world, names, words, str(buyer.user_id), leaks.log_lines(written))


def test_an_erased_member_of_the_network_stands_nowhere_but_in_the_others_conversations(
        app: Flask, callers: Callers, settle: Callable[[], None]) -> None:
    world = SmallNetwork(app, callers)
    settle()
    owner, secrets = world.people[OWNER], world.secrets
    for number in world.ids()["case"]:
        app.test_cli_runner().invoke(load_command("moderate"), [
            "dismiss", number, "--reason", "because", "--realm", "network",
            "--as", str(world.people[MODERATOR].user_id), "--yes"])
    settle()
    words = [secrets[name].text for name in ("private post", "post for connections", "public post",
                                             "comment on a private post", "profile for connections", "message")]
    with everything_logged() as written:
        erase(world, (OWNER, QUIET), settle)
    assert_nowhere(world, [str(owner.email), QUIET_NAME], words, str(owner.user_id), leaks.log_lines(written))
