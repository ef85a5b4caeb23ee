"""Money is an integer of minor units plus an ISO 4217 currency inside, a decimal number on the wire."""
from decimal import Decimal, DecimalException

from app.data.currencies import CURRENT, ONCE_ACCEPTED
from app.errors import InvalidInput

FACTORS = ONCE_ACCEPTED | CURRENT
LARGEST_MINOR = 10 ** 14


def is_currency(code: object) -> bool:
    """Return whether `code` is an ISO 4217 code that a new price may be in."""
    return isinstance(code, str) and code in CURRENT


def read_currency(text: str) -> str:
    """Return a setting that names a currency of new prices (MARKETPLACE_CURRENCY, PREMIUM_CURRENCY); raises
    ValueError."""
    if not is_currency(text):
        raise ValueError(f"{text!r} is no ISO 4217 currency")
    return text


def least_step(currency: str) -> int:
    """Return the minor units that payable amounts of `currency` are multiples of.

    Stripe takes three decimals only when the last is 0, and ariary only whole (docs.stripe.com/currencies)."""
    return {"MGA": 100}.get(currency, 10 if FACTORS[currency] == 1000 else 1)


def to_minor(amount: Decimal | int | float | str, currency: str) -> int:
    """Return `amount` (major units) in minor units of `currency`.

    Raises ValueError for an unknown currency, NaN, infinity, too many decimals or more than 10¹⁴ minor units."""
    if currency not in FACTORS:
        raise ValueError(f"{currency!r} is no ISO 4217 currency")
    try:
        exact = Decimal(str(amount)) * FACTORS[currency]
    except DecimalException:  # no number, or one too large even for the context
        raise ValueError(f"{str(amount)[:40]!r} is not an amount") from None
    if not exact.is_finite():
        raise ValueError(f"{amount!r} is not a finite number")
    if exact != exact.to_integral_value():
        raise ValueError(f"{amount} has more decimals than {currency} allows")
    if abs(exact) > LARGEST_MINOR:
        raise ValueError(f"{amount} is too large")
    return int(exact)


def to_wire(minor: int | None, currency: str) -> float | int | None:
    """Return minor units as the wire's decimal number; currencies without decimals stay integers."""
    if minor is None:
        return None
    factor = FACTORS.get(currency, 100)
    return minor if factor == 1 else minor / factor


def to_payable(amount: Decimal | int | float | str, currency: str) -> int:
    """Return `amount` (major units) in minor units of `currency`.

    Raises ValueError like `to_minor`, and for an amount that the payment gateway cannot charge to the last digit."""
    minor = to_minor(amount, currency)
    step = least_step(currency)
    if minor % step:
        raise ValueError(f"{amount} {currency} cannot be paid: amounts are multiples of {to_wire(step, currency)}")
    return minor


def minor_of(field: str, amount: Decimal | int | float, currency: str) -> int:
    """Return a client's amount in minor units; raises InvalidInput that names the wire field."""
    try:
        return to_payable(amount, currency)
    except ValueError as error:
        raise InvalidInput(f"{field}: {error}", detail={field: str(error)}) from None
