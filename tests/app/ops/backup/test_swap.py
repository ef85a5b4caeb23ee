"""Putting in place may be killed before and behind each thing it does: the next run finishes it, and loses nothing."""
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.home import UNFINISHED_RESTORE
from app.ops.backup import BackupRefused, swap
from app.ops.backup.folder import PART, claimed
from app.ops.backup.refusals import spoken
from app.ops.backup.swap import WORKSHOP, Plan, carry_out, read_plan, write_plan
from app.settings import Settings, load_settings

ACTS = ((Path, "rename"), (Path, "mkdir"), (Path, "unlink"), (shutil, "rmtree"))


class Killed(BaseException):
    """In the place of kill -9."""


class Doom:
    """Counts what is done to files; before the n-th thing, or behind it, all is over, by `fault`."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int = 0, *, behind: bool = False,
                 fault: BaseException | None = None) -> None:
        self.done = 0
        self._at, self._behind, self._fault = at, behind, fault or Killed()
        for owner, name in ACTS:
            patch.setattr(owner, name, self._doomed(getattr(owner, name)))

    def _doomed(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def doomed(*given: Any, **options: Any) -> Any:
            self.done += 1
            if self.done == self._at and not self._behind:
                raise self._fault
            result = act(*given, **options)
            if self.done == self._at:
                raise self._fault
            return result
        return doomed


@pytest.fixture
def make_place(tmp_path: Path) -> Callable[[], Settings]:
    """Call it for a home with an old state, a new one beside it, and a plan."""
    numbers = iter(range(1000))

    def make() -> Settings:
        home = tmp_path / f"home{next(numbers)}"
        new = home / f"{WORKSHOP}{PART}" / "home"
        for folder, age in ((home, "old"), (new, "new")):
            for name in ("organization", "media"):
                (folder / name).mkdir(parents=True)
                (folder / name / "file").write_text(age)
            (folder / "guildhall.db").write_text(age)
        (home / "guildhall.db-wal").write_text("old")
        (home / "search").mkdir()
        aside = home / "aside"
        moves = [("", str(home / "guildhall.db-wal"), str(aside / "guildhall.db-wal"))]
        moves += [(str(new / name), str(home / name), str(aside / name))
                  for name in ("guildhall.db", "organization", "media")]
        moves.append(("", str(home / "search"), str(aside / "search")))
        settings = load_settings({"GUILDHALL_HOME": str(home)})
        write_plan(settings, Plan("backup.tar", "aside", moves))
        return settings

    return make


def state(folder: Path) -> dict[str, str]:
    """Return what stands in the files below a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


NEW = {"guildhall.db": "new", "media/file": "new", "organization/file": "new"}
ASIDE = {f"aside/{name}": "old" for name in (*NEW, "guildhall.db-wal")}


def kills(make_place: Callable[[], Settings]) -> Iterator[tuple[int, bool]]:
    """Yield each step at which it can be killed."""
    settings = make_place()
    with pytest.MonkeyPatch.context() as patch:
        doom = Doom(patch)
        carry_out(settings, _plan(settings))
    assert doom.done > 8
    for at in range(1, doom.done + 1):
        yield from ((at, False), (at, True))


def test_what_is_killed_while_it_puts_in_place_is_finished_by_the_next(make_place: Callable[[], Settings]) -> None:
    for at, behind in kills(make_place):
        settings = make_place()
        with pytest.MonkeyPatch.context() as patch:
            Doom(patch, at, behind=behind)
            with pytest.raises(Killed):
                carry_out(settings, _plan(settings))
        if (settings.home / UNFINISHED_RESTORE).exists():
            carry_out(settings, _plan(settings))
        with claimed(settings.home):  # the next command clears what a killed one left
            pass
        assert state(settings.home) == NEW | ASIDE, (at, behind)


def test_a_plan_that_is_killed_while_it_is_written_is_none(make_place: Callable[[], Settings]) -> None:
    settings = make_place()
    plan = _plan(settings)
    (settings.home / UNFINISHED_RESTORE).unlink()
    with pytest.MonkeyPatch.context() as patch:
        Doom(patch, 1)
        with pytest.raises(Killed):
            write_plan(settings, plan)
    assert read_plan(settings) is None
    write_plan(settings, plan)
    assert read_plan(settings) == plan


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), sqlite3.OperationalError("disk I/O error")])
def test_a_disk_that_refuses_while_it_puts_in_place_says_why_and_how_to_go_on(
        make_place: Callable[[], Settings], fault: Exception) -> None:
    settings = make_place()
    with pytest.MonkeyPatch.context() as patch:
        Doom(patch, 3, fault=fault)
        with (pytest.raises(BackupRefused, match=r"No space left|disk I/O") as refused,
              spoken("nothing was restored")):
            carry_out(settings, _plan(settings))
    assert "run the same command again" in str(refused.value)
    assert "nothing was restored" not in str(refused.value)
    carry_out(settings, _plan(settings))
    assert state(settings.home) == NEW | ASIDE


def test_what_cannot_be_cleared_once_all_is_in_place_is_no_failure(make_place: Callable[[], Settings],
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Settings) -> None:
        raise BackupRefused("the server does not answer")

    settings = make_place()
    monkeypatch.setattr(swap, "remove_scratch", refuse)
    carry_out(settings, _plan(settings))
    assert read_plan(settings) is None


def _plan(settings: Settings) -> Plan:
    plan = read_plan(settings)
    assert plan is not None
    return plan
