"""What people are told in the app of moderation: what was done to them, and what became of their reports (M-31, M-32).

The letters are those of subscribers.py. No notice to a reporter says what was reported, nor carries the request it came
of: its event would tell everybody who hears it (M-20)."""
from typing import Any

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.platform.moderation import notices, receipts
from blueprints.platform.moderation.closings import change_in, is_decided
from blueprints.platform.moderation.sentences import RECEIPT, outcome_of
from blueprints.platform.moderation.topics import ACT_UPDATED, APPEAL_UPDATED, CASE_WRITTEN, REPORT_CREATED
from blueprints.platform.notification.notices import Notice, tell, tell_all
from blueprints.platform.notification.words import SYSTEM_ALERT


@subscribe(*CASE_WRITTEN, name="notifications.moderation-statement")
def tell_statement(work: UnitOfWork, event: Event) -> None:
    """Tell each person what a resolved case did."""
    if is_decided(event, "RESOLVED"):
        for person_id, payload in notices.of_case(work, event.key):
            _tell(work, event, person_id, payload)


@subscribe(*CASE_WRITTEN, name="notifications.moderation-outcome")
def tell_outcome(work: UnitOfWork, event: Event) -> None:
    """Tell the reporters of a case what became of their reports."""
    if is_decided(event, "RESOLVED", "DISMISSED"):
        with work.acting_for(work.actor, None):
            for is_upheld, reporters in receipts.reporters_of(work, event.key).items():
                tell_all(work, event, SYSTEM_ALERT, reporters, {"message": outcome_of(is_upheld)})


@subscribe(*REPORT_CREATED, name="notifications.moderation-receipt")
def tell_receipt(work: UnitOfWork, event: Event) -> None:
    """Tell a reporter that the report arrived."""
    with work.acting_for(work.actor, None):
        tell_all(work, event, SYSTEM_ALERT, [receipts.reporter_of(work, event.key)], {"message": RECEIPT})


@subscribe(*ACT_UPDATED, name="notifications.moderation-undone")
def tell_undone(work: UnitOfWork, event: Event) -> None:
    """Tell a person that an act was taken back."""
    if change_in(event, "state") == "UNDONE":
        person_id, payload = notices.of_undone(work, event.key)
        if person_id is not None:
            _tell(work, event, person_id, payload)


@subscribe(*APPEAL_UPDATED, name="notifications.moderation-appeal")
def tell_decision(work: UnitOfWork, event: Event) -> None:
    """Tell a person how the appeal ended."""
    if change_in(event, "state") in ("GRANTED", "DENIED"):
        _tell(work, event, *notices.of_decision(work, event.key))


def _tell(work: UnitOfWork, event: Event, person_id: str, payload: dict[str, Any]) -> None:
    tell(work, event, Notice(event.realm, person_id, SYSTEM_ALERT), payload, by_letter=False)
