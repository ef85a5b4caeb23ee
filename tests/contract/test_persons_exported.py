"""What the export of each person of the small realms has: the own words, and nobody else's that one does not see.

Two more realms of the leak tests: who may see what stands there (tests/contract/test_leaks.py)."""
from collections.abc import Callable, Iterator
from io import BytesIO
from zipfile import ZipFile

import orjson
import pytest
from flask import Flask

from app.actor import system_actor
from app.clock import now
from app.data.reads import Page
from app.data.unit_of_work import unit_of_work
from app.notify.mailbox import read_outbox
from blueprints.platform.auth.exports import write_export
from blueprints.platform.notification.digests import write_digest
from blueprints.platform.notification.models import DigestItem
from blueprints.platform.notification.queries import list_notices
from tests.clients import Callers
from tests.contract.leaks import VISITOR, SmallRealm
from tests.contract.test_leaks import BUYER, LOCKED, SECRETS, SELLER, SUSPENDED, Market
from tests.contract.test_network_leaks import OWNER, SECOND, SmallNetwork
from tests.contract.who_may_see import Secrets, found_by

pytestmark = pytest.mark.both("every table that names people is read, rows of JSON and lists among them")
# What is the person's own, and yet no answer shows it: files, and the data of who cannot log in.
OWN = {(SELLER, "private file"), (SECOND, "résumé"), (LOCKED, "locked's address"), (SUSPENDED, "suspended's address"),
       (SUSPENDED, "appeal by letter")}


def exported(world: SmallRealm, person: str) -> Iterator[tuple[str, str]]:
    """Yield each file of a person's export."""
    written = BytesIO()
    write_export(world.realm, world.people[person].user_id, written)
    with ZipFile(written) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert not name.endswith(".json") or isinstance(orjson.loads(text), list)
            yield name, text


def write_digests(world: SmallRealm) -> None:
    """Write each person a digest of all notices that the person has: the export has it among the letters."""
    for person in world.persons:
        if person == VISITOR:
            continue
        actor = world.people[person].actor
        notices = list_notices(actor, Page(1, 100), newest_first=True).rows
        with unit_of_work(system_actor(world.realm)) as work:
            for notice in notices:
                work.insert(DigestItem(
                    id=notice["id"], realm=world.realm, user_id=actor.user_id, notice_type=notice["type"],
                    payload=notice["metadata"], event_id=notice["id"], due_at=now(), created_at=now()))
            work.commit()
        write_digest(world.realm, str(actor.user_id))


def assert_own_words_alone(world: SmallRealm, secrets: Secrets) -> dict[str, set[str]]:
    """Fail where an export has a secret of somebody else; return whose export has which."""
    found = {person: found_by(exported(world, person), secrets) for person in world.persons if person != VISITOR}
    leaked = {(person, name) for person, names in found.items() for name in names
              if person not in secrets[name].known_to and (person, name) not in OWN}
    assert leaked == set()
    return found


def test_an_export_of_the_marketplace_has_the_own_words_and_no_secret_of_a_stranger(
        app: Flask, callers: Callers, settle: Callable[[], None]) -> None:
    world = Market(app, callers)
    settle()
    write_digests(world)
    assert any(letter["template"] == "DIGEST" for letter in read_outbox(limit=1000, realm=world.realm))
    found = assert_own_words_alone(world, SECRETS)
    assert {"message", "message of the blocked", "hidden message", "private file", "seller's address",
            "seller's phone"} <= found[SELLER]
    assert {"maximum", "message", "offer", "street", "folder", "sum", "report of a message",
            "message of the locked"} <= found[BUYER]
    assert not {"hidden message", "removed message", "customer", "reserve"} & found[BUYER]
    assert "removed message" not in found[LOCKED]


def test_an_export_of_the_network_has_the_own_words_and_no_secret_of_a_stranger(
        app: Flask, callers: Callers, settle: Callable[[], None]) -> None:
    world = SmallNetwork(app, callers)
    settle()
    write_digests(world)
    assert any(letter["template"] == "DIGEST" for letter in read_outbox(limit=1000, realm=world.realm))
    found = assert_own_words_alone(world, world.secrets)
    assert {"private post", "message", "message of the blocked", "message to the group", "note",
            "comment on a private post"} <= found[OWNER]
    assert "letter" in found[SECOND]
