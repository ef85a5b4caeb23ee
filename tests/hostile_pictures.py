"""A hundred hostile files of each kind of picture, the same ones in every run; for the tests and for `bench`."""
import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

Files = Iterator[tuple[str, bytes]]
EACH = 100
KINDS = ("JPEG", "PNG", "GIF", "WEBP")
HTML = b"<html><script>alert(1)</script></html>"
ZIP = b"PK\x03\x04" + b"\0" * 26 + b"PK\x05\x06" + b"\0" * 18
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
MEGABYTE = 2**20


def hostile_pictures(kind: str) -> list[tuple[str, bytes]]:
    """Return a hundred named files that are, or claim to be, of this kind; none larger than an upload may be."""
    files = list(_MADE[kind]())
    base, rest = picture(kind), random.Random(kind)
    for number in range(20):
        at = len(base) * (number + 1) // 21
        files.append((f"cut at {at} of {len(base)}", base[:at]))
    files += [("followed by html", base + HTML), ("followed by zip", base + ZIP), ("followed by pdf", base + PDF),
              ("followed by itself", base * 100)]
    while len(files) < EACH:
        broken = bytearray(base)
        for _ in range(rest.randint(1, 8)):
            broken[rest.randrange(len(broken))] = rest.randrange(256)
        files.append((f"broken {len(files)}", bytes(broken)))
    assert len(files) == EACH, len(files)
    return files


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    """Return a small sound picture."""
    written = io.BytesIO()
    Image.new(mode, size, "teal").save(written, kind, **options)
    return written.getvalue()


def looping_exif() -> bytes:
    """Return EXIF whose directories point at themselves."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entry + struct.pack("<I", 8)


def segment(marker: int, content: bytes) -> bytes:
    """Return one segment of a jpeg."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a png."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a webp of these chunks."""
    body = b"".join(kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
                    for kind, content in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def png_of(width: int, height: int, *before: bytes, depth: int = 1, colour: int = 0, after: bytes = b"") -> bytes:
    """Return a true png of zeros: megapixels in a few kilobytes."""
    samples = {0: 1, 2: 3, 6: 4}[colour]
    packing, line = zlib.compressobj(1), b"\0" * (1 + (width * depth * samples + 7) // 8)
    data = b"".join(packing.compress(line) for _ in range(height)) + packing.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
            + b"".join(before) + chunk(b"IDAT", data) + after + chunk(b"IEND", b""))


def png_without_its_pixels() -> bytes:
    """Return a png whose parts are sound and whose pixels are cut: only decoding it tells."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def lossless_webp(width: int, height: int) -> bytes:
    """Return a webp of one colour, which needs no bit for a pixel: 49 megapixels in 40 bytes."""
    small = picture("WEBP", (8, 8), lossless=True)
    bits = struct.unpack_from("<I", small, 21)[0] & ~0xFFFFFFF
    return small[:21] + struct.pack("<I", bits | (width - 1) | (height - 1) << 14) + small[25:]


def _jpegs() -> Files:
    base = picture("JPEG")
    frame = base.index(b"\xff\xc0")
    for side in (65_535, 30_000, 20_000, 10_000, 7_000, 5_000, 0):
        yield f"claims {side} squared", base[:frame + 5] + struct.pack(">HH", side, side) + base[frame + 9:]
    progressive = picture("JPEG", progressive=True)
    scan = progressive.index(b"\xff\xda")
    for number in (50, 200, 5_000):
        yield f"{number} scans", progressive[:-2] + progressive[scan:-2] * number + b"\xff\xd9"
    for marker, what in ((0xE1, b"Exif\0\0"), (0xE1, b"http://ns.adobe.com/xap/1.0/\0"), (0xED, b"Photoshop 3.0\0"),
                         (0xFE, HTML), (0xE2, b"ICC_PROFILE\0\x01\xff"), (0xE2, b"MPF\0")):
        large = segment(marker, what + b"x" * 65_000) * 140
        yield f"nine megabytes of {marker:x} {what[:8]!r}", base[:2] + large + base[2:]
        yield f"one segment {marker:x} {what[:8]!r} that is cut", base[:2] + segment(marker, what * 100)[:90]
    yield "a million empty segments", base[:2] + b"\xff\xfe\0\2" * 1_000_000 + base[2:]
    yield "exif that points at itself", base[:2] + segment(0xE1, looping_exif()) + base[2:]
    yield "filling bytes", base[:2] + b"\xff" * 9_000_000 + base[2:]
    yield "filling bytes in the scan", base[:-2] + b"\xff" * 9_000_000 + b"\0" + base[-2:]
    yield "stuffed bytes in the scan", base[:-2] + b"\xff\0" * 4_000_000 + base[-2:]
    yield "two frames", base[:frame] + base[frame:frame + 19] * 2 + base[frame + 19:]
    yield "restarts", base[:-2] + b"\xff\xd0" * 1_000_000 + base[-2:]
    yield "html first", HTML + base


