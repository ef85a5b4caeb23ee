"""What a decorator says of a function stands on the function. Importing a module registers nothing: the factory reads
the annotations of the modules that the services name."""
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
_ANNOTATIONS = "guildhall_annotations"


def annotate(function: Function, said: object) -> Function:
    """Note on a function what it is for, and return it."""
    function.__dict__.setdefault(_ANNOTATIONS, []).append(said)
    return function


def annotations_of(function: Callable[..., Any]) -> list[Any]:
    """Return what stands on a function."""
    return list(getattr(function, _ANNOTATIONS, ()))


def annotations_in(modules: Iterable[ModuleType]) -> list[Any]:
    """Return what stands on the functions that the modules themselves define, in the order of definition."""
    return [said for module in modules for function in vars(module).values()
            if callable(function) and getattr(function, "__module__", None) == module.__name__
            for said in annotations_of(function)]
