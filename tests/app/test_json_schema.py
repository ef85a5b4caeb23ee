"""The one JSON Schema validator reads patterns as ECMA 262 does and compares numbers by value."""
from typing import Any

import pytest

from app.json_schema import new_formats, validator


def is_valid(schema: dict[str, Any], value: object) -> bool:
    return next(validator(schema, new_formats()).iter_errors(value), None) is None


@pytest.mark.parametrize(("pattern", "value"), [
    ("^a$", "a\n"), ("^a$|^b$", "a\n"), ("^(a$|b$)", "b\n"), (r"^\\$", "\\\n"), ("^[$]$", "$\n")])
def test_the_end_of_a_pattern_is_not_before_a_last_line_break(pattern: str, value: str) -> None:
    assert not is_valid({"pattern": pattern}, value)
    assert is_valid({"pattern": pattern}, value.removesuffix("\n"))


@pytest.mark.parametrize(("pattern", "value"), [(r"^\$5", "$5"), ("^[$]5", "$5"), (r"^[\]$]5", "$5"), ("^[^a$]$", "b")])
def test_a_dollar_that_is_escaped_or_in_a_class_is_itself(pattern: str, value: str) -> None:
    assert is_valid({"pattern": pattern}, value)


@pytest.mark.parametrize("items", [
    [1, 1.0], [0, -0.0], [{"a": [2]}, {"a": [2.0]}], [2**53, float(2**53)], [1e300, 1e300]])
def test_equal_numbers_are_no_unique_items(items: list[object]) -> None:
    assert not is_valid({"uniqueItems": True}, items)


@pytest.mark.parametrize("items", [[1, True], [0, False], [1, "1"], [1, 1.5], [2**53 + 1, float(2**53)], [1e300, 1]])
def test_items_that_only_look_alike_are_unique(items: list[object]) -> None:
    assert is_valid({"uniqueItems": True}, items)
