"""Programs of Debian that some tests need; `.ci/packages` lists their packages, and `.ci/run` installs them."""
import os
import shutil
from typing import NoReturn

import pytest

from tests.components import ROOT

PACKAGES = tuple((ROOT / ".ci" / "packages").read_text().split())


def program(package: str, command: str = "") -> str:
    """Return the path of a package's program `command`, by default the one of the same name.

    Where it is missing the test is skipped, and fails with CI=true."""
    assert package in PACKAGES, f"{package} must stand in .ci/packages"
    found = shutil.which(command or package)
    if found is None:
        skip_but_in_ci(f"this test needs the Debian package {package}: apt-get install {package}")
    return found


def skip_but_in_ci(missing: str) -> NoReturn:
    """Skip the test and say what is missing; with CI=true it fails: there nothing may be left out (decision 58)."""
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
