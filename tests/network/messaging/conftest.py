"""Ann, Bob, Cleo and Dan, who write to each other."""
import pytest

from tests.clients import Callers
from tests.network.messaging.chat import Chat


@pytest.fixture
def chat(callers: Callers) -> Chat:
    return Chat(callers)
