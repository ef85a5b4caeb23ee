"""What people are told in the app of moderation: what was done to them, and what became of their reports (M-31, M-32).

The letters are moderation's own. No notice to a reporter says what was reported, nor carries the request it came of:
its event would tell everybody who hears it (M-20)."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.marketplace.notification_management.commands import REALM, tell, tell_all
from blueprints.marketplace.notification_management.rules import Notice
from blueprints.platform.moderation import notices, receipts
from blueprints.platform.moderation.closings import change_in, is_decided
from blueprints.platform.moderation.sentences import RECEIPT, outcome_of
from blueprints.platform.moderation.topics import moderation_topic

_TYPE = "SYSTEM_ALERT"
_CASE_WRITTEN = [moderation_topic(REALM, "moderationCase", verb) for verb in ("created", "updated")]


@subscribe(*_CASE_WRITTEN, name="notifications.moderation-statement")
def tell_statement(work: UnitOfWork, event: Event) -> None:
    """Tell each person what a resolved case did."""
    if is_decided(event, "RESOLVED"):
        for person_id, payload in notices.of_case(work, event.key):
            tell(work, event, Notice(_TYPE, person_id), payload, by_letter=False)


@subscribe(*_CASE_WRITTEN, name="notifications.moderation-outcome")
def tell_outcome(work: UnitOfWork, event: Event) -> None:
    """Tell the reporters of a case what became of their reports."""
    if is_decided(event, "RESOLVED", "DISMISSED"):
        with work.acting_for(work.actor, None):
            for is_upheld, reporters in receipts.reporters_of(work, event.key).items():
                tell_all(work, event, _TYPE, reporters, {"message": outcome_of(is_upheld)})


@subscribe(moderation_topic(REALM, "report", "created"), name="notifications.moderation-receipt")
def tell_receipt(work: UnitOfWork, event: Event) -> None:
    """Tell a reporter that the report arrived."""
    with work.acting_for(work.actor, None):
        tell_all(work, event, _TYPE, [receipts.reporter_of(work, event.key)], {"message": RECEIPT})


@subscribe(moderation_topic(REALM, "moderationAct", "updated"), name="notifications.moderation-undone")
def tell_undone(work: UnitOfWork, event: Event) -> None:
    """Tell a person that an act was taken back."""
    if change_in(event, "state") == "UNDONE":
        person_id, payload = notices.of_undone(work, event.key)
        if person_id is not None:
            tell(work, event, Notice(_TYPE, person_id), payload, by_letter=False)


@subscribe(moderation_topic(REALM, "appeal", "updated"), name="notifications.moderation-appeal")
def tell_decision(work: UnitOfWork, event: Event) -> None:
    """Tell a person how the appeal ended."""
    if change_in(event, "state") in ("GRANTED", "DENIED"):
        person_id, payload = notices.of_decision(work, event.key)
        tell(work, event, Notice(_TYPE, person_id), payload, by_letter=False)
