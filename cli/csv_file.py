"""The one way our commands read CSV, a spreadsheet's too: whatever stands between its columns or in its numbers.

What had to be guessed is said on stderr; a line that is wrong is told by its number, never dropped in silence."""
import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import click

from cli.terminal import print_sentence

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_EXCEL_HINT = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)*")
_EITHER_WAY = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")  # 1.234 is one and a bit, or a thousand and a bit
_THOUSANDS = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One record: the number of its first line in the file, its cells by column, and what is wrong with it, if any."""

    number: int
    cells: dict[str, str]
    fault: str | None = None


def _delimiter(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    found = "\t" if given in ("tab", r"\t") else given
    if found is not None and (len(found) != 1 or found in '"\r\n'):
        raise click.BadParameter("expected one character, or `tab`")
    return found


def delimiter_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --delimiter (its parameter `delimiter`)."""
    return click.option("--delimiter", callback=_delimiter,
                        help="What stands between the columns, `tab` for a tab; by default it is found out.")(command)


def read_csv(file: Path, needed: Sequence[str], delimiter: str | None) -> list[CsvLine]:
    """Return the records of a CSV file; columns are found by name, in any case. Empty lines are left out.

    Raises ClickException for what is no CSV, and for a column of `needed` that is missing, with the columns it saw."""
    text, skipped = read_text(file), 0
    if hint := _EXCEL_HINT.match(text):
        text, skipped, delimiter = text[hint.end():], 1, delimiter or hint[1]
    try:
        delimiter = delimiter or _found_delimiter(text, needed)
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        columns = _columns(next(reader, []))
        _require(file, columns, needed, delimiter)
        return list(_lines(reader, columns, skipped))
    except csv.Error as error:
        raise click.ClickException(f"{file} is no CSV: {error} near line {reader.line_num + skipped}") from error


def read_text(file: Path) -> str:
    """Return the text of a file in UTF-8, UTF-16 with its mark, or else Windows-1252, which is said on stderr.

    Raises ClickException for what is no text."""
    content = file.read_bytes()
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise click.ClickException(f"{file} begins as {encoding.upper()} and is not: {error}") from error
        text = _windows_text(file, content)
    if "\x00" in text:
        raise click.ClickException(f"{file} is no text in UTF-8, UTF-16 or Windows-1252")
    return text


def _windows_text(file: Path, content: bytes) -> str:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is no text in UTF-8, UTF-16 or Windows-1252") from error
    print_sentence(f"{file.name} is not in UTF-8: it is read as Windows-1252", err=True)
    return text


def _columns(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _found_delimiter(text: str, needed: Sequence[str]) -> str:
    """Return what makes the most columns out of the header, those that are needed first."""
    def columns(delimiter: str) -> tuple[int, int]:
        try:
            found = _columns(next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), []))
        except csv.Error:
            return 0, 0
        return len({*found} & {*needed}), len(found)
    return max(DELIMITERS, key=columns)


def _require(file: Path, columns: Sequence[str], needed: Sequence[str], delimiter: str) -> None:
    missing = [name for name in needed if name not in columns]
    if missing:
        between = DELIMITERS.get(delimiter, repr(delimiter))
        raise click.ClickException(
            f"{file} has no column {', '.join(missing)}. Expected are {', '.join(needed)}; "
            f"seen, with {between} between them, are {', '.join(columns) or 'none'}. "
            "--delimiter says what else stands between the columns")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise click.ClickException(f"{file} has the column {', '.join(twice)} more than once")


def _lines(reader: Any, columns: Sequence[str], skipped: int) -> Iterator[CsvLine]:
    before = reader.line_num
    for record in reader:
        number, before = before + 1 + skipped, reader.line_num
        values = [value.strip() for value in record]
        if not any(values):
            continue
        cells = {name: value for name, value in zip(columns, values, strict=False) if name}
        fault = None
        if any(values[len(columns):]):
            fault = (f"{len(values)} cells, the header has {len(columns)}: "
                     f"a cell with {reader.dialect.delimiter!r} in it wants quotes")
        yield CsvLine(number, dict.fromkeys(filter(None, columns), "") | cells, fault)


def decimal_sign(texts: Iterable[str]) -> str | None:
    """Return which of `.` and `,` stands before the decimals in these numbers; None when they leave it open."""
    marks = {text[max(text.rfind("."), text.rfind(","))] for text in map(_plain, texts)
             if _NUMBER.fullmatch(text) and _is_clear(text)}
    return marks.pop() if len(marks) == 1 else None


def read_decimal(text: str, mark: str | None) -> Decimal:
    """Return the number a cell holds: `12,50`, `1.234,56`, `1 016.99`. `mark` decides what `1.234` means.

    Raises ValueError that says what is wrong; for `1.234` when no mark is given."""
    plain = _plain(text)
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{text!r} is no number")
    if _EITHER_WAY.fullmatch(plain) and mark is None:
        raise ValueError(f"{text!r} may be a thousand or have three decimals: write it without thousands")
    if _is_clear(plain):
        mark = plain[max(plain.rfind("."), plain.rfind(","))]
    # What stands there twice separates thousands, whatever it is elsewhere: `1.234.50` is no number.
    whole, _, decimals = plain.rpartition(mark) if mark and plain.count(mark) == 1 else (plain, "", "")
    if not (whole.lstrip("-").isdigit() or _THOUSANDS.fullmatch(whole.lstrip("-"))):
        raise ValueError(f"{text!r} is no number")
    return Decimal(re.sub("[.,]", "", whole) + (f".{decimals}" if decimals else ""))


def _plain(text: str) -> str:
    """Leave out what separates thousands and is no sign of decimals: spaces of any width, apostrophes."""
    return re.sub(r"(?<=[0-9])[\s'’](?=[0-9]{3})", "", text.strip())


def _is_clear(number: str) -> bool:
    """Tell whether the last mark of a number can only be the decimal one."""
    marks = re.findall("[.,]", number)
    return bool(marks) and not _EITHER_WAY.fullmatch(number) and (len(marks) == 1 or marks[-1] not in marks[:-1])
