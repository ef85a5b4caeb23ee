"""The instance folder (GUILDHALL_HOME): who makes it, and whose it must be before anything is read or written there."""
import fcntl
import os
import pwd
from pathlib import Path

from app.settings import Settings, SettingsError

UNFINISHED_RESTORE = "restore-unfinished.json"
SERVE_LOCK = "serve.lock"
"""The file in it that `flask serve` holds locked as long as it runs."""


def claim_home(settings: Settings) -> None:
    """Make the instance folder, for its owner alone, as all will be that this process makes in it from now on.

    Raises SettingsError when it cannot be made or written to, or is another user's."""
    os.umask(0o077)
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"GUILDHALL_HOME={settings.home} cannot be made a folder: {error.strerror}") from error
    refuse_anothers(settings.home)
    if not os.access(settings.home, os.W_OK | os.X_OK):
        raise SettingsError(f"GUILDHALL_HOME={settings.home} cannot be written to")
    if (settings.home / UNFINISHED_RESTORE).exists():
        raise SettingsError("a restore was cut off while it put things in place: run the same flask backup restore "
                            "again, it finishes that")


def find_home(settings: Settings) -> None:
    """Refuse an instance folder in which nothing was prepared: who only looks makes neither folder nor database.

    Raises SettingsError, as it does for a folder of another user."""
    refuse_anothers(settings.home)
    for path in (settings.home, settings.sqlite_file or settings.home):
        if not path.exists():
            raise SettingsError(
                f"nothing is prepared: GUILDHALL_HOME={settings.home}, and {path} does not exist. On a server run "
                "`guildhall …` in place of `flask …`: it loads the environment file. Elsewhere `flask prepare` or "
                "`flask serve` makes it")


def refuse_anothers(home: Path) -> None:
    """Raise SettingsError for an instance folder that is another user's; one that is not there is nobody's.

    Whoever else writes in the folder, root too, leaves files there that its owner's processes cannot write."""
    if not home.exists():
        return
    owner, myself = home.stat().st_uid, os.geteuid()
    if owner != myself:
        raise SettingsError(f"GUILDHALL_HOME={home} belongs to {user_name(owner)}, and this is {user_name(myself)}: "
                            f"run it as {user_name(owner)}; on a server `guildhall …` in place of `flask …` does so")


def is_served(home: Path) -> bool:
    """Tell whether `flask serve` runs on an instance folder."""
    try:
        descriptor = os.open(home / SERVE_LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def user_name(number: int) -> str:
    """Return the name of a user of the operating system, its number where there is none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