def _pngs() -> Files:
    for side in (100_000, 65_535, 20_000, 7_072, 0, 2**31 - 1):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
        data = chunk(b"IDAT", zlib.compress(b"\0" * 100))
        yield f"claims {side} squared", b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")
    yield "49 megapixels", png_of(7_000, 7_000)
    yield "49 megapixels, 16 bits of colour and alpha", png_of(7_000, 7_000, depth=16, colour=6)
    yield "a line of 50 megapixels", png_of(50_000_000, 1)
    bomb = zlib.compress(b"\0" * 50 * MEGABYTE, 9)
    yield "a profile that unpacks to 50 MiB", png_of(8, 8, chunk(b"iCCP", b"x\0\0" + bomb))
    yield "a hundred profiles", png_of(8, 8, *[chunk(b"iCCP", b"x\0\0" + bomb)] * 100)
    yield "a text that unpacks to 50 MiB", png_of(8, 8, chunk(b"zTXt", b"x\0\0" + bomb))
    yield "a text that unpacks later", png_of(8, 8, after=chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb))
    yield "nine megabytes of text", png_of(8, 8, chunk(b"tEXt", b"x\0" + b"y" * 9 * MEGABYTE))
    yield "exif that points at itself", png_of(8, 8, chunk(b"eXIf", looping_exif()[6:]))
    yield "nine megabytes of palette", png_of(8, 8, chunk(b"PLTE", b"x" * 9 * MEGABYTE))
    yield "an unknown critical chunk", png_of(8, 8, chunk(b"ABCD", b""))
    yield "html as a chunk", png_of(8, 8, chunk(b"teXt", HTML))
    for number in (10_000, 700_000):
        yield f"{number} empty chunks", png_of(8, 8, chunk(b"IDAT", b"") * number)
    for number, side in ((2, 7_000), (50, 3_000), (900, 400), (2_000, 8), (100_000, 1)):
        yield f"{number} frames of {side} squared", _apng(number, side)
    yield "bytes behind the pixels", png_of(8, 8, after=chunk(b"IDAT", b"x" * 5 * MEGABYTE))
    yield "a first frame of another size", _apng(2, 100, claimed=60_000)


def _apng(frames: int, side: int, claimed: int = 0) -> bytes:
    line = b"\0" * (1 + side)
    data, size = zlib.compress(line * side, 9), claimed or side
    parts = []
    for number in range(frames):
        if 20 + len(data) + sum(len(part) for part in parts[:1]) * number > 9 * MEGABYTE:
            break
        control = struct.pack(">IIIIIHHBB", 2 * number, size, size, 0, 0, 1, 100, 1, 1)
        parts.append(chunk(b"fcTL", control) + chunk(b"fdAT", struct.pack(">I", 2 * number + 1) + data))
    return png_of(side, side, chunk(b"acTL", struct.pack(">II", frames, 0)), depth=8, after=b"".join(parts))


