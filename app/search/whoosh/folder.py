"""The files of one index: generations, the pointer to the served one, the locks and the journal of a rebuild.

CURRENT       name of the generation that is served
BUILDING      name of the generation a rebuild is writing, if any
write.lock    held while a batch is written       rebuild.lock    held during a rebuild
g-…/          a generation: a Whoosh index, `about.json`, and while building `journal` and `progress.json`;
              `damaged` when somebody stumbled over bytes that make no sense
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from app.search.fields import IndexSchema
from app.search.port import Change, Document, IndexBusy, Removal
from app.search.text import packed

# A rebuild that died leaves a journal that grows with every write; beyond this it is given up.
MAX_JOURNAL = 256 * 2**20


class Folder:
    """The directory of one named index."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # Generations -----------------------------------------------------------------------------------------------------

    def current(self) -> Path | None:
        """The generation served, None when there is none. Raises FileNotFoundError when it points nowhere."""
        current = self._pointed("CURRENT")
        if current is None and (self.path / "CURRENT").exists():
            raise FileNotFoundError(self.path / "CURRENT")
        return current

    def building(self) -> Path | None:
        """The generation a rebuild is writing or left unfinished."""
        return self._pointed("BUILDING")

    def new_generation(self, schema: IndexSchema) -> Path:
        """An empty generation folder that says which description it is written under."""
        made = self.path / f"g-{time.time_ns():020d}"
        made.mkdir(parents=True)
        write_whole(made / "about.json", orjson.dumps(schema.described()))
        return made

    def serve(self, generation: Path) -> None:
        """Point CURRENT at a generation, in one step, and clear away the others."""
        write_whole(self.path / "CURRENT", generation.name.encode())
        if self.building() == generation:
            (self.path / "BUILDING").unlink()
        for left in ("journal", "progress.json"):
            (generation / left).unlink(missing_ok=True)
        self._clear_others()

    def start_building(self, generation: Path) -> None:
        """Point BUILDING at a generation; from now on writers keep a journal for it."""
        (generation / "journal").touch()
        write_whole(self.path / "BUILDING", generation.name.encode())

    def stop_building(self) -> None:
        """Give the unfinished generation up."""
        (self.path / "BUILDING").unlink(missing_ok=True)
        self._clear_others()

    def _pointed(self, pointer: str) -> Path | None:
        try:
            name = (self.path / pointer).read_text().strip()
        except (OSError, UnicodeDecodeError):
            return None
        generation = self.path / name
        return generation if name.startswith("g-") and "/" not in name and generation.is_dir() else None

    def _clear_others(self) -> None:
        kept = {self._pointed("CURRENT"), self._pointed("BUILDING")}
        for generation in self.path.glob("g-*"):
            if generation not in kept:
                # A reader may still be opening it; it will come back for the served one.
                shutil.rmtree(generation, ignore_errors=True)

    # Locks -----------------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self, wait_seconds: float) -> Iterator[None]:
        """Hold the writer's lock. Raises IndexBusy when another process keeps it longer than `wait_seconds`."""
        with self._locked("write.lock", wait_seconds):
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold the rebuild's lock. Raises IndexBusy at once when a rebuild is running."""
        with self._locked("rebuild.lock", 0):
            yield

    def is_rebuilding(self) -> bool:
        """Whether a living process holds the rebuild's lock."""
        try:
            with self.rebuilding():
                return False
        except IndexBusy:
            return True

    @contextmanager
    def _locked(self, name: str, wait_seconds: float) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._acquire(handle, name, wait_seconds)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)
        finally:
            os.close(handle)

    def _acquire(self, handle: int, name: str, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
                    doing = "rebuilt" if name == "rebuild.lock" else "written"
                    raise IndexBusy(
                        f"index {self.path.name} is being {doing} by process {holder}; waited {wait_seconds:g} s"
                    ) from None
                time.sleep(0.01)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)

    # The journal of a rebuild ----------------------------------------------------------------------------------------

    def note_for_rebuild(self, changes: list[Change]) -> None:
        """Append changes to the journal of the generation being built, if one is. Call under the writer's lock."""
        building = self.building()
        if building is None:
            return
        journal = building / "journal"
        if journal.exists() and journal.stat().st_size > MAX_JOURNAL and not self.is_rebuilding():
            self.stop_building()
            return
        with journal.open("ab") as file:
            # The leading line end closes the half line a writer that died may have left.
            file.write(b"\n" + b"".join(_line(change) for change in changes))

    @staticmethod
    def journal(generation: Path, offset: int, size: int) -> tuple[list[Change], int]:
        """Up to about `size` bytes of journal from an offset: the whole lines in it and the offset after them."""
        with (generation / "journal").open("rb") as file:
            file.seek(offset)
            data = file.read(size) + file.readline()
        whole = data[: data.rfind(b"\n") + 1]
        changes = [change for line in whole.splitlines() if (change := _change(line)) is not None]
        return changes, offset + len(whole)

    # What a generation says of itself --------------------------------------------------------------------------------

    @staticmethod
    def fingerprint(generation: Path) -> str | None:
        """What tells the description a generation was written under from others."""
        about = read_json(generation / "about.json")
        return about.get("fingerprint") if about else None

    def description(self, generation: Path, now: IndexSchema) -> IndexSchema | None:
        """The description a generation was written under, `now` where that is it; None where it cannot be read.

        Raises FileNotFoundError when it says none."""
        about = read_json(generation / "about.json")
        if about is None:
            raise FileNotFoundError(generation / "about.json")
        return now if about.get("fingerprint") == now.fingerprint else IndexSchema.of(now.name, about)

    @staticmethod
    def mark_damaged(generation: Path, reason: str) -> None:
        """Note that a generation holds damage that only a reader or a merge stumbles over, until it is replaced."""
        with suppress(OSError):
            (generation / "damaged").write_text(reason)

    @staticmethod
    def noted_damage(generation: Path) -> str | None:
        """The damage somebody has stumbled over in a generation."""
        try:
            return (generation / "damaged").read_text() or "damaged"
        except OSError:
            return None

    def size_bytes(self) -> int:
        """Bytes on disk, all generations."""
        total = 0
        for file in self.path.rglob("*"):
            with suppress(OSError):
                total += file.stat().st_size
        return total


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader or a crash sees the old or the new content, never a part."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """A small JSON object, None when it is absent or damaged."""
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _line(change: Change) -> bytes:
    if isinstance(change, Document):
        head = orjson.dumps([change.id, change.version])[:-1]
        return head + b"," + packed(change.fields) + b"]\n"
    return orjson.dumps([change.id, change.version, None]) + b"\n"


def _change(line: bytes) -> Change | None:
    try:
        id, version, fields = orjson.loads(line)
    except ValueError:
        return None  # the half line of a writer that died; its batch was never acknowledged
    return Removal(id, version) if fields is None else Document(id, version, fields)
