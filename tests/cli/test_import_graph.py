"""`flask demo import-graph`: edges become people who are connected, once."""
import json

import pytest

from app.actor import Actor
from blueprints.network.networking.checks import check_ties
from blueprints.network.networking.commands import disconnect
from blueprints.network.networking.queries import connection_count, degree_between
from cli.demo_factories import demo_id

EDGES = "# who knows whom\n1 2\n2,3\n\n3\t2\n4 4\nonly\n"
ONE, TWO, THREE = (demo_id("graph", name) for name in "123")


@pytest.fixture
def imported(run, tmp_path):
    """Call it to import the file; it returns the exit code and what was printed."""
    file = tmp_path / "edges.txt"
    file.write_text(EDGES)

    def call(*options):
        result = run("demo", "import-graph", str(file), "--json", *options)
        return result.exit_code, json.loads(result.stdout)
    return call


def test_a_dry_run_counts_and_writes_nothing(imported):
    code, said = imported("--dry-run")
    assert (code, said["connections"], said["refused"]) == (1, 3, [6, 7])
    assert connection_count(TWO) == 0


def test_edges_become_connections_and_lines_that_are_none_are_told(imported):
    assert imported("--yes") == (1, {"people": 3, "connections": 2, "alreadyThere": 1, "refused": [6, 7]})
    assert (connection_count(TWO), degree_between(ONE, THREE)) == (2, 2)
    assert check_ties()[0] == "ok"


def test_importing_twice_adds_nothing_and_what_was_cut_stays_cut(imported):
    imported("--yes")
    disconnect(Actor("network", ONE, role="user"), demo_id("graph", "tie", "1", "2"))
    assert imported("--yes")[1] == {"people": 0, "connections": 0, "alreadyThere": 3, "refused": [6, 7]}
    assert degree_between(ONE, TWO) is None
    assert check_ties()[0] == "ok"
