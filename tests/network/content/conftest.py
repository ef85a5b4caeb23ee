"""Posts, comments and likes on a clean database."""
import pytest

from tests.clients import Callers
from tests.network.content.wall import Wall


@pytest.fixture
def wall(callers: Callers) -> Wall:
    return Wall(callers)
