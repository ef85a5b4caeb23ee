"""Logins: argon2id is meant to be slow, so this shows how many a machine bears, not how fast one is."""

from bench.figures.bidding import COLUMNS, row
from bench.guildhall import LOGIN, Guildhall
from bench.load import Burst, Request, burst
from bench.report import Section
from bench.rounds import interleave
from bench.seed import PASSWORD
from bench.servers import Server

CONNECTIONS = 8


def measure(halls: list[tuple[Guildhall, Server]], rounds: int, seconds: float) -> Section:
    """Log the seeded users in, one after the other."""
    body = [{"username": email, "password": PASSWORD} for email in halls[0][0].seeded["emails"]]
    requests = [Request(LOGIN, "POST", each) for each in body]

    def shot(server: Server) -> Burst:
        return burst(server, requests, seconds, CONNECTIONS)

    series = interleave([(hall.name, lambda server=server: shot(server)) for hall, server in halls], rounds)
    section = Section(f"Login, {CONNECTIONS} at a time", COLUMNS)
    section.rows = [row(series[hall.name], hall.database) for hall, _ in halls]
    return section
