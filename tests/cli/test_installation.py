"""What `make run` installs is all the system needs; development has more, which would hide a gap."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.components import LOCALSTRIPE, ROOT

PYTHONS = ("3.11.0", "3.11.2", "3.11.7", "3.12.0", "3.12.11", "3.13.0", "3.13.9")
"""The Pythons that the lock files cover: Debian 12 has 3.11.2, for which redis needs one package more."""

WHERE_INSTALLED = {"base": sys.path, "dev": sys.path,
                   "tools": [str(path) for path in LOCALSTRIPE.parent.parent.glob("lib/python3*/site-packages")]}

# Packages of this environment that base.txt does not install cannot be imported; then everything is loaded.
WITH_BASE_ALONE = r"""
import re, sys
from importlib.metadata import packages_distributions

def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()

locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", open("requirements/base.txt").read(), re.M)}
absent = {module for module, owners in packages_distributions().items() if not locked & set(map(normal, owners))}
assert "pytest" in absent and "flask" not in absent

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"base.txt does not install {name}")

sys.meta_path.insert(0, Absent())
from app.factory import create_app
from cli import COMMANDS, load_command
create_app()
for name in COMMANDS:
    load_command(name)
"""


def test_the_base_lock_file_is_all_that_the_system_needs(tmp_path: Path) -> None:
    loaded = subprocess.run([sys.executable, "-c", WITH_BASE_ALONE], cwd=ROOT, capture_output=True, text=True,
                            env=os.environ | {"GUILDHALL_HOME": str(tmp_path)}, check=False)
    assert loaded.returncode == 0, loaded.stderr


def test_every_package_of_a_lock_file_has_a_hash_and_no_index_is_named() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        for package in re.split(r"\n(?=[\w.-]+==)", lock.read_text().strip()):
            assert "--hash=sha256:" in package, package
        assert "://" not in lock.read_text()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", ["base", "dev", "tools"])
def test_a_lock_file_has_all_that_its_packages_require_of_this_python(name: str, python: str) -> None:
    here = {**default_environment(), "extra": ""}
    there = {**here, "python_full_version": python, "python_version": python.rpartition(".")[0]}
    installed = {canonicalize_name(found.name): found for found in distributions(path=WHERE_INSTALLED[name])}
    locked = _locked(name, there)
    for package, version in _locked(name, here).items():
        assert installed[package].version == version, f"{package} is not installed as {name}.txt has it"
    missing = [f"{requirement}, for {whose}" for whose, requirement in _required(name, installed, there)
               if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))]
    assert not missing


def _locked(name: str, environment: Environment) -> dict[str, str]:
    """Return the versions that the lock file installs there, by package."""
    lines = re.findall(r"^[\w.-]+==[^\\]+", (ROOT / "requirements" / f"{name}.txt").read_text(), re.M)
    return {canonicalize_name(line.name): str(line.specifier).removeprefix("==")
            for line in map(Requirement, lines) if _applies(line, environment)}


def _required(name: str, installed: Mapping[str, Distribution],
              environment: Environment) -> Iterator[tuple[str, Requirement]]:
    """Return what the .in file asks for there, and what that requires, and so on; each with who requires it."""
    asked = re.findall(r"^[\w.\[\]-]+~=.*", (ROOT / "requirements" / f"{name}.in").read_text(), re.M)
    wanted = [(f"{name}.in", Requirement(line)) for line in asked]
    seen: set[tuple[str, str]] = set()
    while wanted:
        whose, requirement = wanted.pop()
        yield whose, requirement
        package = canonicalize_name(requirement.name)
        extras = {(package, extra) for extra in ("", *requirement.extras)} - seen
        seen |= extras
        if package in installed:
            wanted += [(package, needed) for needed in map(Requirement, installed[package].requires or ())
                       if any(_applies(needed, {**environment, "extra": extra}) for _, extra in extras)]


def _applies(requirement: Requirement, environment: Environment) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def test_environments_are_made_of_a_python_that_the_lock_files_cover() -> None:
    python = subprocess.check_output([ROOT / ".ci" / "find-python"], text=True).strip()
    version = subprocess.check_output([python, "-c", "import sys, venv; print(*sys.version_info[:2])"], text=True)
    assert version.split() in (["3", "11"], ["3", "12"], ["3", "13"])


def test_an_installation_that_lacks_what_a_package_requires_fails(tmp_path: Path) -> None:
    wheel = tmp_path / "broken-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("broken-1.0.dist-info/METADATA",
                         "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\nRequires-Dist: async-timeout\n")
        content.writestr("broken-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        content.writestr("broken-1.0.dist-info/RECORD", "")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text(
        f"./{wheel.name} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    made = subprocess.run(["make", "-f", ROOT / "Makefile", "install"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    assert made.returncode != 0
    assert "broken 1.0 requires async-timeout, which is not installed" in made.stdout
    assert not (tmp_path / ".venv" / "installed-base.txt").exists()
