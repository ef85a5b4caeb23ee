"""What the tests of orderManagement may ask for besides the common fixtures."""
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here

if TYPE_CHECKING:
    from flask import Flask

    from tests.app.payments.stand_in import FlakyGateway
    from tests.clients import Callers
    from tests.marketplace.order_management.shop import Shop


@pytest.fixture
def shop(paying_app: "Flask", callers: "Callers", flaky: "FlakyGateway") -> "Shop":  # noqa: F811
    """A shop whose gateway is a real localstripe process behind a proxy."""
    from tests.marketplace.order_management.shop import Shop

    return Shop(callers, flaky)


@pytest.fixture
def tamper(app: "Flask") -> Callable[..., None]:
    """Change a row behind the application's back, as only a fault or a hand in the database could."""
    from sqlalchemy import update

    from app.actor import system_actor
    from app.data.unit_of_work import unit_of_work

    def change(model: Any, row_id: str, **values: Any) -> None:
        with unit_of_work(system_actor("marketplace")) as work:
            work.execute(update(model).where(model.id == row_id).values(**values))
            work.commit()
    return change
