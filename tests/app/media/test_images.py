"""Images are judged by their bytes."""
import io

import pytest
from PIL import Image

from app.errors import RuleViolated
from app.media.images import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, examine_images


def picture(kind="PNG", size=(8, 6)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def bomb(side=12_000):
    """A png of 144 million pixels in a few kilobytes."""
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


@pytest.mark.parametrize(("content", "err_code"), [
    (b"", "no_file"),
    (b"<html><script>alert(1)</script></html>", "invalid_mime"),
    (b"%PDF-1.7 ...", "invalid_mime"),
    (picture("BMP"), "invalid_mime"),
    (picture()[:40], "invalid_mime"),
    (picture(size=(200, 200))[:-60], "invalid_mime"),
    (b"GIF89a", "invalid_mime"),
    (picture() + b"\0" * MAX_IMAGE_BYTES, "too_large"),
])
def test_what_is_no_acceptable_image_is_refused_with_its_code(content, err_code):
    with pytest.raises(RuleViolated) as refused:
        examine_images([content])
    assert (refused.value.status, refused.value.err_code) == (400, err_code)


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    content = bomb()
    assert len(content) < 100_000
    with pytest.raises(RuleViolated) as refused:
        examine_images([content])
    assert refused.value.err_code == "too_large"


def test_many_images_at_once_may_not_keep_a_worker_busy_for_minutes():
    content = bomb(side=7_000)
    assert len(content) < 10_000
    assert MAX_IMAGE_PIXELS > 7_000 ** 2
    with pytest.raises(RuleViolated) as refused:
        examine_images([content] * 5)
    assert refused.value.err_code == "too_large"


@pytest.mark.parametrize(("kind", "mime_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"),
                                                 ("GIF", "image/gif")])
def test_each_accepted_kind_tells_its_type_and_size(kind, mime_type):
    [facts] = examine_images([picture(kind)])
    assert (facts.mime_type, facts.width, facts.height) == (mime_type, 8, 6)
