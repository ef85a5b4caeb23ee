"""Buckets: scenario 36 of rules-platform §13."""
import io
import json

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo
from PIL import Image
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.http import parse_options_header
from werkzeug.test import encode_multipart

from app.clock import moved_clock
from app.data.connections import reading
from app.data.unit_of_work import unit_of_work
from app.errors import TooManyRequests
from app.jobs.worker import run_job
from app.media.preparation import PreparationFailed
from app.media.store import media_store
from app.runtime import runtime
from blueprints.platform.bucket import commands, preparation
from blueprints.platform.bucket.commands import Upload, empty_bucket, store_images
from blueprints.platform.bucket.models import BucketFile
from cli import load_command
from tests.hostile_pictures import png_without_its_pixels
from tests.platform.driver import Auth, is_refusal


def png(colour="teal"):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def one(people):
    return people.user("u1")


@pytest.fixture
def tokens(auth):
    """Call it with a client: its session object, bucket tokens included."""
    return lambda client: auth.current_user(client.token).json


def upload(auth, token, bucket_id, *contents, name="a.png", **options):
    form = {"files": [FileStorage(io.BytesIO(content), name) for content in contents]}
    if bucket_id is not None:
        form["bucketId"] = bucket_id
    boundary, body = encode_multipart(form)
    return auth.call("POST", "/upload", token=token, service="bucket", data=body,
                     content_type=f"multipart/form-data; boundary={boundary}", **options)


def user_bucket(client):
    return f"{client.user_id}-public-user-bucket"


def stored_files(app):
    return [path for path in (runtime().settings.home / "media").rglob("*") if path.is_file()]


def test_36_an_upload_is_described_and_downloaded_by_anyone(auth, one, tokens, settle):
    content = png()
    answer = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), content, name="test (10).png")
    assert answer.status_code == 200
    assert answer.json["success"] is True
    [file] = answer.json["data"]
    path = f"/{auth.realm}/bucket/download/{file['fileId']}"
    assert file == {
        "fileId": file["fileId"], "originalName": "test (10).png", "mimeType": "image/png", "size": len(content),
        "status": "uploaded", "state": "preparing", "bucketName": user_bucket(one), "isPublic": True,
        "downloadUrl": runtime().settings.public_url + path}
    settle()
    download = auth.call("GET", f"/download/{file['fileId']}", service="bucket")
    assert (download.status_code, download.mimetype, download.data) == (200, "image/png", content)
    assert download.headers["Content-Disposition"] == 'inline; filename="test (10).png"'
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in download.headers["Cache-Control"]


def test_36_a_download_is_named_as_its_uploader_named_it_without_what_deceives(auth, one, tokens, settle):
    name = 'на‮пляже".exe'
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png(), name=name).json["data"]
    settle()
    said = auth.call("GET", f"/download/{file['fileId']}", service="bucket").headers["Content-Disposition"]
    assert parse_options_header(said) == ("inline", {"filename": "напляже.png"})


def test_36_several_files_come_in_one_upload(auth, one, tokens):
    answer = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png("teal"), png("gold"))
    assert len({file["fileId"] for file in answer.json["data"]}) == 2


@pytest.mark.parametrize("kind", ["access", "none", "rubbish"])
def test_36_only_a_bucket_token_uploads(auth, one, kind):
    token = {"access": one.token, "none": None, "rubbish": "a.b.c"}[kind]
    assert is_refusal(upload(auth, token, user_bucket(one), png()), 401)


@pytest.mark.parametrize("token", [None, "rubbish"])
def test_36_a_stranger_is_refused_before_the_form_is_looked_at(auth, token):
    for bucket_id, contents in ((None, ()), ("elsewhere", (b"no image",))):
        assert is_refusal(upload(auth, token, bucket_id, *contents), 401)


def test_36_a_user_writes_its_own_bucket_only(auth, one, people, tokens):
    token = tokens(one)["userBucketToken"]
    assert is_refusal(upload(auth, token, user_bucket(people.user("u2")), png()), 403)
    assert is_refusal(upload(auth, token, f"{auth.codename}-public-common-bucket", png()), 403)


