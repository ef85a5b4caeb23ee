"""Is it an OpenAPI document? The library's answer, at half its price: a document has some hundred references."""
from typing import Any
from unittest.mock import patch

from openapi_spec_validator import validate
from referencing import Registry

_crawl = Registry.crawl


def require_valid(document: dict[str, Any]) -> None:
    """Raise for what is no valid OpenAPI document.

    A registry of schemas never changes, yet the library looks through the same one for each reference."""
    found: dict[int, tuple[Any, Any]] = {}

    def crawl_once(registry: Any) -> Any:
        if id(registry) not in found:
            found[id(registry)] = (registry, _crawl(registry))
        return found[id(registry)][1]

    with patch.object(Registry, "crawl", crawl_once):
        validate(document)
