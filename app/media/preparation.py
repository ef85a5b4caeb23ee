"""Makes of an uploaded picture the one that is served: decoded to the end, upright, without metadata.

For the worker, never for a web process. The decoder is a process of its own under limits: what breaks it breaks
nothing else."""
import fcntl
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.media import decoder
from app.media.formats import read_picture
from app.media.images import MAX_DECODED_BYTES, MAX_IMAGE_BYTES, broken_image, costly_image, examine_images
from app.runtime import runtime

CPU_SECONDS, DEADLINE_SECONDS = 10, 30
# What the interpreter and the decoders take before the first pixel, and the picture as bytes.
_BASE_BYTES = 160 * 2**20


class PreparationFailed(Exception):
    """The decoder could not do its work, which the picture need not be to blame for: to be tried again."""


def prepare_picture(content: bytes, max_bytes: int = MAX_IMAGE_BYTES) -> bytes:
    """Return the picture as it is served; equal to `content` when there was nothing to remove or to turn.

    Raises RuleViolated invalid_mime or too_large for good, PreparationFailed to be tried again."""
    [picture] = examine_images([content], max_bytes)
    turned = _decoded(content, picture.mime_type)
    return (read_picture(turned) if turned else picture).without_metadata()


def _decoded(content: bytes, mime_type: str) -> bytes:
    """Return the picture turned upright, empty when it stands so; one decoder at a time on this machine."""
    command = [sys.executable, "-I", decoder.__file__, mime_type, str(MAX_DECODED_BYTES + _BASE_BYTES),
               str(CPU_SECONDS)]
    try:
        with _alone(runtime().settings.home / "decoder.lock"):
            done = subprocess.run(command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={},
                                  timeout=DEADLINE_SECONDS, check=False)
    except (subprocess.TimeoutExpired, OSError) as error:
        raise PreparationFailed(f"the decoder did not end: {error}") from error
    if done.returncode in (decoder.COSTLY, -signal.SIGXCPU):
        raise costly_image()
    if done.returncode in (decoder.BROKEN, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE):
        raise broken_image()
    if done.returncode:
        raise PreparationFailed(f"the decoder ended with {done.returncode}")
    return done.stdout


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of the machine's one decoder; who waits for it waits no longer than the other's deadline."""
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
