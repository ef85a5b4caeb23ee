"""Where the web workers keep their numbers: in memory, because a mapped file on a full disk kills who writes into it.

A module of its own: the metrics library reads the variable when it is first imported."""
import os
from hashlib import blake2b
from pathlib import Path

from app.settings import Settings

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it is its owner's alone


def metrics_folder(settings: Settings) -> Path:
    """Return the folder of this instance: systemd's RuntimeDirectory=, shared memory, or, without either, its home."""
    if given := os.environ.get("RUNTIME_DIRECTORY", ""):
        return Path(given.split(":")[0]) / "metrics"
    if os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
        home = blake2b(os.fsencode(settings.home), digest_size=8).hexdigest()
        return _SHARED_MEMORY / f"guildhall-{os.getuid()}-{home}"
    return settings.home / "metrics"


def name_metrics_folder(settings: Settings) -> Path:
    """Make the folder, tell the metrics library, and return it."""
    folder = metrics_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} is not ours")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder
