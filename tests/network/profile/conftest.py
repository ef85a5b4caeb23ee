"""What the tests of profile may ask for besides: people of the network."""
from collections.abc import Callable

import pytest

from tests.clients import ApiClient, Callers


@pytest.fixture
def person(callers: Callers) -> Callable[..., ApiClient]:
    """Call it with a name: the client of that person of the network."""
    return lambda name="ann", **fields: callers.user(name, realm="network", **fields)


@pytest.fixture
def staff(callers: Callers) -> ApiClient:
    """An admin of the network."""
    return callers.admin(realm="network")


@pytest.fixture
def super_admin(callers: Callers) -> ApiClient:
    """The superAdmin of the network."""
    return callers.super_admin(realm="network")
