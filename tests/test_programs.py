"""A missing Debian package is named; in CI it is a failure."""
import pytest

from tests.programs import PACKAGES, program


@pytest.mark.parametrize("package", PACKAGES)
def test_a_test_without_its_debian_package_is_skipped_by_hand_and_fails_in_ci(
        package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"apt-get install {package}"):
        program(package)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=f"apt-get install {package}"):
        program(package)
