"""`flask demo import-graph`: a real social graph, as people of the network who are connected.

A line of the file names two people who know each other, `17 4` or `17,4`; lines that begin with `#` say nothing. Ids
follow from the file's, so that importing twice adds nothing, and what somebody cut meanwhile stays cut."""
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.actor import system_actor
from app.identity.passwords import hash_password
from blueprints.network.networking.commands import import_connections
from blueprints.network.networking.rules import sorted_pair
from blueprints.platform.auth.commands import enrol_users
from blueprints.platform.people.queries import standings_of
from cli.demo_factories import DEMO_PASSWORD, demo_id
from cli.terminal import acts, agreed, print_facts, refuse_production

REALM = "network"
BATCH = 500
LONGEST_NAME = 100

Edge = tuple[str, str]


@dataclass
class Counts:
    """What was added, or would be; and the lines that are no pair of people."""

    people: int = 0
    connections: int = 0
    already_there: int = 0
    refused: list[int] = field(default_factory=list)

    def facts(self, *, as_json: bool) -> dict[str, object]:
        """Return them as they are printed."""
        return {"people": self.people, "connections": self.connections, "alreadyThere": self.already_there,
                "refused": self.refused if as_json else len(self.refused)}


@click.command("import-graph")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@acts
@with_appcontext
def import_graph(file: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Connect the people of FILE, a pair of names or numbers a line; who is not there yet gets an account.

    The account of 17 is `person17@graph.test`, its password that of the demo. Read and written in batches, so the file
    may have millions of lines; interrupted, the same command goes on. A line that is no pair makes the exit code 1.

    Example: flask demo import-graph facebook_ego_subgraph.txt --yes
    """
    refuse_production()
    counts = Counts()
    if agreed(f"the people and connections of {file.name} are added to the network", dry_run=dry_run, yes=yes,
              reports=True):
        add_graph(file, counts)
    else:
        for _ in read_edges(file, counts):
            counts.connections += 1
    print_facts(counts.facts(as_json=as_json), as_json=as_json)
    if counts.refused:
        raise click.exceptions.Exit(1)


def add_graph(file: Path, counts: Counts) -> None:
    """Write the graph in batches, each of people and then of their connections, and count what is added."""
    staff = system_actor(REALM, operator="demo import-graph")
    password_hash = hash_password(DEMO_PASSWORD)  # one for all: it is slow on purpose
    edges, seen = read_edges(file, counts), set[str]()
    with click.progressbar(length=file.stat().st_size, label="connecting", file=sys.stderr) as bar:
        while batch := list(islice(edges, BATCH)):
            people = {name: _id_of(name) for edge in batch for name in edge if name not in seen}
            there = standings_of(REALM, people.values()) if people else {}
            fresh = {name: id for name, id in people.items() if id not in there}
            enrol_users(staff, [
                {"id": id, "email": f"person{name}@graph.test", "fullname": f"Person {name}", "role_id": "user",
                 "email_verified": True, "password_hash": password_hash} for name, id in fresh.items()])
            seen |= people.keys()
            wanted = {demo_id("graph", "tie", *edge): (_id_of(edge[0]), _id_of(edge[1])) for edge in batch}
            made = import_connections(staff, wanted)
            counts.people += len(fresh)
            counts.connections += made
            counts.already_there += len(batch) - made
            bar.update(sum(len(one) + len(other) + 2 for one, other in batch))


def read_edges(file: Path, counts: Counts) -> Iterator[Edge]:
    """Yield the pairs of the file, the lower name first; lines that are none are counted."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            names = line.replace(",", " ").split()
            if len(names) != 2 or names[0] == names[1] or not all(map(_is_name, names)):
                click.echo(f"line {number} is not taken: it is no pair of people", err=True)
                counts.refused.append(number)
                continue
            yield sorted_pair(*names)


def _is_name(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) <= LONGEST_NAME


def _id_of(name: str) -> str:
    return demo_id("graph", name)
