"""Takes secrets and personal data out of decoded records: of programs whose SDK does not, or of all.

A text that many records share is looked at once, and columns without a finding are handed on as they are.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from otel_agents.collector.handoff import ATTRIBUTE, VALUE
from otel_agents.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.collector.handoff import Batch
    from otel_agents.collector.meters import Meters

OTHERS: Final = "others"  # what did not come straight from this package's SDK, which has done it already
ALL: Final = "all"
OWN_AGENT: Final = "otel-agents"  # how this package's SDK names itself to whom it sends

# The columns of texts, and of JSON, that a program fills as it likes.
_TEXTS: Final = ("name", "status_message", "resource", "events", "links", "scope", "exemplars", "metadata")
_SHARED: Final = frozenset(("resource", "scope"))  # which nearly all records of a request have alike

_TOGETHER: Final = 32  # texts that are asked about at once where there is something among all: nearly always is nothing


class BatchRedactor:
    """Redacts batches; any thread may.

    Args:
        mode: whose: ``others``, ``all`` or ``none``.
        leave: kinds and attributes to leave alone.
        meters: findings are counted there, by kind.
    """

    def __init__(self, mode: str, leave: Iterable[str], meters: Meters) -> None:
        self._mode = mode
        self._meters = meters
        self._leave = frozenset(leave)
        self._counts: Counter[str] = Counter()
        self._redactor = Redactor(leave=self._leave, counts=self._counts)
        self._lock = threading.Lock()  # of the counts; the work itself holds the GIL all the same

    def wants(self, agent: str) -> bool:
        """Whether what a sender of this ``user-agent`` sends is to be looked at."""
        return self._mode == ALL or (self._mode == OTHERS and not agent.startswith(OWN_AGENT))

    def redact(self, batch: Batch) -> Batch:
        """Return the batch without what is secret: the same one where nothing is."""
        with self._lock:
            try:
                rows = self._rows(batch.rows)
            finally:
                for kind, number in self._counts.items():
                    self._meters.add("secrets_redacted_total", number, kind=kind)
                self._counts.clear()
        return batch if rows is batch.rows else replace(batch, rows=rows)

    def _rows(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        changed = {}
        for name in _TEXTS:
            if name in rows.schema.names:
                changed[name] = _each(rows[name], self._redactor, few=name in _SHARED)
        if "body" in rows.schema.names:
            changed["body"] = self._values(rows["body"], list(VALUE))
        changed["attributes"] = self._attributes(rows["attributes"])
        if all(column is None for column in changed.values()):
            return rows
        columns = [column if (column := changed.get(name)) is not None else rows[name] for name in rows.schema.names]
        return pa.RecordBatch.from_arrays(columns, schema=rows.schema)

    def _values(self, values: pa.StructArray, fields: list[pa.Field]) -> pa.StructArray | None:
        """Redact texts and JSON of values; None where there is nothing."""
        named = dict(zip([field.name for field in fields], values.flatten(), strict=True))
        text, other = _each(named["text"], self._redactor), _each(named["json"], self._redactor)
        if text is None and other is None:
            return None
        named |= {"text": named["text"] if text is None else text, "json": named["json"] if other is None else other}
        return pa.StructArray.from_arrays(list(named.values()), fields=fields, mask=values.is_null())

    def _attributes(self, lists: pa.ListArray) -> pa.ListArray | None:
        flat = lists.flatten()
        pairs = flat.dictionary  # each different one once
        keys = pairs.field("key").dictionary_encode()
        names = keys.dictionary.to_pylist()
        secret = [name in self._leave or self._redactor.is_secret(name) for name in names]
        found = self._values(pairs, list(ATTRIBUTE))
        if any(secret):
            apart = pa.array(secret).take(keys.indices)
            found = _choose(apart, self._under_secrets(pairs, apart), pairs if found is None else found)
        if found is None:
            return None
        return pa.ListArray.from_arrays(lists.offsets, pa.DictionaryArray.from_arrays(flat.indices, found))

    def _under_secrets(self, pairs: pa.StructArray, apart: pa.Array) -> pa.StructArray:
        """Redact what stands under the name of a secret, or is to be left alone: few, and each by itself."""
        at = pc.indices_nonzero(apart).cast(pa.int32())
        made = []
        for pair in pairs.take(at).to_pylist():
            key, values = pair["key"], {name: value for name, value in pair.items() if name != "key"}
            (name, value) = next(((n, v) for n, v in values.items() if v is not None), ("json", "null"))
            new = self._redactor.changes({key: json.loads(value) if name == "json" else value}).get(key)
            text = isinstance(new, str)
            told = {"key": key, "text" if text else "json": new if text else json.dumps(new)}
            made.append(pair if new is None else dict.fromkeys(pair) | told)
        whole = pa.array(made, pairs.type)
        places = pc.inverse_permutation(at, max_index=len(pairs) - 1)
        return whole.take(places)


def _each(texts: pa.Array, redactor: Redactor, *, few: bool = False) -> pa.Array | None:
    """Redact each different text once; None where none changes.

    Args:
        texts: a column of them.
        redactor: says what to.
        few: whether nearly all rows have the same.
    """
    if texts.null_count == len(texts):
        return None
    if not few and not redactor.may_hold(_in_one(texts.drop_null())):
        return None
    encoded = texts.dictionary_encode()
    old = encoded.dictionary.to_pylist()
    new = list(old)
    for first in range(0, len(old), _TOGETHER):
        group = old[first : first + _TOGETHER]
        if redactor.may_hold("\n".join(group)):
            new[first : first + _TOGETHER] = map(redactor.text, group)
    if all(one is other for one, other in zip(old, new, strict=True)):
        return None
    return pa.array(new, texts.type).take(encoded.indices)


def _in_one(texts: pa.Array) -> str:
    joined: str = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts), "\n")[
        0
    ].as_py()
    return joined


def _choose(where: pa.Array, one: pa.StructArray, other: pa.StructArray) -> pa.StructArray:
    parts = [pc.if_else(where, a, b) for a, b in zip(one.flatten(), other.flatten(), strict=True)]
    return pa.StructArray.from_arrays(parts, fields=list(ATTRIBUTE))
