"""What follows from decisions of moderation once they are committed: strikes without acts, letters on appeals."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.events.topics import db_topic
from app.notify.mailbox import post_letter
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.moderation.appeal_letters import LETTERS
from blueprints.platform.moderation.strikes import revoke_without_acts


def _updated(object_name: str) -> list[str]:
    return [db_topic(realm, "adminModeration", object_name, "updated") for realm in REALM_CODENAMES]


@subscribe(*_updated("moderationAct"), name="moderation.act-undone")
def take_back_strike(work: UnitOfWork, event: Event) -> None:
    """Take back a strike with the last of its acts; here, as a strike is locked before what an undo locks."""
    act = event.payload["moderationAct"]
    if act["state"] == "UNDONE" and act["strikeNumber"] is not None:
        revoke_without_acts(work, act["strikeNumber"])


@subscribe(*_updated("appeal"), name="moderation.appeal-decided")
def tell_decision(work: UnitOfWork, event: Event) -> None:
    """Write to whoever appealed when it is decided; nothing mutes a letter of moderation (M-31)."""
    appeal = event.payload["appeal"]
    template = LETTERS.get(appeal["state"])
    if template is None or event.payload["old_appeal"]["state"] != "OPEN":
        return
    contact = contact_of(event.realm, appeal["personId"])
    if contact is not None:
        post_letter(work, realm=event.realm, to=contact["email"], name=f"APPEAL_{appeal['state']}", template=template,
                    facts=appeal | {"fullname": contact["fullname"]}, cause=event.event_id)
