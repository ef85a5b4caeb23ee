"""What the contract tests may ask for besides the common fixtures."""
from typing import TYPE_CHECKING

import pytest

from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.clients import Callers
    from tests.contract.fronts import Front


@pytest.fixture
def front(mount: str, paying_app: "Flask", callers: "Callers") -> "Iterator[Front]":  # noqa: F811
    """The service mounted at `mount`, in a small world where each id names something."""
    from tests.contract.fronts import front_of

    with front_of(mount, paying_app, callers) as found:
        yield found
