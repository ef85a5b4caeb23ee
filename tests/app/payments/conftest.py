"""What the tests of payments may ask for besides the common fixtures."""
import pytest

from app.payments.gateway.stripe import StripeGateway
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.app.payments.stand_in import SECRET_KEY, WEBHOOK_SECRET, FlakyGateway


@pytest.fixture
def gateway(flaky: FlakyGateway) -> StripeGateway:  # noqa: F811 - that is how pytest hands fixtures over
    """The adapter under test, without retries of its own; a loaded machine is no gateway that hangs."""
    return StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base=flaky.url, timeout_seconds=30, retries=0)


@pytest.fixture
def impatient(flaky: FlakyGateway) -> StripeGateway:  # noqa: F811 - that is how pytest hands fixtures over
    """The same where an answer is waited for that does not come."""
    return StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base=flaky.url, timeout_seconds=3, retries=0)
