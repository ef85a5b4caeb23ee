"""Guildhall as production runs it: its own gunicorn.conf.py, its own Valkey, a home below the run's folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from app.ops.valkey import valkey_answers, valkey_command
from bench import catalogue
from bench.contestants import Contestant
from bench.databases import Databases
from bench.load import Request
from bench.servers import Server, free_port

ROOT = Path(__file__).parent.parent
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
BIDS = "/marketplace/auctionoffer-api/v1/auctionofferbids"
LOGIN = "/marketplace/auth-api/login"
# Production's settings; only the limit per user is out of reach: it is counted, at its cost, and never closes.
PRODUCTION = {
    "GUILDHALL_ENV": "production",
    "SECRET_KEY": "benchmark-secret-key-of-thirty-two-characters",
    "SUPERADMIN_PASSWORD": "benchmark-superadmin-1",
    "SUPERADMIN_EMAIL": "operator@bench.example",
    "STRIPE_SECRET_KEY": "sk_test_benchmark",
    "STRIPE_WEBHOOK_SECRET": "whsec_benchmark",
    "RATE_LIMIT_USER": "1000000000",
    "RATE_LIMIT_VISITOR": "1000000000",
    "LOG_LEVEL": "WARNING",
    "PUBLIC_URL": "https://guildhall.example",
    "MARKETPLACE_CURRENCY": "GBP",  # what everything here costs
    "ALLOWED_HOSTS": "127.0.0.1",
    "MAIL_FROM": "post@guildhall.example",
    "MAIL_TRANSPORT": "smtp",
    "SMTP_URL": "smtp://127.0.0.1:9",
}


@dataclass
class Guildhall:
    """One home with its database, Valkey and web server."""

    name: str
    database: str
    home: Path
    database_url: str
    bids: int = 0
    products: int = catalogue.PRODUCTS
    seeded: dict[str, Any] = field(default_factory=dict)
    _valkey: subprocess.Popen | None = field(default=None, init=False)

    @property
    def environment(self) -> dict[str, str]:
        """Its settings; the port is added by the server."""
        return {**PRODUCTION, "GUILDHALL_HOME": str(self.home), "DATABASE_URL": self.database_url}

    def prepare(self) -> None:
        """Start Valkey, migrate, create the superAdmins, fill the tables."""
        self.home.mkdir(parents=True)
        with (self.home / "valkey.log").open("wb") as log:
            self._valkey = subprocess.Popen(valkey_command(self.home), stdout=log, stderr=log)
        while not valkey_answers(f"unix://{self.home}/valkey.sock"):
            time.sleep(0.05)
        self._run("-m", "flask", "prepare")
        self.seeded = json.loads(self._run("-m", "bench.seed", str(self.bids), str(self.products)))

    def give_a_past(self, rows: int) -> None:
        """Add so many messages and feedbacks, suspended sellers and reports (bench/market_seed.py)."""
        self.seeded |= json.loads(self._run("-m", "bench.market_seed", str(rows)))

    def give_a_network(self, people: int, ties: int, posts: int, hubs: Sequence[int]) -> None:
        """Add so many people of the network who are connected, and their posts (bench/graph.py)."""
        self.seeded |= json.loads(self._run("-m", "bench.graph", *map(str, (people, ties, posts, *hubs))))

    def fill_what_everybody_reads(self, rows: int) -> None:
        """Add so many subcategories and records of the search (bench/bff_seed.py)."""
        self.seeded |= json.loads(self._run("-m", "bench.bff_seed", str(rows)))

    def close(self) -> None:
        """Stop Valkey."""
        if self._valkey is not None:
            self._valkey.terminate()
            self._valkey.wait()

    def web(self, kind: str = "", options: Sequence[str] = ()) -> Server:
        """Return its web server: gunicorn with the repository's own configuration, and `options` as another `kind`."""
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
        health = "/marketplace/productlisting-api/health"
        name = f"{self.name}-{kind}" if kind else self.name
        return Server(name, command, self.environment, self.home, health, port=port)

    def contestant(self) -> Contestant:
        """Return it as a contestant of list, get and create."""
        return Contestant(self.name, self.database, self.web(), self.requests())

    def _run(self, *command: str) -> str:
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(command)} failed\n{done.stderr[-3000:]}")
        return done.stdout

    def requests(self) -> dict[str, Sequence[Request]]:
        """Return what list, get and create mean here."""
        tokens = self.seeded["tokens"]
        new = {_camel(name): value for name, value in catalogue.NEW_PRODUCT.items() if name != "seller_id"}
        new |= {"categoryId": self.seeded["category"], "subcategoryId": self.seeded["subcategory"]}
        return {
            "list": [Request(f"{PRODUCTS}?getJoins=false&caching=false", token=token) for token in tokens],
            "list with joins": [Request(f"{PRODUCTS}?caching=false", token=token) for token in tokens],
            "list cached": [Request(PRODUCTS, token=token) for token in tokens],
            "get": [
                Request(f"{PRODUCTS}/{product}?getJoins=false", token=tokens[number % len(tokens)])
                for number, product in enumerate(self.seeded["products"])
            ],
            "create": [Request(PRODUCTS, "POST", new, token) for token in tokens],
        }

    @cached_property
    def bids_to_come(self) -> Iterator[Request]:
        """Ever higher bids, one auction after the other, so that few meet on one auction; each is sent once."""
        return self._ever_higher_bids()

    def _ever_higher_bids(self) -> Iterator[Request]:
        auctions, tokens = self.seeded["auctions"], self.seeded["tokens"]
        for turn in count(1):
            for number, auction in enumerate(auctions):
                yield bid(auction, 1000 * turn, tokens[(turn + number) % len(tokens)])


def bid(auction: str, amount: float, token: str) -> Request:
    """Return a bid in GBP."""
    body = {"productId": auction, "bidAmount": amount, "currency": "GBP", "status": "ACTIVE"}
    return Request(BIDS, "POST", body, token)


def on_sqlite(databases: Databases, name: str = "guildhall-sqlite", bids: int = 0,
              products: int = catalogue.PRODUCTS) -> Guildhall:
    """Return a Guildhall on SQLite in its own home, not yet prepared."""
    return Guildhall(name, "SQLite", databases.folder / name, "", bids, products)


def on_postgres(databases: Databases, name: str = "guildhall-postgresql", bids: int = 0,
                products: int = catalogue.PRODUCTS) -> Guildhall:
    """Return a Guildhall on PostgreSQL, not yet prepared."""
    return Guildhall(name, "PostgreSQL", databases.folder / name, databases.empty_postgres(name), bids, products)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
