"""Amounts are exact integers inside (architecture.md, Correctness)."""
import re
from decimal import Decimal

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.data.currencies import CURRENT
from app.data.money import FACTORS, is_currency, least_step, minor_of, to_minor, to_payable, to_wire
from app.errors import InvalidInput

EVER_ACCEPTED = re.findall("[A-Z]+", """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VED
    VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""")
ACCOUNTING_UNITS = ("UYW", "XAD")
"""In ISO 4217's list without the mark of a fund, yet nobody pays in them."""


def test_the_currencies_are_those_of_iso_4217_that_people_pay_in() -> None:
    # A code without decimals of its own ("N.A.") is a metal or a unit of account.
    decimals = {entry.findtext("Ccy"): entry.findtext("CcyMnrUnts") for entry in iso4217.raw_xml.iter("CcyNtry")
                if not entry.find("CcyNm").get("IsFund")}
    factors = {code: 10 ** int(many) for code, many in decimals.items()
               if (many or "").isdigit() and code not in ACCOUNTING_UNITS}
    assert factors == CURRENT


def test_each_currency_is_three_capital_letters_with_at_most_three_decimals() -> None:
    assert {code for code in FACTORS if not re.fullmatch("[A-Z]{3}", code)} == set()
    assert set(FACTORS.values()) == {1, 100, 1000}


@pytest.mark.parametrize("code", ["AED", "XCG", "VED", "USD", "EUR", "UAH", "JPY", "KWD", "CLP", "XAF"])
def test_a_currency_that_people_pay_in_is_accepted(code: str) -> None:
    assert is_currency(code)


@pytest.mark.parametrize("code", [
    "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAD", "XAU", "XAG", "XDR", "XXX", "XTS", '"AED',
    "usd", "", None, 978])
def test_a_fund_a_metal_or_no_code_at_all_is_no_currency_of_a_price(code: object) -> None:
    assert not is_currency(code)


@pytest.mark.parametrize("code", ["ANG", "BGN"])
def test_a_currency_that_has_ended_is_refused_and_its_rows_stay_readable(code: str) -> None:
    assert not is_currency(code)
    assert to_wire(1999, code) == 19.99


def test_no_currency_that_was_ever_accepted_becomes_unreadable() -> None:
    """A newer table of ISO 4217 may drop a code: then it goes into `_ONCE_ACCEPTED`; a new code goes in above."""
    assert {code for code in EVER_ACCEPTED if code not in FACTORS} == set()
    assert {code for code in FACTORS if code not in EVER_ACCEPTED} == set()


@pytest.mark.parametrize(("amount", "currency"), [
    ("1.235", "KWD"), ("0.001", "BHD"), ("9.999", "TND"), ("1.5", "MGA"), ("0.5", "JPY"), ("1.005", "EUR")])
def test_an_amount_the_payment_gateway_cannot_charge_is_no_price(amount: str, currency: str) -> None:
    with pytest.raises(ValueError):
        to_payable(amount, currency)


@pytest.mark.parametrize(("amount", "currency", "minor"), [
    ("1.23", "KWD", 1230), ("1.230", "KWD", 1230), ("15", "MGA", 1500), ("5", "JPY", 5), ("0.01", "EUR", 1)])
def test_an_amount_in_whole_steps_is_a_price(amount: str, currency: str, minor: int) -> None:
    assert to_payable(amount, currency) == minor


def test_the_refusal_says_in_which_steps_the_currency_is_paid() -> None:
    with pytest.raises(ValueError, match=r"1\.235 KWD cannot be paid: amounts are multiples of 0\.01"):
        to_payable("1.235", "KWD")


def test_three_decimals_end_in_nothing() -> None:
    assert {code for code in FACTORS if FACTORS[code] == 1000} == {code for code in FACTORS if least_step(code) == 10}


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
