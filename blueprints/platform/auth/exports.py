"""The export of a person: a zip of JSON and files that one can read, made of what the services declare (decision 099).

It is written as it is read: neither rows nor files are held in memory, but for a part of a list and one file."""
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson
from sqlalchemy import Connection, select

from app.clock import now
from app.data.columns import iso
from app.data.person_export import reading_in_parts, rows_of
from app.data.person_rows import Exported, Person, PersonFile, PersonRows, PersonTables
from app.data.reads import fetch_one
from app.errors import NotFound
from app.runtime import runtime
from blueprints.platform.auth.models import account_model
from blueprints.platform.auth.rules import file_name

_ABOUT = """What {site} keeps of you

account  {id}
realm    {realm}
made at  {moment}

Each file *.json is a list of what its name says, in the words of the API. Times are UTC. Amounts are in units of their
currency, but in its smallest ones in ledger and payment-attempts. Your files lie in media/, each behind its id.

{counts}

Conversations have what others wrote to you, too, as you see it when you log in; nothing else of others is here but
their ids. Not here are: your password (we know only a hash of it), letters with codes, numbers at the payment provider,
how staff work, what moderation has removed, and counts that are made of the rest.
"""


def person_of(realm: str, user_id: str) -> Person:
    """Return whose rows are asked for, with the addresses that letters went to; raises NotFound."""
    account = fetch_one(select(*account_model(realm).__table__.columns).where(account_model(realm).id == user_id))
    if account is None:
        raise NotFound("errMsg_UserNotFound")
    phone = account.phone if getattr(account, "mobile_verified", False) else None
    return Person(realm, user_id, (account.email, phone) if phone else (account.email,))


def write_export(realm: str, user_id: str, to: IO[bytes]) -> dict[str, int]:
    """Write the zip and return how many rows each of its lists has; raises NotFound.

    Not to be called in a unit of work: it takes as long as there is to read."""
    person, counts = person_of(realm, user_id), dict[str, int]()
    with ZipFile(to, "w", ZIP_DEFLATED) as archive, reading_in_parts() as connection:
        files: list[PersonFile] = []
        for table in runtime().part(PersonTables):
            if isinstance(table.export, Exported) and getattr(table.model, "__realm__", realm) == realm:
                lines = _lines(connection, table, table.export, person, files)
                counts[table.export.name] = _write_list(archive, table.export.name, lines)
        counts["media"] = sum(_write_file(archive, file) for file in files)
        about = _ABOUT.format(site=runtime().settings.public_url, id=person.id, realm=realm, moment=iso(now()),
                              counts="\n".join(f"{count:>8}  {name}" for name, count in sorted(counts.items())))
        archive.writestr(_entry("README.txt"), about)
    return counts


def _lines(connection: Connection, table: PersonRows, export: Exported, person: Person,
           files: list[PersonFile]) -> Iterator[bytes]:
    for row, file in rows_of(connection, table, export, person):
        if file is not None:
            files.append(file)
        yield orjson.dumps(row, option=orjson.OPT_INDENT_2, default=str)


def _write_list(archive: ZipFile, name: str, lines: Iterator[bytes]) -> int:
    count = 0
    with archive.open(_entry(f"{name}.json"), "w", force_zip64=True) as entry:
        for count, line in enumerate(lines, start=1):
            entry.write((b"[\n" if count == 1 else b",\n") + line)
        entry.write(b"\n]\n" if count else b"[]\n")
    return count


def _write_file(archive: ZipFile, file: PersonFile) -> bool:
    content = file.read()
    if content is not None:
        archive.writestr(_entry(f"media/{file_name(file.name)}"), content)
    return content is not None


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(str(Path(name)), now().timetuple()[:6])
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o600 << 16
    return entry
