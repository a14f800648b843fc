"""One measured figure, and how a bench hands it over.

A bench is a module of this folder with `def run() -> Iterator[Figure]`; `make bench NAME=commit` runs
`bench/commit.py`. What is compared is measured side by side in the same run (`bench.pair`), both sides doing
the same work. What a process costs is read from the kernel (`bench.process`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bench.pair import Pair

MS_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`, beside the peer or the limit it is compared with (`against`, in the same unit).

    `peer` says in words what stands on the other side: "bare SQLite insert", "limit". `spread` is the
    10th and the 90th percentile of the rounds' ratios, where there were rounds.
    """

    bench: str
    figure: str
    value: float
    unit: str
    against: float | None = None
    peer: str | None = None
    spread: tuple[float, float] | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the other side's value ours is; None without another side."""
        return self.value / self.against if self.against else None

    @classmethod
    def of_pair(cls, bench: str, figure: str, pair: Pair, peer: str) -> Figure:
        """The medians of a paired measurement, in milliseconds."""
        ours_ms, theirs_ms = pair.ours_s * MS_PER_S, pair.theirs_s * MS_PER_S
        return cls(bench, figure, ours_ms, "ms", theirs_ms, peer, pair.spread)

    def to_json(self) -> str:
        """One line: bench, figure, value, unit, against, ratio; peer and spread where known."""
        line: dict[str, object] = {
            "bench": self.bench,
            "figure": self.figure,
            "value": rounded(self.value),
            "unit": self.unit,
            "against": rounded(self.against),
            "ratio": rounded(self.ratio),
        }
        if self.peer is not None:
            line["peer"] = self.peer
        if self.spread is not None:
            line["spread"] = [rounded(ratio) for ratio in self.spread]
        return json.dumps(line)


def rounded(value: float | None) -> float | None:
    """`value` to four significant digits: more would be noise."""
    return None if value is None else float(f"{value:.4g}")


def emit(figure: Figure) -> None:
    """Print the figure at once, so that a long bench shows where it is."""
    print(figure.to_json(), flush=True)
