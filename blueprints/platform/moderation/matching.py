"""Finds the words of a list in a text, all at once and in time that grows with the text alone (M-30).

It is the automaton of Aho and Corasick (1975) over folded words with a space around each; there is no regular
expression that a text could make slow."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.folding import words

STAR = "*"
_ROOT = 0
_SIGNS = 0x110000
"""How many characters there are: a step of the automaton is one number, its state times this plus the character."""


@dataclass(frozen=True)
class Automaton:
    """What `compiled` made of a list of patterns: an automaton whose states are numbers, 0 before anything is read."""

    steps: dict[int, int]
    """(state, character) as one number → the next state."""
    fallback: list[int]
    """Where a state goes on when the next character does not fit."""
    ends: list[int]
    """Which pattern ends in a state, -1 for none."""
    shorter: list[int]
    """The next state behind a state's fallbacks where a pattern ends, the root for none."""


def pattern_of(phrase: str) -> str:
    """Return the form in which a word or phrase is compared, `fake rolex` of `FAKE Rolex!`; `*` may be its last sign.

    Raises ValueError for a phrase without a word in it, and for a `*` anywhere else."""
    said = phrase.strip()
    begins = said.endswith(STAR)
    stem = said.removesuffix(STAR)
    if STAR in stem or stem != stem.rstrip():
        raise ValueError("`*` stands at the end of the last word only")
    found = words(stem)
    if not found:
        raise ValueError("expected a word: signs alone are found in no text")
    return " ".join(found) + (STAR if begins else "")


def compiled(patterns: Sequence[str]) -> Automaton:
    """Return the automaton of patterns, each as `pattern_of` returned it, none twice."""
    steps: dict[int, int] = {}
    ends, parents = [-1], [(_ROOT, "")]
    for number, pattern in enumerate(patterns):
        state = _ROOT
        for sign in _spaced(pattern):
            step = state * _SIGNS + ord(sign)
            if step not in steps:
                steps[step] = len(ends)
                ends.append(-1)
                parents.append((state, sign))
            state = steps[step]
        ends[state] = number
    return _with_fallbacks(steps, ends, parents)


def matches(automaton: Automaton, texts: Iterable[str]) -> list[int]:
    """Return the numbers of the patterns that stand in any of the texts as whole words, in the order of the list."""
    found: set[int] = set()
    for text in texts:
        _look(automaton, f" {' '.join(words(text))} ", found)
    return sorted(automaton.ends[state] for state in found)


def _spaced(pattern: str) -> str:
    return f" {pattern.removesuffix(STAR)}" if pattern.endswith(STAR) else f" {pattern} "


def _with_fallbacks(steps: dict[int, int], ends: list[int], parents: list[tuple[int, str]]) -> Automaton:
    """Link each state to the longest other one that ends as it does; shallow states first, so that theirs are known."""
    fallback, shorter, depth = [_ROOT] * len(ends), [_ROOT] * len(ends), [0] * len(ends)
    for state in range(1, len(ends)):  # a state's parent was made before it
        depth[state] = depth[parents[state][0]] + 1
    for state in sorted(range(1, len(ends)), key=depth.__getitem__):
        parent, sign = parents[state]
        if parent != _ROOT:
            fallback[state] = _next(steps, fallback, fallback[parent], ord(sign))
        behind = fallback[state]
        shorter[state] = behind if ends[behind] >= 0 else shorter[behind]
    return Automaton(steps, fallback, ends, shorter)


def _next(steps: dict[int, int], fallback: list[int], state: int, sign: int) -> int:
    while True:
        following = steps.get(state * _SIGNS + sign)
        if following is not None:
            return following
        if state == _ROOT:
            return _ROOT
        state = fallback[state]


def _look(automaton: Automaton, text: str, found: set[int]) -> None:
    """Add the states where a pattern ends that the text leads to; one that was found is not followed again.

    Every pattern begins with the space before its first word: at the root all up to the next space is passed over."""
    steps, fallback, ends, shorter = automaton.steps, automaton.fallback, automaton.ends, automaton.shorter
    state, at, length = _ROOT, 0, len(text)
    while at < length:
        if state == _ROOT:
            at = text.find(" ", at)
            if at < 0:
                return
        state = _next(steps, fallback, state, ord(text[at]))
        at += 1
        ending = state if ends[state] >= 0 else shorter[state]
        while ending != _ROOT and ending not in found:
            found.add(ending)
            ending = shorter[ending]
