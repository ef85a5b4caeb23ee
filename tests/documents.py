"""Small documents for tests: sound ones, and hostile ones that are, or claim to be, documents."""
import io
import struct
import zipfile
from collections.abc import Mapping
from functools import cache

PDF = (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
       b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\nxref\n0 1\n0000000000 65535 f \n"
       b"trailer\n<</Root 1 0 R/Size 3>>\nstartxref\n110\n%%EOF\n")
TEXT = "Lebenslauf\r\n\tÅsa 李, عربي\n".encode()
# How an entry of a zip's directory begins, up to its flags.
_PLAIN_ENTRY = b"PK\x01\x02\x14\x03\x14\x00"
HTML = b"<html><script>alert(1)</script></html>"
PARTS = {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>", "word/document.xml": b"<w:document/>"}


def docx(parts: Mapping[str, bytes] = PARTS, **more: bytes) -> bytes:
    """Return a zip of these parts, and of `more` below word/ (`vbaProject_bin` is `word/vbaProject.bin`)."""
    return _zipped(io.BytesIO(), {**parts, **{f"word/{name.replace('_', '.')}": more[name] for name in more}})


def streamed_docx() -> bytes:
    """Return a DOCX whose sizes stand behind each part, as programs write it that cannot go back in a file."""
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    return _zipped(Stream(), PARTS)


def _zipped(written: io.BytesIO, parts: Mapping[str, bytes]) -> bytes:
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return written.getvalue()


def sizes_claimed(content: bytes, unpacked: int) -> bytes:
    """Return the zip whose directory claims so many bytes of its first part."""
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", unpacked) + content[at + 4:]


def with_one_part_twice(content: bytes) -> bytes:
    """Return the zip whose second entry of the directory points at the first part, as bombs of overlapping parts do."""
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 1)
    return content[:second + 42] + struct.pack("<I", 0) + content[second + 46:]


@cache
def hostile_documents() -> dict[str, bytes]:
    """Return what → a file that begins or ends as a document does and is refused, whatever it is said to be."""
    sound = docx()
    return {
        "a PDF behind html": HTML + PDF,
        "a PDF behind a line break": b"\n" + PDF,
        "half a PDF": PDF[:100],
        "a PDF with html behind its end": PDF + HTML,
        "a PDF with a zip behind its end": PDF + sound,
        "a PDF that is a zip, too": PDF[:9] + sound + PDF[9:],
        "a PDF without a table": b"%PDF-1.7\n%%EOF",
        "a PDF of no version": PDF.replace(b"%PDF-1.4", b"%PDF-9x4"),
        "only the head of a PDF": b"%PDF-1.4\n",
        "a zip that is no DOCX": docx({"a.txt": b"a"}),
        "a DOCX without its document": docx({"[Content_Types].xml": b"x"}),
        "a spreadsheet": docx({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}),
        "a DOCX with macros": docx(vbaProject_bin=b"macro"),
        "a DOCX with macros in another folder": docx(PARTS | {"word/sub/VBAPROJECT.BIN": b"macro"}),
        "a DOCX with the data of macros": docx(vbaData_xml=b"<wne:vbaSuppData/>"),
        "half a DOCX": sound[:len(sound) // 2],
        "a DOCX without its end": sound[:-22],
        "a DOCX behind html": HTML + sound,
        "a DOCX behind a PDF": PDF + sound,
        "a DOCX with html behind it": sound + HTML,
        "a DOCX with a comment": sound[:-2] + struct.pack("<H", len(HTML)) + HTML,
        "a DOCX that unpacks to gigabytes": sizes_claimed(sound, 2**31),
        "a DOCX of parts over each other": with_one_part_twice(sound),
        "a DOCX of more than 5,000 parts": docx(PARTS | {f"word/{number}.xml": b"" for number in range(5_000)}),
        "a DOCX with a part of two names": sound.replace(b"_rels/.rels", b"_rels/xrels", 1),
        "a DOCX with a way out": docx(PARTS | {"../../etc/cron.d/x": b"x"}),
        "a DOCX with a path of another system": docx(PARTS | {"word\\evil.exe": b"x"}),
        "a DOCX with an absolute path": docx(PARTS | {"/etc/passwd": b"x"}),
        "a DOCX with the same part twice": docx(PARTS | {"WORD/document.xml": b"<w:document/>"}),
        "an encrypted DOCX": sound.replace(_PLAIN_ENTRY + b"\0\0", _PLAIN_ENTRY + b"\1\0"),
        "a text with a NUL": b"a\0b",
        "a text with a bell": b"a\x07b",
        "a text with C1 signs": "a\x9bb".encode(),
        "a text in UTF-16": "hello".encode("utf-16"),
        "a text in Latin-1": "Müller".encode("latin-1"),
        "an elf": b"\x7fELF" + b"\0" * 60,
        "an exe": b"MZ\x90\0" + b"\0" * 60,
        "an old word document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a gzip": b"\x1f\x8b\x08\0\0\0\0\0",
    }
