"""Whose erasure was decided before a backup is gone after its restore, too, with the first purge of the live copy."""
from collections.abc import Callable

import pytest

from app.errors import NotFound
from app.jobs.worker import run_job
from app.ops.backup import go_live
from blueprints.platform.auth.commands import restore_user
from blueprints.platform.auth.inspection import person
from blueprints.platform.auth.person_commands import PURGE, erase_account
from tests.app.ops.backup.system import System
from tests.clients import Callers


def test_whose_erasure_was_decided_before_a_backup_is_erased_by_the_restored_copy(
        make_system: Callable[..., System]) -> None:
    system = make_system()
    with system.app() as app:
        ben, staying, boss = (Callers(app).user("ben"), Callers(app).user("anna"), Callers(app).super_admin().actor)
        assert erase_account(boss, ben.user_id)
    made = system.backup()
    system.destroy()
    system.restore(made)
    assert go_live(system.settings)
    with system.app():
        with pytest.raises(NotFound):
            restore_user(boss, ben.user_id)
        run_job(PURGE)
        assert person("marketplace", ben.user_id) is None
        assert person("marketplace", staying.user_id) is not None
