"""docs/operations.md, typed from top to bottom on an empty machine: the first login, an upgrade and the way back.

Not typed, for want of systemd and of a network: see tests/install/stand_ins, each of which says what it stands for."""
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.install.machine import Machine, empty_machine
from tests.programs import program

PAGE = ROOT / "docs" / "operations.md"
MOST_LINES = 200
HOME = "/var/lib/guildhall"


def blocks() -> list[str]:
    """Return the page's blocks of commands as a reader types them: with her own domain, and the place of the code."""
    return [block.replace("example.org", "guildhall.test").replace("REPOSITORY", "/srv/code")
            for block in re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)]


def test_the_page_is_read_in_one_sitting() -> None:
    assert len(PAGE.read_text().splitlines()) <= MOST_LINES


def test_each_block_of_commands_of_the_page_is_one_that_is_typed() -> None:
    text = PAGE.read_text()
    assert len(blocks()) == len(re.findall("^```", text, re.MULTILINE)) / 2 >= 10
    assert not re.search(r"^(    |\t)\S", text, re.MULTILINE)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """An empty machine, nothing typed yet."""
    for package, command in (("postgresql", "pg_createcluster"), ("redis-server", ""), ("caddy", "")):
        program(package, command)
    with empty_machine(tmp_path) as made:
        yield made


@pytest.mark.slow
@pytest.mark.once("a machine of its own, with a PostgreSQL of its own")
def test_the_page_for_operators_is_true_from_top_to_bottom(machine: Machine) -> None:
    for block in blocks():
        told = machine.type(block)
        if "auth-api/login" in block:
            assert '"roleId":"superAdmin"' in told
            _look_at_what_was_installed(machine)


def _look_at_what_was_installed(machine: Machine) -> None:
    """Try on the installed machine what went wrong on one: root beside the service, tenants, units that wait."""
    assert machine.type("systemd-analyze verify /etc/systemd/system/guildhall*.service 2>&1") == ""
    refused = machine.type(f"cd /opt/guildhall; ! GUILDHALL_HOME={HOME} .venv/bin/flask doctor 2>&1; cd /")
    assert refused.startswith(f"Error: GUILDHALL_HOME={HOME} belongs to guildhall, and this is root: run it as guild")
    machine.type("cd /root; guildhall organization tenant add acme --yes; cd /")
    findings = {row["check"]: row for row in json.loads(machine.type("guildhall doctor --json"))}
    assert findings["owners and modes"]["says"] == "all is guildhall's alone"
    assert findings["environment file"]["state"] == "ok"
    assert findings["organization"]["says"].startswith("1 tenants")
    machine.type(f"touch {HOME}/left-by-root")
    told = machine.type("! guildhall doctor --json")
    assert f"chown -R guildhall: {HOME}" in told
    machine.type(f"chown -R guildhall: {HOME}; chmod -R go= {HOME}")
