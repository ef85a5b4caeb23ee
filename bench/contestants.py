"""The floor and the two peers: their processes and the requests that mean list, get and create to them."""

import ast
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import catalogue
from bench.databases import Databases
from bench.load import Request
from bench.servers import Server
from bench.venvs import python_of

HERE = Path(__file__).parent
GUNICORN = HERE.parent / "gunicorn.conf.py"
SHARED_SETTINGS = ("workers", "threads", "keepalive")


@dataclass(frozen=True)
class Contestant:
    """A server and the requests of each figure it takes part in."""

    name: str
    database: str
    server: Server
    requests: dict[str, Sequence[Request]]


def floor(databases: Databases, database: str) -> Contestant:
    """Flask, the bare driver and orjson on `database` (SQLite or PostgreSQL)."""
    name = f"floor-{database.lower()}"
    source = databases.sqlite(name) if database == "SQLite" else databases.postgres(name)
    command = [sys.executable, "-m", "gunicorn", *_as_guildhall(), "bench.floor.app:app"]
    environment = {"FLOOR_DATABASE": str(source), "PYTHONPATH": str(HERE.parent)}
    # Not in the repository's root: gunicorn would take Guildhall's whole gunicorn.conf.py from there.
    server = Server(name, command, environment, databases.folder, "/products", directory=HERE / "floor")
    return Contestant(name, database, server, _requests())


def drf(databases: Databases) -> Contestant:
    """Django REST framework under the same gunicorn settings as the floor."""
    command = [str(python_of("drf")), "-m", "gunicorn", *_as_guildhall(), "peer:application"]
    return _peer(databases, "drf", command)


def fastapi(databases: Databases) -> Contestant:
    """FastAPI under uvicorn with two workers."""
    command = [str(python_of("fastapi")), "-m", "uvicorn", "peer:app", "--port", "{port}", "--workers", "2"]
    return _peer(databases, "fastapi", [*command, "--log-level", "warning", "--no-access-log"])


def _as_guildhall() -> list[str]:
    """Return the worker settings of Guildhall's own gunicorn.conf.py as options, so that all are served alike."""
    assigned = [node for node in ast.parse(GUNICORN.read_text()).body if isinstance(node, ast.Assign)]
    settings = {node.targets[0].id: node.value.value for node in assigned if isinstance(node.value, ast.Constant)}
    flags = [
        f"--{name.replace('_', '-').replace('keepalive', 'keep-alive')}={settings[name]}" for name in SHARED_SETTINGS
    ]
    shared = ["-b", "127.0.0.1:{port}", "--worker-class=gthread", "--worker-connections=64", "--log-level", "warning"]
    return [*shared, *flags]


def _peer(databases: Databases, name: str, command: Sequence[str]) -> Contestant:
    databases.postgres(name)
    environment = {"PEER_DATABASE_NAME": name, "PEER_DATABASE_HOST": databases.postgres_host()}
    server = Server(name, command, environment, databases.folder, "/products", directory=HERE / "peers" / name)
    return Contestant(name, "PostgreSQL", server, _requests())


def _requests() -> dict[str, Sequence[Request]]:
    numbers = random.Random(1).sample(range(catalogue.PRODUCTS), 500)
    return {
        "list": [Request("/products")],
        "get": [Request(f"/products/{catalogue.product_id(number)}") for number in numbers],
        "create": [Request("/products", "POST", catalogue.NEW_PRODUCT)],
    }
