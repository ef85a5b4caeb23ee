"""How long after its commit a listing is found: a web server, the relay and a worker, as production runs them.

    python -m bench.freshness --times 40
Prints one JSON object; it measures and never fails."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import replace
from pathlib import Path

from bench import guildhall
from bench.databases import Databases
from bench.guildhall import ROOT, Guildhall
from bench.load import Request

SEARCH = "/marketplace/searchindexing-api/v1/searchindexes"
PATIENCE_SECONDS = 20.0
_PAUSE = 0.01


def measure(hall: Guildhall, times: int) -> dict[str, float]:
    """Return the quantiles, in seconds, from the answer of a create to the first search that finds it."""
    environment = {**os.environ, **hall.environment}
    flask = [sys.executable, "-m", "flask"]
    subprocess.run([*flask, "index", "rebuild", "--yes"], cwd=ROOT, env=environment, check=True, capture_output=True)
    web, background = hall.web(), []
    for role in ("relay", "worker"):
        with (hall.home / f"{role}.log").open("wb") as log:
            background.append(subprocess.Popen([sys.executable, "-m", "bench.outbox", role], cwd=ROOT, env=environment,
                                               stdout=log, stderr=log))
    try:
        web.start()
        create = hall.requests()["create"][0]
        taken = [_found_after(web.url, create, number) for number in range(-3, times)][3:]  # the first warm it up
    finally:
        web.stop()
        for process in background:
            process.terminate()
            process.wait()
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "slowest": round(max(taken), 3), "listings": times}


def _found_after(url: str, create: Request, number: int) -> float:
    # A word without a neighbour one letter away: nothing else is found instead of it.
    word = "".join("abcdefghij"[int(digit)] * 3 for digit in f"{number + 5000:04}")
    _call(url, replace(create, body={**create.body, "title": word}))  # type: ignore[dict-item]
    begun = time.perf_counter()
    asked = urllib.parse.urlencode({"q": f"{word} ", "caching": "false"})
    while time.perf_counter() - begun < PATIENCE_SECONDS:
        found = _call(url, Request(f"{SEARCH}?{asked}", token=create.token))
        if any(row["document"].get("title") == word for row in found["searchIndices"]):
            break
        time.sleep(_PAUSE)
    return time.perf_counter() - begun


def _call(url: str, asked: Request) -> dict:
    body = None if asked.body is None else json.dumps(asked.body).encode()
    request = urllib.request.Request(url + asked.path, body, method=asked.method, headers={
        "Authorization": f"Bearer {asked.token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main() -> None:
    """Measure on SQLite and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--products", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        databases = Databases(Path(folder))
        hall = guildhall.on_sqlite(databases, "guildhall-freshness", products=options.products)
        try:
            hall.prepare()
            print(json.dumps(measure(hall, options.times), indent=2))
        finally:
            hall.close()
            databases.close()


if __name__ == "__main__":
    main()
