"""What makes the suite cheap: applications are made once (tests/testbed.py). A second one of each test took minutes."""
from collections.abc import Callable

import pytest
from flask import Flask

from app.factory import AUTH, KERNEL
from tests.testbed import Testbed

FEW = (KERNEL, AUTH)


@pytest.mark.once("an application of tests is made alike on both databases")
def test_an_application_that_a_later_test_asks_for_again_is_the_one_made_before(
        make_app: Callable[..., Flask], testbed: Testbed) -> None:
    made = make_app(FEW, PAGE_SIZE_LIMIT="11")
    testbed.restore()
    assert make_app(FEW, PAGE_SIZE_LIMIT="11") is made
    assert make_app(FEW, PAGE_SIZE_LIMIT="12") is not made
