"""Numbers in the cells of a CSV file: what stands twice in one is no decimal sign."""
import pytest

from cli.csv_file import read_decimal


@pytest.mark.parametrize("mark", [None, ".", ","])
@pytest.mark.parametrize("text", ["1.234.50", "1,234,50", "1.23.4", "12.345.6789"])
def test_a_number_with_its_sign_twice_and_no_thousands_is_refused(text: str, mark: str | None) -> None:
    with pytest.raises(ValueError, match="is no number"):
        read_decimal(text, mark)


@pytest.mark.parametrize("mark", [None, ".", ","])
@pytest.mark.parametrize("text", ["1.234.567", "1,234,567"])
def test_thousands_are_thousands_whatever_the_decimal_sign(text: str, mark: str | None) -> None:
    assert read_decimal(text, mark) == 1_234_567
