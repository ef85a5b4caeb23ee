"""What counts as an image here: its bytes, decoded, not its name or its declared type (rules-platform §4).

Refusals carry the codes of `/api/media/upload`: no_file, invalid_mime, too_large."""
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from app.errors import RuleViolated

MAX_IMAGE_BYTES = 10 * 1024 * 1024
# 50 megapixels is any camera's picture; beyond it a small file becomes gigabytes of memory.
MAX_IMAGE_PIXELS = 50_000_000
# Of all images sent at once: a thousand such files fit into one upload, and each pixel takes its time to decode.
MAX_PIXELS_AT_ONCE = 200_000_000

_MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the bytes themselves say."""

    mime_type: str
    width: int
    height: int


    @property
    def pixels(self) -> int:
        """Return how many pixels there are to decode."""
        return self.width * self.height


def examine_images(contents: Sequence[bytes], max_bytes: int = MAX_IMAGE_BYTES) -> list[ImageFacts]:
    """Return the facts of each jpeg, png, webp or gif; raises RuleViolated no_file, too_large or invalid_mime (400)."""
    found = [_facts_of(content, max_bytes) for content in contents]
    if sum(facts.pixels for facts in found) > MAX_PIXELS_AT_ONCE:
        raise RuleViolated("too_large", f"The images have more than {MAX_PIXELS_AT_ONCE} pixels together")
    for content in contents:
        _decode(content)
    return found


def _facts_of(content: bytes, max_bytes: int) -> ImageFacts:
    if not content:
        raise RuleViolated("no_file", "The file is missing or empty")
    if len(content) > max_bytes:
        raise RuleViolated("too_large", f"The file is larger than {max_bytes} bytes")
    facts = _header_facts(content)
    if facts.pixels > MAX_IMAGE_PIXELS:
        raise RuleViolated("too_large", f"The image has more than {MAX_IMAGE_PIXELS} pixels")
    return facts


def _header_facts(content: bytes) -> ImageFacts:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures by its own measure; ours is checked before a pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(_MIME_TYPES)) as image:
                return ImageFacts(_MIME_TYPES[str(image.format)], image.width, image.height)
    except Image.DecompressionBombError as error:
        raise RuleViolated("too_large", f"The image has more than {MAX_IMAGE_PIXELS} pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, KeyError) as error:
        raise _not_an_image() from error


def _decode(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_MIME_TYPES)) as image:
            image.load()
    except Exception as error:
        # Pillow's decoders raise whatever a broken file makes of them; all of it means the same to the client.
        raise _not_an_image() from error


def _not_an_image() -> RuleViolated:
    return RuleViolated("invalid_mime", "Only jpeg, png, webp and gif images are accepted, by their content")
