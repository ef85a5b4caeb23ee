"""Who may take an order where, what it costs and what the house earns: pure decisions over integers of minor units."""
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

ORDER_STATUSES = ("PENDING_PAYMENT", "PAID", "PROCESSING", "SHIPPED", "DELIVERED", "CANCELLED", "REFUNDED")
BUYER, SELLER, SOME_SELLER, STAFF, SUPER_ADMIN = "buyer", "seller", "seller of some lines", "staff", "superAdmin"
FOR_GOOD = "CANCELLED for good"
"""What DELETE makes of an order: CANCELLED, and hidden; no status of its own."""
CHOSEN_LATER = "default"
"""What stands for a payment method or customer that is chosen when the payment starts (§7.1)."""
LARGEST_TOTAL = 10 ** 14
LARGEST_QUANTITY = 100_000
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

# wanted status -> from where, and who may do it by hand (rules-marketplace §7.3). The payment flow pays and fails
# orders by itself; SELLER means the seller of every item of the order (OR5). Both verbs that cancel stand here:
# PATCH is staff's (OR-8), DELETE its parties' too (131, decision 42).
_BY_HAND: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "PAID": (frozenset({"PENDING_PAYMENT"}), frozenset({STAFF})),
    "PROCESSING": (frozenset({"PAID"}), frozenset({SELLER, STAFF})),
    "SHIPPED": (frozenset({"PAID", "PROCESSING"}), frozenset({SELLER, STAFF})),
    "DELIVERED": (frozenset({"SHIPPED"}), frozenset({BUYER, SUPER_ADMIN})),
    "CANCELLED": (frozenset({"PENDING_PAYMENT", "PAID", "PROCESSING"}), frozenset({STAFF})),
    FOR_GOOD: (frozenset({"PENDING_PAYMENT", "PAID", "PROCESSING"}), frozenset({BUYER, SELLER, STAFF})),
    "REFUNDED": (frozenset({"PAID", "PROCESSING", "SHIPPED", "DELIVERED", "CANCELLED"}), frozenset({STAFF})),
    "PENDING_PAYMENT": (frozenset(), frozenset({STAFF})),
}
ENDED = ("CANCELLED", "REFUNDED")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order: unit price and unit shipping in minor units, and how many."""

    price: int
    shipping: int
    quantity: int

    @property
    def goods(self) -> int:
        """Return what the units cost without shipping."""
        return self.price * self.quantity

    @property
    def gross(self) -> int:
        """Return what the buyer pays for the line."""
        return (self.price + self.shipping) * self.quantity


@dataclass(frozen=True, slots=True)
class Summary:
    """The money of an order, minor units of one currency."""

    subtotal: int
    shipping: int
    discount: int
    total: int
    currency: str


@dataclass(frozen=True, slots=True)
class Shares:
    """How one payment of a line divides: the house's commission and the seller's rest, minor units."""

    gross: int
    commission: int

    def plus(self, gross: int, commission: int) -> "Shares":
        """Return the sum with another booking."""
        return Shares(self.gross + gross, self.commission + commission)


def roles_of(*, user_id: str | None, is_staff: bool, is_super_admin: bool, buyer_id: str,
             seller_ids: Iterable[str]) -> frozenset[str]:
    """Return in which roles somebody meets an order; SELLER only for the seller of all its items (OR5).

    Who buys or sells in it is no staff there: nobody marks the own order paid (as M-13, but for the superAdmin)."""
    sellers = set(seller_ids)
    is_party = user_id is not None and user_id in {buyer_id, *sellers}
    held = {BUYER: user_id == buyer_id, SELLER: user_id is not None and sellers == {user_id},
            SOME_SELLER: user_id in sellers and sellers != {user_id},
            STAFF: is_staff and (is_super_admin or not is_party), SUPER_ADMIN: is_super_admin}
    return frozenset(role for role, holds in held.items() if holds)


def may_ever_set(wanted: str, roles: frozenset[str]) -> bool:
    """Return whether these roles may set `wanted` at all; if not, the answer is 403 whatever the order's status."""
    return bool(_BY_HAND[wanted][1] & roles)


def may_follow(current: str, wanted: str, *, was_paid: bool) -> bool:
    """Return whether `wanted` follows `current` by hand; only money that was paid can be given back."""
    if wanted == "REFUNDED" and not was_paid:
        return False
    return current in _BY_HAND[wanted][0]


