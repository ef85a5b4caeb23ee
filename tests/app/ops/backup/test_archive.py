"""The file of a backup: whatever is not what was written is refused; it is read as a tar, and sealed by a key."""
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from app.ops.backup.archive import ArchiveWriter, opened_archive
from app.ops.backup.refusals import BackupDamaged, BackupRefused
from app.ops.backup.sealed_files import CHUNK, SEALED, make_key, read_key

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
MEMBERS = {"one": b"first" * 30_000, "folder/two": b"", "three": os.urandom(200_000)}


def written(path: Path, key: bytes | None = None, members: dict[str, bytes] = MEMBERS) -> Path:
    """Write an archive of the members."""
    with path.open("w+b") as file, path.with_suffix(".sums").open("w+b") as checksums:
        writer = ArchiveWriter(file, room=1000, moment=1_800_000_000, checksums=checksums, key=key)
        for name, content in members.items():
            writer.add(name, len(content), BytesIO(content))
        writer.close({"form": "test"})
    return path


def read(path: Path, key: bytes | None = None) -> dict[str, bytes]:
    """Read an archive whole; raises what it refuses."""
    with opened_archive(path, key) as archive:
        return {member.name: member.read() for member in archive.members()}


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_what_was_written_is_read(tmp_path: Path, key: bytes | None) -> None:
    assert read(written(tmp_path / "a", key), key) == MEMBERS


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_a_flipped_byte_is_told_wherever_it_is(tmp_path: Path, key: bytes | None) -> None:
    content = written(tmp_path / "a", key).read_bytes()
    places = {*range(0, 512, 37), *range(0, len(content), 9973), *range(len(content) - 3000, len(content), 91)}
    for place in sorted(places):
        flipped = tmp_path / "flipped"
        flipped.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1:])
        with pytest.raises(BackupRefused):
            read(flipped, key)


def test_a_flipped_byte_of_the_tables_is_told(tmp_path: Path) -> None:
    content = written(tmp_path / "a", members={"one": b"first"}).read_bytes()
    for place in (place for place, byte in enumerate(content) if byte not in b"\0 "):
        flipped = tmp_path / "flipped"
        flipped.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1:])
        with pytest.raises(BackupRefused):
            read(flipped)


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_a_backup_cut_short_is_told_wherever_it_ends(tmp_path: Path, key: bytes | None) -> None:
    content = written(tmp_path / "a", key).read_bytes()
    for length in (0, 10, 511, 512, CHUNK, len(content) // 2, len(content) - CHUNK, len(content) - 1024,
                   len(content) - 1):
        short = tmp_path / "short"
        short.write_bytes(content[:length])
        with pytest.raises(BackupRefused):
            read(short, key)


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_a_backup_with_something_behind_its_end_is_told(tmp_path: Path, key: bytes | None) -> None:
    path = written(tmp_path / "a", key)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BackupRefused):
        read(path, key)


def test_sealed_chunks_that_changed_places_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a", KEY)
    content, start, size = path.read_bytes(), len(SEALED) + 32, CHUNK + 16
    one, two = (content[start + number * size:start + (number + 1) * size] for number in (1, 2))
    path.write_bytes(content[:start + size] + two + one + content[start + 3 * size:])
    with pytest.raises(BackupDamaged, match="chunk 1"):
        read(path, KEY)


def test_nothing_of_a_sealed_backup_is_read_without_its_key(tmp_path: Path) -> None:
    path = written(tmp_path / "a", KEY)
    assert b"first" not in path.read_bytes()
    with pytest.raises(BackupRefused, match="--key-file"):
        read(path)
    with pytest.raises(BackupRefused, match="key does not open"):
        read(path, OTHER_KEY)


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x89PNG" + bytes(600), bytes(2048), SEALED],
                         ids=["empty", "text", "picture", "zeros", "head of a sealed one"])
def test_a_file_that_is_no_backup_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(BackupRefused):
        read(path, KEY)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_key(path)
    assert len(read_key(path)) == 32
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupRefused, match="cannot be made"):
        make_key(path)


@pytest.mark.parametrize("text", ["", "secret", "guildhall-backup-key 12", "other-key " + "00" * 32])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    with pytest.raises(BackupRefused, match="no key file"):
        read_key(path)


def test_a_member_that_changes_while_it_is_copied_is_refused(tmp_path: Path) -> None:
    def add(size: int) -> Iterator[None]:
        with (tmp_path / "a").open("w+b") as file, (tmp_path / "sums").open("w+b") as checksums:
            writer = ArchiveWriter(file, room=1000, moment=0, checksums=checksums, key=None)
            writer.add("one", size, BytesIO(b"12345"))
        yield

    for size, said in ((6, "shorter"), (4, "longer")):
        with pytest.raises(BackupRefused, match=said):
            next(add(size))
