"""pyfingerprint behind our port, with answers that are anything: a result or a typed error, in time."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, Timeout
from drivers.r307.library import Zfm
from drivers.r307.line import SerialLine
from drivers.r307.port import Port
from tests.drivers.r307.golden import CAPACITIVE, answered
from tests.drivers.r307.test_frames import GOLDEN, mutated

ADDRESS = 0xFFFFFFFF
DATA = bytes.fromhex("EF01FFFFFFFF02000400AA00B0")
END = bytes.fromhex("EF01FFFFFFFF08000400AA00B6")


class LyingLine(SerialLine):
    """Answers each command with prepared bytes, then with silence."""

    def __init__(self) -> None:
        self.answer = b""

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Nobody reads it."""

    def read(self, deadline: Deadline) -> bytes:
        if not self.answer:
            raise Timeout("silent")
        data, self.answer = self.answer, b""
        return data

    def waiting(self) -> bytes:
        return b""


class Fuzzed:
    def __init__(self) -> None:
        self.line = LyingLine()
        port = Port(self.line, ADDRESS)
        port.begin(Deadline.after(3600))
        self.zfm = Zfm(port, ADDRESS, 0)
        self.line.answer = answered(CAPACITIVE, "ReadSysPara")
        self.zfm.read_parameters()

    def calls(self) -> list[Callable[[], object]]:
        zfm = self.zfm
        return [
            lambda: zfm.ask(zfm.verifyPassword),
            lambda: zfm.ask(zfm.readImage),
            lambda: zfm.ask(zfm.convertImage, 1),
            lambda: zfm.ask(zfm.searchTemplate),
            lambda: zfm.ask(zfm.createTemplate),
            lambda: zfm.ask(zfm.downloadCharacteristics, 1),
            lambda: zfm.ask(zfm.storeTemplate, 3, 1),
            lambda: zfm.ask(zfm.loadTemplate, 3, 1),
            lambda: zfm.ask(zfm.deleteTemplate, 3),
            lambda: zfm.ask(zfm.getSystemParameters),
            lambda: zfm.command(0x1F, 0),
            lambda: zfm.command(0x3C),
            lambda: zfm.send_template(bytes(512)),
        ]

    def answer_is_survived(self, call: Callable[[], object], answer: bytes) -> bool:
        """Whether it was believed; anything but a result or a `DeviceError` fails."""
        self.line.answer = answer
        try:
            call()
        except DeviceError:
            return False
        return True


@settings(max_examples=300)
@given(
    st.integers(0, 12), st.lists(st.sampled_from([*GOLDEN, DATA, END]) | st.binary(max_size=40), max_size=5)
)
def test_any_answer_ends_in_a_result_or_a_typed_error(number: int, parts: list[bytes]) -> None:
    fuzzed = Fuzzed()
    fuzzed.answer_is_survived(fuzzed.calls()[number], b"".join(parts))


def test_a_template_that_never_ends_is_refused() -> None:
    fuzzed = Fuzzed()
    assert not fuzzed.answer_is_survived(fuzzed.calls()[5], answered(CAPACITIVE, "GenImg") + DATA * 5000)


@pytest.mark.slow
def test_a_million_mutated_answers_through_the_library() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, fuzzed, believed = random.Random(seed), Fuzzed(), 0
    calls, answers = fuzzed.calls(), [*GOLDEN, GOLDEN[2] + DATA + END]
    tracemalloc.start()
    for _ in range(1_000_000):
        answer = mutated(chance.choice(answers), chance)
        believed += fuzzed.answer_is_survived(chance.choice(calls), answer)
        fuzzed.zfm.port.surplus.clear()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert believed > 10_000
    assert peak_bytes < 2_000_000
