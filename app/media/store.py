"""Where uploaded bytes rest: the media port, with the local disk and S3 behind it.

Names are ours (random), never the client's; a file is written once, or anew only when a picture is prepared."""
import os
import re
import secrets
import sys
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol

from app.runtime import runtime
from app.settings import Settings

_PIECE = 1 << 20
_OUR_NAME = re.compile(r"[0-9a-f]{32}(raw)?")


class MediaMissing(LookupError):
    """No stored object has that name."""


class Reads(Protocol):
    """Where bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes: so many, fewer only at the end; without a size all that is left."""


class MediaStore(Protocol):
    """The port every adapter fills."""

    def put(self, name: str, content: bytes, mime_type: str) -> None:
        """Store `content` under `name`, whole or not at all."""

    def put_file(self, name: str, file: Path, mime_type: str) -> None:
        """Store what a file holds, which may be larger than memory."""

    def put_stream(self, name: str, content: Reads, mime_type: str) -> None:
        """Store what is read of `content` until its end, a part at a time."""

    def get(self, name: str) -> bytes:
        """Return the stored bytes; raises MediaMissing."""

    def open(self, name: str) -> IO[bytes]:
        """Return the stored bytes to be read a part at a time; raises MediaMissing."""

    def measured(self, name: str) -> tuple[IO[bytes], int]:
        """Return the same, and how many bytes it has."""

    def delete(self, name: str) -> None:
        """Remove the object; absent is fine."""

    def names(self, before: datetime | None = None) -> Iterator[str]:
        """Yield the name of each stored object, or of those written before a moment, in no order; one that comes or
        goes meanwhile may be among them or not. What has no name of ours is somebody else's, and is left out."""


class _Opened:
    """The store of one application."""

    def __init__(self) -> None:
        self.store = open_store(runtime().settings)


def media_store() -> MediaStore:
    """Return the store the settings name, opened once per application."""
    return runtime().part(_Opened).store


def open_store(settings: Settings) -> MediaStore:
    """Open the store of MEDIA_STORE: a folder of the instance, or S3_BUCKET."""
    if settings.media_store == "s3":
        return S3Store(settings.s3_bucket, endpoint_url=settings.s3_endpoint_url or None)
    return LocalDiskStore(settings.home / "media")


def store_faults() -> tuple[type[Exception], ...]:
    """Return what a store raises where the disk or the bucket is full, away or refuses."""
    botocore = sys.modules.get("botocore.exceptions")  # who keeps uploads on disk has not loaded it
    return (OSError, botocore.BotoCoreError, botocore.ClientError) if botocore else (OSError,)


def random_name() -> str:
    """Return a fresh storage name (32 hex) that nothing about the file or its owner can be read from."""
    return secrets.token_hex(16)


def _is_ours(name: str) -> bool:
    """Tell whether a name has the form of ours: 32 hex, of an upload that is not prepared yet with `raw` behind."""
    return _OUR_NAME.fullmatch(name) is not None


class LocalDiskStore:
    """Files in folders of the instance, sharded by the name's first four digits to keep each folder small."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes, mime_type: str) -> None:
        """Write beside the target and rename, so that a crash leaves no half file under the name."""
        self.put_stream(name, BytesIO(content), mime_type)

    def put_file(self, name: str, file: Path, mime_type: str) -> None:
        """The same, a part at a time."""
        with file.open("rb") as content:
            self.put_stream(name, content, mime_type)

    def put_stream(self, name: str, content: Reads, mime_type: str) -> None:
        """The same, of what is read until its end."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}.part")
        try:
            with draft.open("xb") as file:
                file.writelines(iter(lambda: content.read(_PIECE), b""))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:  # a full disk, or what is read breaks off
            draft.unlink(missing_ok=True)
            raise

    def get(self, name: str) -> bytes:
        """Return the file's bytes; raises MediaMissing."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise MediaMissing(name) from error

    def open(self, name: str) -> IO[bytes]:
        """Open the file; raises MediaMissing."""
        try:
            return self._path(name).open("rb")
        except FileNotFoundError as error:
            raise MediaMissing(name) from error

    def measured(self, name: str) -> tuple[IO[bytes], int]:
        """Open the file and say its size, which stays as long as it is open; raises MediaMissing."""
        content = self.open(name)
        return content, os.fstat(content.fileno()).st_size

    def delete(self, name: str) -> None:
        """Remove the file."""
        self._path(name).unlink(missing_ok=True)

    def names(self, before: datetime | None = None) -> Iterator[str]:
        """Yield the names of the files, folder by folder; drafts are none."""
        for folder in _folders(self._root):
            for inner in _folders(folder):
                for file in inner.iterdir():
                    if _is_ours(file.name) and (before is None or file.stat().st_mtime < before.timestamp()):
                        yield file.name

    def _path(self, name: str) -> Path:
        if not name.isalnum():
            raise MediaMissing(name)
        return self._root / name[:2] / name[2:4] / name


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


class S3Store:
    """One bucket of S3 or of anything that speaks it."""

    def __init__(self, bucket: str, client: Any = None, endpoint_url: str | None = None) -> None:
        self._bucket = bucket
        if client is None:
            import boto3  # slow to import, and needed by nobody who keeps uploads on disk

            client = boto3.client("s3", endpoint_url=endpoint_url)
        self._client = client

    def put(self, name: str, content: bytes, mime_type: str) -> None:
        """Store the object with its content type."""
        self._client.put_object(Bucket=self._bucket, Key=name, Body=content, ContentType=mime_type)

    def put_file(self, name: str, file: Path, mime_type: str) -> None:
        """Store the object in parts."""
        self._client.upload_file(str(file), self._bucket, name, ExtraArgs={"ContentType": mime_type})

    def put_stream(self, name: str, content: Reads, mime_type: str) -> None:
        """Store the object in parts, one in memory at a time; what breaks off stores nothing."""
        from boto3.s3.transfer import TransferConfig

        self._client.upload_fileobj(content, self._bucket, name, ExtraArgs={"ContentType": mime_type},
                                    Config=TransferConfig(use_threads=False))

    def get(self, name: str) -> bytes:
        """Return the object's bytes; raises MediaMissing."""
        with self.open(name) as content:
            return content.read()

    def open(self, name: str) -> IO[bytes]:
        """Return the object's stream; raises MediaMissing."""
        return self.measured(name)[0]

    def measured(self, name: str) -> tuple[IO[bytes], int]:
        """Return the object's stream and its size; raises MediaMissing."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=name)
        except self._client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise MediaMissing(name) from error
            raise
        return found["Body"], found["ContentLength"]

    def delete(self, name: str) -> None:
        """Remove the object."""
        self._client.delete_object(Bucket=self._bucket, Key=name)

    def names(self, before: datetime | None = None) -> Iterator[str]:
        """Yield the keys of the objects that can be ours, a thousand a call: others may keep theirs in the bucket."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            for found in page.get("Contents", ()):
                if _is_ours(found["Key"]) and (before is None or found["LastModified"] < before):
                    yield found["Key"]
