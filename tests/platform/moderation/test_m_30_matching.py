"""M-30, the matcher alone: whole words, phrases and beginnings over folded text, by an automaton, in linear time."""
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.folding import words
from blueprints.platform.moderation.matching import Automaton, compiled, matches, pattern_of


def found(phrases: list[str], text: str) -> list[str]:
    automaton = compiled([pattern_of(phrase) for phrase in phrases])
    return [phrases[number] for number in matches(automaton, [text])]


@pytest.mark.parametrize("phrase", ["", "  ", "!!!", "*", "re*lica", "*replica", "re* lica", "replica *", "re**"])
def test_m_30_a_phrase_without_a_word_or_with_a_star_elsewhere_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"expected a word|stands at the end"):
        pattern_of(phrase)


@pytest.mark.parametrize(("phrase", "text"), [
    ("replica", "A REPLICA, brand new"), ("replica", "Réplica!"), ("fake rolex", "fake\n\tROLEX"),
    ("fake rolex", "a fake fake rolex"), ("fake rolex", "fake-rolex"), ("repl*", "replicas"), ("repl*", "repl"),
    ("fake rol*", "one fake Rolex"), ("straße", "STRASSE"), ("假货", "这是假货吗"), ("replica", "re\u200bplica"),
])
def test_m_30_it_is_found_however_it_is_written(phrase: str, text: str) -> None:
    assert found([phrase], text) == [phrase]


@pytest.mark.parametrize(("phrase", "text"), [
    ("replica", "replicas"), ("replica", "no-name"), ("fake rolex", "fake rolexes"), ("fake rolex", "rolex fake"),
    ("fake rolex", "fake gold rolex"), ("ass", "classic glass"), ("repl*", "unrepl"), ("fake rol*", "fake gold"),
])
def test_m_30_only_whole_words_are_found(phrase: str, text: str) -> None:
    assert found([phrase], text) == []


def test_m_30_words_inside_one_another_are_all_found_and_each_once() -> None:
    phrases = ["gold", "fake gold", "gold watch", "fake gold watch", "watch*", "silver"]
    assert found(phrases, "fake gold watch, fake gold watch") == phrases[:-1]


def is_in(pattern: str, said: list[str]) -> bool:
    parts = pattern.removesuffix("*").split()
    for start in range(len(said) - len(parts) + 1):
        stretch = said[start:start + len(parts)]
        if stretch == parts:
            return True
        if pattern.endswith("*") and stretch[:-1] == parts[:-1] and stretch[-1].startswith(parts[-1]):
            return True
    return False


_WORD = st.text("ab", min_size=1, max_size=3)
_PHRASE = st.builds(lambda parts, star: " ".join(parts) + star, st.lists(_WORD, min_size=1, max_size=4),
                    st.sampled_from(["", "*"]))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PHRASE, max_size=12, unique=True), st.lists(_WORD, max_size=30))
def test_m_30_it_finds_what_looking_for_each_alone_finds(patterns: list[str], said: list[str]) -> None:
    expected = [number for number, pattern in enumerate(patterns) if is_in(pattern, said)]
    assert matches(compiled(patterns), [" ".join(said)]) == expected


class Counted(dict[int, int]):
    """Steps that count how often they were asked."""

    asked = 0

    def get(self, key: int, default: object = None) -> object:  # type: ignore[override]
        self.asked += 1
        return super().get(key, default)


def steps_taken(automaton: Automaton, text: str) -> int:
    counted = Counted(automaton.steps)
    matches(Automaton(counted, automaton.fallback, automaton.ends, automaton.shorter), [text])
    return counted.asked


def test_m_30_five_thousand_words_and_a_megabyte_take_two_steps_a_character_at_most() -> None:
    hostile = [*(" ".join(["a"] * length) + "*" for length in range(1, 126)),
               *(f"{'a' * 50} {number:x}" for number in range(4_875))]
    automaton = compiled([pattern_of(phrase) for phrase in hostile])
    assert len(automaton.ends) > 10_000
    for text in ("a " * 500_000, f"{'a' * 50} " * 20_000, "\u0301" * 1_000_000, "a" * 1_000_000, "假" * 500_000):
        read = 2 + sum(len(word) + 1 for word in words(text))
        assert steps_taken(automaton, text) <= 2 * read
