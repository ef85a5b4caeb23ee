"""Which Guildhall this is: the release, and the commit where the code is a checkout."""
import subprocess
from functools import cache
from pathlib import Path

VERSION = "1.0.0"
_CODE = Path(__file__).parent.parent


@cache
def commit() -> str | None:
    """Return the short hash of the checkout's commit, None where the code is none or git is not installed."""
    ask = ["git", "-c", "safe.directory=*", "-C", str(_CODE), "rev-parse", "--short", "HEAD"]
    try:
        found = subprocess.run(ask, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
