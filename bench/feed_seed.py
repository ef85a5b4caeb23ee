"""Adds posts to a network of `bench.graph`, and people who read them: with few and many connections, busy and silent.

Whose number is odd is busy and wrote the newer posts; whose number is even is silent since. Most write little."""

import random
from collections.abc import Iterator

READERS = {f"{size:,} {kind} connections": (size, kind) for size in (10, 300, 5_000) for kind in ("busy", "silent")}
SILENT_SHARE = 5
"""Each fifth of the posts is of the silent: the oldest fifth."""
_APART_SECONDS = 20  # a million posts fill seven months
_STRIDE = 7_919  # a prime: it goes through all people before it comes to one again

# The writers stand in the order of their numbers; the first of them write most, and half of them never do.
_POSTS = """INSERT INTO network_post (id, is_active, record_version, created_at, updated_at, owner, content,
    author_user_id, visibility, attachment_urls, audience, mentions, comments_closed)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {posts} - 1),
    met(i, place) AS (SELECT i, CAST(i AS BIGINT) * {stride} % {half} FROM n),
    written(i, num, moment) AS (SELECT i, place * place / {half} * 2 + CASE WHEN i < {silent} THEN 2 ELSE 1 END, {ago}
        FROM met)
SELECT {id}, i % 50 <> 7, 1, moment, moment, user_id, 'What was said about it. ' || i, user_id,
    CASE WHEN i % 10 < 2 THEN 'private' ELSE 'public' END, '[]',
    CASE WHEN i % 10 = 1 THEN 'connections' ELSE 'owner' END, '[]', false
FROM written JOIN network_person AS person ON person.num = written.num"""
_ITEMS = """INSERT INTO network_feed_item (post_id, voice, at, reach, shown)
SELECT post.id, person.num, created_at, visibility = 'public' OR audience = 'connections', is_active
FROM network_post AS post JOIN network_person AS person ON person.user_id = author_user_id"""
_VOICES = """INSERT INTO network_voice (num, at, post_id)
SELECT voice, at, post_id FROM (SELECT voice, at, post_id, row_number() OVER (
    PARTITION BY voice ORDER BY at DESC, post_id DESC) AS place FROM network_feed_item WHERE shown AND reach) AS one
WHERE place = 1"""
_TALLIES = """INSERT INTO network_post_tally (post_id, likes, comments)
SELECT id, 3, 1 FROM network_post WHERE visibility = 'public'"""


def readers_ties(people: int, seed: int = 2) -> Iterator[tuple[int, int]]:
    """Yield the pairs (somebody, reader) of the readers, whose numbers (from 0) begin at `people`."""
    chance = random.Random(seed)
    for reader, (size, kind) in enumerate(READERS.values(), people):
        for other in chance.sample(range(kind == "silent", people, 2), min(size, people // 2)):
            yield other, reader


def posts_statements(people: int, posts: int, says: dict[str, str]) -> Iterator[str]:
    """Yield the statements that write so many posts of the first `people`, with their items, voices and tallies.

    `says` is what the database writes differently (market_seed.DIALECTS)."""
    yield _POSTS.format(posts=posts, stride=_STRIDE, half=people // 2, silent=posts // SILENT_SHARE,
                        ago=says["ago"].format(n=f"({posts} - i) * {_APART_SECONDS}"), id=says["id"].format(kind="08"))
    yield from (_ITEMS, _VOICES, _TALLIES)
