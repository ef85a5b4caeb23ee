"""Notes that a search found nothing, for the job that counts it (misses.py); who searches maps no table for that."""
import logging
from datetime import timedelta

import orjson

from app.actor import Actor
from app.folding import words
from app.identity.encryption import seal
from app.runtime import runtime

log = logging.getLogger("guildhall.search")

LONGEST = 80  # characters; what is longer is a letter, not a search
MOST_WAITING = 1_000
WAITING = "search-misses"
PURPOSE = "search-miss"


def note_miss(actor: Actor, index_name: str, text: str) -> None:
    """Leave for the next job that a search found nothing; sealed, best effort, without a transaction.

    Who is not logged in cannot be told from others, and is not counted."""
    said = " ".join(words(text))
    if not actor.user_id or not said or len(said) > LONGEST:
        return
    from redis import RedisError  # here: commands that only name an index need none

    entry = orjson.dumps([actor.realm, index_name, said, actor.user_id]).decode()
    try:
        pipe = runtime().redis.pipeline(transaction=False)
        pipe.rpush(WAITING, seal(runtime().settings.secret_key, PURPOSE, entry))
        pipe.ltrim(WAITING, -MOST_WAITING, -1)
        pipe.expire(WAITING, timedelta(days=1))
        pipe.execute()
    except (RedisError, OSError):
        log.debug("a search without hits is not counted: Redis is away")
