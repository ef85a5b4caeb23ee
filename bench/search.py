"""Measures the embedded search: p95 of filtered, faceted searches and documents per second of batched updates.

    python -m bench.search                 10,000 and 100,000 documents
    python -m bench.search --documents 10000 --searches 500 --profile
Beside them what a process that only reads needs: MiB for the index, and the time of suggestions while somebody types.
Prints one JSON object; it measures and never fails.
"""

import argparse
import cProfile
import json
import pstats
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

from app.search import (
    Document,
    Filter,
    IndexSchema,
    RebuildSource,
    SearchQuery,
    Sort,
    WhooshIndex,
    instant,
    number,
    prose,
)
from app.search import keyword as key

SCHEMA = IndexSchema(
    "bench",
    (
        prose("title", 3.0, sort=True),
        prose("description"),
        key("type", facet=True),
        key("condition", facet=True),
        key("categoryId", facet=True),
        key("sellerId"),
        number("price"),
        instant("createdAt"),
    ),
)
VOCABULARY = 20_000
CATEGORIES = 100


class Market:
    """Generated listings whose words are as unevenly common as in a real language (Zipf)."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        letters = "abcdefghijklmnoprstuvw"
        self.words = ["".join(self.random.choices(letters, k=self.random.randint(3, 9))) for _ in range(VOCABULARY)]
        self.weights = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))

    def some_words(self, count: int) -> str:
        return " ".join(self.random.choices(self.words, cum_weights=self.weights, k=count))

    def listing(self, number: int, version: int = 1) -> Document:
        fields = {
            "title": self.some_words(6),
            "description": self.some_words(30),
            "type": self.random.choice(["FIXED", "AUCTION"]),
            "condition": self.random.choice(["NEW", "BRAND_NEW", "USED"]),
            "categoryId": f"category-{self.random.randrange(CATEGORIES):03}",
            "sellerId": f"seller-{self.random.randrange(2000):04}",
            "price": round(self.random.lognormvariate(4, 1.2), 2),
            "createdAt": 1_700_000_000_000 + number * 1000,
        }
        return Document(f"listing-{number:08}", version, fields)

    def query(self) -> SearchQuery:
        """One or two words, the last sometimes half typed; type and price filtered, two facets, a third sorted."""
        typed = self.some_words(self.random.choice([1, 1, 2]))
        if self.random.random() < 0.25:
            typed = typed[: max(3, len(typed) - 2)]
        low = self.random.choice([0, 10, 50])
        filters = [Filter("price", "range", (low, low + self.random.choice([50, 200, 1000])))]
        if self.random.random() < 0.5:
            filters.append(Filter("type", "eq", "FIXED"))
        sort = Sort("price") if self.random.random() < 1 / 3 else None
        return SearchQuery(typed, tuple(filters), ("categoryId", "condition"), sort)


def measure(documents: int, searches: int, updates: int, profile: bool) -> dict[str, object]:
    market = Market()
    folder = Path(tempfile.mkdtemp(prefix="guildhall-search-"))
    try:
        index = WhooshIndex(folder, SCHEMA)
        source = RebuildSource(lambda after: map(market.listing, range(documents)), lambda: documents)
        started = time.perf_counter()
        index.rebuild(source)
        rebuilt = time.perf_counter() - started
        started = time.perf_counter()
        index.search(
            SearchQuery("warm", (Filter("price", "range", (0, 1)),), ("categoryId", "condition"), Sort("price"))
        )
        opened = time.perf_counter() - started
        reader = json.loads(subprocess.run([sys.executable, "-m", "bench.search", "--read", str(folder), "--searches",
                                            str(searches)], capture_output=True, text=True, check=True).stdout)
        profiler = cProfile.Profile() if profile else None
        quiet = _searches(index, market, searches, profiler)
        if profiler:
            pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(18)
        written, slowest = _updates(index, market, documents, updates)
        after = _searches(index, market, searches, None)
        status = index.status()
    finally:
        shutil.rmtree(folder)
    return {
        "documents": documents,
        "rebuild_docs_per_second": round(documents / rebuilt),
        "first_search_ms": round(opened * 1000, 1),
        "search_ms": quiet,
        "search_after_updates_ms": after,
        **reader,
        "update_docs_per_second": round(written),
        "slowest_batch_of_100_seconds": round(slowest, 2),
        "segments": status.segments,
        "megabytes": round(status.size_bytes / 2**20, 1),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def read(folder: Path, searches: int) -> dict[str, object]:
    """What a web process needs: it opens the index, searches with everything searches have, and suggests."""
    market = Market()
    index = WhooshIndex(folder, SCHEMA)
    before = _memory()
    _searches(index, market, searches, None)
    taken, worked = [], []
    for _ in range(searches):
        typed = market.some_words(market.random.choice([1, 1, 2]))
        typed = typed[:max(2, len(typed) - market.random.randint(1, 5))].rstrip()
        started, at_work = time.perf_counter(), time.process_time()
        index.suggest(typed, (Filter("type", "in", ("FIXED", "AUCTION")),))
        taken.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - at_work) * 1000)
    needed = {kind: round((size - before[kind]) / 1024, 1) for kind, size in _memory().items()}
    return {"suggest_ms": _quantiles(taken, worked), "reader_mib": needed["Anonymous"],
            "reader_mapped_mib": round(needed["Rss"] - needed["Anonymous"], 1)}


def _memory() -> dict[str, int]:
    """KiB of this process: its own, and all with the pages of the index's files, which the kernel shares and drops."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return {kind: next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))
            for kind in ("Anonymous", "Rss")}


def _quantiles(taken: list[float], worked: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2),
            "cpu_p95": round(statistics.quantiles(worked, n=100)[94], 2)}


def _searches(index: WhooshIndex, market: Market, count: int, profiler: "cProfile.Profile | None") -> dict[str, float]:
    taken, worked, totals = [], [], []
    for _ in range(count):
        query = market.query()
        if profiler:
            profiler.enable()
        started, at_work = time.perf_counter(), time.process_time()
        found = index.search(query)
        taken.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - at_work) * 1000)
        if profiler:
            profiler.disable()
        totals.append(found.total)
    return {**_quantiles(taken, worked), "matches_mean": round(statistics.fmean(totals), 1)}


def _updates(index: WhooshIndex, market: Market, documents: int, updates: int) -> tuple[float, float]:
    """Updates of existing documents in commits of 100; documents per second and the slowest commit."""
    taken = []
    for batch in range(updates // 100):
        numbers = market.random.sample(range(documents), 100)
        changed = [market.listing(number, version=batch + 2) for number in numbers]
        started = time.perf_counter()
        index.apply(changed)
        taken.append(time.perf_counter() - started)
    return 100 * len(taken) / sum(taken), max(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--searches", type=int, default=1000)
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--profile", action="store_true", help="where the time of a search goes, on stderr")
    parser.add_argument("--read", type=Path, help="read the index in this folder alone")
    options = parser.parse_args()
    if options.read is not None:
        print(json.dumps(read(options.read, options.searches)))
        return
    results = [measure(count, options.searches, options.updates, options.profile) for count in options.documents]
    print(json.dumps({"search": results}, indent=2))


if __name__ == "__main__":
    main()
