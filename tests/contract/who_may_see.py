"""Secrets of a small world: what gives each away, who may see it and where; and the search for it everywhere else."""
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

EVERYWHERE = ""
EVENTS, LOG, TERMINAL = "events", "log", "terminal"
NEEDLE = "Xq7"
"""Every secret word begins so."""
Texts = Iterable[tuple[str, str]]
"""Where a text stands, and the text."""


@dataclass(frozen=True)
class Secret:
    """What stands in the world once; who may see it, and only in answers whose path holds which part; why so."""

    text: str
    known_to: dict[str, tuple[str, ...]]
    why: str
    public_in: tuple[str, ...] = ()
    """Where everybody may see it: parts of a path or of a topic."""

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Return what stands in every text that gives it away: an amount may stand there in its minor units."""
        is_amount = re.fullmatch(r"\d+\.\d\d", self.text)
        return (self.text, self.text.replace(".", "")) if is_amount else (self.text,)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return what finds it; an amount as a number of its own."""
        found = "|".join(map(re.escape, self.parts))
        return re.compile(found if len(self.parts) == 1 else rf"(?<![0-9a-f.-])(?:{found})(?![0-9a-f])")

    def standing_in(self, text: str) -> re.Match[str] | None:
        """Return where it stands; most texts hold none of its parts, and to learn that without the pattern is cheap."""
        return self.pattern.search(text) if any(part in text for part in self.parts) else None


Secrets = Mapping[str, Secret]
_BEGINNING = 3
"""So many first letters many secrets share: most texts hold none of them, and to learn that costs a search for each."""


def standing_in(text: str, begun: Mapping[str, Secrets]) -> Iterator[tuple[str, Secret, re.Match[str]]]:
    """Yield name, secret and place of each that a text gives away; `begun` is what `by_beginnings` returns."""
    told: set[str] = set()
    for beginning, secrets in begun.items():
        if beginning in text:
            for name, secret in secrets.items():
                if name not in told and (hit := secret.standing_in(text)):
                    told.add(name)
                    yield name, secret, hit


def by_beginnings(secrets: Secrets) -> dict[str, dict[str, Secret]]:
    """Return the first letters of what gives a secret away → the secrets that some text with these letters may hold."""
    begun: dict[str, dict[str, Secret]] = {}
    for name, secret in secrets.items():
        for part in secret.parts:
            begun.setdefault(part[:_BEGINNING], {})[name] = secret
    return begun


def known_to(*readers: str, **parts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return reader → where: these everywhere, those named only where the path holds one of the parts."""
    return dict.fromkeys(readers, (EVERYWHERE,)) | parts


def found_by(texts: Texts, secrets: Secrets) -> set[str]:
    """Return the names of the secrets that stand in these texts."""
    begun = by_beginnings(secrets)
    return {name for _, text in texts for name, _, _ in standing_in(text, begun)}


def may_see(reader: str, secret: Secret, where: str) -> bool:
    """Return whether a reader may see a secret there; who asks about an id is told of that id."""
    return any(part in where for part in (*secret.known_to.get(reader, ()), *secret.public_in))


def assert_nothing_leaks(seen: Mapping[str, Texts], secrets: Secrets) -> None:
    """Fail with every place where a reader saw a secret that is not his to see."""
    begun = by_beginnings(secrets)
    found = [f"{reader} finds {name} in {where}: …{text[max(0, hit.start() - 80):hit.end() + 20]}… ({secret.why})"
             for reader, texts in seen.items() for where, text in texts
             for name, secret, hit in standing_in(text, begun) if not may_see(reader, secret, where)]
    assert not found, "\n".join(found)


def assert_somebody_sees_each(seen: Mapping[str, Texts], secrets: Secrets) -> None:
    """Fail with the secrets that one of these readers may see and none does: they would prove nothing."""
    found = set().union(*(found_by(texts, secrets) for texts in seen.values()))
    unseen = [name for name, secret in secrets.items() if secret.known_to.keys() & seen.keys() and name not in found]
    assert not unseen, f"nobody sees it who may: is it there at all? {unseen}"
