"""`flask doctor --fix books`: the ledger of one order is put right by further bookings; none is changed or removed.

A payment or refund that was not booked is booked now, as it would have been; what else is wrong gets a CORRECTION. The
order's lock is the one behind which all bookings are made (docs/decisions/117)."""
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from app.actor import Actor
from app.data.holdings import handed_down
from app.data.money import to_wire
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require
from app.payments.booking import attempts_of, lock_order
from app.payments.records import PaymentAttempt, PaymentRefund
from app.payments.refunds import refunds_of
from app.payments.states import SUCCEEDED, SUCCESS
from blueprints.marketplace.order_management import ledger, rules
from blueprints.marketplace.order_management.audit import record_fix
from blueprints.marketplace.order_management.ledger_entries import A_HALF_UNIT, orders_to_correct
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.order_management.placing import items_of, lines_of
from blueprints.marketplace.order_management.record_models import (
    CORRECTION,
    REFUND_LOST,
    SALE,
    SURPLUS,
    SURPLUS_REFUND,
    LedgerEntry,
)
from blueprints.marketplace.order_management.settlement import CHECKOUT, bill
from blueprints.marketplace.order_management.steps import roles_of

Source = PaymentAttempt | PaymentRefund
_NOTHING = rules.Shares(0, 0)
_AMOUNTS = ("gross", "commission", "net")


@dataclass(frozen=True, slots=True)
class Figures:
    """The money of an order, minor units: what was paid and not given back, and what the books have of it."""

    left: int
    booked: int
    commission: int
    net: int
    due: int

    def said(self, currency: str) -> str:
        """The same for people, in major units."""
        return ", ".join(f"{name} {to_wire(amount, currency)}" for name, amount in (
            ("ledger", self.booked), ("commission", self.commission), ("net", self.net), ("due", self.due)))


def wrong_ledgers() -> Sequence[tuple[str, str]]:
    """Return (realm, order) of each order whose ledger does not agree."""
    return [(CHECKOUT.realm, order_id) for order_id in orders_to_correct()]


def correct_ledger(actor: Actor, order_id: str, reason: str) -> str:
    """Append what the ledger of an order lacks, count anew what is due of it; returns the figures before and after.

    Raises NotFound (an order that is gone), Forbidden (no staff, or a party of the order), RuleViolated (LedgerAgrees;
    CorrectedBefore, of what was put right once and is wrong again)."""
    with unit_of_work(actor) as work:
        order = lock_order(work, CHECKOUT, order_id)
        items = items_of(work, order_id, cancelled_too=True)
        require(rules.STAFF in roles_of(actor, order, items), "errMsg_OnlyStaffCorrectsTheLedger")
        was, known = _figures(work, order), {entry.id for entry in _entries(work, order_id)}
        sources = _sources(work, order_id)
        _put_right(work, order, items, sources)
        _book_missing(work, order, items, sources)
        _book_rest(work, order, sources)
        work.flush()
        work.change(order, refund_due=ledger.money_due(work, order))
        made = [entry for entry in _entries(work, order_id) if entry.id not in known]
        now = _figures(work, order)
        if not made and was == now:
            raise RuleViolated("LedgerAgrees", "the ledger of this order agrees with its payments")
        said = _said(order, was, now, made)
        record_fix(actor, order_id, f"{reason}: {said}")
        handed_down(StaffAudit).say(
            work, "ledger.corrected", orderId=order_id, reason=reason, was=_facts(was), now=_facts(now),
            bookings=[{"id": entry.id, "kind": entry.kind, "sourceId": entry.source_id, "gross": entry.gross,
                       "commission": entry.commission, "net": entry.net} for entry in made])
        work.commit()
    return said


def _said(order: Order, was: Figures, now: Figures, made: Sequence[LedgerEntry]) -> str:
    currency = bill(order).currency
    kinds = ", ".join(f"{entry.kind} {to_wire(entry.gross, currency)}" for entry in made) or "no booking"
    return (f"order {order.order_number}: {to_wire(was.left, currency)} {currency} were paid and not given back; "
            f"before: {was.said(currency)}; booked: {kinds}; after: {now.said(currency)}")


def _facts(figures: Figures) -> dict[str, int]:
    return {"paidAndNotGivenBack": figures.left, "ledger": figures.booked, "commission": figures.commission,
            "net": figures.net, "due": figures.due}


def _figures(work: UnitOfWork, order: Order) -> Figures:
    work.flush()
    [sums] = work.rows(select(*(func.coalesce(func.sum(column), 0) for column in (
        LedgerEntry.gross, LedgerEntry.commission, LedgerEntry.net))).where(LedgerEntry.order_id == order.id))
    left = sum(amount for _, amount in _sources(work, order.id).values())
    booked, commission, net = (int(one) for one in sums)
    return Figures(left, booked, commission, net, order.refund_due)


def _entries(work: UnitOfWork, order_id: str) -> list[LedgerEntry]:
    work.flush()
    return work.all(select(LedgerEntry).where(LedgerEntry.order_id == order_id).order_by(LedgerEntry.id))


