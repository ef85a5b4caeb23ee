"""PNG and APNG, chunk by chunk (W3C PNG, third edition, §5 and §11)."""
import struct
import zlib

from app.media.formats.picture import BrokenPicture, Picture, count_part, is_colour_profile

# The chunks that pixels need, with the longest each may be: a longer one hides something.
_LONGEST = {
    b"IHDR": 13, b"PLTE": 768, b"IDAT": 2**31, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1,
    b"sBIT": 4, b"bKGD": 6, b"pHYs": 9, b"cICP": 4, b"acTL": 8, b"fcTL": 26, b"fdAT": 2**31,
}
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_PROFILE = b"iCCP"
_LONGEST_PROFILE = 2**20
_STILL_BYTES, _ANIMATED_BYTES = 8, 16


def read_png(content: bytes) -> Picture:
    """Return the picture; raises BrokenPicture when it is cut or its chunks contradict themselves."""
    view = memoryview(content)
    kept: list[bytes | memoryview] = [view[:8]]
    width = height = frames = data = number = profiles = 0
    at, kind = 8, b""
    while kind != b"IEND":
        number = count_part(number)
        if at + 12 > len(view):
            raise BrokenPicture("a chunk is cut")
        length, kind = struct.unpack_from(">I4s", view, at)
        end = at + 12 + length
        body = view[at + 8:end - 4]
        if end > len(view) or (at == 8) != (kind == b"IHDR"):
            raise BrokenPicture("its chunks do not follow each other")
        if kind in _CRITICAL and zlib.crc32(view[at + 4:end - 4]) != struct.unpack_from(">I", view, end - 4)[0]:
            raise BrokenPicture("the checksum of a chunk is wrong")
        if kind == b"IHDR" and length == 13:
            width, height = struct.unpack_from(">II", body)
        frames += kind == b"fcTL"
        data += kind == b"IDAT"
        profiles += kind == _PROFILE
        # Only the first profile is unpacked: there may be one, and ten thousand of a kilobyte would take half a minute.
        is_kept_profile = kind == _PROFILE and profiles == 1 and _is_profile(bytes(body))
        if length <= _LONGEST.get(kind, -1) or is_kept_profile:
            kept.append(view[at:end])
        elif kind in _CRITICAL or not kind[0] & 0x20:
            raise BrokenPicture("a chunk that the pixels need is unknown or too long")
        at = end
    if not (width and height and data):
        raise BrokenPicture("it has no pixels")
    return Picture("image/png", width, height, max(frames, 1), _ANIMATED_BYTES if frames else _STILL_BYTES, kept)


def _is_profile(body: bytes) -> bool:
    """Unpack no more than a profile may hold: a chunk of a few bytes may claim gigabytes."""
    name, _, packed = body.partition(b"\0")
    if not packed or len(name) > 79 or packed[0] != 0:
        return False
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed[1:], _LONGEST_PROFILE + 1)
    except zlib.error:
        return False
    return unpacking.eof and not unpacking.unused_data and is_colour_profile(profile)