def is_payable(status: str, confirmation: str, *, was_paid: bool, payable_until: datetime | None,
               now: datetime) -> bool:
    """Return whether a payment may start: never paid, and waiting or failed within its time (decision 15)."""
    if was_paid or confirmation == "paid" or payable_until is None or now >= payable_until:
        return False
    return status == "PENDING_PAYMENT" or (status == "CANCELLED" and confirmation == "canceled")


def summarize(lines: Iterable[Line], currency: str) -> Summary:
    """Return what an order of these lines costs; shipping counts per unit (calculateOrderSummary, OR19).

    Raises ValueError when the total is beyond what any gateway or column takes."""
    counted = list(lines)
    subtotal = sum(line.goods for line in counted)
    shipping = sum(line.shipping * line.quantity for line in counted)
    if subtotal + shipping > LARGEST_TOTAL:
        raise ValueError("the order is too large")
    return Summary(subtotal, shipping, 0, subtotal + shipping, currency)


def base36(value: int) -> str:
    """Return a non-negative integer in base 36, lower case."""
    digits = ""
    while True:
        value, rest = divmod(value, 36)
        digits = _BASE36[rest] + digits
        if not value:
            return digits


def order_number(milliseconds: int, chance: int) -> str:
    """Return `ORD-` + time + chance in base 36 (generateOrderId, rules-marketplace §7.3)."""
    return f"ORD-{base36(milliseconds)}{base36(chance)}"


def parse_commission(written: str) -> dict[str | None, Decimal]:
    """Return the setting `percent,categoryId:percent,…` as a map; the key None is every other category.

    Raises ValueError unless each percentage is from 0 to 100 and exactly one has no category."""
    rates: dict[str | None, Decimal] = {}
    for part in filter(None, (step.strip() for step in written.split(","))):
        category, _, percent_text = part.rpartition(":")
        try:
            percent = Decimal(percent_text)
        except InvalidOperation:
            raise ValueError(f"{percent_text!r} is no percentage") from None
        if not (percent.is_finite() and 0 <= percent <= 100) or (category or None) in rates:
            raise ValueError(f"{part!r} must be one percentage from 0 to 100 per category")
        rates[category or None] = percent
    if None not in rates:
        raise ValueError("a commission without a category is needed for all others")
    return rates


def commission_rate(rates: dict[str | None, Decimal], category_id: str | None) -> Decimal:
    """Return the percentage for a category."""
    return rates.get(category_id, rates[None])


def shares_of(line: Line, percent: Decimal) -> Shares:
    """Return how the money of a sold line divides; the commission is on the goods, not on shipping, half a unit up."""
    commission = (Decimal(line.goods) * percent / 100).to_integral_value(ROUND_HALF_UP)
    return Shares(line.gross, int(commission))


def commission_back(sale: Shares, left: Shares, part: int) -> int:
    """Return the commission that goes back with `part` of a sold line, of which `left` is not given back yet.

    Taken from what is left, so that a line given back whole returns its whole commission, whatever came between."""
    if sale.gross == 0:
        return 0
    owed = sale.commission * (sale.gross - left.gross + part) // sale.gross
    return max(0, owed - (sale.commission - left.commission))


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Return `amount` divided by weight into integers that add up to it; the largest remainders get the rest."""
    whole = sum(weights)
    if whole == 0:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in by_remainder[:amount - sum(parts)]:
        parts[index] += 1
    return parts


def split_due_first(amount: int, due: Sequence[int], rest: Sequence[int]) -> list[int]:
    """Return how a refund of `amount` falls on the lines whose money is due, and only then on the others.

    `due` and `rest` are what is left of each line; the parts come in that order (decision 42)."""
    first = min(amount, sum(due))
    return [*split(first, due), *split(amount - first, rest)]


def status_after_refund(current: str, paid: int, given_back: int) -> str:
    """Return the order's status once Stripe confirmed refunds of `given_back`; only a whole refund is REFUNDED."""
    return "REFUNDED" if given_back >= paid > 0 else current


def opens_feedback(status: str) -> bool:
    """Return whether items of a delivered order may be reviewed in this status (§7.3): a refund silences nobody."""
    return status in ("DELIVERED", "REFUNDED")


def is_order_number(text: str) -> bool:
    """Return whether a client's order number is printable and short enough to be a name."""
    return bool(re.fullmatch(r"[!-~](?:[ -~]{0,253}[!-~])?", text))