def _sources(work: UnitOfWork, order_id: str) -> dict[str, tuple[Source, int]]:
    """Return id → payment or refund of an order, and what the ledger should have of it: none where no money moved."""
    paid = {one.id: (one, one.amount if one.state == SUCCESS else 0)
            for one in attempts_of(work, CHECKOUT, order_id)}
    back = {one.id: (one, -one.amount if one.state == SUCCEEDED else 0)
            for one in refunds_of(work, CHECKOUT, order_id)}
    return {**paid, **back}


def _put_right(work: UnitOfWork, order: Order, items: Sequence[OrderItem],
               sources: Mapping[str, tuple[Source, int]]) -> None:
    """Correct each booking that says something else than its line, or stands for money that never moved."""
    entries, lines = _entries(work, order.id), {item.id: item for item in items}
    lost = {entry.source_id for entry in entries if entry.kind == REFUND_LOST}
    ids = {entry.id for entry in entries}
    corrections = {entry.source_id: entry for entry in entries if entry.source_id in ids}
    for entry in entries:
        if entry.source_id in ids:
            continue
        moved = entry.source_id in sources and (sources[entry.source_id][1] != 0 or entry.source_id in lost)
        said = [getattr(entry, name) + getattr(corrections.get(entry.id), name, 0) for name in _AMOUNTS]
        right = _right(entry, said, lines.get(entry.item_id)) if moved else _NOTHING
        off = [one - other for one, other in zip((right.gross, right.commission, right.gross - right.commission), said,
                                                 strict=True)]
        if any(off):
            _refuse_second(entry.id, entry.id in corrections)
            ledger.book_correction(work, entry.id, rules.Shares(off[0], off[1]), off[2],
                                   **{name: getattr(entry, name) for name in ledger.ABOUT})


def _right(entry: LedgerEntry, said: Sequence[int], item: OrderItem | None) -> rules.Shares:
    """Return what a booking should say: of a sale its line decides, of any other its own gross and commission."""
    gross, commission, _ = said
    if entry.kind != SALE or item is None:
        return rules.Shares(gross, commission)
    [line] = lines_of([item])
    if abs(commission * 100 - line.goods * entry.percent) <= A_HALF_UNIT:
        return rules.Shares(line.gross, commission)
    return rules.shares_of(line, Decimal(str(entry.percent)))


def _refuse_second(named: str, was_corrected: bool) -> None:
    if was_corrected:
        raise RuleViolated("CorrectedBefore", f"what was booked of {named} was corrected before and is wrong again: "
                           "somebody changes the tables past the application")


def _book_missing(work: UnitOfWork, order: Order, items: Sequence[OrderItem],
                  sources: Mapping[str, tuple[Source, int]]) -> None:
    """Book the payments and refunds, or lines of a payment, that never were, as the service does."""
    booked = _booked(_entries(work, order.id))
    for source_id, (source, amount) in sources.items():
        missing, is_unknown = amount - booked.get(source_id, 0), source_id not in booked
        if not missing:
            continue
        if isinstance(source, PaymentAttempt) and not source.is_surplus:
            ledger.book_sale(work, _unsold(work, order, items, missing), source)
            work.flush()  # the refunds behind it divide by it
        elif is_unknown and source.is_surplus:
            kind = SURPLUS if isinstance(source, PaymentAttempt) else SURPLUS_REFUND
            ledger.book_surplus(work, source, kind, missing)
        elif is_unknown and isinstance(source, PaymentRefund):
            ledger.book_refund(work, items, source)


def _unsold(work: UnitOfWork, order: Order, items: Sequence[OrderItem], missing: int) -> Sequence[OrderItem]:
    """Return the lines without a sale that cost together what is missing: those still there, or cancelled ones too."""
    sold = {entry.item_id for entry in _entries(work, order.id) if entry.kind == SALE}
    unsold = [item for item in items if item.id not in sold]
    for some in ([item for item in unsold if item.is_active], unsold):
        if sum(line.gross for line in lines_of(some)) == missing:
            return some
    return []


def _book_rest(work: UnitOfWork, order: Order, sources: Mapping[str, tuple[Source, int]]) -> None:
    """Book what no line explains as nobody's sale, so that whoever keeps the books sees it."""
    entries = _entries(work, order.id)
    booked = _booked(entries)
    for source_id, (source, amount) in sources.items():
        missing = amount - booked.get(source_id, 0)
        if missing:
            _refuse_second(source_id, any(entry.source_id == source_id and entry.kind == CORRECTION
                                          for entry in entries))
            ledger.book_correction(work, source_id, rules.Shares(missing, 0), missing, order_id=order.id, item_id="",
                                   seller_id=None, category_id=None, percent=0, currency=source.currency)


def _booked(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """Return payment or refund → what the ledger has of it, with what corrects its bookings."""
    entries = list(entries)
    source_of = {entry.id: entry.source_id for entry in entries}
    booked: dict[str, int] = defaultdict(int)
    for entry in entries:
        booked[source_of.get(entry.source_id, entry.source_id)] += entry.gross
    return dict(booked)
