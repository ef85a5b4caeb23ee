"""A demo that is lost and restored from its backup: the README's tour goes on with the old logins."""
import pytest

from app.ops.backup import go_live
from app.runtime import runtime
from tests.app.ops.backup.system import System
from tests.journeys.begun_tour import END, SECOND_BIDDER, failures, tour_of


@pytest.mark.both("each database is backed up by tools of its own")
@pytest.mark.slow
def test_the_tour_goes_on_from_a_backup(demo: System) -> None:
    with tour_of(demo) as tour:
        with demo.app() as app:
            tour.begin(app, until=SECOND_BIDDER)
        made = demo.backup()
        with demo.app():
            runtime().redis.flushall()
        demo.destroy()
        demo.restore(made)
        with demo.app() as app:
            assert failures(app) == {}
        assert go_live(demo.settings)
        with demo.app() as app:
            tour.go_on(app, until=END)
            tour.log_in_again(app)
