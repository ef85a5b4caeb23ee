"""A file that a stranger made is refused by a sentence, whatever it says of itself, and writes nothing anywhere."""
import gzip
import json
import os
import tarfile
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.ops.backup import BackupRefused, archive
from app.ops.backup.archive import END, LONGEST_CONTENTS, ArchiveWriter, opened_archive
from app.ops.backup.refusals import BackupDamaged
from app.ops.backup.sealed_files import make_key, read_key
from cli.backup import backup
from tests.app.ops.backup.system import System
from tests.app.ops.backup.test_archive import written
from tests.app.ops.backup.test_rules import CONTENTS

Members = list[tuple[str, bytes]]


def forged(path: Path, members: Members, contents: dict[str, Any]) -> Path:
    """Write a backup whose checksums are right."""
    with path.open("w+b") as file, path.with_suffix(".sums").open("w+b") as checksums:
        writer = ArchiveWriter(file, room=100_000, moment=1_800_000_000, checksums=checksums, key=None)
        for name, content in members:
            writer.add(name, len(content), BytesIO(content))
        writer.close(contents)
    path.with_suffix(".sums").unlink()
    return path


def headed(path: Path, name: str, size: int, behind: bytes = b"", more: dict[str, Any] | None = None) -> Path:
    """Write the head of one member, and something behind it."""
    head = tarfile.TarInfo(name)
    for field, value in ({"size": size, "mode": 0o600} | (more or {})).items():
        setattr(head, field, value)
    large = not 0 <= head.size < 8 ** 11 or head.mtime < 0
    path.write_bytes(head.tobuf(tarfile.GNU_FORMAT if large else tarfile.USTAR_FORMAT) + behind)
    return path


