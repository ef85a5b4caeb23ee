"""The Legal Entity Identifier of ISO 17442: 20 characters whose last two are check digits (ISO 7064 mod 97-10)."""
import re

_FORM = re.compile(r"[0-9A-Z]{18}[0-9]{2}")


def is_lei(code: str) -> bool:
    """Tell whether `code` is well formed and its check digits agree."""
    return bool(_FORM.fullmatch(code)) and int("".join(str(int(character, 36)) for character in code)) % 97 == 1