def _gifs() -> Files:
    base = picture("GIF")
    image = base.index(b",", 13)
    for side in (65_535, 20_000, 7_000, 0):
        sides = struct.pack("<HH", side, side)
        yield f"claims {side} squared", base[:6] + sides + base[10:image + 5] + sides + base[image + 9:]
        yield f"a canvas of {side} squared", base[:6] + sides + base[10:]
        yield f"a frame at {side}", base[:image + 1] + sides + base[image + 5:]
    frame = base[image:-1]
    for number in (50, 900, 2_000, 100_000):
        yield f"{number} frames", base[:image] + frame * min(number, 9 * MEGABYTE // len(frame)) + b";"
        small = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x4c\1\0"
        yield f"{number} small frames on 4000 squared", (base[:6] + struct.pack("<HH", 4_000, 4_000) + base[10:image]
                                                         + small * min(number, 9 * MEGABYTE // len(small)) + b";")
    for label, what in ((0xFE, b"comment"), (0x01, b"text"), (0xFF, b"XMP DataXMP"), (0xFF, b"NETSCAPE2.0")):
        block = bytes((0x21, label, len(what))) + what
        large = block + (b"\xff" + b"x" * 255) * 36_000 + b"\0"
        yield f"nine megabytes of {what!r}", base[:image] + large + base[image:]
        yield f"tiny blocks of {what!r}", base[:image] + block + b"\1x" * 4_000_000 + b"\0" + base[image:]
        yield f"a million of {what!r}", base[:image] + (block + b"\0") * 400_000 + base[image:]
    yield "pixels in tiny blocks", base[:image + 11] + b"\1x" * 4_000_000 + b"\0;"
    yield "pixels that never end", base[:image + 11] + (b"\xff" + b"\x92" * 255) * 36_000 + b"\0;"
    yield "html as a comment", base[:image] + b"\x21\xfe" + bytes([len(HTML)]) + HTML + b"\0" + base[image:]
    yield "javascript by its size", b"GIF89a/*" + base[8:] + b"*/=1;alert(1)"


def _webps() -> Files:
    for side in (16_384, 10_000, 7_000, 5_100, 3_000):
        yield f"lossless, {side} squared", lossless_webp(side, side)
    still = picture("WEBP", (8, 8), lossless=True)[20:]
    lossy = picture("WEBP")[20:]
    for side in (2**24, 16_384, 7_000):
        head = bytes((0, 0, 0, 0)) + (side - 1).to_bytes(3, "little") * 2
        yield f"a canvas of {side} squared", riff((b"VP8X", head), (b"VP8L", still))
        yield f"an animation on {side} squared", _animation(3, still, side)
    for number in (50, 900, 2_000, 100_000):
        yield f"{number} frames", _animation(number, still, 8)
        yield f"{number} frames on 3000 squared", _animation(number, still, 3_000)
    head = bytes((0x2C, 0, 0, 0)) + (63).to_bytes(3, "little") + (47).to_bytes(3, "little")
    for kind in (b"EXIF", b"XMP ", b"ICCP", b"JUNK", b"ALPH"):
        yield f"nine megabytes of {kind!r}", riff((b"VP8X", head), (kind, b"x" * 9 * MEGABYTE), (b"VP8 ", lossy))
        yield f"a hundred thousand of {kind!r}", riff((b"VP8X", head), *[(kind, b"")] * 100_000, (b"VP8 ", lossy))
    yield "exif that points at itself", riff((b"VP8X", head), (b"VP8 ", lossy), (b"EXIF", looping_exif()[6:]))
    yield "lossy, claims 16383 squared", riff((b"VP8 ", lossy[:6] + b"\xff\x3f\xff\x3f" + lossy[10:]))
    yield "two pictures", riff((b"VP8 ", lossy), (b"VP8L", still))
    yield "a frame in a still", riff((b"ANMF", b"\0" * 16 + b"VP8L" + struct.pack("<I", len(still)) + still))
    yield "a length beyond its end", b"RIFF\xff\xff\xff\x7fWEBPVP8 " + lossy
    yield "a chunk beyond its end", riff((b"VP8 ", lossy))[:16] + b"\xff\xff\xff\x7f" + lossy


def _animation(frames: int, pixels: bytes, side: int) -> bytes:
    head = bytes((2, 0, 0, 0)) + (side - 1).to_bytes(3, "little") * 2
    inner = b"VP8L" + struct.pack("<I", len(pixels)) + pixels + b"\0" * (len(pixels) % 2)
    frame = b"\0" * 6 + (7).to_bytes(3, "little") * 2 + b"\x64\0\0\0" + inner
    most = min(frames, 9 * MEGABYTE // (len(frame) + 8))
    return riff((b"VP8X", head), (b"ANIM", b"\0" * 6), *[(b"ANMF", frame)] * most)


_MADE: dict[str, Callable[[], Files]] = {"JPEG": _jpegs, "PNG": _pngs, "GIF": _gifs, "WEBP": _webps}