def tree(folder: Path) -> set[Path]:
    """Return all that is below a folder, but what SQLite keeps beside a database."""
    return {path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm"))}


FILE = "organization/files/type.json"
ADDED: dict[str, Members] = {
    "a path that leads out": [("organization/files/../../../outside", b"x")],
    "an absolute path": [("/tmp/outside", b"x")],
    "an absolute path behind ours": [("organization/files//etc/outside", b"x")],
    "a path of no name": [("organization/files/.", b"x")],
    "media that lead out": [("media/../../outside", b"x")],
    "media of no name": [("media/", b"x")],
    "a file that is there twice": [(FILE, b"x"), (FILE, b"y")],
    "a file in the place of a folder": [(FILE, b"x"), (f"{FILE}/inner", b"y")],
    "media that are there twice": [("media/" + "a" * 32, b"x"), ("media/" + "a" * 32, b"y")],
    "a tenant that nobody names": [("organization/groups/evil/main.sqlite.gz", gzip.compress(b""))],
    "a database within a database": [("organization/groups/acme/x/main.sqlite.gz", gzip.compress(b""))],
    "a database of no kind": [("organization/groups/acme/main", b"x")],
    "a store that nobody knows": [("secrets/catalog.sqlite.gz", b"x")],
    "something else": [("README", b"x")],
}
BOMB = gzip.compress(bytes(64 << 20))
EXCHANGED: dict[str, Callable[[Members, dict[str, Any]], None]] = {
    "a database that is there twice": lambda members, _: members.append(
        next(one for one in members if one[0].startswith("database."))),
    "a database that unpacks to very much": lambda members, _: members.__setitem__(
        next(place for place, one in enumerate(members) if one[0].startswith("database.")),
        ("database.sqlite.gz", BOMB)),
    "a database that is none": lambda members, _: members.__setitem__(
        next(place for place, one in enumerate(members) if one[0].startswith("database.")),
        ("database.sqlite.gz", gzip.compress(b"Dear Sir or Madam" * 1000))),
    "more than any disk holds": lambda _, contents: contents.update(unpacked=2**60),
    "another migration": lambda _, contents: contents.update(migration="0001"),
    "rows that are not there": lambda _, contents: contents["rows"].update(colour=3),
    "a tenant that is not there": lambda _, contents: contents["stores"]["organization"]["groups"].update(other={}),
}


@pytest.mark.once("the file is refused before a database hears of it")
def test_what_a_stranger_put_into_a_backup_is_refused_and_nothing_is_written_anywhere(
        system: System, tmp_path: Path) -> None:
    with opened_archive(system.backup(), None) as genuine:
        contents = genuine.contents
        members = [(member.name, member.read()) for member in genuine.members()]
    before, path = system.state(), tmp_path / "forged.tar"
    there = tree(tmp_path) | {path}
    for case in (*ADDED, *EXCHANGED):
        changed, said = [*members, *ADDED.get(case, [])], json.loads(json.dumps(contents))
        EXCHANGED.get(case, lambda *_: None)(changed, said)
        forged(path, changed, said)
        for act in (lambda made: system.restore(made, replace=True), *([system.verify] if case in EXCHANGED else [])):
            with pytest.raises(BackupRefused) as refused:
                act(path)
            assert "\x1b" not in str(refused.value), case
            assert tree(tmp_path) == there, case
    assert not Path("/tmp/outside").exists()
    assert system.state() == before


@pytest.mark.once("a file of SQLite is unpacked here, a dump on the server")
def test_a_backup_from_before_sizes_were_told_is_taken(make_system: Callable[..., System], tmp_path: Path) -> None:
    system = make_system()
    with opened_archive(system.backup(), None) as genuine:
        contents, members = genuine.contents, [(member.name, member.read()) for member in genuine.members()]
    assert contents.pop("unpacked") > 100_000
    assert system.restore(forged(tmp_path / "old.tar", members, contents), replace=True).aside


TOLD: dict[str, dict[str, Any]] = {
    "of no form": {"format": "\x1b[2J"},
    "of a later form": {"format": 2},
    "of no time": {"made_at": "soon"},
    "of a time after all times": {"made_at": "99999-01-01T00:00:00+00:00"},
    "of no zone": {"made_at": "2026-11-29T12:00:00"},
    "of a host that commands the terminal": {"host": "\x1b]0;shop\x07"},
    "of a very long name": {"version": "1" * 5000},
    "of less than no rows": {"rows": {"user": -1}},
    "of rows that are no number": {"rows": {"user": "many"}},
    "of more rows than are counted": {"rows": {"user": 2**64}},
    "of rows that are a list": {"rows": [1, 2]},
    "of stores that are a text": {"stores": "all"},
    "of a store without groups": {"stores": {"organization": {"kind": "sqlite", "catalog": {}, "groups": [],
                                                              "dropped": []}}},
    "of media that are none": {"media": None},
    "of media that are counted in words": {"media": {"kept": "disk", "files": "two", "bytes": 0}},
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_table_of_contents_that_says_what_none_can_say_is_refused(tmp_path: Path, told: dict[str, Any]) -> None:
    path = forged(tmp_path / "forged.tar", [("database.sqlite.gz", b"x")], CONTENTS.serialized() | told)
    shown = CliRunner().invoke(backup, ["show", str(path)])
    assert shown.exit_code == 1, shown.output
    assert shown.output.startswith("Error: the "), shown.output
    assert shown.output.removesuffix("\n").isprintable()


def test_a_table_of_contents_of_a_gibibyte_is_not_read(tmp_path: Path) -> None:
    path = headed(tmp_path / "large.tar", "contents.json", 1 << 30)
    os.truncate(path, 1 << 30)
    tracemalloc.start()
    try:
        with pytest.raises(BackupDamaged, match="larger than 16 MiB"), opened_archive(path, None):
            pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[" + b"[]," * 2_000_000, b"\xff\xfe",
                                  b"1" * 9999, b"null", b"[]", b'{"members": true, "bytes": 1, "checksums": ""}'])
def test_a_table_of_contents_that_would_fill_the_memory_or_is_none_is_refused(tmp_path: Path, text: bytes) -> None:
    path = headed(tmp_path / "other.tar", "contents.json", len(text), text + bytes(-len(text) % 512))
    tracemalloc.start()
    try:
        with pytest.raises(BackupDamaged, match="the table of contents"), opened_archive(path, None):
            pass
        assert tracemalloc.get_traced_memory()[1] < 3 * LONGEST_CONTENTS
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("head", [{"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, {"type": tarfile.LNKTYPE},
                                  {"type": tarfile.DIRTYPE}, {"type": tarfile.FIFOTYPE}, {"uid": 1}, {"mode": 0o4755},
                                  {"size": -5}, {"size": 1 << 70}, {"mtime": -1}], ids=str)
def test_a_link_or_whatever_is_no_plain_file_is_refused(tmp_path: Path, head: dict[str, Any]) -> None:
    path = headed(tmp_path / "link.tar", "contents.json", 0, bytes(4096), head)
    with pytest.raises(BackupRefused, match="contents"), opened_archive(path, None):
        pass


def test_sizes_that_lie_are_told(tmp_path: Path) -> None:
    plain = written(tmp_path / "plain", members={"one": b"first"}).read_bytes()
    places = {name: plain.index(name.encode()) for name in ("one", "checksums.sha256", END)}
    for name, place in places.items():
        for size in (0, 1 << 20, 1 << 40):
            head = headed(tmp_path / "head", name, size, more={"mtime": 1_800_000_000}).read_bytes()
            lying = tmp_path / "lying"
            lying.write_bytes(plain[:place] + head + plain[place + 512:])
            with pytest.raises(BackupRefused), opened_archive(lying, None) as opened:
                assert [len(piece) for member in opened.members() for piece in member.pieces()]


def test_more_members_than_are_told_are_refused_at_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for told in ({"members": 1}, {"bytes": 5}):
        with monkeypatch.context() as patched:
            patched.setattr(archive.json, "dumps", _lying(told))
            path = written(tmp_path / "more", members={"one": b"first", "two": b"second"})
        read = []
        with pytest.raises(BackupDamaged, match="more in it"), opened_archive(path, None) as opened:
            read += [member.name for member in opened.members()]
        assert read == []


def _lying(told: dict[str, int]) -> Callable[..., str]:
    dumps = json.dumps
    return lambda value, **options: dumps(value | told if "members" in value else value, **options)


@pytest.mark.parametrize("command", ["show", "verify", "restore"])
def test_a_pipe_a_folder_and_a_device_are_no_backup(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    words = ["--yes"] if command == "restore" else []
    for path in (tmp_path / "pipe", "/dev/zero"):
        done = CliRunner().invoke(backup, [command, str(path), *words], env={"GUILDHALL_HOME": str(tmp_path / "home")})
        assert (done.exit_code, done.output.endswith(f"{path} is no file\n")) == (1, True), done.output
    assert not (tmp_path / "home").exists()


def test_a_key_file_is_not_read_without_end(tmp_path: Path) -> None:
    for path in ("/dev/zero", "/dev/null"):
        with pytest.raises(BackupRefused, match="no file"):
            read_key(Path(path))
    make_key(tmp_path / "key")
    with (tmp_path / "key").open("a") as file:
        file.write("more\n" * 10)
    assert len(read_key(tmp_path / "key")) == 32
