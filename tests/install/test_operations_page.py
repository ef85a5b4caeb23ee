"""docs/operations.md, typed on an empty machine from top to bottom; `make long` types it on a bare Debian, too.

What cannot be typed without systemd or a network: each of tests/install/stand_ins says what it stands for."""
import re
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.install.machine import Machine, debian, empty_machine
from tests.passes import LONG
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


@pytest.mark.slow
@pytest.mark.once("a machine of its own, with a PostgreSQL of its own")
def test_the_page_for_operators_is_true_from_top_to_bottom(tmp_path: Path) -> None:
    for package, command in (("postgresql", "pg_createcluster"), ("redis-server", ""), ("caddy", "")):
        program(package, command)
    with empty_machine(tmp_path) as machine:
        _type(machine)


@pytest.mark.slow
@pytest.mark.once("a machine of its own, with a PostgreSQL of its own")
@pytest.mark.skipif(not LONG, reason="make long: minutes, and a mirror of Debian's packages")
def test_the_page_for_operators_is_true_on_an_empty_debian_from_top_to_bottom(tmp_path: Path) -> None:
    with empty_machine(tmp_path, debian(tmp_path)) as machine:
        _type(machine)


def _type(machine: Machine) -> None:
    told = {}
    for block in blocks():
        for about in ("auth-api/login", "backup verify", "guildhall upgrade"):
            if about in block:
                told[about] = machine.type(block)
                break
        else:
            machine.type(block)
        if "auth-api/login" in block:
            _try_what_went_wrong_once(machine)
    assert '"roleId":"superAdmin"' in told["auth-api/login"]
    assert re.search(r"^tenants +1$", told["backup verify"], re.MULTILINE)
    _look_at_what_was_installed(machine, told["guildhall upgrade"])


def _try_what_went_wrong_once(machine: Machine) -> None:
    """Try on the installed machine what went wrong on one: root beside the service, tenants, units that wait."""
    verify = "systemd-analyze verify /etc/systemd/system/guildhall*.service 2>&1"  # a bare Debian has no systemd
    assert machine.type(f"! command -v systemd-analyze >/dev/null || {verify}") == ""
    refused = machine.type(f"cd /opt/guildhall; ! GUILDHALL_HOME={HOME} .venv/bin/flask doctor 2>&1; cd /")
    assert refused.startswith(f"Error: GUILDHALL_HOME={HOME} belongs to guildhall, and this is root: run it as guild")
    machine.type("cd /root; guildhall organization tenant add acme --yes; cd /")


def _look_at_what_was_installed(machine: Machine, upgraded: str) -> None:
    """Look at what doctor says behind the upgrade, and where the backup and its key lie."""
    assert "no migration waits" in upgraded
    findings = dict(re.findall(r"^(\S.*?\S) {2,}((?:ok|warn|fail) .*)", upgraded, re.MULTILINE))
    assert findings["owners and modes"].split(maxsplit=1) == ["ok", "all is guildhall's alone"]
    assert findings["environment file"].startswith("ok ")
    assert findings["organization"].split(maxsplit=1)[1].startswith("1 tenants")
    modes = machine.type(f"stat -c '%U %a' {HOME}/backup.key {HOME}/backups/*.sealed").splitlines()
    assert modes == ["guildhall 600"] * 2
