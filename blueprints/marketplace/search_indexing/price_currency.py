"""The currency in which a search compares prices when it names none: read apart, for who only reads settings."""
from app.data.money import is_currency


def read_currency(text: str) -> str:
    """Return the setting MARKETPLACE_CURRENCY; raises ValueError."""
    if not is_currency(text):
        raise ValueError(f"{text!r} is no ISO 4217 currency")
    return text
