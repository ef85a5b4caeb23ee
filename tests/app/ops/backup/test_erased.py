"""Whose erasure was decided before a backup is gone after its restore, too, with the first purge of the live copy."""
from collections.abc import Callable
from pathlib import Path

import pytest

from app.clock import moved_clock
from app.errors import NotFound
from app.jobs.worker import run_job
from app.ops.backup import go_live
from app.ops.backup.folder import backups_in, remove_others
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


@pytest.mark.once("a keep-rule counts files, whatever database they are of")
def test_who_is_erased_is_gone_from_the_backups_when_the_keep_rule_has_removed_those_from_before(
        make_system: Callable[..., System]) -> None:
    system = make_system()
    with system.app() as app:
        ben, boss = Callers(app).user("ben"), Callers(app).super_admin().actor
    assert knows(system, system.backup(), ben.user_id)
    with system.app():
        assert erase_account(boss, ben.user_id)
        run_job(PURGE)
    with moved_clock(days=1):
        after = system.backup()
        remove_others(system.folder, {"d": 1})
    assert [one.path for one in backups_in(system.folder)] == [after]
    assert not knows(system, after, ben.user_id)


def knows(system: System, path: Path, user_id: str) -> bool:
    """Put a backup back; True when the person has an account in it. What else goes when: test_persons_erased.py."""
    system.restore(path, replace=True)
    system.remove_aside()
    with system.app():
        return person("marketplace", user_id) is not None
