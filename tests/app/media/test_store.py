"""Both media adapters keep the same promises."""
import boto3
import pytest
from moto import mock_aws

from app.media.store import LocalDiskStore, MediaMissing, S3Store, random_name


@pytest.fixture(params=["disk", "s3"])
def store(request, tmp_path):
    if request.param == "disk":
        yield LocalDiskStore(tmp_path)
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.create_bucket(Bucket="media")
        yield S3Store("media", client)


def test_an_unknown_name_is_missing(store):
    with pytest.raises(MediaMissing):
        store.get(random_name())


def test_what_was_put_comes_back_byte_for_byte(store):
    name = random_name()
    store.put(name, b"\x00\xffbytes", "image/png")
    assert store.get(name) == b"\x00\xffbytes"


def test_a_file_is_stored_and_read_a_part_at_a_time(store, tmp_path):
    name, file = random_name(), tmp_path / "large.zip"
    file.write_bytes(b"parts" * 1000)
    store.put_file(name, file, "application/zip")
    with store.open(name) as content:
        assert [content.read(5), content.read()] == [b"parts", b"parts" * 999]
    with pytest.raises(MediaMissing):
        store.open(random_name())


class Letters:
    """So many letters to be read, and then the end, or a fault."""

    def __init__(self, number, fault=None):
        self.left, self.fault = number, fault

    def read(self, size=-1):
        if not self.left and self.fault:
            raise self.fault
        size = self.left if size < 0 else min(size, self.left)
        self.left -= size
        return b"a" * size


@pytest.mark.parametrize("number", [0, 5, 17 << 20])
def test_what_is_read_until_its_end_is_stored_and_measured(store, number):
    name = random_name()
    store.put_stream(name, Letters(number), "image/png")
    content, size = store.measured(name)
    with content:
        assert (size, len(content.read())) == (number, number)
    with pytest.raises(MediaMissing):
        store.measured(random_name())


@pytest.mark.parametrize("number", [5, 17 << 20])
def test_what_breaks_off_while_it_is_read_stores_nothing(store, number, tmp_path):
    name = random_name()
    with pytest.raises(LookupError, match="broken off"):
        store.put_stream(name, Letters(number, LookupError("broken off")), "image/png")
    with pytest.raises(MediaMissing):
        store.get(name)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_deleted_object_is_missing_and_deleting_again_is_fine(store):
    name = random_name()
    store.put(name, b"bytes", "image/png")
    store.delete(name)
    store.delete(name)
    with pytest.raises(MediaMissing):
        store.get(name)


def test_what_has_no_name_of_ours_is_not_among_the_names(store):
    ours, prepared = random_name(), random_name()
    for name in (ours, f"{prepared}raw", "index", "2026", ours[:-1], f"{ours}0", ours.upper(), f"{ours}rar"):
        store.put(name, b"bytes", "image/png")
    assert sorted(store.names()) == sorted([ours, f"{prepared}raw"])


def test_a_name_that_walks_out_of_the_folder_is_missing(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    with pytest.raises(MediaMissing):
        LocalDiskStore(tmp_path / "media").get("../secret")


def test_files_are_spread_over_folders_and_no_draft_stays(tmp_path):
    store, name = LocalDiskStore(tmp_path), random_name()
    store.put(name, b"bytes", "image/png")
    files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [f"{name[:2]}/{name[2:4]}/{name}"]
