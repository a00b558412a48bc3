"""Sliding windows over tallies: slots of 10 s for the last minutes, blocks of 5 min for the last hour, one for before.

Records are added to an open slot. When time moves on it is closed: merged into its block, and kept packed as a slot, so
that a name that was busy for an hour takes about 10 kB. A block that gets too old is merged into what was before. A
window is the slots (or blocks) that begin inside it: it never reaches further back than asked, and falls short by less
than one of them.
"""

from __future__ import annotations

from otel_agents.health.tally import Tally

SLOT_NS = 10_000_000_000
_SLOTS = 30  # slots kept: 5 minutes
_BLOCK = 30  # slots in a block: 5 minutes
_BLOCKS = 12  # blocks kept: an hour
_LATE_SLOTS = 60  # late records may hold this many slots open

FIVE_MINUTES = 300.0
HOUR = 3600.0


class Series(dict[int, Tally]):
    """The tallies of one name over time. ``series[slot]`` is the open tally to add to, slot being time // SLOT_NS.

    It is a dict because it is looked up for every span: finding the open slot costs no call of a Python function.
    A record that comes late opens its slot again, and is counted where it belongs.
    """

    __slots__ = ("_before", "_blocks", "_newest", "_slots", "last_ns")

    def __init__(self) -> None:
        super().__init__()
        self.last_ns = 0  # when the last record added ended
        self._newest = 0
        self._slots: dict[int, bytes] = {}
        self._blocks: dict[int, bytes] = {}
        self._before: bytes | None = None  # the last hour

    def __missing__(self, slot: int) -> Tally:
        if slot > self._newest:
            self._newest = slot
            self._close()
        elif len(self) >= _LATE_SLOTS:
            self._close()
        tally = self[slot] = Tally()
        return tally

    def over(self, seconds: float | None, now_ns: int, *, sums_only: bool = False) -> Tally:
        """Return a new tally of the last ``seconds`` (at most an hour), or of everything since the start when None.

        ``sums_only`` leaves out times and types, for those who look at many names.
        """
        window = Tally()
        oldest = -1
        kept, size = self._blocks, _BLOCK
        if seconds is not None:
            oldest = now_ns // SLOT_NS - int(seconds * 1e9) // SLOT_NS
            if seconds <= FIVE_MINUTES:
                kept, size = self._slots, 1
        elif self._before is not None:
            window.merge_packed(self._before, sums_only=sums_only)
        for number, packed in kept.items():
            if number * size > oldest:
                window.merge_packed(packed, sums_only=sums_only)
        for slot, tally in self.items():
            if slot > oldest:
                window.merge(tally, sums_only=sums_only)
        return window

    def _close(self) -> None:
        for slot, tally in self.items():
            _put_away(self._slots, slot, tally)
            _put_away(self._blocks, slot // _BLOCK, tally)
        self.clear()
        _take_older(self._slots, self._newest - _SLOTS)
        for packed in _take_older(self._blocks, self._newest // _BLOCK - _BLOCKS):
            before = Tally()
            before.merge_packed(packed)
            if self._before is not None:
                before.merge_packed(self._before)
            self._before = before.pack()


def _put_away(kept: dict[int, bytes], number: int, tally: Tally) -> None:
    packed = kept.get(number)
    if packed is not None:
        whole = Tally()
        whole.merge_packed(packed)
        whole.merge(tally)
        tally = whole
    kept[number] = tally.pack()


def _take_older(kept: dict[int, bytes], first: int) -> list[bytes]:
    return [kept.pop(number) for number in [number for number in kept if number < first]]
