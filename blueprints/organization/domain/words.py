"""Full text that is the same on every database: words are cut and folded here, the database only compares bytes."""
import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of `text`, without case and accents, in order."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _WORD.findall(plain.casefold())


def search_text(values: Iterable[object]) -> str:
    """Return the stored form of searchable values: every word with a space before it, so that ` acm` finds acme."""
    found = [word for value in values if isinstance(value, str) for word in words(value)]
    return "".join(f" {word}" for word in found)
