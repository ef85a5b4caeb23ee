"""The periodic jobs as their modules declare them, read from the source: to list them, nobody waits for what they do.

The modules import the commands they call, and these their tables: two seconds for a list of thirty names."""
import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[1]
_DECORATORS = ("periodic", "kernel_periodic")


class DeclaredJob(NamedTuple):
    """A periodic job without what runs it."""

    name: str
    every: timedelta
    meaning: str


def declared_jobs(module: str) -> Iterator[DeclaredJob]:
    """Yield the jobs that a module declares with `@periodic` or `@kernel_periodic`."""
    tree = ast.parse(_source(module))
    for node in tree.body:
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", None) in _DECORATORS:
                name = str(_value(decorator.args[0], tree, module))
                every = {one.arg: ast.literal_eval(one.value) for one in decorator.keywords if one.arg != "realm"}
                meaning = ast.get_docstring(node) or name
                yield DeclaredJob(name, timedelta(**every), meaning.split("\n")[0])


def _value(node: ast.expr, tree: ast.Module, module: str) -> Any:
    """Return a constant, or what stands behind its name: here, or in the module it is imported from."""
    if not isinstance(node, ast.Name):
        return ast.literal_eval(node)
    home = next((str(one.module) for one in tree.body if isinstance(one, ast.ImportFrom)
                 for alias in one.names if alias.name == node.id), module)
    said = re.search(rf'^{node.id} = "([^"]+)"', _source(home), re.MULTILINE)
    if said is None:
        raise LookupError(f"{home} says no text called {node.id}")
    return said[1]


def _source(module: str) -> str:
    return (_ROOT / f"{module.replace('.', '/')}.py").read_text()
