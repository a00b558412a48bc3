"""The table that comes with genai-prices, read from the package's file as far as it is needed."""

from __future__ import annotations

import mmap
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from otel_agents.pricing.matching import matches, with_dashed_date
from otel_agents.pricing.parts import Part, read
from otel_agents.pricing.rates import ModelRates

if TYPE_CHECKING:
    from collections.abc import Iterator

# The file is generated, and laid out by a formatter: what stands at these indents is always the same.
_PROVIDER: Final = b"\n    Provider(\n"
_MODELS: Final = b"\n        models=[\n"
_MODEL: Final = b"\n            ModelInfo("


class _Provider:
    """A provider, and where its models are in the file."""

    __slots__ = ("_end", "_file", "_models", "_next", "head")

    def __init__(self, file: mmap.mmap, start: int, end: int) -> None:
        models = file.find(_MODELS, start, end)
        if models < 0:
            raise ValueError("a provider without models in the table")
        head = file[start:models].strip() + b"\n)"
        before, _, extractors = head.partition(b"\n        extractors=[\n")  # long, and about answers, not prices
        after = extractors.partition(b"\n        ],\n")[2]
        self.head = read(
            before + b"\n" + after if after else head, "id", "model_match", "provider_match", "fallback_model_providers"
        )
        self._file = file
        self._end = file.rfind(b"\n        ]", models, end)
        self._next = file.find(_MODEL, models, self._end)
        self._models: list[tuple[Part, int, int]] = []  # those that were looked at

    def find(self, name: str) -> Part | None:
        """The first model that a name in lower case means."""
        for match, start, end in self._matches():
            if matches(match, name):
                return read(self._text(start, end), "id", "prices", "price_variants")
        return None

    def _matches(self) -> Iterator[tuple[Part, int, int]]:
        """What each model matches, and where it is.

        Two threads at once may note a model twice, later than its first place: what a name means stays the same. A lock
        could be held for ever in a process that is forked off.
        """
        yield from self._models
        while (start := self._next) >= 0:
            following = self._file.find(_MODEL, start + 1, self._end)
            end = following if following >= 0 else self._end
            found = (read(self._text(start, end), "match").get("match"), start, end)
            self._models.append(found)
            self._next = following
            yield found

    def _text(self, start: int, end: int) -> bytes:
        return self._file[start:end].strip().rstrip(b",")


class PackagedTable:
    """Finds models in the table of the installed package.

    Raises:
        OSError: the package's file cannot be read.
        ValueError: it is not laid out as this module knows it.
        SyntaxError: neither is it Python.
    """

    def __init__(self) -> None:
        package = find_spec("genai_prices")
        folders = package and package.submodule_search_locations
        if not folders:
            raise FileNotFoundError("genai_prices is not a package on disk")
        with (Path(folders[0]) / "data.py").open("rb") as opened:
            file = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        starts = list(_places_of(_PROVIDER, file))
        if not starts:
            raise ValueError("no providers in genai-prices' file")
        self._providers = [
            _Provider(file, start, end) for start, end in zip(starts, [*starts[1:], len(file)], strict=True)
        ]

    def find(self, provider: str | None, model: str) -> ModelRates | None:
        """A model's prices, by the rules of ``DataSnapshot.find_provider_model``; None where it is not there.

        Raises:
            ValueError, SyntaxError: the table has something in it that is not known here.
        """
        name = model.lower()
        if provider is not None and provider.lower() == "litellm":
            actual, slash, rest = name.partition("/")
            if slash and actual and self._provider(actual) is not None:
                provider, name = actual, rest
        found = self._of_model(name) if provider is None else self._provider(provider)
        if found is None and provider is not None and provider.lower() == "litellm":
            found = self._of_model(name)
        if found is None:
            return None
        return self._model(found, name) or self._model_of_dashed_date(found, name)

    def _provider(self, provider: str) -> _Provider | None:
        provider = provider.lower().strip()
        for each in self._providers:
            if each.head.get("id") == provider:
                return each
        return next((each for each in self._providers if matches(each.head.get("provider_match"), provider)), None)

    def _of_model(self, name: str) -> _Provider | None:
        return next((each for each in self._providers if matches(each.head.get("model_match"), name)), None)

    def _model(self, provider: _Provider, name: str) -> ModelRates | None:
        if model := provider.find(name):
            return ModelRates(model)
        for other in provider.head.get("fallback_model_providers") or ():
            for each in self._providers:
                if each.head.get("id") == other and (model := each.find(name)):
                    return ModelRates(model, variants=False)  # they are those of the other provider's own service
        return None

    def _model_of_dashed_date(self, provider: _Provider, name: str) -> ModelRates | None:
        dashed = with_dashed_date(name)
        return self._model(provider, dashed) if dashed != name else None


def _places_of(mark: bytes, file: mmap.mmap) -> Iterator[int]:
    at = file.find(mark)
    while at >= 0:
        yield at
        at = file.find(mark, at + 1)
