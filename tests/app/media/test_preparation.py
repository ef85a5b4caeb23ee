"""A picture is decoded in a process of its own, turned upright and stripped; what breaks the decoder breaks no more."""
import fcntl
import io
import subprocess
import sys

import pytest
from PIL import Image

from app.errors import RuleViolated
from app.media import decoder, preparation
from app.media.preparation import PreparationFailed, prepare_picture
from app.runtime import runtime
from tests.hostile_pictures import lossless_webp, picture, png_of, png_without_its_pixels

pytestmark = pytest.mark.once("no table is touched")


def arrow(kind, orientation, **options):
    """A picture whose corners differ, lying as a camera that was turned leaves it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (32, 16), "white")
    image.paste("red", (0, 0, 16, 8))
    image.paste("blue", (16, 8, 32, 16))
    written = io.BytesIO()
    image.save(written, kind, exif=exif, **options)
    return written.getvalue()


def corners(content):
    with Image.open(io.BytesIO(content)) as image:
        shown = image.convert("RGB")
    width, height = shown.size
    found = [shown.getpixel(at) for at in ((2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3))]
    names = [("red" if red > 150 > blue else "blue" if blue > 150 > red else "white") for red, _, blue in found]
    return shown.size, names


@pytest.mark.parametrize("content", [b"GIF89a", b"<html>", picture("PNG")[:-20]])
def test_what_is_no_picture_is_refused_without_a_decoder(app, monkeypatch, content):
    monkeypatch.setattr(preparation, "_decoded", lambda *_: pytest.fail("a decoder was started"))
    with pytest.raises(RuleViolated):
        prepare_picture(content)


def test_a_lossless_webp_of_49_megapixels_is_refused_without_a_decoder(app, monkeypatch):
    monkeypatch.setattr(preparation, "_decoded", lambda *_: pytest.fail("a decoder was started"))
    content = lossless_webp(7_000, 7_000)
    assert len(content) < 100
    with pytest.raises(RuleViolated) as refused:
        prepare_picture(content)
    assert refused.value.err_code == "too_large"


def test_a_picture_whose_pixels_are_cut_is_refused(app):
    with pytest.raises(RuleViolated) as refused:
        prepare_picture(png_without_its_pixels())
    assert refused.value.err_code == "invalid_mime"


def test_a_picture_that_needs_more_memory_than_it_seems_to_is_refused(app, monkeypatch):
    monkeypatch.setattr(preparation, "MAX_DECODED_BYTES", 0)
    with pytest.raises(RuleViolated) as refused:
        prepare_picture(png_of(7_000, 7_000, depth=8, colour=2))
    assert refused.value.err_code == "too_large"


@pytest.mark.parametrize(("does", "err_code"), [
    ("os.kill(os.getpid(), signal.SIGSEGV)", "invalid_mime"), ("os.abort()", "invalid_mime"),
    ("os.kill(os.getpid(), signal.SIGXCPU)", "too_large"), ("os.kill(os.getpid(), signal.SIGKILL)", None),
    ("sys.exit(9)", None)])
def test_what_ends_the_decoder_ends_nothing_else(app, monkeypatch, tmp_path, does, err_code):
    script = tmp_path / "decoder.py"
    script.write_text(f"import os, signal, sys\n{does}\n")
    monkeypatch.setattr(decoder, "__file__", str(script))
    with pytest.raises(RuleViolated if err_code else PreparationFailed) as ended:
        prepare_picture(picture("PNG"))
    assert getattr(ended.value, "err_code", None) == err_code


def test_a_decoder_that_does_not_end_is_ended(app, monkeypatch, tmp_path):
    script = tmp_path / "decoder.py"
    script.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(decoder, "__file__", str(script))
    monkeypatch.setattr(preparation, "DEADLINE_SECONDS", 0.1)
    with pytest.raises(PreparationFailed):
        prepare_picture(picture("PNG"))


def test_one_decoder_at_a_time_runs_on_this_machine(app, monkeypatch):
    lock, held = runtime().settings.home / "decoder.lock", []

    def is_held():
        with lock.open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def watched(*command, **options):
        held.append(is_held())
        return run(*command, **options)

    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", watched)
    prepare_picture(picture("PNG"))
    assert (held, is_held()) == ([True], False)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "options"), [
    ("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"lossless": True}), ("WEBP", {"quality": 95})])
def test_a_picture_stands_upright_and_no_longer_says_how_it_lay(app, kind, options, orientation):
    lying = arrow(kind, orientation, **options)
    with Image.open(io.BytesIO(lying)) as image:
        turned = image.transpose(_AS_SHOWN[orientation]) if orientation in _AS_SHOWN else image.copy()
    wanted = io.BytesIO()
    turned.save(wanted, "PNG")
    prepared = prepare_picture(lying)
    assert corners(prepared) == corners(wanted.getvalue())
    with Image.open(io.BytesIO(prepared)) as image:
        assert (image.format, dict(image.getexif())) == (kind, {})


def test_of_a_photo_with_further_pictures_behind_it_the_first_stays_upright(app):
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    Image.new("RGB", (32, 16), "white").save(written, "MPO", save_all=True, exif=exif,
                                             append_images=[Image.new("RGB", (8, 8), "red")])
    with Image.open(io.BytesIO(prepare_picture(written.getvalue()))) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (16, 32), {})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_with_nothing_to_do_stays_byte_for_byte(app, kind):
    assert prepare_picture(picture(kind)) == picture(kind)


_AS_SHOWN = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
             5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
             8: Image.Transpose.ROTATE_90}


def test_a_decoder_that_cannot_load_its_library_does_not_call_the_picture_broken() -> None:
    without = ("import sys; sys.modules['PIL.ImageOps'] = None; from app.media.decoder import main; "
               "sys.exit(main('image/png', 700 * 2**20, 10))")
    done = subprocess.run([sys.executable, "-c", without], input=picture(), capture_output=True, check=False)
    assert done.returncode not in (0, decoder.BROKEN, decoder.COSTLY)
