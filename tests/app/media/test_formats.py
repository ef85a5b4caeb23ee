"""Pictures are read part by part: what is no whole picture is refused, what is no pixel is left out."""
import io
import zlib

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from app.media.formats import BrokenPicture, read_picture
from tests.hostile_pictures import KINDS, chunk, hostile_pictures, lossless_webp, picture, png_of, riff, segment

SECRET = b"52 degrees 31 minutes north"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif():
    made = Image.Exif()
    made[0x010E] = SECRET.decode()  # ImageDescription
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return made


def text():
    made = PngImagePlugin.PngInfo()
    made.add_text("Comment", SECRET.decode())
    made.add_text("Packed", SECRET.decode(), zip=True)
    made.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return made


def with_segments():
    base = picture("JPEG", exif=exif(), comment=SECRET, icc_profile=PROFILE)
    jfif_end = 2 + 2 + 16
    more = b"".join(segment(marker, name + SECRET) for marker, name in (
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0"), (0xED, b"Photoshop 3.0\0"), (0xEB, b""), (0xFE, b"")))
    return base[:jfif_end] + more + base[jfif_end:] + picture("JPEG", exif=exif())


def animated(kind, **options):
    written = io.BytesIO()
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("teal", "gold", "navy")]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=50, loop=0, **options)
    return written.getvalue()


def gif_with_xmp():
    base = animated("GIF", comment=SECRET)
    trailer = b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0\x21\x01\x0c" + b"x" * 12 + b"\0;"
    return base[:-1] + trailer + SECRET


FULL_OF_METADATA = {
    "jpeg": with_segments, "progressive jpeg": lambda: picture("JPEG", exif=exif(), comment=SECRET, progressive=True),
    "cmyk jpeg": lambda: picture("JPEG", mode="CMYK", exif=exif(), comment=SECRET),
    "png": lambda: picture("PNG", exif=exif(), pnginfo=text(), icc_profile=PROFILE) + SECRET,
    "palette png": lambda: picture("PNG", mode="P", exif=exif(), pnginfo=text()),
    "apng": lambda: animated("PNG", exif=exif(), pnginfo=text()),
    "gif": lambda: picture("GIF", comment=SECRET), "animated gif": gif_with_xmp,
    "webp": lambda: picture("WEBP", exif=exif(), xmp=SECRET, icc_profile=PROFILE) + SECRET,
    "lossless webp": lambda: picture("WEBP", mode="RGBA", lossless=True, exif=exif(), xmp=SECRET),
    "animated webp": lambda: animated("WEBP", exif=exif(), xmp=SECRET),
}
CLEAN = {kind: lambda kind=kind: picture(kind) for kind in KINDS} | {
    "animated gif": lambda: animated("GIF"), "apng": lambda: animated("PNG"),
    "animated webp": lambda: animated("WEBP"), "interlaced png": lambda: png_of(9, 9)}


def frames(content):
    with Image.open(io.BytesIO(content)) as image:
        for at in range(getattr(image, "n_frames", 1)):
            image.seek(at)
            yield image.convert("RGBA").tobytes(), image.info.get("duration"), image.info.get("loop")


@pytest.mark.parametrize("what", FULL_OF_METADATA)
def test_of_a_picture_only_its_pixels_stay(what):
    content = FULL_OF_METADATA[what]()
    assert SECRET in content
    kept = read_picture(content).without_metadata()
    assert SECRET not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (dict(image.getexif()), image.info.get("comment"), image.info.get("xmp")) == ({}, None, None)
    assert list(frames(kept)) == list(frames(content))


@pytest.mark.parametrize("what", ["jpeg", "png", "webp"])
def test_the_colour_profile_stays(what):
    with Image.open(io.BytesIO(read_picture(FULL_OF_METADATA[what]()).without_metadata())) as image:
        assert image.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("content", [
    picture("JPEG", icc_profile=SECRET * 100), picture("WEBP", icc_profile=SECRET * 100),
    png_of(8, 8, chunk(b"iCCP", b"x\0\0" + SECRET))], ids=["jpeg", "webp", "png"])
def test_what_calls_itself_a_colour_profile_and_is_none_goes(content):
    assert SECRET not in read_picture(content).without_metadata()


@pytest.mark.parametrize("what", CLEAN)
def test_a_picture_without_metadata_stays_byte_for_byte(what):
    content = CLEAN[what]()
    assert read_picture(content).without_metadata() == content


@pytest.mark.parametrize("what", FULL_OF_METADATA)
def test_what_was_cleaned_once_is_clean(what):
    once = read_picture(FULL_OF_METADATA[what]()).without_metadata()
    assert read_picture(once).without_metadata() == once


@pytest.mark.parametrize(("content", "facts"), [
    (lossless_webp(7_000, 6_000), ("image/webp", 7_000, 6_000, 1)), (animated("GIF"), ("image/gif", 64, 48, 3)),
    (animated("PNG"), ("image/png", 64, 48, 3)), (animated("WEBP"), ("image/webp", 64, 48, 3)),
    (picture("JPEG", (30, 20)), ("image/jpeg", 30, 20, 1))], ids=["webp", "gif", "apng", "animated webp", "jpeg"])
def test_a_picture_tells_its_kind_size_and_frames(content, facts):
    found = read_picture(content)
    assert (found.mime_type, found.width, found.height, found.frames) == facts


@pytest.mark.parametrize("content", [
    b"", b"RIFF", riff(), png_of(8, 8)[:-1], picture("GIF")[:-1], picture("WEBP")[:-2], picture("JPEG")[:-2],
    riff((b"VP8 ", b"x" * 20))], ids=["nothing", "riff", "no chunk", "png", "gif", "webp", "jpeg", "no pixels"])
def test_a_cut_picture_is_refused(content):
    with pytest.raises(BrokenPicture):
        read_picture(content)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_file_is_read_or_refused_and_nothing_else(kind):
    for name, content in hostile_pictures(kind):
        try:
            kept = read_picture(content).without_metadata()
        except BrokenPicture:
            continue
        assert read_picture(kept).without_metadata() == kept, name


def test_of_many_colour_profiles_of_a_png_one_is_unpacked(monkeypatch):
    unpacked, unpack = [], zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda: unpacked.append(1) or unpack())
    profile = chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(PROFILE))
    read = read_picture(png_of(9, 9, *[profile] * 50))
    assert (len(unpacked), read.without_metadata()) == (1, png_of(9, 9, profile))
