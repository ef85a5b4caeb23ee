"""A file under AES-256-GCM, written and read in chunks: what is cut off, exchanged, doubled or flipped is seen.

Each file has a key of its own, made of the operator's key and a random salt. So a chunk's number and whether it is the
last are nonce enough: no two chunks of a file share one, and each is written once."""
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.ops.backup.refusals import BackupDamaged, BackupRefused

CHUNK = 64 * 1024
SEALED = b"guildhall backup, sealed, 1\n"
KEY_BYTES, _SALT_BYTES, _TAG_BYTES = 32, 32, 16
_KEY_LINE = "guildhall-backup-key "
_LONGEST_KEY_FILE = 1_000


def make_key(path: Path) -> None:
    """Write a new random key into a file that only its owner reads; raises BackupRefused when something is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be made: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{_KEY_LINE}{secrets.token_hex(KEY_BYTES)}\n")
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path) -> bytes:
    """Return the key that stands in a file; raises BackupRefused."""
    try:
        if path.exists() and not path.is_file():
            raise BackupRefused(f"{path} is no file")
        with path.open() as file:
            words = file.read(_LONGEST_KEY_FILE).split()
        key = bytes.fromhex(words[1])
    except OSError as error:
        raise BackupRefused(f"the key file {path} cannot be read: {error.strerror}") from error
    except (ValueError, IndexError) as error:
        raise BackupRefused(f"{path} is no key file: flask backup key FILE makes one") from error
    if words[0] != _KEY_LINE.strip() or len(key) != KEY_BYTES:
        raise BackupRefused(f"{path} is no key file: flask backup key FILE makes one")
    return key


def is_sealed(path: Path) -> bool:
    """Tell whether a file begins as a sealed one."""
    with path.open("rb") as file:
        return file.read(len(SEALED)) == SEALED


class PlainWriter:
    """Writes a file whose first `reserved` bytes, a multiple of CHUNK, are given last."""

    def __init__(self, file: BinaryIO, reserved: int) -> None:
        self._file = file
        self._file.seek(reserved)

    def write(self, data: bytes) -> None:
        """Write what follows."""
        self._file.write(data)

    def finish(self, first: bytes) -> None:
        """Write the reserved beginning: the file is whole with it."""
        self._file.seek(0)
        self._file.write(first)


class SealedWriter:
    """The same, sealed with a key of KEY_BYTES."""

    def __init__(self, file: BinaryIO, reserved: int, key: bytes) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._file = file
        self._seal = _Seal(key, salt)
        self._start = len(SEALED) + _SALT_BYTES
        self._waiting = bytearray()
        self._number = reserved // CHUNK
        file.write(SEALED + salt)
        file.seek(self._start + self._number * (CHUNK + _TAG_BYTES))

    def write(self, data: bytes) -> None:
        """Write what follows; a chunk is held back, because only the end tells which is the last."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]

    def finish(self, first: bytes) -> None:
        """Seal the last chunk and the reserved beginning: the file is whole with it."""
        self._put(bytes(self._waiting), is_last=True)
        self._file.seek(self._start)
        for number in range(len(first) // CHUNK):
            self._file.write(self._seal.close(first[number * CHUNK:(number + 1) * CHUNK], number, is_last=False))

    def _put(self, plain: bytes, *, is_last: bool = False) -> None:
        self._file.write(self._seal.close(plain, self._number, is_last=is_last))
        self._number += 1


class SealedReader:
    """Reads what a SealedWriter wrote; raises BackupRefused for a wrong key, BackupDamaged for any other change."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        head = file.read(len(SEALED) + _SALT_BYTES)
        self._file = file
        self._seal = _Seal(key, head[len(SEALED):])
        self._number = 0
        self._next = file.read(CHUNK + _TAG_BYTES)
        self._opened = bytearray()
        self._is_over = False

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        while len(self._opened) < size and not self._is_over:
            self._open_chunk()
        data = bytes(self._opened[:size])
        del self._opened[:size]
        return data

    def _open_chunk(self) -> None:
        sealed, self._next = self._next, self._file.read(CHUNK + _TAG_BYTES)
        self._is_over = not self._next
        try:
            self._opened += self._seal.open(sealed, self._number, is_last=self._is_over)
        except InvalidTag as error:
            if self._number == 0:
                raise BackupRefused("the key does not open this backup, or its beginning is damaged") from error
            raise BackupDamaged(f"sealed chunk {self._number} is not what was written, or the end is missing") \
                from error
        self._number += 1


class _Seal:
    """The key of one file, and the nonce of each of its chunks."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        derived = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt, info=b"guildhall/backup").derive(key)
        self._cipher = AESGCM(derived)

    def close(self, plain: bytes, number: int, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(_nonce(number, is_last), plain, SEALED)

    def open(self, sealed: bytes, number: int, *, is_last: bool) -> bytes:
        return self._cipher.decrypt(_nonce(number, is_last), sealed, SEALED)


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
