"""Money is an integer of minor units plus an ISO 4217 currency inside, a decimal number on the wire."""
from decimal import Decimal, DecimalException

from app.errors import InvalidInput

# ISO 4217 active currencies by the number of decimals.
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """"AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
          CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
          IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
          MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD
          SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR
          ZMW ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
FACTORS = {code: 10 ** decimals for decimals, codes in _DECIMALS.items() for code in codes.split()}
LARGEST_MINOR = 10 ** 14


def is_currency(code: object) -> bool:
    """Return whether `code` is an ISO 4217 code this system settles in."""
    return isinstance(code, str) and code in FACTORS


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


def minor_of(field: str, amount: Decimal | int | float, currency: str) -> int:
    """Return a client's amount in minor units; raises InvalidInput that names the wire field."""
    try:
        return to_minor(amount, currency)
    except ValueError as error:
        raise InvalidInput(f"{field}: {error}", detail={field: str(error)}) from None
