"""The process that decodes one picture from its standard input, under limits it sets itself before the first byte.

It writes the picture turned upright, or nothing when it stands so already; it is run alone, with nothing of ours."""
import io
import resource
import sys
import warnings
from importlib import import_module
from typing import Any

BROKEN, COSTLY = 3, 4
_MOST_WRITTEN = 32 * 2**20


def main(mime_type: str, memory_bytes: int, cpu_seconds: int) -> int:
    """Return 0, BROKEN or COSTLY."""
    _limit(memory_bytes, cpu_seconds)
    import_module("PIL.ImageOps")  # outside: an installation without it says nothing about the picture
    try:
        turned = _turned(sys.stdin.buffer.read(), mime_type)
    except MemoryError:
        return COSTLY
    except Exception:
        # Pillow's decoders raise whatever a broken file makes of them; all of it means the same.
        return BROKEN
    if len(turned) > _MOST_WRITTEN:
        return COSTLY
    sys.stdout.buffer.write(turned)
    sys.stdout.buffer.flush()
    return 0


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _turned(content: bytes, mime_type: str) -> bytes:
    from PIL import Image, ImageOps
    from PIL.JpegImagePlugin import JpegImageFile

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the limit of memory replaces this one
    kind = mime_type.removeprefix("image/").upper()
    # A phone's jpeg may carry further pictures behind it (MPO), which Pillow would open as an animation.
    opened = JpegImageFile(io.BytesIO(content)) if kind == "JPEG" else Image.open(io.BytesIO(content), formats=[kind])
    with opened as image:
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            image.load()
        orientation = image.getexif().get(0x0112, 1)
        if orientation not in range(2, 9) or kind == "GIF" or getattr(image, "is_animated", False):
            return b""
        options = _options(image, content)
        ImageOps.exif_transpose(image, in_place=True)
        written = io.BytesIO()
        image.save(written, kind, icc_profile=image.info.get("icc_profile"), **options)
        return written.getvalue()


def _options(image: Any, content: bytes) -> dict[str, Any]:
    """Return how to write the picture no worse than it was."""
    from PIL import JpegImagePlugin

    if image.format == "JPEG":
        sampling = JpegImagePlugin.get_sampling(image)
        return {"qtables": image.quantization, "subsampling": sampling if sampling >= 0 else 0}
    if image.format == "WEBP":
        return {"lossless": b"VP8L" in content[:64], "quality": 90}
    return {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
