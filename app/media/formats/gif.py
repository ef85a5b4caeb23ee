"""GIF, block by block (GIF89a, §12 to §27)."""
import struct

from app.media.formats.picture import BrokenPicture, Picture, count_part

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
# Ten megabytes have forty thousand sub-blocks of 255 bytes.
_MOST_SUB_BLOCKS = 100_000
_STILL_BYTES, _ANIMATED_BYTES = 8, 20


def read_gif(content: bytes) -> Picture:
    """Return the picture, its canvas as large as the largest frame; raises BrokenPicture when it is cut."""
    view = memoryview(content)
    if len(view) < 14:
        raise BrokenPicture("it is cut")
    width, height, flags = struct.unpack_from("<HHB", view, 6)
    at = 13 + _table(flags)
    kept: list[bytes | memoryview] = [view[:at]]
    frames = number = 0
    try:
        while (kind := view[at]) != _TRAILER:
            start = at
            count_part(len(kept))
            if kind == _IMAGE:
                left, top, across, down, flags = struct.unpack_from("<HHHHB", view, at + 1)
                width, height, frames = max(width, left + across), max(height, top + down), frames + 1
                at, number = _behind(view, at + 11 + _table(flags), number)
                kept.append(view[start:at])
            elif kind == _EXTENSION:
                at, number = _behind(view, at + 2, number)
                kept += _needed(view[start:at])
            else:
                raise BrokenPicture("a block is of no known kind")
    except (IndexError, struct.error) as error:
        raise BrokenPicture("a block is cut") from error
    if not (width and height and frames):
        raise BrokenPicture("it has no pixels")
    kept.append(b";")
    return Picture("image/gif", width, height, frames, _ANIMATED_BYTES if frames > 1 else _STILL_BYTES, kept)


def _table(flags: int) -> int:
    """Return the bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind(view: memoryview, at: int, number: int) -> tuple[int, int]:
    """Return where the sub-blocks that begin at `at` end, and how many of them were read so far."""
    while length := view[at]:
        at, number = at + 1 + length, count_part(number, _MOST_SUB_BLOCKS)
    return at + 1, count_part(number, _MOST_SUB_BLOCKS)


def _needed(extension: memoryview) -> list[bytes | memoryview]:
    """Return what stays of an extension: how a frame is shown, how often all are; no comment, text or XMP."""
    if extension[1] == _CONTROL and len(extension) == 8:
        return [extension]
    if extension[1] == _APPLICATION and bytes(extension[3:14]) in _LOOPS and bytes(extension[14:16]) == b"\x03\x01":
        return [extension[:18], b"\0"]
    return []
