"""What an operator reads when something the system stands on is away or refuses: a sentence, and what to do."""
import errno
import re

from redis import RedisError
from sqlalchemy.exc import DBAPIError

from app.errors import ApiError, in_words
from app.settings import SettingsError

_NOT_PREPARED = re.compile(
    r"no such (?:table|column)|has no column named|(?:relation|column) \S+ (?:of relation \S+ )?does not exist")
# What the text of a database's refusal says, from the particular to the general, and the sentence for it.
_OF_DATABASES = (
    (_NOT_PREPARED, "the database is not prepared, or behind this release: run flask prepare"),
    (re.compile("password authentication failed|no password supplied"),
     "the database refuses the user or the password of DATABASE_URL"),
    (re.compile(r"(?:database|role) \S+ does not exist"), "the server has no such database or user: see DATABASE_URL"),
    (re.compile("read-?only|unable to open|not a database|disk is full|malformed"), "the database file cannot be used"),
    (re.compile("locked"), "the database is busy: another process holds it; try again"),
    (re.compile("connect|server|closed", re.IGNORECASE), "the database does not answer: see DATABASE_URL"),
)


def sentence_of(error: Exception) -> str | None:
    """Return what an operator is told of a fault outside our code; None for one of ours, which wants its traceback."""
    if isinstance(error, SettingsError):
        return str(error)
    if isinstance(error, ApiError):
        return in_words(error)
    if isinstance(error, DBAPIError):
        return _of_database(str(error.orig))
    if isinstance(error, RedisError):
        return f"Redis does not answer: see REDIS_URL, or is flask serve running? ({_first_line(str(error))})"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"what is printed or written has no place: {error.strerror}"
    return None


def _of_database(text: str) -> str | None:
    said = next((sentence for form, sentence in _OF_DATABASES if form.search(text)), None)
    return said and f"{said} ({_first_line(text)})"


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0].strip()
