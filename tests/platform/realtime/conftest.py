"""A server that holds streams, for the tests of realtime."""
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from tests.event_streams import StreamServer


@pytest.fixture
def streams(app: "Flask") -> "Iterator[StreamServer]":
    """The application as a web worker serves it."""
    from tests.event_streams import stream_server

    with stream_server(app) as server:
        yield server
