"""JPEG, segment by segment (ITU-T T.81, annex B): what stands between two markers, and scans up to the next one."""
import re
import struct

from app.media.formats.picture import BrokenPicture, Picture, count_part, is_colour_profile

_SOI, _EOI, _SOS, _DAC, _DHT, _DQT, _DRI = 0xD8, 0xD9, 0xDA, 0xCC, 0xC4, 0xDB, 0xDD
_BASELINE, _PROGRESSIVE = (0xC0, 0xC1), (0xC2,)
_TABLES = (_DHT, _DQT, _DRI, _DAC)
_JFIF, _PROFILE, _ADOBE = 0xE0, 0xE2, 0xEE
# What is no restart, no stuffed and no filling byte; filling bytes may stand before a marker between segments.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FILLED_MARKER = re.compile(rb"\xff{1,16}[^\x00\xd0-\xd7\xff]")
# A progressive picture has about ten scans; each costs as much as the whole picture, though it may have eight bytes.
_MOST_SCANS, _MOST_SEGMENTS = 100, 10_000
_BASELINE_BYTES, _PROGRESSIVE_BYTES = 8, 12


def read_jpeg(content: bytes) -> Picture:
    """Return the picture; raises BrokenPicture when it is cut, has no frame or two, or too many scans."""
    view = memoryview(content)
    about: list[bytes | memoryview] = []
    pixels: list[bytes | memoryview] = []
    profile: list[memoryview] = []
    frame, scans, number, at, kind = None, 0, 0, 2, _SOI
    while kind != _EOI:
        number = count_part(number, _MOST_SEGMENTS)
        marker = _FILLED_MARKER.match(content, at)
        if marker is None:
            raise BrokenPicture("its segments do not follow each other")
        start, at, kind = marker.end() - 2, marker.end(), content[marker.end() - 1]
        if kind == _EOI:
            break
        segment = _segment(view, start)
        at, head = start + len(segment), bytes(segment[4:16])
        if kind in _BASELINE + _PROGRESSIVE:
            frame = _frame(frame, kind, segment)
            pixels.append(segment)
        elif kind == _SOS:
            scans += 1
            behind = _MARKER.search(content, at)
            if behind is None or scans > _MOST_SCANS:
                raise BrokenPicture("a scan has no end" if behind is None else f"it has more than {_MOST_SCANS} scans")
            at = behind.start()
            pixels.append(view[start:at])
        elif kind in _TABLES:
            pixels.append(segment)
        elif kind == _JFIF and head.startswith(b"JFIF\0") and len(segment) >= 18:
            # Its first fields; the thumbnail behind them is another picture.
            about = [b"\xff\xe0\0\x10", head, b"\0\0"]
        elif kind == _ADOBE and head.startswith(b"Adobe") and len(segment) == 16:
            pixels.append(segment)
        elif kind == _PROFILE and head == b"ICC_PROFILE\0":
            profile.append(segment)
        elif 0xC0 <= kind <= 0xCF or kind < 0xC0:
            raise BrokenPicture("it is of a kind that no browser shows")
    if frame is None or not scans:
        raise BrokenPicture("it has no pixels")
    if not is_colour_profile(b"".join(segment[18:] for segment in profile)):
        profile = []
    kept = [view[:2], *about, *profile, *pixels, b"\xff\xd9"]
    return Picture("image/jpeg", frame[1], frame[2], 1,
                   _PROGRESSIVE_BYTES if frame[0] in _PROGRESSIVE else _BASELINE_BYTES, kept)


def _segment(view: memoryview, start: int) -> memoryview:
    if start + 4 > len(view):
        raise BrokenPicture("a segment is cut")
    length = int(struct.unpack_from(">H", view, start + 2)[0])
    if length < 2 or start + 2 + length > len(view):
        raise BrokenPicture("a segment is cut")
    return view[start:start + 2 + length]


def _frame(former: tuple[int, int, int] | None, kind: int, segment: memoryview) -> tuple[int, int, int]:
    """Return marker, width and height; raises BrokenPicture for a second frame, which decoders disagree about."""
    if former is not None or len(segment) < 10:
        raise BrokenPicture("it has two frames" if former else "its frame is cut")
    height, width = struct.unpack_from(">HH", segment, 5)
    if not (height and width):
        raise BrokenPicture("it has no pixels")
    return kind, width, height
