"""Who writes to each other: a buyer, a seller, and somebody who is no party."""
from types import SimpleNamespace

import pytest

from tests.clients import Callers


@pytest.fixture
def people(callers: Callers) -> SimpleNamespace:
    return SimpleNamespace(ben=callers.user("ben"), sara=callers.user("sara"), eve=callers.user("eve"),
                           admin=callers.admin())
