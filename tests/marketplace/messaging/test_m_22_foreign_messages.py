"""M-22: staff list only their own messages, and every way in which they read a foreign one leaves an entry."""
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo
from sqlalchemy import delete, select

from app.actor import system_actor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.messaging.models import Message
from blueprints.platform.auth.commands import update_user_role
from blueprints.platform.moderation.audit import export, verify
from cli.moderate import moderate
from tests.marketplace.messaging.talk import MESSAGES, refusal, written

MODERATION = "/marketplace/adminmoderation-api/v1"
SAID = "come to the back door at nine"
SYSTEM = system_actor("marketplace")


@pytest.fixture
def told(app, people, callers):
    """A message of ben to sara, and the number of the case that sara's report of it has opened."""
    message = written(people.ben, people.sara, SAID)
    reported = people.sara.post(f"{MODERATION}/reports", json={
        "entityType": "MESSAGE", "entityId": message, "reason": "HARASSMENT"})
    assert reported.status_code == 201, reported.json
    return SimpleNamespace(app=app, message=message, case=1, people=people,
                           moderator=callers.admin("max"), super_admin=callers.super_admin())


def shown(told, reader):
    return CliRunner().invoke(moderate, ["show", "1", *(["--as", reader.email] if reader else [])],
                              obj=ScriptInfo(create_app=lambda: told.app))


WAYS = {
    "it": lambda told, reader: reader.get(f"{MESSAGES}/{told.message}").text,
    "its case": lambda told, reader: reader.get(f"{MODERATION}/cases/1").text,
    "its case in the terminal": lambda told, reader: shown(told, reader).output,
    "the answer to a change": lambda told, reader: reader.patch(f"{MESSAGES}/{told.message}", json={}).text,
    "the answer to no change": lambda told, reader: reader.patch(
        f"{MESSAGES}/{told.message}", json={"isRead": False}).text,
}


def entries():
    columns = ModerationAction.admin_id, ModerationAction.entity_id, ModerationAction.action_type
    return [tuple(row) for row in fetch(select(*columns).order_by(ModerationAction.id))]


@pytest.mark.parametrize("who", ["moderator", "super_admin"])
@pytest.mark.parametrize("way", WAYS)
def test_m_22_whoever_of_staff_reads_it_is_named_in_record_and_audit(told, who, way):
    reader = getattr(told, who)
    assert SAID in WAYS[way](told, reader)
    assert entries() == [(reader.user_id, told.people.ben.user_id, "ADMIN_NOTE")]
    [line] = [line for line in export("marketplace") if "read message" in line]
    assert (told.message in line, reader.user_id in line) == (True, True)
    assert SAID not in "".join(export("marketplace"))
    assert verify("marketplace").is_intact


def test_m_22_the_terminal_shows_no_message_to_somebody_without_a_name(told):
    output = shown(told, None)
    assert (output.exit_code, SAID in output.output) == (2, False)
    assert entries() == []


@pytest.mark.parametrize("way", ["its case", "its case in the terminal"])
def test_m_22_the_copy_of_a_message_that_is_gone_for_good_is_a_reading_too(told, way):
    with unit_of_work(SYSTEM) as work:
        work.execute(delete(Message).where(Message.id == told.message))
        work.commit()
    assert SAID in WAYS[way](told, told.moderator)
    assert entries() == [(told.moderator.user_id, told.people.ben.user_id, "ADMIN_NOTE")]


def test_m_22_a_party_who_is_of_the_staff_leaves_no_entry(told, callers):
    update_user_role(SYSTEM, told.people.sara.user_id, "admin")
    for way in ("it", "its case", "the answer to no change"):
        assert SAID in WAYS[way](told, told.people.sara), way
    assert entries() == []


@pytest.mark.parametrize("way", [way for way in WAYS if way != "its case in the terminal"])
def test_m_22_neither_a_stranger_nor_who_was_on_the_staff_reads_it(told, callers, way):
    former = told.moderator
    assert former.get(f"{MODERATION}/cases").status_code == 200
    update_user_role(SYSTEM, former.user_id, "user")
    for reader in (told.people.eve, former):
        assert SAID not in WAYS[way](told, reader)
    assert SAID not in shown(told, former).output
    assert entries() == []


def test_m_22_staff_who_are_no_party_neither_list_nor_report_it(told):
    for reader in (told.moderator, told.super_admin):
        for query in ("", f"?withUserId={told.people.ben.user_id}", f"?fromUserId={told.people.ben.user_id}"):
            assert SAID not in reader.get(f"{MESSAGES}{query}").text
        refused = reader.post(f"{MODERATION}/reports", json={
            "entityType": "MESSAGE", "entityId": told.message, "reason": "SPAM"})
        assert refusal(refused)[0] == 404
    assert entries() == []
