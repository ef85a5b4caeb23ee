"""No form is a failure of ours: uploads that are no form, no image or too much are refused and leave nothing."""
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from werkzeug.http import parse_options_header

from app.data.connections import reading
from app.identity.authentication import identity
from app.identity.bucket_tokens import bucket_tokens
from app.runtime import runtime
from blueprints.platform.bucket.models import BucketFile
from tests.clients import ApiClient, Callers
from tests.contract.verdict import events, is_error
from tests.documents import PDF, TEXT, docx, hostile_documents
from tests.hostile_pictures import KINDS, hostile_pictures
from tests.passes import share

MEDIA = "/marketplace/productlisting-api/api/media/upload"
BUCKET = "/marketplace/bucket/upload"
FORM = "multipart/form-data; boundary=x"


def picture(form: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, form)
    return written.getvalue()


def part(name: str, content: bytes, *, filename: str | None = "a.png", kind: str = "image/png",
         more: str = "") -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n{more}\r\n'
    return head.encode("utf-8", "surrogatepass") + content + b"\r\n"


def huge_png(width: int = 100_000, height: int = 100_000) -> bytes:
    """Return a few bytes that say they are a very large picture."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


END = b"--x--\r\n"
NO_IMAGES = {
    "nothing": b"", "text": b"hello", "a script": b"<script>alert(1)</script>", "svg": b"<svg onload='x'/>",
    "half a picture": picture()[:40], "a picture with a broken middle": picture()[:50] + b"\xff" * 30,
    "a picture of ten gigapixels": huge_png(), "a picture without size": huge_png(0, 0),
    "a bmp": picture("BMP"), "a tiff": picture("TIFF"), "gif header only": b"GIF89a", "zip": b"PK\x03\x04" + b"\0" * 50,
    "NULs": b"\0" * 1000, "webp header only": b"RIFF\xff\xff\xff\x7fWEBPVP8 ",
}
BODIES = {
    "no body": (FORM, b""), "no boundary": ("multipart/form-data", part("file", picture()) + END),
    "an empty boundary": ("multipart/form-data; boundary=", part("file", picture()) + END),
    "another boundary": ("multipart/form-data; boundary=y", part("file", picture()) + END),
    "an endless boundary": ("multipart/form-data; boundary=" + "x" * 5000, END),
    "a boundary of odd bytes": ('multipart/form-data; boundary="\xff\xfe"', END),
    "no end": (FORM, part("file", picture())), "no header": (FORM, b"--x\r\n\r\nabc\r\n" + END),
    "half a header": (FORM, b"--x\r\nContent-Dispo"), "an endless header": (FORM, b"--x\r\nA: " + b"b" * 100_000),
    "header bytes that are no text": (FORM, b"--x\r\nContent-Disposition: form-data; name=\xff\xfe\r\n\r\nx\r\n" + END),
    "two thousand parts": (FORM, part("a", b"b", filename=None, kind="text/plain") * 2000 + END),
    "a field of five megabytes": (FORM, part("file", b"x" * 5_000_000, filename=None) + END),
    "a text field for the file": (FORM, part("file", picture(), filename=None) + END),
    "json": ("application/json", b'{"file": "x"}'),
    "a form without files": ("application/x-www-form-urlencoded", b"file=x"),
    "an unknown charset": (FORM, part("other", picture(), kind="image/png; charset=\u0663") + END),
    "base64": (FORM, part("other", picture(), more="Content-Transfer-Encoding: base64\r\n") + END),
}
NAMES = ("", "../../etc/passwd", "a\\b\\c.png", "x" * 5000, "a\x00b", "é𝄞.png", "\u202egnp.exe", "CON", ".", "a;b=c",
         "%00", "\t")


@pytest.fixture
def bucket_writer(app: Flask, callers: Callers) -> ApiClient:
    """A user with the token of the own bucket."""
    user = callers.user()
    session = identity().sessions.live("marketplace", str(user.actor.session_id), user.user_id)
    assert session is not None
    return ApiClient(app, user.actor, bucket_tokens(runtime().settings.secret_key, session)["userBucketToken"])


def stored() -> tuple[int, int, int]:
    """Return what an upload would leave: rows, files, events."""
    with reading() as connection:
        rows = int(connection.execute(select(func.count()).select_from(BucketFile)).scalar() or 0)
    return rows, sum(1 for file in Path(runtime().settings.home, "media").rglob("*") if file.is_file()), events()


# A form that breaks off leaves its half-read file to the collector; that is werkzeug's way.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_form_is_a_failure(bucket_writer: ApiClient, callers: Callers) -> None:
    uploader, before = callers.user(), stored()
    for what, (kind, body) in BODIES.items():
        for client, path in ((uploader, MEDIA), (bucket_writer, BUCKET)):
            answer = client.post(path, data=body, headers={"Content-Type": kind})
            assert answer.status_code in (400, 413), (what, path, answer.text)
            assert is_error(answer), (what, path, answer.text)
    assert stored() == before


def test_what_is_no_image_is_refused_whatever_it_says_it_is(bucket_writer: ApiClient, callers: Callers) -> None:
    uploader, before = callers.user(), stored()
    bucket = part("bucketId", f"{uploader.user_id}-public-user-bucket".encode(), filename=None, kind="text/plain")
    for what, content in NO_IMAGES.items():
        for kind in ("image/png", "image/gif", "image/webp"):
            for client, path, body in ((uploader, MEDIA, part("file", content, kind=kind)),
                                       (bucket_writer, BUCKET, bucket + part("files", content, kind=kind))):
                answer = client.post(path, data=body + END, headers={"Content-Type": FORM})
                assert answer.status_code == 400, (what, path, answer.text)
                assert is_error(answer), (what, path, answer.text)
    assert stored() == before


def test_one_file_that_is_no_image_refuses_the_others_too(bucket_writer: ApiClient) -> None:
    before = stored()
    body = part("bucketId", f"{bucket_writer.user_id}-public-user-bucket".encode(), filename=None, kind="text/plain")
    body += part("files", picture()) + part("files", b"no image")
    assert bucket_writer.post(BUCKET, data=body + END, headers={"Content-Type": FORM}).status_code == 400
    assert stored() == before


def test_no_bucket_id_is_a_failure(bucket_writer: ApiClient, callers: Callers) -> None:
    other = callers.user("ben").user_id
    before = stored()
    for bucket_id in ("", " ", "\0", "x" * 100_000, "../x", "é", "-public-user-bucket", f"{other}-public-user-bucket",
                      f"{bucket_writer.user_id}-public-user-bucket\0", "ebaycclone-public-common-bucket"):
        body = part("bucketId", bucket_id.encode(), filename=None, kind="text/plain") + part("files", picture()) + END
        answer = bucket_writer.post(BUCKET, data=body, headers={"Content-Type": FORM})
        assert answer.status_code in (400, 403), (bucket_id[:40], answer.text)
        assert is_error(answer), (bucket_id[:40], answer.text)
    assert stored() == before


def test_a_name_is_shown_without_what_could_harm(bucket_writer: ApiClient, callers: Callers) -> None:
    bucket = part("bucketId", f"{bucket_writer.user_id}-public-user-bucket".encode(), filename=None, kind="text/plain")
    for name in NAMES:
        kept = bucket_writer.post(BUCKET, data=bucket + part("files", picture(), filename=name) + END,
                                  headers={"Content-Type": FORM})
        media = callers.user().post(MEDIA, data=part("file", picture(), filename=name) + END,
                                    headers={"Content-Type": FORM})
        assert media.status_code == kept.status_code == 200, (name, media.text, kept.text)
        [file] = kept.json["data"]
        assert 0 < len(file["originalName"]) <= 255
        assert not set(file["originalName"]) & set("/\\\0\r\n\t")


def test_what_only_looks_like_a_document_is_refused_whatever_it_says_it_is(
        bucket_writer: ApiClient, callers: Callers) -> None:
    uploader, before = callers.user(), stored()
    bucket = part("bucketId", f"{bucket_writer.user_id}-private-user-bucket".encode(), filename=None, kind="text/plain")
    for what, content in hostile_documents().items():
        for name, kind in (("cv.pdf", "application/pdf"), ("cv.docx", "application/msword"), ("cv.txt", "text/plain"),
                           ("cv", "text/plain; charset=utf-7")):
            answer = bucket_writer.post(BUCKET, data=bucket + part("files", content, filename=name, kind=kind) + END,
                                        headers={"Content-Type": FORM})
            assert answer.status_code == 400, (what, answer.text)
            assert is_error(answer), (what, answer.text)
    for content in (PDF, docx(), TEXT):
        answer = uploader.post(MEDIA, data=part("file", content, filename="a.txt", kind="text/plain") + END,
                               headers={"Content-Type": FORM})
        assert answer.status_code == 400, "a listing shows pictures alone"
    assert stored() == before


def test_a_document_is_offered_under_a_name_that_deceives_nobody(bucket_writer: ApiClient, client: ApiClient) -> None:
    bucket = part("bucketId", f"{bucket_writer.user_id}-public-user-bucket".encode(), filename=None, kind="text/plain")
    for name in (*NAMES, "cv\u202efdp.exe", "cv.pdf%0d%0aSet-Cookie: a=b", "cv.pdf\u2028.html", 'cv.pdf\\"; x="',
                 "\u200fسيرة.pdf", "cv.html", "a" * 5000 + ".pdf"):
        kept = bucket_writer.post(BUCKET, data=bucket + part("files", PDF, filename=name) + END,
                                  headers={"Content-Type": FORM})
        assert kept.status_code == 200, (name, kept.text)
        served = client.get(f"/marketplace/bucket/download/{kept.json['data'][0]['fileId']}")
        said, options = parse_options_header(served.headers["Content-Disposition"])
        assert (said, served.mimetype, served.data) == ("attachment", "application/pdf", PDF), name
        assert options["filename"].endswith(".pdf"), name
        assert not set(options["filename"]) & set('/\\\0\r\n"\u202e\u200f\u2028'), name
        assert "Set-Cookie" not in served.headers
        assert (served.headers["X-Content-Type-Options"], served.headers["Content-Security-Policy"].split(";")[0]) == (
            "nosniff", "sandbox")


@pytest.mark.slow
@pytest.mark.once("the same few statements for every file")
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_hostile_pictures_are_refused_or_prepared_and_nothing_breaks(
        bucket_writer: ApiClient, client: ApiClient, settle: Callable[[], None], kind: str) -> None:
    """Of each kind every fourth, each kind others; all in `make long`."""
    bucket = part("bucketId", f"{bucket_writer.user_id}-public-user-bucket".encode(), filename=None, kind="text/plain")
    taken = {}
    for name, content in share(hostile_pictures(kind), KINDS.index(kind), len(KINDS)):
        answer = bucket_writer.post(BUCKET, data=bucket + part("files", content) + END, headers={"Content-Type": FORM})
        assert answer.status_code in (200, 400), (name, answer.text)
        if answer.status_code == 200:
            taken[name] = answer.json["data"][0]["fileId"]
    settle()
    for name, file_id in taken.items():
        answer = client.get(f"/marketplace/bucket/download/{file_id}")
        assert (answer.status_code == 200
                or (answer.status_code == 404 and answer.json["detail"]["state"] == "refused")), name
    assert client.get("/marketplace/bucket/health").status_code == 200
