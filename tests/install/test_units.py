"""The units of deploy/systemd: what systemd says of them, and what they wait for on Debian 12 and 13."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.programs import program

UNITS = ROOT / "deploy" / "systemd"
# What a unit may wait for: our own, systemd's, and what Debian 12 or 13 calls the databases.
KNOWN = {"network-online.target", "postgresql.service", "redis-server.service", "valkey-server.service",
         *(unit.name for unit in UNITS.glob("guildhall*.*") if unit.is_file())}


def test_systemd_finds_nothing_wrong_with_any_unit(tmp_path: Path) -> None:
    units = shutil.copytree(UNITS, tmp_path / "units")
    for unit in units.rglob("*.*"):
        if unit.is_file():  # what they start need not be installed here
            unit.write_text(re.sub(r"(?m)^(Exec\w+=)/opt/guildhall/\S+", r"\1/bin/true", unit.read_text()))
    told = subprocess.run([program("systemd", "systemd-analyze"), "verify", *sorted(units.glob("guildhall*.*[!d]"))],
                          capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("guildhall*.*") if path.is_file()))
def test_a_unit_waits_for_nothing_that_debian_does_not_have(unit: str) -> None:
    """`valkey.service` was one; a `Requires=` of such a name keeps the unit from starting at all."""
    lines = re.findall(r"(?m)^(?:After|Before|Wants|Requires|PartOf|WantedBy)=(.*)", (UNITS / unit).read_text())
    assert {name for line in lines for name in line.split()} <= KNOWN | {"multi-user.target", "timers.target"}


def test_the_first_unit_waits_for_the_databases_under_either_debians_name() -> None:
    (after,) = re.findall("^After=(.*)", (UNITS / "guildhall-prepare.service").read_text(), re.MULTILINE)
    assert {"postgresql.service", "redis-server.service", "valkey-server.service"} <= set(after.split())
