"""What a feed costs its reader and a post its author, one client: by how many connections each has (network.md)."""

from bench import one_client
from bench.feed_seed import READERS
from bench.guildhall import Guildhall
from bench.load import Request
from bench.one_client import OneClient, measured, measured_in_turn
from bench.report import Section, at_most
from bench.servers import Server

P95_MS = 40
AUTHORS_RATIO = 1.1
"""What a post of somebody with very many connections may cost at most, of one by somebody with few: the noise."""
FEW = next(iter(READERS))
BLOCKS, POSTS_OF_A_BLOCK = 12, 25
FEED, POSTS = "/network/content-api/v1/feed", "/network/content-api/v1/posts"


def measure_feeds(hall: Guildhall, server: Server, posts: int) -> Section:
    """Ask for the first page of each reader's feed again and again, and for the page behind it."""
    section = Section(f"Feeds among {posts:,} posts, {hall.database}",
                      (f"one client, {posts:,} posts, pages of 25 with joins", *one_client.COLUMNS))
    client = OneClient(server)
    for name, token in hall.seeded["readers"].items():
        first = client.timed(Request(FEED, token=token))[1]["paging"]
        pages = {"": FEED} | ({", the page behind": f"{FEED}?after={first['next']}"} if first["next"] else {})
        for which, path in pages.items():
            request = Request(path, token=token)
            times = measured(server, lambda request=request: client.timed(request)[0])
            section.rows.append((f"{name}{which}", *times.cells))
            section.goals.append(at_most(f"feed, {name}{which}, p95, {hall.database}", P95_MS, times.p95, " ms"))
    return section


def measure_authors(hall: Guildhall, server: Server) -> Section:
    """Publish posts of somebody with very many connections and of somebody with few, in turn."""
    hub = hall.seeded["hub"]
    many = f"{hub['ties']:,} connections"
    authors = {f"a post by somebody with {many}": hub["token"],
               "a post by somebody with 10 connections": hall.seeded["readers"][FEW]}
    section = Section(f"What a post costs its author, {hall.database}", ("one client, in turn", *one_client.COLUMNS))
    client, body = OneClient(server), {"content": "What was said about it."}
    asks = [lambda token=token: client.timed(Request(POSTS, "POST", body, token))[0] for token in authors.values()]
    above, below = measured_in_turn(server, asks, BLOCKS, POSTS_OF_A_BLOCK)
    section.rows += [(name, *times.cells) for name, times in zip(authors, (above, below), strict=True)]
    for what, ratio in (("p50", above.p50 / below.p50), ("CPU", above.cpu / below.cpu)):
        section.goals.append(at_most(f"post of {many} ÷ post of 10, {what}, {hall.database}", AUTHORS_RATIO, ratio))
    return section
