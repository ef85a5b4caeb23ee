"""How well searches find: nDCG@10 on judged questions beside SQLite FTS5, and known things by a title with one fault.

    python -m bench.relevance [--judged FOLDER] [--titles FILE.csv]
FOLDER has cisi_documents.jsonl and cisi_queries.jsonl (the public CISI collection); of FILE the column `name` is taken.
By default those of ../shared/data; where they are not, the samples in tests/data. Prints one JSON object; it measures
and never fails."""
import argparse
import csv
import json
import math
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.folding import other_numbers, words
from app.search import Document, IndexSchema, SearchQuery, WhooshIndex, prose

AT = 10
_ROOT = Path(__file__).parent.parent
_WHOLE, _SAMPLES = _ROOT.parent / "shared" / "data", _ROOT / "tests" / "data"
JUDGED = _WHOLE if (_WHOLE / "cisi_queries.jsonl").exists() else _SAMPLES / "cisi_sample"
_NAMES = _WHOLE / "products_amazon_uk_toys.csv"
TITLES = _NAMES if _NAMES.exists() else _SAMPLES / "product_names.csv"
_EVERYDAY = frozenset({
    "about", "also", "been", "between", "both", "could", "does", "from", "have", "into", "more", "most", "other",
    "over", "should", "some", "such", "than", "that", "their", "them", "then", "there", "these", "they", "this",
    "those", "through", "under", "used", "using", "very", "what", "when", "where", "which", "while", "will", "with",
    "would"})


@dataclass(frozen=True)
class Question:
    """A question and the ids of the documents that people judged to answer it."""

    id: str
    text: str
    relevant: frozenset[str]


Ranking = Callable[[str], Sequence[str]]
"""Returns the ids of the first ten that are found for a text, best first."""


def ndcg(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Return the normalised discounted cumulative gain of the first ten, each relevant or not."""
    gained = sum(1 / math.log2(place + 2) for place, id in enumerate(ranked[:AT]) if id in relevant)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(AT, len(relevant))))


def mean_ndcg(rank: Ranking, questions: Sequence[Question]) -> float:
    """Return the mean over questions."""
    return sum(ndcg(rank(question.text), question.relevant) for question in questions) / len(questions)


def in_two_words(questions: Sequence[Question], documents: Sequence[Document]) -> list[Question]:
    """Return the questions of which two words are left that are neither everyday nor everywhere, by chance."""
    held = Counter(word for document in documents for word in set(words(f"{document.fields['title']} "
                                                                        f"{document.fields['text']}")))
    found = []
    for question in questions:
        telling = [word for word in dict.fromkeys(words(question.text))
                   if len(word) > 3 and word not in _EVERYDAY and 3 <= held[word] <= len(documents) // 4]
        if len(telling) >= 2:
            two = sorted(random.Random(question.id).sample(telling, 2), key=telling.index)
            found.append(Question(question.id, " ".join(two), question.relevant))
    return found


def by_fts5(documents: Sequence[Document]) -> Ranking:
    """Return the ranking of SQLite's FTS5: porter stems, any of the words, bm25."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE held USING fts5(id UNINDEXED, title, text, tokenize='porter unicode61')")
    database.executemany("INSERT INTO held VALUES (?, ?, ?)", [
        (one.id, one.fields["title"], one.fields["text"]) for one in documents])

    def rank(text: str) -> list[str]:
        asked = " OR ".join(f'"{word}"' for word in words(text))
        return [row[0] for row in database.execute(
            f"SELECT id FROM held WHERE held MATCH ? ORDER BY rank, id LIMIT {AT}", (asked,))]
    return rank


def by_guildhall(documents: Sequence[Document], folder: Path) -> Ranking:
    """Return the ranking of our index."""
    index = WhooshIndex(folder, IndexSchema("judged", (prose("title", 2.0), prose("text"))))
    index.create()
    index.apply(documents)
    return lambda text: [hit.id for hit in index.search(SearchQuery(f"{text} ", limit=AT, forgiving=True)).hits]


FAULTS = ("one letter wrong", "a word plural", "a word missing", "words swapped")


def with_fault(title: str, fault: str, chance: random.Random) -> str | None:
    """Return a title with one fault in it, None where it has no place for it."""
    found = words(title)
    long = [place for place, word in enumerate(found) if len(word) >= 4 and word.isalpha()]
    if len(found) < 3 or not long:
        return None
    place = chance.choice(long)
    word = found[place]
    if fault == "one letter wrong":
        at = chance.randrange(1, len(word))
        found[place] = word[:at] + chance.choice([letter for letter in "abcdefghijklmnopqrstuvwxyz"
                                                  if letter != word[at]]) + word[at + 1:]
    elif fault == "a word plural":
        forms = other_numbers(word)
        if not forms:
            return None
        found[place] = forms[0]
    elif fault == "a word missing":
        del found[place]
    else:
        other = chance.choice([one for one in range(len(found)) if one != place])
        found[place], found[other] = found[other], word
    return " ".join(found)


def found_again(titles: Sequence[str], rank: Ranking, fault: str, times: int) -> tuple[int, int]:
    """Return how many of so many titles with a fault are among the first three, and how many were tried.

    Of things with one title any is the right one."""
    chance = random.Random(fault)
    tried = hits = 0
    for id in chance.sample(range(len(titles)), min(times, len(titles))):
        faulty = with_fault(titles[id], fault, chance)
        if faulty is None:
            continue
        tried += 1
        hits += any(titles[int(one)] == titles[id] for one in rank(faulty)[:3])
    return hits, tried


def judged(folder: Path) -> tuple[list[Document], list[Question]]:
    """Return the documents and questions of a judged collection."""
    documents = [Document(one["id"], 1, {"title": one["title"], "text": one["text"]})
                 for one in _lines(folder / "cisi_documents.jsonl")]
    questions = [Question(one["id"], one["query"], frozenset(one["relevant"]))
                 for one in _lines(folder / "cisi_queries.jsonl")]
    return documents, questions


def titles_of(path: Path) -> list[str]:
    """Return the titles in a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [row["name"] for row in csv.DictReader(file)]


def _lines(path: Path) -> Iterator[dict[str, object]]:
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def measured(folder: Path, titles: Path, times: int) -> dict[str, dict[str, float]]:
    """Return nDCG@10 of both by kind of question, and by kind of fault the share of titles that are found again."""
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as made:
        documents, questions = judged(folder)
        ours, theirs = by_guildhall(documents, Path(made) / "judged"), by_fts5(documents)
        for name, some in (("whole", questions), ("two words", in_two_words(questions, documents))):
            figures[f"nDCG@10 {name}"] = {"guildhall": round(mean_ndcg(ours, some), 3),
                                          "FTS5": round(mean_ndcg(theirs, some), 3), "questions": len(some)}
        names = titles_of(titles)
        known = [Document(str(id), 1, {"title": title, "text": ""}) for id, title in enumerate(names)]
        rank = by_guildhall(known, Path(made) / "titles")
        for fault in FAULTS:
            hits, tried = found_again(names, rank, fault, times)
            figures[fault] = {"found": hits, "of": tried, "share": round(hits / max(tried, 1), 3)}
    return figures


def main() -> None:
    """Measure what is named and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judged", type=Path, default=JUDGED)
    parser.add_argument("--titles", type=Path, default=TITLES)
    parser.add_argument("--times", type=int, default=400)
    asked = parser.parse_args()
    print(json.dumps(measured(asked.judged, asked.titles, asked.times), indent=2))


if __name__ == "__main__":
    main()
