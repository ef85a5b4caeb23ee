"""The periodic jobs as their modules declare them, read from the source: to list them, nobody waits for what they do.

The modules import the commands they call, and these their tables: two seconds for a list of thirty names. Of a module
only the functions that declare a job are parsed."""
import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[1]
_DECLARED = re.compile(r"^@(?:kernel_)?periodic\(.*?^def [^\n]*\n(?:[ \t][^\n]*\n|\n)*", re.MULTILINE | re.DOTALL)
_IMPORTED = re.compile(r"^from ([\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


class DeclaredJob(NamedTuple):
    """A periodic job without what runs it."""

    name: str
    every: timedelta
    meaning: str


def declared_jobs(module: str) -> Iterator[DeclaredJob]:
    """Yield the jobs that a module declares with `@periodic` or `@kernel_periodic`."""
    source = _source(module)
    for found in _DECLARED.findall(source):
        function: Any = ast.parse(found).body[0]
        decorator = function.decorator_list[0]
        name = str(_value(decorator.args[0], source, module))
        every = {one.arg: ast.literal_eval(one.value) for one in decorator.keywords if one.arg != "realm"}
        meaning = ast.get_docstring(function) or name
        yield DeclaredJob(name, timedelta(**every), meaning.split("\n")[0])


def _value(node: ast.expr, source: str, module: str) -> Any:
    """Return a constant, or what stands behind its name: here, or in the module it is imported from."""
    if not isinstance(node, ast.Name):
        return ast.literal_eval(node)
    home = next((home for home, names in _IMPORTED.findall(source) if node.id in re.findall(r"\w+", names)), module)
    said = re.search(rf'^{node.id} = "([^"]+)"', _source(home), re.MULTILINE)
    if said is None:
        raise LookupError(f"{home} says no text called {node.id}")
    return said[1]


def _source(module: str) -> str:
    return (_ROOT / f"{module.replace('.', '/')}.py").read_text()
