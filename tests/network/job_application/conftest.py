"""The jobs of a network on a clean database."""
import pytest

from tests.clients import Callers
from tests.network.job_application.offers import Offers


@pytest.fixture
def offers(callers: Callers) -> Offers:
    return Offers(callers)
