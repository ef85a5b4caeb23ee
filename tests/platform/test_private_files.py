"""Documents, and files that nobody reads without a token (decision 50; rules-platform §4)."""
from io import BytesIO

import jwt
import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.http import parse_options_header
from werkzeug.test import encode_multipart

from app.clock import moved_clock
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.http.private_files import UsableFiles
from app.identity.file_tokens import file_token
from app.jobs.worker import run_job
from app.media.documents import DOCX, PDF, TEXT
from app.runtime import runtime
from blueprints.platform.bucket.commands import hold_file
from blueprints.platform.bucket.models import BucketFile
from tests import documents
from tests.hostile_pictures import picture
from tests.platform.driver import Auth, is_refusal

SOUND = {"cv.pdf": (documents.PDF, PDF), "cv.docx": (documents.docx(), DOCX), "cv.txt": (documents.TEXT, TEXT)}


@pytest.fixture
def one(people):
    return people.user("u1")


@pytest.fixture
def two(people):
    return people.user("u2")


def bucket_token(auth, client):
    return auth.current_user(client.token).json["userBucketToken"]


def upload(auth, client, content=documents.PDF, name="cv.pdf", *, bucket="private", token=None, **options):
    form = {"bucketId": f"{client.user_id}-{bucket}-user-bucket", "files": FileStorage(BytesIO(content), name)}
    boundary, body = encode_multipart(form)
    return auth.call("POST", "/upload", token=token or bucket_token(auth, client), service="bucket", data=body,
                     content_type=f"multipart/form-data; boundary={boundary}", **options)


def kept(auth, client, *given, **options):
    answer = upload(auth, client, *given, **options)
    assert answer.status_code == 200, answer.text
    return answer.json["data"][0]


def download(auth, file, read_token=None, *, bearer=None):
    query = "" if read_token is None else f"?token={read_token}"
    return auth.call("GET", f"/download/{file['fileId']}{query}", token=bearer, service="bucket")


def read_token(reader, file, owner, seconds=600):
    return file_token(runtime().settings.secret_key, reader.actor, file["fileId"], owner.user_id, seconds)


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("bucket", ["public", "private"])
def test_a_document_is_taken_and_served_as_an_attachment_that_runs_nothing(auth, one, name, bucket):
    content, media_type = SOUND[name]
    file = kept(auth, one, content, name, bucket=bucket)
    assert (file["mimeType"], file["size"], file["state"]) == (media_type, len(content), "ready")
    assert (file["isPublic"], file["bucketName"]) == (bucket == "public", f"{one.user_id}-{bucket}-user-bucket")
    served = download(auth, file, bearer=bucket_token(auth, one) if bucket == "private" else None)
    assert (served.status_code, served.mimetype, served.data) == (200, media_type, content)
    assert parse_options_header(served.headers["Content-Disposition"]) == ("attachment", {"filename": name})
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert served.headers["Cache-Control"] == ("no-store" if bucket == "private" else
                                               "public, max-age=31536000, immutable")


def test_the_user_bucket_token_names_both_buckets_of_its_user(auth, one):
    claims = jwt.decode(bucket_token(auth, one), options={"verify_signature": False})
    assert claims["buckets"] == [
        {"bucketId": f"{one.user_id}-public-user-bucket", "action": ["write"], "isPublic": True},
        {"bucketId": f"{one.user_id}-private-user-bucket", "action": ["write", "read"], "isPublic": False}]


def test_nobody_uploads_into_the_private_bucket_of_another(auth, one, two):
    assert is_refusal(upload(auth, one, token=bucket_token(auth, two)), 403)
    assert is_refusal(upload(auth, one, token=one.token), 401)


def test_a_private_file_is_not_read_without_a_token(auth, one, two, people):
    file = kept(auth, one)
    assert is_refusal(download(auth, file), 401)
    for bearer in (one.token, two.token, people.super_admin().token, "a.b.c"):
        assert is_refusal(download(auth, file, bearer=bearer), 401)
    assert is_refusal(download(auth, file, bearer=bucket_token(auth, two)), 403)
    assert is_refusal(download(auth, file, bearer=auth.current_user(people.admin().token).json[
        "applicationBucketToken"]), 403)


def test_a_private_picture_is_not_read_without_a_token_before_it_is_prepared_and_after(auth, one, settle):
    file = kept(auth, one, picture(), "a.png")
    assert is_refusal(download(auth, file), 401)
    assert is_refusal(download(auth, file, bearer=bucket_token(auth, one)), 404, "FileIsBeingPrepared")
    settle()
    assert is_refusal(download(auth, file), 401)
    assert download(auth, file, bearer=bucket_token(auth, one)).data == picture()


def test_the_reader_reads_by_his_token_until_its_time_is_over(auth, one, two):
    file = kept(auth, one)
    token = read_token(two, file, one)
    assert download(auth, file, token).data == documents.PDF
    assert download(auth, file, token, bearer=two.token).data == documents.PDF
    with moved_clock(seconds=540):
        assert download(auth, file, token).status_code == 200
    with moved_clock(seconds=601):
        assert is_refusal(download(auth, file, token), 401)


