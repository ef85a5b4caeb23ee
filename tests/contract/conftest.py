"""What the contract tests may ask for besides the common fixtures."""
from typing import TYPE_CHECKING

import pytest

from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Flask

    from tests.clients import Callers
    from tests.contract.fronts import Front


@pytest.fixture
def front(mount: str, paying_app: "Flask", callers: "Callers") -> "Iterator[Front]":  # noqa: F811
    """The service mounted at `mount`, in a small world where each id names something."""
    from tests.contract.fronts import front_of

    with front_of(mount, paying_app, callers) as found:
        yield found


@pytest.fixture
def fronts(mounts: "Sequence[str]", paying_app: "Flask", callers: "Callers") -> "Iterator[list[Front]]":  # noqa: F811
    """The services mounted at `mounts`, those of one realm in one world: for who changes nothing."""
    from tests.contract.fronts import fronts_of

    with fronts_of(mounts, paying_app, callers) as found:
        yield found
