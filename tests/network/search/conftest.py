"""A town to search in."""
import pytest

from tests.clients import Callers
from tests.network.search.town import Town


@pytest.fixture
def town(callers: Callers) -> Town:
    return Town(callers)
