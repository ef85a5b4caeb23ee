"""Amounts are exact integers inside (architecture.md, Correctness)."""
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.data.money import FACTORS, minor_of, to_minor, to_wire
from app.errors import InvalidInput


@pytest.mark.parametrize(("amount", "currency"), [
    ("1.001", "USD"), ("0.5", "JPY"), ("NaN", "USD"), ("Infinity", "USD"), ("1", "XXX"), ("1e30", "USD"), ("x", "USD")])
def test_an_amount_that_is_not_exact_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError):
        to_minor(amount, currency)


def test_the_refusal_names_the_wire_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        minor_of("bidAmount", Decimal("1.005"), "EUR")
    assert refused.value.detail == {"bidAmount": "1.005 has more decimals than EUR allows"}


@pytest.mark.parametrize(("currency", "minor", "wire"), [
    ("USD", 1999, 19.99), ("JPY", 1999, 1999), ("KWD", 1999, 1.999)])
def test_each_currency_has_its_own_exponent(currency: str, minor: int, wire: float) -> None:
    assert to_wire(minor, currency) == wire
    assert to_minor(wire, currency) == minor


@given(st.integers(0, 10 ** 12), st.sampled_from(sorted(FACTORS)))
def test_what_goes_out_comes_back_the_same(minor: int, currency: str) -> None:
    wire = to_wire(minor, currency)
    assert wire is not None
    assert to_minor(wire, currency) == minor
