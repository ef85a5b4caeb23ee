"""Programs of Debian that some tests need; `.ci/packages` lists their packages, and `.ci/run` installs them."""
import os
import shutil

import pytest

from tests.components import ROOT

PACKAGES = tuple((ROOT / ".ci" / "packages").read_text().split())


def program(package: str, command: str = "") -> str:
    """Return the path of a package's program `command`, by default the one of the same name.

    Where it is missing the test is skipped, and fails with CI=true: there nothing may be left out (decision 58)."""
    assert package in PACKAGES, f"{package} must stand in .ci/packages"
    found = shutil.which(command or package)
    if found is None:
        missing = f"this test needs the Debian package {package}: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
