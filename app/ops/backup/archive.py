"""The file of a backup: a tar, written in one go, whose first member says what is in it and whose last proves it.

`contents.json`, the members, `checksums.sha256` with a line for each of them, `end.json` with the hash of contents and
of everything between."""
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tarfile import TarInfo
from typing import Any, BinaryIO, Protocol

from app.media.store import Reads
from app.ops.backup.refusals import BackupDamaged, BackupRefused
from app.ops.backup.sealed_files import CHUNK, PlainWriter, SealedReader, SealedWriter, is_sealed

CONTENTS, CHECKSUMS, END = "contents.json", "checksums.sha256", "end.json"
_BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 20
_LARGE = 8 ** 11
_TRAILER = bytes(2 * _BLOCK)
LONGEST_CONTENTS = 16 << 20
_MOST_VALUES = 400_000
"""What a table of contents may hold, some 20,000 tenants: it is read into memory, at most 100 MiB of it."""


class Writes(Protocol):
    """A PlainWriter or a SealedWriter."""

    def write(self, data: bytes) -> None:
        """Write what follows."""

    def finish(self, first: bytes) -> None:
        """Write the reserved beginning."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the checksums list it."""

    name: str
    size: int
    sha256: str


class ArchiveWriter:
    """Adds members one after the other; `close` makes the file whole.

    `room` is how many bytes the contents may take; `moment` is the members' time in seconds; `checksums` is a file of
    the caller's, in which the lines gather."""

    def __init__(self, file: BinaryIO, *, room: int, moment: int, checksums: BinaryIO, key: bytes | None) -> None:
        self._reserved = min(-(-(room + _BLOCK) // CHUNK) * CHUNK, LONGEST_CONTENTS)
        self._out: Writes = SealedWriter(file, self._reserved, key) if key else PlainWriter(file, self._reserved)
        self._moment = moment
        self._checksums = checksums
        self._everything = sha256()
        self.members = 0
        self.bytes = 0

    def add(self, name: str, size: int, source: Reads) -> Member:
        """Add `size` bytes as the member `name`; raises BackupRefused when the source is shorter or longer."""
        hashed = sha256()
        self._write(_header(name, size, self._moment))
        left = size
        while left:
            piece = source.read(min(_PIECE, left))
            if not piece:
                raise BackupRefused(f"{name} became shorter while it was copied")
            hashed.update(piece)
            self._write(piece)
            left -= len(piece)
        if source.read(1):
            raise BackupRefused(f"{name} became longer while it was copied")
        self._write(bytes(-size % _BLOCK))
        member = Member(name, size, hashed.hexdigest())
        if name != CHECKSUMS:
            self._checksums.write(_line(member))
            self.members += 1
            self.bytes += size
        return member

    def close(self, contents: dict[str, Any]) -> None:
        """Add the checksums, then the contents in front and their hash behind."""
        self._checksums.flush()
        size = self._checksums.tell()
        self._checksums.seek(0)
        table = self.add(CHECKSUMS, size, self._checksums)
        contents |= {"members": self.members, "bytes": self.bytes, "checksums": table.sha256}
        room = self._reserved - _BLOCK
        text = json.dumps(contents, indent=1, ensure_ascii=False).encode()
        if len(text) >= room:
            raise BackupRefused("the table of contents is longer than what was reserved for it")
        text = text.ljust(room - 1) + b"\n"
        first = _header(CONTENTS, room, self._moment) + text
        end = json.dumps({"contents": sha256(first).hexdigest(), "everything": self._everything.hexdigest()}).encode()
        self._out.write(_header(END, len(end), self._moment) + end + bytes(-len(end) % _BLOCK) + _TRAILER)
        self._out.finish(first)

    def _write(self, data: bytes) -> None:
        self._everything.update(data)
        self._out.write(data)


class Incoming:
    """A member that is being read: `read` gives its bytes and remembers what went by."""

    def __init__(self, name: str, size: int, source: "_Source") -> None:
        self.name = name
        self.size = size
        self._source = source
        self._left = size
        self._hashed = sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes of the member, all that is left without a size."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._source.exactly(wanted)
        self._left -= len(data)
        self._hashed.update(data)
        return data

    def pieces(self) -> Iterator[bytes]:
        """Yield what is left in pieces."""
        while piece := self.read(_PIECE):
            yield piece

    def finish(self) -> Member:
        """Pass over what nobody read, and return the member."""
        for _ in self.pieces():
            pass
        if any(self._source.exactly(-self.size % _BLOCK)):
            raise BackupDamaged(f"there is something behind the end of {self.name}")
        return Member(self.name, self.size, self._hashed.hexdigest())


class Archive:
    """A backup that is open for reading: its contents, then each member once, in order.

    What is read is compared as it goes by: memory does not grow with the backup, nor with what a stranger's file says
    of itself."""

    def __init__(self, source: "_Source") -> None:
        self._source = source
        first = _opened(source)
        if first.name != CONTENTS:
            raise BackupDamaged("this is no backup of Guildhall")
        if first.size > LONGEST_CONTENTS:
            raise BackupDamaged(f"the table of contents is larger than {LONGEST_CONTENTS >> 20} MiB: none of ours is")
        text = first.read()
        first.finish()
        self.contents = _parsed(text)
        self._first = source.restart()

    def members(self) -> Iterator[Incoming]:
        """Yield the members; after the last one everything has been compared. Raises BackupDamaged."""
        found = sha256()
        count = size = 0
        while (member := _opened(self._source)).name != CHECKSUMS:
            count += 1
            size += member.size
            if count > self.contents["members"] or size > self.contents["bytes"]:
                raise BackupDamaged("there is more in it than the table of contents says")
            yield member
            found.update(_line(member.finish()))
        told = self.contents["checksums"], self.contents["members"], self.contents["bytes"]
        if (found.hexdigest(), count, size) != told:
            # The name of the member that differs is worth nothing when the list itself may be what was flipped.
            raise BackupDamaged("a member is not what was written: its checksum differs")
        if member.finish().sha256 != self.contents["checksums"]:
            raise BackupDamaged("the list of checksums is not what was written")
        everything = self._source.restart()
        self._compare_end(everything)

    def _compare_end(self, everything: str) -> None:
        end = _opened(self._source)
        wanted = json.dumps({"contents": self._first, "everything": everything}).encode()
        if end.name != END or end.size != len(wanted) or end.read() != wanted:
            raise BackupDamaged("the backup is not what was written: its end does not fit the rest")
        end.finish()
        if self._source.exactly(len(_TRAILER)) != _TRAILER or not self._source.is_over():
            raise BackupDamaged("there is something behind the end of the backup")


@contextmanager
def opened_archive(path: Path, key: bytes | None) -> Iterator[Archive]:
    """Open a backup for reading; raises BackupRefused without the key it needs, BackupDamaged for another file.

    A plain one is refused where a key is named: somebody may have put it in the place of the encrypted one."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise BackupRefused(f"{path} is no file")
        file = path.open("rb")
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}") from error
    with file:
        if not is_sealed(path):
            if key is not None:
                raise BackupRefused(f"{path.name} is not encrypted: leave --key-file out if you trust who made it")
            yield Archive(_Source(file))
        elif key is None:
            raise BackupRefused(f"{path.name} is encrypted: name its key with --key-file FILE")
        else:
            yield Archive(_Source(SealedReader(file, key)))


class _Source:
    """Reads exactly what is asked for and hashes it."""

    def __init__(self, file: BinaryIO | SealedReader) -> None:
        self._file = file
        self._hashed = sha256()

    def exactly(self, size: int) -> bytes:
        parts = []
        while size and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        if size:
            raise BackupDamaged("the backup is cut short, or no backup at all")
        data = b"".join(parts)
        self._hashed.update(data)
        return data

    def restart(self) -> str:
        """Return the hash of what was read since the last restart."""
        digest, self._hashed = self._hashed.hexdigest(), sha256()
        return digest

    def is_over(self) -> bool:
        return not self._file.read(1)


def fault_of(path: Path) -> str:
    """Return what is seen of a file by its two ends alone, as a sentence; "" when it may be a whole backup.

    Raises OSError. The end of a sealed one says nothing without its key."""
    if is_sealed(path):
        return ""
    with path.open("rb") as file:
        if _name_in(file.read(_BLOCK)) != CONTENTS:
            return "this is no backup of Guildhall"
        file.seek(max(0, path.stat().st_size - 2 * _BLOCK - len(_TRAILER)))
        return "" if _name_in(file.read(_BLOCK)) == END else "it is cut short, or not what was written"


def _name_in(block: bytes) -> str | None:
    try:
        return TarInfo.frombuf(block, "utf-8", "surrogateescape").name
    except (tarfile.TarError, ValueError):
        return None


def _parsed(text: bytes) -> dict[str, Any]:
    """Return the table of contents, as far as this module needs to know what it says; raises BackupDamaged."""
    if sum(text.count(sign) for sign in (b",", b"[", b"{")) > _MOST_VALUES:
        raise BackupDamaged("the table of contents has more in it than any of ours")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BackupDamaged("the table of contents cannot be read") from error
    wanted = {"members": int, "bytes": int, "checksums": str}
    if not isinstance(told, dict) or any(type(told.get(name)) is not kind for name, kind in wanted.items()):
        raise BackupDamaged("the table of contents is not whole")
    return told


def _header(name: str, size: int, moment: int) -> bytes:
    """Return the head of a member; raises BackupRefused for a name, a size or a moment that has no place in one."""
    made = TarInfo(name)
    made.size, made.mtime, made.mode = size, moment, 0o600
    try:  # each head is one block: GNU's form for what is large, the standard's for a long name
        return made.tobuf(tarfile.USTAR_FORMAT if size < _LARGE else tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    except ValueError as error:
        raise BackupRefused(f"{name} has a name, a size or a date that has no place in a backup") from error


def _opened(source: _Source) -> Incoming:
    block = source.exactly(_BLOCK)
    try:
        info = TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError) as error:
        raise BackupDamaged("this is no backup of Guildhall, or a member's head is damaged") from error
    if block != _header(info.name, info.size, int(info.mtime)):  # the head of a link or a folder differs
        raise BackupDamaged(f"the head of {info.name} is not what was written")
    return Incoming(info.name, info.size, source)


def _line(member: Member) -> bytes:
    return f"{member.sha256}  {member.name}\n".encode("utf-8", "surrogateescape")