def test_36_staff_writes_the_common_bucket_while_it_is_staff(auth, people, tokens):
    admin, bucket_id = people.admin(), f"{auth.codename}-public-common-bucket"
    token = tokens(admin)["applicationBucketToken"]
    assert upload(auth, token, bucket_id, png()).status_code == 200
    assert is_refusal(upload(auth, token, user_bucket(admin), png()), 403)
    auth.call("PATCH", f"/v1/userrole/{admin.user_id}", token=people.super_admin().token, json={"roleId": "user"})
    assert is_refusal(upload(auth, token, bucket_id, png()), 403)


@pytest.mark.parametrize("bucket_id", [None, "", "elsewhere", "../x", "x" * 300])
def test_36_a_bucket_that_cannot_exist_is_refused(auth, one, tokens, bucket_id):
    assert is_refusal(upload(auth, tokens(one)["userBucketToken"], bucket_id, png()), 400)


@pytest.mark.parametrize(("contents", "err_code"), [
    ([], "no_file"), ([b""], "no_file"), ([b"<html>hello</html>"], "invalid_mime"), ([png()[:50]], "invalid_mime"),
    ([png() + b"\0" * (10 * 1024 * 1024)], "too_large"), ([png() + b"\0" * (12 * 1024 * 1024)], "too_large")])
def test_36_what_is_no_acceptable_image_is_refused(auth, one, tokens, contents, err_code):
    assert is_refusal(upload(auth, tokens(one)["userBucketToken"], user_bucket(one), *contents), 400, err_code)


def test_36_one_bad_file_refuses_the_whole_upload_and_leaves_nothing(app, auth, one, tokens):
    before = len(stored_files(app))
    assert is_refusal(upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png(), b"no image"), 400)
    assert len(stored_files(app)) == before


def test_36_a_bucket_token_of_the_other_realm_is_refused(auth, people, callers):
    foreign = callers.super_admin(realm=auth.other_realm)
    token = Auth(auth.app, auth.other_realm).current_user(foreign.token).json["userBucketToken"]
    assert is_refusal(upload(auth, token, user_bucket(people.super_admin()), png()), 401)


def test_36_a_bucket_token_ends_with_its_session_and_its_time(auth, one, tokens):
    token = tokens(one)["userBucketToken"]
    with moved_clock(seconds=86_401):
        assert is_refusal(upload(auth, token, user_bucket(one), png()), 401)
    auth.call("POST", "/logout", token=one.token)
    assert is_refusal(upload(auth, token, user_bucket(one), png()), 401)


def test_46_a_repeated_upload_under_one_key_stores_its_files_once(app, auth, one, tokens):
    token, keyed = tokens(one)["userBucketToken"], {"headers": {"Idempotency-Key": "k1"}}
    assert is_refusal(upload(auth, token, user_bucket(one), b"no image", **keyed), 400)  # nothing was done under it
    first = upload(auth, token, user_bucket(one), png(), **keyed)
    before = len(stored_files(app))
    again = upload(auth, token, user_bucket(one), png(), **keyed)
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (200, first.json, "true")
    assert len(stored_files(app)) == before
    other = upload(auth, token, user_bucket(one), png("gold"), **keyed)
    assert is_refusal(other, 400, "IdempotencyKeyReused")
    assert is_refusal(upload(auth, "a.b.c", user_bucket(one), png(), **keyed), 401)


