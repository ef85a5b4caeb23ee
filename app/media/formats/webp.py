"""WebP, chunk by chunk (RFC 9649)."""
import struct
from collections.abc import Iterator

from app.media.formats.picture import MOST_PARTS, BrokenPicture, Picture, count_part, is_colour_profile

_PIXELS = (b"ALPH", b"VP8 ", b"VP8L")
_ANIMATION = 0x02
# Alpha and animation stay; EXIF, XMP and reserved bits go; the profile is set again where one stays.
_KEPT_FLAGS, _HAS_PROFILE = 0x12, 0x20
_BYTES = 20
_MOST_OF_A_FRAME = 16

Size = tuple[int, int]
Chunk = tuple[bytes, memoryview, memoryview]


def read_webp(content: bytes) -> Picture:
    """Return the picture, its canvas as large as the largest frame; raises BrokenPicture when it is cut."""
    view = memoryview(content)
    if len(view) < 20 or bytes(view[8:12]) != b"WEBP":
        raise BrokenPicture("it is no WebP")
    end = 8 + int(struct.unpack_from("<I", view, 4)[0])
    if end > len(view):
        raise BrokenPicture("it is cut")
    canvas: Size | None = None
    sizes: list[Size] = []
    flags = frames = 0
    kept: list[bytes | memoryview] = []
    profile: memoryview | None = None
    for kind, chunk, body in _chunks(view[12:end]):
        if kind == b"VP8X" and canvas is None and not sizes and len(body) == 10:
            flags, canvas = body[0], (1 + _three_bytes(body, 4), 1 + _three_bytes(body, 7))
            sizes.append(canvas)
        elif kind == b"ICCP" and profile is None and is_colour_profile(bytes(body)):
            profile = chunk
        elif kind == b"ANIM" and len(body) == 6:
            kept.append(chunk)
        elif kind == b"ANMF":
            frames += 1
            parts, found = _frame(body)
            kept += parts
            sizes += found
        elif kind in _PIXELS:
            kept.append(chunk)
            sizes += _size(kind, body)
        elif kind in (b"VP8X", b"ANIM"):
            raise BrokenPicture("its chunks contradict each other")
    if not sizes or not kept or bool(flags & _ANIMATION) != bool(frames):
        raise BrokenPicture("it has no pixels")
    if canvas is not None:
        head = bytes((flags & _KEPT_FLAGS | (_HAS_PROFILE if profile else 0), 0, 0, 0))
        kept = [b"VP8X\x0a\0\0\0", head, _dimensions(canvas), *([profile] if profile else []), *kept]
    length = 4 + sum(len(part) for part in kept)
    return Picture("image/webp", max(size[0] for size in sizes), max(size[1] for size in sizes), max(frames, 1),
                   _BYTES, [b"RIFF", struct.pack("<I", length), b"WEBP", *kept])


def _chunks(view: memoryview, most: int = MOST_PARTS) -> Iterator[Chunk]:
    """Yield the kind of each chunk, the whole of it with its filling byte, and what it holds."""
    at = number = 0
    while at + 8 <= len(view):
        number = count_part(number, most)
        kind, length = struct.unpack_from("<4sI", view, at)
        if at + 8 + length > len(view):
            raise BrokenPicture("a chunk is cut")
        end = min(at + 8 + length + length % 2, len(view))
        yield kind, view[at:end], view[at + 8:at + 8 + length]
        at = end
    if at != len(view):
        raise BrokenPicture("a chunk is cut")


def _frame(body: memoryview) -> tuple[list[bytes | memoryview], list[Size]]:
    """Return a frame of an animation without what is not its pixels, and the sizes it names."""
    if len(body) < 16:
        raise BrokenPicture("a frame is cut")
    left, top = 2 * _three_bytes(body, 0), 2 * _three_bytes(body, 3)
    sizes = [(left + 1 + _three_bytes(body, 6), top + 1 + _three_bytes(body, 9))]
    parts: list[bytes | memoryview] = [body[:16]]
    for kind, chunk, inner in _chunks(body[16:], _MOST_OF_A_FRAME):
        if kind in _PIXELS:
            parts.append(chunk)
            sizes += _size(kind, inner)
    length = sum(len(part) for part in parts)
    return [b"ANMF", struct.pack("<I", length), *parts], sizes


def _size(kind: bytes, body: memoryview) -> list[Size]:
    """Return the size that a bit stream names; raises BrokenPicture when it begins like none."""
    if kind == b"VP8 " and len(body) >= 10 and bytes(body[3:6]) == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return [(width & 0x3FFF, height & 0x3FFF)]
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int(struct.unpack_from("<I", body, 1)[0])
        return [(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))]
    if kind == b"ALPH":
        return []
    raise BrokenPicture("its pixels begin like none")


def _three_bytes(body: memoryview, at: int) -> int:
    return int.from_bytes(body[at:at + 3], "little")


def _dimensions(canvas: Size) -> bytes:
    return b"".join((side - 1).to_bytes(3, "little") for side in canvas)
