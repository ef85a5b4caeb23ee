"""Everything here runs once per realm: the services of the platform are built once and mounted in each."""
import pytest

from tests.platform.driver import Auth


@pytest.fixture(params=["marketplace", "network"])
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
