"""An empty Debian machine over this one, in namespaces of its own (files, processes, network); root types there.

It runs no systemd: tests/install/stand_ins has a systemctl that reads the units, and says what else stands in."""
import os
import platform
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.components import ROOT
from tests.programs import program

HERE = Path(__file__).parent
PATIENCE_SECONDS = 900.0  # a command that never ends: then the machine does
NOT_OURS = {".venv", ".venvs", ".localstripe", ".git", "instance", "node_modules", "__pycache__", ".hypothesis",
            ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache"}


class Refused(AssertionError):
    """A command that was typed did not end with 0; what it said stands in the message."""


class Machine:
    """One bash of root on the machine, in which all commands are typed, one after the other."""

    def __init__(self, process: subprocess.Popen[str], blocks: Path) -> None:
        self._process = process
        self._blocks = blocks

    def type(self, block: str) -> str:
        """Type some lines and return what they print; the first that fails is the last. Raises Refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end, file = f"end-{secrets.token_hex(8)}", self._blocks / secrets.token_hex(4)
        file.write_text(block)
        self._process.stdin.write(f"set -e; . /srv/blocks/{file.name} </dev/null; set +e; echo; echo {end}\n")
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.rstrip("\n") == end:
                return "".join(lines).strip()
            lines.append(line)
        raise Refused(f"{block}\n--- ended with {self._process.wait()} and said\n{''.join(lines)[-6000:]}")


@contextmanager
def empty_machine(folder: Path, system: Path = Path("/")) -> Iterator[Machine]:
    """Run an empty machine with this working tree at /srv/code, to be cloned; nothing of it outlives the block.

    Over the file system of this machine its packages are borrowed, and its network is its own. Over another `system`
    what the page installs is installed, from the network of this machine, whose ports it takes."""
    root, code, blocks = (folder / name for name in ("machine", "code", "blocks"))
    for made in (root, blocks):
        made.mkdir()
    _snapshot(code)
    is_own = system == Path("/")
    namespaces = ["--mount", "--pid", "--uts", "--ipc", *(["--net"] if is_own else [])]
    command = ["unshare", *namespaces, "--fork", "--kill-child", HERE / "enter", system, root, HERE, code, blocks,
               sys.executable, "offline" if is_own else "online"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        end = threading.Timer(PATIENCE_SECONDS if is_own else 4 * PATIENCE_SECONDS, process.kill)
        end.start()
        try:
            yield Machine(process, blocks)
        finally:
            end.cancel()
            process.kill()


def debian(folder: Path) -> Path:
    """Make a root file system with nothing but Debian's smallest system, of the release and the mirror of this one."""
    release, made = platform.freedesktop_os_release()["VERSION_CODENAME"], folder / "debian"
    sources = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Release: {release}"]
    mirror = subprocess.check_output(sources, text=True).split()[0]
    command = [program("debootstrap"), "--variant=minbase", release, made, mirror]
    subprocess.run(command, check=True, capture_output=True)
    return made


def _snapshot(code: Path) -> None:
    """Make a repository of the working tree as it is, with what is not committed yet."""
    code.mkdir()
    for name in _files():
        if (ROOT / name).is_file():
            (code / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, code / name)
    identity = ["-c", "user.name=Guildhall", "-c", "user.email=code@guildhall.test"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "The code as it is"]):
        subprocess.run(["git", *identity, *words], cwd=code, check=True, capture_output=True)


def _files() -> list[str]:
    """Return the names of the files of the working tree: as git knows them, or all where this is no repository."""
    if not (ROOT / ".git").exists():
        return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)]
    listed = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    return [*filter(None, os.fsdecode(subprocess.check_output(listed, cwd=ROOT)).split("\0"))]
