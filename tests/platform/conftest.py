"""Everything here runs once per realm: the services of the platform are built once and mounted in each.

On PostgreSQL the marketplace stands for both realms, but for the scenarios (issue 18 wants them on both databases)."""
import re

import pytest

from tests.platform.driver import Auth

SECOND_REALM = pytest.mark.once("the same service a second time, in tables of the same shape")


def pytest_collection_modifyitems(items):
    """Let what is named after a scenario of rules-platform §13 (test_20_…) run for the network on PostgreSQL, too."""
    for item in items:
        if SECOND_REALM.mark in item.own_markers and re.match(r"test_\d\d_", item.name):
            item.own_markers.remove(SECOND_REALM.mark)


@pytest.fixture(params=["marketplace", pytest.param("network", marks=SECOND_REALM)])
def realm(request):
    return request.param


@pytest.fixture
def auth(app, realm):
    return Auth(app, realm)


@pytest.fixture
def people(callers, realm):
    """Users of the realm with live sessions: people.user("ben"), people.admin(), people.super_admin()."""
    class People:
        def user(self, name="u1", **fields):
            return callers.user(name, realm=realm, **fields)

        def admin(self, name="ada"):
            return callers.admin(name, realm=realm)

        def super_admin(self):
            return callers.super_admin(realm=realm)

    return People()
