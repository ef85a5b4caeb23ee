"""The files of a segment as views of its mapped bytes: Whoosh's own keep a copy of each on the heap of every process.

Pages of the map are shared by all processes, and the kernel drops them when it needs the memory."""
import io
from typing import Any

from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.structfile import BufferFile


class MappedStorage(CompoundStorage):
    """A compound segment, opened for reading."""

    def open_file(self, name: str, *args: Any, **options: Any) -> Any:
        """Open a file of the segment; raises NameError when it has none of that name."""
        if not self._source or self.is_closed:
            return super().open_file(name, *args, **options)
        offset, length = self.range(name)
        return _MappedFile(memoryview(self._source)[offset:offset + length], name)


class _MappedFile(BufferFile):
    def __init__(self, view: memoryview, name: str | None) -> None:  # not the parent's: it copies
        self._buf = view
        self._name = name
        self.file = _Cursor(view)  # type: ignore[assignment]
        self.onclose = None
        self.is_real = self.is_closed = False

    def subset(self, position: int, length: int, name: str | None = None) -> "_MappedFile":
        return _MappedFile(memoryview(self._buf)[position:position + length], name or self._name)


class _Cursor(io.RawIOBase):
    """Reads a view from front to back, as a file is read."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._view) if size is None or size < 0 else self._at + size
        found = bytes(self._view[self._at:end])
        self._at += len(found)
        return found

    def readinto(self, buffer: Any) -> int:
        found = self.read(len(buffer))
        buffer[:len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence])
        return self._at

    def tell(self) -> int:
        return self._at
