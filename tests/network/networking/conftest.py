"""Who connects with whom: Ann, Bob, Cat and Dan, as A, B, C and D of the scenarios."""
import pytest

from tests.clients import Callers
from tests.network.networking.circle import Circle


@pytest.fixture
def circle(callers: Callers) -> Circle:
    return Circle(callers)
