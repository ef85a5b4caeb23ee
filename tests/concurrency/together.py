"""Many at once: whoever comes first, the rules hold. For one chosen order of two, see in_between.py."""
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask


def together(app: Flask, *actions: Callable[[], Any]) -> list[Any]:
    """Run the actions at once, each in a thread with the application's context; returns what they brought back."""
    def run(action: Callable[[], Any]) -> Any:
        with app.app_context():
            return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
