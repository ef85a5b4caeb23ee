"""What counts as a document here: a whole PDF, a DOCX without macros, or plain text, by its bytes (decision 50).

Nothing is unpacked, rendered or run: of a DOCX only the directory of its zip is read, at a cost bounded by the file.
Refusals carry the codes of `/api/media/upload`: no_file, invalid_mime, too_large."""
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import RuleViolated

MAX_DOCUMENT_BYTES = 10 * 1024 * 1024
PDF, TEXT = "application/pdf", "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOCUMENT_TYPES = (PDF, DOCX, TEXT)

_PDF_HEAD = re.compile(rb"%PDF-[12]\.\d\s")
_PDF_END = re.compile(rb"startxref\s+\d{1,10}\s+%%EOF[\s\0]*\Z")
_PDF_TAIL_BYTES = 1024
# Line breaks and tabs are the only control characters of a text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_ZIP_HEAD, _ZIP_ENTRY, _ZIP_END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
# Behind the signature of each: a part's own head, its entry in the directory, the end of the directory (APPNOTE 4.3).
_HEAD, _ENTRY, _END = struct.Struct("<5H3I2H"), struct.Struct("<6H3I5H2I"), struct.Struct("<4H2IH")
_SIGNATURE_BYTES = 4
_LONGEST_END = _SIGNATURE_BYTES + _END.size + 0xFFFF
_STORED_OR_DEFLATED = (0, 8)
_ENCRYPTED, _SIZES_FOLLOW = 0x2041, 0x0008
# What stands behind a part whose sizes were not known before: three or five numbers, with or without a signature.
_SIZES_BYTES = (12, 16, 20, 24)
_MOST_PARTS, _MOST_UNPACKED = 5_000, 256 * 2**20
_NEEDED_PARTS = (b"[content_types].xml", b"word/document.xml")
_MACROS = (b"vbaproject", b"vbadata")
_UNSAFE_PART = re.compile(rb"[\x00-\x1f\x7f\\:]|^/|(^|/)\.\.(/|$)")


class _BrokenZip(ValueError):
    """The directory of the zip contradicts the file."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a zip as its directory has it; `begins` and `ends` are where its bytes stand, its head included."""

    name: bytes
    begins: int
    ends: int
    unpacked: int
    sizes_follow: bool


def examine_document(content: bytes, *, said_to_be_text: bool, max_bytes: int = MAX_DOCUMENT_BYTES) -> str:
    """Return the media type of a document; plain text is what its sender calls so, and what is nothing else.

    Raises RuleViolated no_file, too_large or invalid_mime (400)."""
    if not content:
        raise RuleViolated("no_file", "The file is missing or empty")
    if len(content) > max_bytes:
        raise RuleViolated("too_large", f"The file is larger than {max_bytes} bytes")
    if _is_pdf(content):
        return PDF
    if content.startswith(_ZIP_HEAD):
        _examine_docx(content)
        return DOCX
    if said_to_be_text and _is_text(content):
        return TEXT
    raise _no_document()


def _no_document() -> RuleViolated:
    return RuleViolated("invalid_mime", "Only jpeg, png, webp and gif images, whole PDF and DOCX documents and plain "
                                        "text in UTF-8 are accepted, by their content")


def _is_pdf(content: bytes) -> bool:
    """Tell whether it is a PDF from its first byte to its last, and no zip beside it."""
    return (_PDF_HEAD.match(content) is not None and _PDF_END.search(content[-_PDF_TAIL_BYTES:]) is not None
            and _ZIP_END not in content[-_LONGEST_END:])


def _is_text(content: bytes) -> bool:
    """Tell whether it is UTF-8 without control characters, and does not begin as a PDF."""
    try:
        return not content.startswith(b"%PDF-") and _CONTROL.search(content.decode()) is None
    except UnicodeDecodeError:
        return False


def _examine_docx(content: bytes) -> None:
    """Raise RuleViolated unless the zip is a DOCX without macros that is not too large when unpacked."""
    try:
        parts = list(_parts(content))
        _check_places(content, parts)
    except (_BrokenZip, struct.error) as error:
        raise _no_document() from error
    names = [part.name.lower() for part in parts]
    if len(set(names)) < len(names) or not set(names).issuperset(_NEEDED_PARTS):
        raise _no_document()
    if any(name.rpartition(b"/")[2].startswith(_MACROS) for name in names):
        raise RuleViolated("invalid_mime", "A document with macros is not accepted")
    if sum(part.unpacked for part in parts) > _MOST_UNPACKED:
        raise RuleViolated("too_large", f"The document has more than {_MOST_UNPACKED} bytes when it is unpacked")


def _parts(content: bytes) -> Iterator[_Part]:
    """Yield what the directory at the end of the zip names; raises _BrokenZip or struct.error."""
    end = len(content) - _SIGNATURE_BYTES - _END.size
    disk, first_disk, here, number, size, begin, comment = _END.unpack_from(content, end + _SIGNATURE_BYTES)
    is_whole = content.startswith(_ZIP_END, end) and begin + size == end and not (disk or first_disk or comment)
    if not is_whole or here != number or number > _MOST_PARTS:
        raise _BrokenZip("it does not end with a directory of parts")
    at = begin
    for _ in range(number):
        if not content.startswith(_ZIP_ENTRY, at):
            raise _BrokenZip("an entry is missing")
        (_, _, flags, method, _, _, _, packed, unpacked, name_bytes, extra, comment, _, _, _,
         begins) = _ENTRY.unpack_from(content, at + _SIGNATURE_BYTES)
        at += _SIGNATURE_BYTES + _ENTRY.size
        name = content[at:at + name_bytes]
        at += name_bytes + extra + comment
        if method not in _STORED_OR_DEFLATED or flags & _ENCRYPTED or _UNSAFE_PART.search(name):
            raise _BrokenZip("a part is packed or named as no DOCX has it")
        yield _Part(name, begins, _behind(content, begins, name) + packed, unpacked, bool(flags & _SIZES_FOLLOW))
    if at != end:
        raise _BrokenZip("the directory is longer than its entries")


def _behind(content: bytes, begins: int, name: bytes) -> int:
    """Return where the packed bytes of a part begin; raises _BrokenZip when its own head has another name."""
    if not content.startswith(_ZIP_HEAD, begins):
        raise _BrokenZip("a part has no head")
    *_, name_bytes, extra = _HEAD.unpack_from(content, begins + _SIGNATURE_BYTES)
    at = begins + _SIGNATURE_BYTES + _HEAD.size
    if content[at:at + name_bytes] != name:
        raise _BrokenZip("a part has two names")
    return at + int(name_bytes) + int(extra)


def _check_places(content: bytes, parts: list[_Part]) -> None:
    """Raise _BrokenZip unless the parts fill the file up to the directory: none over another, nothing in between."""
    at, sizes_follow = 0, False
    directory = int(_END.unpack_from(content, len(content) - _END.size)[5])
    for part in sorted(parts, key=lambda part: part.begins):
        _check_gap(part.begins - at, sizes_follow)
        at, sizes_follow = part.ends, part.sizes_follow
    _check_gap(directory - at, sizes_follow)


def _check_gap(gap: int, sizes_follow: bool) -> None:
    if gap not in (_SIZES_BYTES if sizes_follow else (0,)):
        raise _BrokenZip("its parts do not follow each other")
