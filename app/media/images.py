"""What counts as an image here: what the parts of its file say, not its name or its declared type (rules-platform §4).

Nothing is decoded here: that is the worker's (app/media/preparation.py). Refusals carry the codes of
`/api/media/upload`: no_file, invalid_mime, too_large."""
from collections.abc import Sequence

from app.errors import RuleViolated
from app.media.formats import BrokenPicture, Picture, read_picture

MAX_IMAGE_BYTES = 10 * 1024 * 1024
# 50 megapixels is any camera's picture.
MAX_IMAGE_PIXELS = 50_000_000
# How much memory one decoding may take: a WebP holds five canvases, a progressive jpeg three, a png two.
MAX_DECODED_BYTES = 512 * 2**20
MAX_FRAMES = 1000
# Of all images sent at once, each frame counted: each pixel takes its time to decode.
MAX_PIXELS_AT_ONCE = 200_000_000


def examine_images(contents: Sequence[bytes], max_bytes: int = MAX_IMAGE_BYTES) -> list[Picture]:
    """Return what each jpeg, png, webp or gif is; raises RuleViolated no_file, too_large or invalid_mime (400)."""
    found = [_examined(content, max_bytes) for content in contents]
    if sum(picture.pixels * picture.frames for picture in found) > MAX_PIXELS_AT_ONCE:
        raise RuleViolated("too_large", f"The images have more than {MAX_PIXELS_AT_ONCE} pixels together")
    return found


def broken_image() -> RuleViolated:
    """Return the refusal of what is no image."""
    return RuleViolated("invalid_mime", "Only jpeg, png, webp and gif images are accepted, by their content")


def costly_image() -> RuleViolated:
    """Return the refusal of an image that takes too much memory or time to decode."""
    return RuleViolated("too_large", "The image takes too much memory or time to decode")


def _examined(content: bytes, max_bytes: int) -> Picture:
    if not content:
        raise RuleViolated("no_file", "The file is missing or empty")
    if len(content) > max_bytes:
        raise RuleViolated("too_large", f"The file is larger than {max_bytes} bytes")
    try:
        picture = read_picture(content)
    except BrokenPicture as error:
        raise broken_image() from error
    if picture.pixels > MAX_IMAGE_PIXELS:
        raise RuleViolated("too_large", f"The image has more than {MAX_IMAGE_PIXELS} pixels")
    if picture.frames > MAX_FRAMES:
        raise RuleViolated("too_large", f"The image has more than {MAX_FRAMES} frames")
    if picture.decoded_bytes > MAX_DECODED_BYTES:
        raise costly_image()
    return picture