@pytest.mark.parametrize("file_id", ["018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "not-a-uuid", "..%2f..%2fetc%2fpasswd"])
def test_36_an_unknown_file_is_not_found(auth, file_id):
    assert is_refusal(auth.call("GET", f"/download/{file_id}", service="bucket"), 404)


def test_36_the_files_of_a_purged_user_are_purged_too_and_no_others(app, auth, one, people, tokens, settle):
    two = people.user("u2")
    [gone], [kept] = (upload(auth, tokens(client)["userBucketToken"], user_bucket(client), png()).json["data"]
                      for client in (one, two))
    settle()
    before = len(stored_files(app))
    auth.call("DELETE", f"/v1/archiveprofile/{one.user_id}", token=one.token)
    with moved_clock(days=31):
        run_job("purge-archived")
        settle()
        assert is_refusal(auth.call("GET", f"/download/{gone['fileId']}", service="bucket"), 404)
        assert auth.call("GET", f"/download/{kept['fileId']}", service="bucket").status_code == 200
    assert len(stored_files(app)) == before - 1


def test_36_a_file_of_one_realm_is_not_served_by_the_other(auth, one, tokens):
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    other = Auth(auth.app, auth.other_realm)
    assert is_refusal(other.call("GET", f"/download/{file['fileId']}", service="bucket"), 404)


def test_36_a_file_name_is_shown_without_folders_and_never_used(auth, one, tokens):
    answer = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png(), name="../../etc/pass\x07wd.png")
    assert answer.json["data"][0]["originalName"] == "passwd.png"


def test_36_without_its_bytes_a_file_is_not_found(app, auth, one, tokens):
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    for path in stored_files(app):
        path.unlink()
    assert is_refusal(auth.call("GET", f"/download/{file['fileId']}", service="bucket"), 404)


def download(auth, file):
    return auth.call("GET", f"/download/{file['fileId']}", service="bucket")


def photo(kind="JPEG"):
    """A photo that says where it was taken, and that it has to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), "teal").save(buffer, kind, exif=exif)
    return buffer.getvalue()


def test_a_picture_is_not_served_before_it_is_prepared(auth, one, tokens, settle):
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    early = download(auth, file)
    assert is_refusal(early, 404, "FileIsBeingPrepared")
    assert (early.json["detail"], early.headers["Retry-After"]) == ({"state": "preparing"}, "1")
    assert early.headers["Cache-Control"] == "no-store"
    settle()
    assert download(auth, file).status_code == 200


def test_a_picture_that_breaks_in_its_middle_is_refused_by_the_worker_and_its_bytes_go(app, auth, one, tokens, settle):
    before = set(stored_files(app))
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png_without_its_pixels()).json["data"]
    assert len(set(stored_files(app)) - before) == 1
    settle()
    refused = download(auth, file)
    assert is_refusal(refused, 404, "FileWasRefused")
    assert refused.json["detail"] == {"state": "refused", "reason": "invalid_mime"}
    assert set(stored_files(app)) == before


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_served_upright_and_without_the_place_it_was_taken_at(app, auth, one, tokens, settle, kind):
    before = set(stored_files(app))
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), photo(kind)).json["data"]
    settle()
    served = Image.open(io.BytesIO(download(auth, file).data))
    assert (served.size, dict(served.getexif())) == ((6, 8), {})
    [stored] = set(stored_files(app)) - before
    assert stored.read_bytes() == download(auth, file).data  # nothing else of it is left


def test_a_preparation_that_fails_is_tried_again_and_refused_in_the_end(
        app, auth, one, tokens, settle, monkeypatch):
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    def fails(*_):
        raise PreparationFailed("the decoder did not end")
    with monkeypatch.context() as patched:
        patched.setattr(preparation, "prepare_picture", fails)
        settle()
        assert is_refusal(download(auth, file), 404, "FileIsBeingPrepared")
    with moved_clock(minutes=1):
        settle()
        assert download(auth, file).status_code == 200
    [never] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    monkeypatch.setattr(preparation, "prepare_picture", fails)
    for hours in range(1, 5):
        with moved_clock(hours=hours):
            settle()
    assert download(auth, never).json["detail"] == {"state": "refused", "reason": "failed"}


def test_a_crash_after_the_picture_was_written_is_made_good_by_the_next_run(auth, one, tokens, settle, monkeypatch):
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    def crash(*_):
        raise KeyboardInterrupt
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(preparation, "_settle", crash)
        preparation.prepare_next_file()
    with moved_clock(minutes=3):
        settle()
        assert download(auth, file).data == png()


def test_the_files_a_user_may_upload_in_a_day_are_limited(make_app, realm, tokens, one):
    other = Auth(make_app(UPLOADS_PER_DAY="3"), realm)
    token, bucket_id = tokens(one)["userBucketToken"], user_bucket(one)
    assert is_refusal(upload(other, token, bucket_id, *[png()] * 4), 429, "TooManyUploads")
    assert upload(other, token, bucket_id, png(), png()).status_code == 200
    assert is_refusal(upload(other, token, bucket_id, b"no image"), 400)  # is not counted
    refused = upload(other, token, bucket_id, png(), png())
    assert is_refusal(refused, 429, "TooManyUploads")
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert upload(other, token, bucket_id, png()).status_code == 200
    assert is_refusal(upload(other, token, bucket_id, png()), 429)


def test_the_next_day_begins_with_no_upload_counted(make_app, one):
    with make_app(UPLOADS_PER_DAY="1").app_context():
        store_images(one.actor, user_bucket(one), [Upload("a.png", png())])
        with pytest.raises(TooManyRequests):
            store_images(one.actor, user_bucket(one), [Upload("a.png", png())])
        with moved_clock(days=1):
            store_images(one.actor, user_bucket(one), [Upload("a.png", png())])


def test_what_an_older_release_stored_is_cleaned_once(app, auth, one, tokens, settle):
    [file] = upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png()).json["data"]
    settle()
    with reading() as connection:
        name = connection.execute(select(BucketFile.storage_name).where(BucketFile.id == file["fileId"])).scalar()
    media_store().put(name, photo(), "image/png")
    with unit_of_work(one.actor) as work:
        work.execute(update(BucketFile).values(mime_type="image/jpeg", prepared_at=None))
        work.commit()
    def clean(*options):
        system = ScriptInfo(create_app=lambda: app)
        done = CliRunner().invoke(load_command("media"), ["clean", "--json", *options], obj=system)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)
    assert clean("--dry-run")["changed"] == 1
    assert download(auth, file).data == photo()
    assert clean("--yes")["changed"] == 1
    assert dict(Image.open(io.BytesIO(download(auth, file).data)).getexif()) == {}
    assert clean("--yes")["changed"] is False


def purged_while(does, one):
    """Return the function, whose work is done just before the files of the user are purged."""
    def slow(*arguments, **named):
        done = does(*arguments, **named)
        empty_bucket(one.actor, user_bucket(one))
        return done
    return slow


@pytest.mark.parametrize("run", [preparation.prepare_next_file, preparation.clean_stored])
def test_a_picture_whose_owner_is_purged_while_it_is_decoded_leaves_no_bytes(app, auth, one, tokens, settle,
                                                                              monkeypatch, run):
    before = set(stored_files(app))
    upload(auth, tokens(one)["userBucketToken"], user_bucket(one), photo())
    if run is preparation.clean_stored:
        with unit_of_work(one.actor) as work:
            work.execute(update(BucketFile).values(state="ready", storage_name=BucketFile.storage_name + "raw"))
            work.commit()
    monkeypatch.setattr(preparation, "prepare_picture", purged_while(preparation.prepare_picture, one))
    run()
    assert set(stored_files(app)) == before


def test_a_picture_prepared_while_its_bucket_is_emptied_leaves_no_bytes(app, auth, one, tokens, monkeypatch):
    before = set(stored_files(app))
    upload(auth, tokens(one)["userBucketToken"], user_bucket(one), png())
    def after_the_worker(actor):
        preparation.prepare_next_file()
        return unit_of_work(actor)
    def deleted(files):
        if commands.unit_of_work is unit_of_work:  # the worker has read the bytes already, and they go only now
            monkeypatch.setattr(commands, "unit_of_work", after_the_worker)
        else:
            delete_bytes(files)
    delete_bytes = commands._delete_bytes
    monkeypatch.setattr(commands, "_delete_bytes", deleted)
    empty_bucket(one.actor, user_bucket(one))
    assert set(stored_files(app)) == before
