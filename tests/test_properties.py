"""A property has no deadline: what a loaded machine makes slow is no fault of what is tested."""
import re
from pathlib import Path

from hypothesis import settings

from tests.passes import PROFILE

DEADLINE = re.compile(r"\bdeadline\s*=\s*(?!None\b)[\w(\"']")


def test_no_property_names_a_deadline_of_its_own() -> None:
    files = [file for file in Path(__file__).parent.rglob("*.py") if file != Path(__file__)]
    found = [str(file) for file in files
             if "hypothesis" in (text := file.read_text()) and "settings(" in text and DEADLINE.search(text)]
    assert found == []


def test_a_property_has_no_deadline_whether_hypothesis_believes_to_run_in_ci_or_not() -> None:
    assert settings.get_current_profile_name() == PROFILE
    assert settings.default is not None
    assert (settings.default.deadline, settings(max_examples=1).deadline) == (None, None)
