"""What all kinds of picture share: the facts of one, and the parts of its file that stay."""
from collections.abc import Sequence
from dataclasses import dataclass

# A file of more parts is no camera's and no editor's: reading it would take time and memory part by part.
MOST_PARTS = 20_000
_LONGEST_PROFILE = 2**20
_PROFILE_MARK = slice(36, 40)


class BrokenPicture(ValueError):
    """The file is cut, contradicts itself, or is no picture; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the parts of a file say; `width` and `height` are of its largest canvas, in pixels."""

    mime_type: str
    width: int
    height: int
    frames: int
    bytes_per_pixel: int
    """What decoding it holds at once for each pixel of the canvas, measured (docs/decisions/030)."""

    kept: Sequence[bytes | memoryview]
    """The parts without metadata, in order."""

    @property
    def pixels(self) -> int:
        """Return the pixels of one canvas."""
        return self.width * self.height

    @property
    def decoded_bytes(self) -> int:
        """Return how much memory decoding it takes."""
        return self.pixels * self.bytes_per_pixel

    def without_metadata(self) -> bytes:
        """Return the file with nothing but what its pixels need."""
        return b"".join(self.kept)


def is_colour_profile(profile: bytes) -> bool:
    """Tell whether the bytes are an ICC profile of sensible length: anything else under that name is dropped."""
    return len(profile) <= _LONGEST_PROFILE and profile[_PROFILE_MARK] == b"acsp"


def count_part(number: int, most: int = MOST_PARTS) -> int:
    """Return the number of parts with one more; raises BrokenPicture when there are more than `most`."""
    if number >= most:
        raise BrokenPicture(f"it has more than {most} parts")
    return number + 1
