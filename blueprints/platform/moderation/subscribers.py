"""What follows from moderation once committed, in every realm: a strike without acts is taken back; letters go out:
statements of reasons, receipts and outcomes of reports, what was taken back, how appeals ended (M-31, M-32)."""
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.platform.moderation import receipts, statements
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.bulk_letters import has_letter_of_its_own
from blueprints.platform.moderation.closings import change_in, is_decided
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.strikes import revoke_without_acts
from blueprints.platform.moderation.topics import ACT_UPDATED, APPEAL_UPDATED, CASE_WRITTEN, REPORT_CREATED


@subscribe(*ACT_UPDATED, name="moderation.act-undone")
def take_back_strike(work: UnitOfWork, event: Event) -> None:
    """Take back a strike with the last of its acts; here, as a strike is locked before what an undo locks."""
    act = event.payload["moderationAct"]
    if act["state"] == "UNDONE" and act["strikeNumber"] is not None:
        revoke_without_acts(work, act["strikeNumber"])


@subscribe(*CASE_WRITTEN, name="moderation.statements")
def send_statements(work: UnitOfWork, event: Event) -> None:
    """Send each person whom a resolved case did something to its statement of reasons."""
    if is_decided(event, "RESOLVED"):
        for statement in statements.statements_of(work, event.key):
            statements.send(work, statement)


@subscribe(*CASE_WRITTEN, name="moderation.outcomes")
def send_outcomes(work: UnitOfWork, event: Event) -> None:
    """Tell the reporters of a case what became of their reports."""
    if is_decided(event, "RESOLVED", "DISMISSED"):
        receipts.tell_outcome(work, receipts.closed_reports(work, event.key))


@subscribe(*REPORT_CREATED, name="moderation.receipts")
def send_receipt(work: UnitOfWork, event: Event) -> None:
    """Tell a reporter that the report arrived."""
    receipts.acknowledge(work, work.get(Report, event.key))


@subscribe(*ACT_UPDATED, name="moderation.undone")
def send_undone(work: UnitOfWork, event: Event) -> None:
    """Tell a person that an act was taken back."""
    act = work.get(Act, event.key)
    if change_in(event, "state") == "UNDONE" and has_letter_of_its_own(work, act):
        statements.send_undone(work, act)


@subscribe(*APPEAL_UPDATED, name="moderation.appeal-decided")
def send_decision(work: UnitOfWork, event: Event) -> None:
    """Tell a person how the appeal ended."""
    if change_in(event, "state") in ("GRANTED", "DENIED"):
        statements.send_decision(work, work.get(Appeal, event.key))
