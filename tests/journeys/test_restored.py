"""A demo that is lost and restored from its backup: the README's tour goes on with the old logins."""
from pathlib import Path

import pytest

from app.ops.backup import go_live
from app.ops.migrations import migrate_application
from app.runtime import runtime
from cli.demo_seed import seed_demo
from tests.app.ops.backup.system import System
from tests.app.payments.stand_in import SECRET_KEY, shared_localstripe
from tests.journeys.begun_tour import begin_tour, failures
from tests.testbed import Testbed, cheap_passwords


@pytest.fixture
def demo(testbed: Testbed, tmp_path: Path) -> System:
    """A system with the demo's settings on files of its own, and the test's Redis."""
    testbed.restore()
    stripe, home = shared_localstripe(), tmp_path / "home"
    stripe.forget()
    home.mkdir()
    return System(testbed.environment | {
        "GUILDHALL_ENV": "demo", "GUILDHALL_HOME": str(home), "DATABASE_URL": "",
        "STRIPE_API_BASE": stripe.url, "STRIPE_SECRET_KEY": SECRET_KEY}, tmp_path / "backups")


@pytest.mark.once("the backup of PostgreSQL and its way back are in tests/app/ops/backup")
@pytest.mark.slow
def test_the_tour_goes_on_from_a_backup(demo: System) -> None:
    with cheap_passwords():
        with demo.app() as app:
            migrate_application()
            seed_demo("marketplace")
            tour = begin_tour(app, "acme")
        made = demo.backup()
        with demo.app():
            runtime().redis.flushall()
        demo.destroy()
        demo.restore(made)
        with demo.app() as app:
            assert failures(app) == {}
        assert go_live(demo.settings)
        with demo.app() as app:
            tour.go_on(app)
            assert failures(app) == {}
