"""Whatever staff do to others' rows leaves an entry in the audit (decisions 31 and 52, M-22)."""
import uuid

from blueprints.platform.moderation import audit
from tests.marketplace.admin_moderation.test_moderation_record import ACTIONS, note
from tests.marketplace.messaging.talk import MESSAGES, written
from tests.platform.moderation.chains import entries


def test_an_action_leaves_an_audit_entry(as_admin):
    action = note(as_admin, reason="checked").json["moderationAction"]
    [entry] = entries()
    assert entry["what"] == "moderationAction.recorded"
    assert entry["by"]["userId"] == as_admin.user_id
    assert entry["facts"] == {"id": action["id"], "actionType": "ADMIN_NOTE", "entityType": "PRODUCT",
                              "entityId": action["entityId"], "adminId": as_admin.user_id, "reason": "checked"}


def test_rewording_an_action_keeps_the_former_words_in_the_audit(as_admin):
    one = f"{ACTIONS}/{note(as_admin, reason='a thief').json['moderationAction']['id']}"
    as_admin.patch(one, json={"reason": "checked"})
    as_admin.patch(one, json={"reason": "checked"})
    _, entry = entries()
    assert entry["what"] == "moderationAction.reworded"
    assert (entry["facts"]["reason"], entry["facts"]["formerReason"]) == ("checked", "a thief")


def test_deleting_an_action_leaves_an_audit_entry(as_admin, as_super_admin):
    one = f"{ACTIONS}/{note(as_admin).json['moderationAction']['id']}"
    assert as_super_admin.delete(one).status_code == 200
    _, entry = entries()
    assert (entry["what"], entry["by"]["userId"]) == ("moderationAction.deleted", as_super_admin.user_id)


def test_a_refused_correction_leaves_no_audit_entry(as_admin, as_user):
    answer = as_admin.post("/marketplace/adminmoderation-api/flag-media-asset",
                           json={"mediaAssetId": str(uuid.uuid4())})
    assert answer.status_code == 404
    assert note(as_user("ben")).status_code == 403
    assert entries() == []


def test_m_22_reading_a_foreign_message_leaves_an_audit_entry_without_its_text(as_admin, as_user):
    ben, sara = as_user("ben"), as_user("sara")
    message = written(ben, sara, "behind the bank")
    assert ben.get(f"{MESSAGES}/{message}").status_code == 200
    assert entries() == []
    assert as_admin.get(f"{MESSAGES}/{message}").status_code == 200
    [entry] = entries()
    assert (entry["facts"]["entityType"], entry["facts"]["entityId"]) == ("USER", ben.user_id)
    assert entry["facts"]["reason"] == f"read message {message}"
    assert "bank" not in str(entries())


def test_what_many_record_at_once_is_one_chain(app, as_admin):
    for _ in range(3):
        note(as_admin)
    assert audit.verify("marketplace").entries == 3
