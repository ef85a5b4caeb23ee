"""What else people mean by a word: the operator's file `synonyms.txt` in the home folder (docs/search.md).

It is read again when it has changed. A line that makes no sense is left out; `flask doctor` tells it."""
import stat
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import product
from pathlib import Path

from app.folding import Way, Ways, other_numbers, query_members, words
from app.runtime import runtime

FILE = "synonyms.txt"
WORTH = 0.9
"""What is found by a synonym weighs this much of the weakest word on either side."""
MAX_BYTES, MAX_LINES, MAX_MEANINGS, MAX_WORDS = 2**20, 10_000, 20, 4
_ARROW = "=>"
_SETTLED = 2.0  # seconds after which a change leaves another time stamp


@dataclass(frozen=True)
class Synonyms:
    """What is looked for beside the words of a query, by these words; and what is wrong with the file."""

    ways: Mapping[Way, Ways] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    digest: str = ""
    """Differs between any two contents of the file: what was remembered under another is outdated."""

    def of(self, typed: Way) -> Ways:
        """Return what is looked for beside these words; of the last either number will do."""
        for last in (typed[-1], *other_numbers(typed[-1])):
            if (found := self.ways.get((*typed[:-1], last))) is not None:
                return tuple(way for way in found if way != typed)
        return ()


NONE = Synonyms()


@dataclass(frozen=True)
class Expanded:
    """The members of a query with their synonyms: `typed` says how many ways of a member are no synonyms, `parts` are
    the members that stand together for one with a synonym."""

    members: list[Ways]
    typed: dict[Ways, int]
    parts: list[Ways]


def expanded(members: Sequence[Ways], synonyms: Synonyms) -> Expanded:
    """Return the members of a query, each with its synonyms; of neighbours that have some together, the longest run."""
    if not synonyms.ways:
        return Expanded(list(members), {}, [])
    found = Expanded([], {}, [])
    place = 0
    while place < len(members):
        run, meant = _run(members[place:place + MAX_WORDS], synonyms)
        if meant:
            typed = _written(members[place:place + run])
            ways = tuple(dict.fromkeys((*typed, *meant)))
            found.typed[ways] = len(typed)
            found.members.append(ways)
            found.parts.extend(members[place:place + run] if run > 1 else ())
        else:
            found.members.append(members[place])
        place += run
    return found


def _run(members: Sequence[Ways], synonyms: Synonyms) -> tuple[int, Ways]:
    for size in range(len(members), 0, -1):
        if meant := synonyms.of(tuple(word for ways in members[:size] for word in ways[0])):
            return size, meant
    return 1, ()


def parsed(content: bytes) -> Synonyms:
    """Return the synonyms of a file: `a, b` both ways, `a, b => c` one way, `#` begins a comment."""
    ways: dict[Way, dict[Way, None]] = {}
    faults: list[str] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if number > MAX_LINES:
            faults.append(f"line {number}: only the first {MAX_LINES} lines are read")
            break
        try:
            for asked, meant in _pairs(line.decode()):
                ways.setdefault(asked, {})[meant] = None
        except UnicodeDecodeError:
            faults.append(f"line {number}: is not UTF-8")
        except ValueError as error:
            faults.append(f"line {number}: {error}")
    return Synonyms({asked: tuple(meant) for asked, meant in ways.items()}, tuple(faults),
                    blake2b(content, digest_size=8).hexdigest())


def _pairs(line: str) -> Iterator[tuple[Way, Way]]:
    """Yield what is asked and what is also meant by it. Raises ValueError."""
    line = line.partition("#")[0].strip()
    if not line:
        return
    left, arrow, right = line.partition(_ARROW)
    if _ARROW in right:
        raise ValueError(f"one {_ARROW} at most")
    asked = _phrases(left)
    meant = _phrases(right) if arrow else asked
    if not arrow and len(asked) < 2:
        raise ValueError(f"a word alone: write `a, b` or `a {_ARROW} b`")
    for one, other in product(asked, meant):
        if one != other:
            yield from product(one, other)


def _phrases(text: str) -> list[Ways]:
    """Return the phrases between commas, each in all ways to write it: of a code also without its separators."""
    parts = text.split(",")
    found = [words(part) for part in parts]
    if not all(found):
        raise ValueError("a word is missing beside a comma or an arrow")
    if len(found) > MAX_MEANINGS or any(len(phrase) > MAX_WORDS for phrase in found):
        raise ValueError(f"at most {MAX_MEANINGS} phrases of at most {MAX_WORDS} words each")
    return [_written(query_members(part, MAX_WORDS)) for part in parts]


def _written(members: Sequence[Ways]) -> Ways:
    """Return every way to write members that stand beside each other."""
    return tuple(tuple(word for way in ways for word in way) for ways in product(*members))


class SynonymsFile:
    """The synonyms as they stand in a file now; one that is missing has none. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] | None = None
        self._read = NONE
        self._lock = threading.Lock()

    def current(self) -> Synonyms:
        """Return what stands in the file; raises nothing."""
        seen = self._look()
        if seen is not None and seen == self._seen:
            return self._read
        with self._lock:
            self._read, self._seen = self._parsed(), seen
            return self._read

    def _look(self) -> tuple[int, ...] | None:
        """Return what tells this state of the file from others, None as long as another may look the same."""
        try:
            found = self._path.stat()
        except OSError:
            return (0,)
        changed = max(found.st_mtime, found.st_ctime)
        if abs(time.time() - changed) < _SETTLED:
            return None
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def _parsed(self) -> Synonyms:
        try:
            found = self._path.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
                return Synonyms(faults=(f"is no file of at most {MAX_BYTES} bytes",))
            content = self._path.read_bytes()
            return self._read if blake2b(content, digest_size=8).hexdigest() == self._read.digest else parsed(content)
        except FileNotFoundError:
            return NONE
        except OSError as error:
            return Synonyms(faults=(f"cannot be read: {error.strerror}",))


def synonyms_file() -> SynonymsFile:
    """Return this process's view of the operator's file."""
    return runtime().own(SynonymsFile, lambda settings: SynonymsFile(settings.home / FILE))


def synonyms_digest() -> str:
    """Return what changes with the file: part of the key under which an answer of a search is remembered."""
    return synonyms_file().current().digest


def check_synonyms() -> tuple[str, str]:
    """Return what `flask doctor` says of the file: bad lines are left out, the others hold."""
    found = synonyms_file().current()
    if found.faults:
        shown = "; ".join(found.faults[:5]) + (f"; and {len(found.faults) - 5} more" if len(found.faults) > 5 else "")
        return "warn", f"{FILE}: {shown}"
    return "ok", f"{len(found.ways)} words and phrases of {FILE} mean others, too"
