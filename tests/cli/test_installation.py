"""What `make run` installs is all the system needs; development has more, which would hide a gap."""
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.components import ROOT

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