def test_a_read_token_is_of_one_file_one_owner_and_one_reader(auth, one, two, people):
    file, other = kept(auth, one), kept(auth, one)
    token = read_token(two, file, one)
    assert is_refusal(download(auth, other, token), 401)
    assert is_refusal(download(auth, file, read_token(two, file, two)), 401)
    assert is_refusal(download(auth, file, token, bearer=people.user("u3").token), 401)
    head, user_id, signature = token.rsplit(".", 2)
    for forged in ("", ".", "x", f"{head}.{one.user_id}.{signature}", f"9{token}", f"{token}0", token[:-1],
                   f"{head}.{user_id}.{'0' * 64}", "%00", "\u0661" + token[1:]):
        assert is_refusal(download(auth, file, forged), 401), forged


def test_a_read_token_ends_with_the_login_it_was_handed_out_in(auth, one, two):
    file = kept(auth, one)
    token = read_token(two, file, one)
    auth.call("POST", "/logout", token=two.token)
    assert is_refusal(download(auth, file, token), 401)


def test_a_read_token_and_a_bucket_token_of_the_other_realm_open_nothing_where_id_and_login_are_the_same(
        auth, people, callers):
    mine, theirs = people.super_admin(), callers.super_admin(realm=auth.other_realm)
    assert mine.user_id == theirs.user_id
    elsewhere = Auth(auth.app, auth.other_realm)
    file = kept(auth, mine)
    assert download(auth, file, read_token(mine, file, mine)).status_code == 200
    assert is_refusal(download(auth, file, read_token(theirs, file, mine)), 401)
    assert is_refusal(download(auth, file, bearer=bucket_token(elsewhere, theirs)), 401)
    assert is_refusal(download(elsewhere, file, read_token(mine, file, mine)), 404)
    assert is_refusal(upload(auth, mine, token=bucket_token(elsewhere, theirs)), 401)


def test_what_one_may_show_is_public_or_ones_own_and_of_this_realm(auth, one, two, callers):
    own, foreign, public = kept(auth, one), kept(auth, two), kept(auth, two, bucket="public")
    elsewhere = kept(Auth(auth.app, auth.other_realm), callers.user("u1", realm=auth.other_realm), bucket="public")
    ids = [file["fileId"] for file in (own, foreign, public, elsewhere)]
    assert runtime().part(UsableFiles).among(one.actor, ids) == {own["fileId"], public["fileId"]}


def test_a_held_document_loads_no_more_and_again(auth, one):
    for bucket in ("public", "private"):
        file = kept(auth, one, bucket=bucket)
        for held, status in ((True, 404), (False, 200)):
            with unit_of_work(one.actor) as work:
                hold_file(work, file["downloadUrl"], held=held)
                work.commit()
            assert download(auth, file, bearer=bucket_token(auth, one)).status_code == status


def test_the_private_files_of_a_purged_user_are_purged_too_and_no_others(auth, one, two, settle):
    gone, other = kept(auth, one), kept(auth, two)
    bytes_before = stored_bytes()
    auth.call("DELETE", f"/v1/archiveprofile/{one.user_id}", token=one.token)
    with moved_clock(days=31):
        run_job("purge-archived")
        settle()
    assert {row.id for row in fetch(select(BucketFile.id))} == {other["fileId"]}
    assert stored_bytes() == bytes_before - 1
    assert is_refusal(download(auth, gone, read_token(two, gone, one)), 404)


def stored_bytes():
    return sum(path.is_file() for path in (runtime().settings.home / "media").rglob("*"))


def test_documents_and_pictures_come_in_one_upload_or_not_at_all(auth, one):
    def form(*files):
        return encode_multipart({"bucketId": f"{one.user_id}-private-user-bucket",
                                 "files": [FileStorage(BytesIO(content), name) for name, content in files]})
    good = (("cv.pdf", documents.PDF), ("me.png", picture()), ("cv.txt", documents.TEXT))
    for files, status in ((good, 200), ((*good, ("cv.docx", documents.docx(vbaProject_bin=b"x"))), 400)):
        before = (stored_bytes(), fetch(select(func.count()).select_from(BucketFile))[0][0])
        boundary, body = form(*files)
        answer = auth.call("POST", "/upload", token=bucket_token(auth, one), service="bucket", data=body,
                           content_type=f"multipart/form-data; boundary={boundary}")
        assert answer.status_code == status, answer.text
        added = 3 if status == 200 else 0
        assert (stored_bytes(), fetch(select(func.count()).select_from(BucketFile))[0][0]) == (
            before[0] + added, before[1] + added)
    assert "macros" in answer.json["message"]


def test_the_size_of_documents_is_a_setting(make_app, realm, one):
    small = Auth(make_app(MAX_DOCUMENT_BYTES="100"), realm)
    assert is_refusal(upload(small, one), 400, "too_large")
    assert upload(small, one, picture(), "a.png").status_code == 200
