"""What the tests of adminModeration may ask for besides the common fixtures."""
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.marketplace.order_management.conftest import shop  # noqa: F401
