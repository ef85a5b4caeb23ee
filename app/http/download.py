"""A file as an answer: the browser is told its name, and whether it shows the file or stores it.

Whatever is no picture is stored, and nothing in it runs: what a user uploaded is never a page of this host."""
from io import BytesIO
from typing import IO, Any

from flask import Response, send_file

from app.plain_text import seen

# Pictures are shown; these are all the kinds of them there are (app/media/images.py).
_PICTURES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
# How the name of each kind of file ends, whatever its uploader called it.
_ENDINGS = {**_PICTURES, "application/pdf": ".pdf", "application/zip": ".zip", "text/plain": ".txt",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx"}
_NEVER_IN_A_NAME = frozenset('/\\:*?"<>|')
_LONGEST_STEM = 100
# What the OpenAPI document of a route that answers with a file says of its headers.
DOWNLOAD_HEADERS = {"Content-Disposition": "inline for pictures, attachment for the rest; with the file's name"}


def download(content: bytes | IO[bytes], mime_type: str, name: str) -> Response:
    """Return the file; `name` is what its uploader called it, of which only what is safe is passed on.

    What is open is read as it is sent, and closed then."""
    opened: Any = BytesIO(content) if isinstance(content, bytes) else content
    answer: Any = send_file(opened, mimetype=mime_type, as_attachment=mime_type not in _PICTURES,
                            download_name=file_name(name, mime_type), conditional=False, etag=False)
    file: Response = answer
    file.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return file


def file_name(name: str, mime_type: str) -> str:
    """Return a name that every system takes: no folders, no sign that is not seen; at its end stands its kind."""
    stem, _, ending = _safe(name).rpartition(".") if "." in name else (_safe(name), "", "")
    ending = _ENDINGS.get(mime_type) or (f".{ending[:20]}" if ending else "")
    return (stem[:_LONGEST_STEM].strip(" .") or "file") + ending


def _safe(text: str) -> str:
    """Drop what nobody sees (decision 34), and what separates folders somewhere."""
    return "".join(sign for sign in seen(text) if sign not in _NEVER_IN_A_NAME)
