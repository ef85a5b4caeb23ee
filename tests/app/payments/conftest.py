"""What the tests of payments may ask for besides the common fixtures."""
import pytest

from app.payments.gateway.stripe import StripeGateway
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.app.payments.stand_in import SECRET_KEY, WEBHOOK_SECRET, FlakyGateway


@pytest.fixture
def gateway(flaky: FlakyGateway) -> StripeGateway:  # noqa: F811 - that is how pytest hands fixtures over
    """The adapter under test, impatient and without retries of its own."""
    return StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base=flaky.url, timeout_seconds=3.0, retries=0)
