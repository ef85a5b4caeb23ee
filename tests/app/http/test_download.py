"""The name a file is offered under: readable, and of no use to whoever would deceive with it."""
import pytest

from app.http.download import file_name


@pytest.mark.parametrize(("given", "mime_type", "offered"), [
    ("test (10).png", "image/png", "test (10).png"),
    ("Фото моря.jpeg", "image/jpeg", "Фото моря.jpg"),
    ("page.html", "image/png", "page.png"),  # a picture ends as what it is
    ("invoice\u202egnp.exe", "image/png", "invoicegnp.png"),
    ("a\u200bb\x00\r\nSet-Cookie: x.gif", "image/gif", "abSet-Cookie x.gif"),
    ("../../etc/passwd", "image/webp", "file.webp"),
    ('"; filename="x.exe".pdf', "application/pdf", "; filename=x.exe.pdf"),
    ("report.final.pdf", "application/pdf", "report.final.pdf"), ("cv.html", "text/plain", "cv.txt"),
    ("\u202ecod.exe", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "cod.docx"),
    ("", "image/png", "file.png"), (".", "image/png", "file.png"), ("...", "application/pdf", "file.pdf"),
    ("x" * 300, "image/png", "x" * 100 + ".png"),
])
def test_a_name_keeps_what_is_harmless(given: str, mime_type: str, offered: str) -> None:
    assert file_name(given, mime_type) == offered
