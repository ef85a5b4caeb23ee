"""The pages of a network on a clean database."""
import pytest

from tests.clients import Callers
from tests.network.company.pages import Pages


@pytest.fixture
def pages(callers: Callers) -> Pages:
    return Pages(callers)
