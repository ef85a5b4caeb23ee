"""The four kinds of picture, read part by part without decoding a pixel: what a picture is, and it without metadata.

A web worker may read them: the cost is bounded by the bytes of the file, whatever size it claims to have."""
from collections.abc import Callable

from app.media.formats.gif import read_gif
from app.media.formats.jpeg import read_jpeg
from app.media.formats.picture import BrokenPicture, Picture
from app.media.formats.png import read_png
from app.media.formats.webp import read_webp

__all__ = ["BrokenPicture", "Picture", "begins_like_picture", "read_picture"]

_READERS: dict[bytes, Callable[[bytes], Picture]] = {
    b"\x89PNG\r\n\x1a\n": read_png, b"\xff\xd8\xff": read_jpeg, b"GIF87a": read_gif, b"GIF89a": read_gif,
    b"RIFF": read_webp,
}


def begins_like_picture(content: bytes) -> bool:
    """Tell whether the file begins as a jpeg, png, gif or webp may."""
    return content.startswith(tuple(_READERS))


def read_picture(content: bytes) -> Picture:
    """Return what the parts of the file say; raises BrokenPicture when it is no whole jpeg, png, gif or webp."""
    for signature, read in _READERS.items():
        if content.startswith(signature):
            return read(content)
    raise BrokenPicture("it begins like no picture that is accepted")
