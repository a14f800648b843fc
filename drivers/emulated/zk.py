"""An emulated ZKTeco terminal on TCP and UDP, for tests and for the demo.

`python -m drivers.emulated.zk --host 127.0.0.1 --port 4370 --control /tmp/zk.sock` runs it alone. It speaks
the wire protocol to any client; people punch on it through the control socket, see
`drivers.emulated.zk_control`.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from drivers.emulated import zk_wire as wire
from drivers.emulated.control import ControlSocket
from drivers.emulated.zk_control import operations
from drivers.emulated.zk_machine import Machine
from drivers.emulated.zk_net import Network
from drivers.emulated.zk_outbox import QUIRKS, quirk_plan, wire_plan
from drivers.emulated.zk_store import Model, Store
from drivers.emulated.zk_wire import Moment, Person


class ZkEmulator:
    """A terminal that runs in threads of this process; `port` 0 takes a free one."""

    def __init__(
        self,
        model: Model | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        state: Path | None = None,
    ) -> None:
        self.store = Store(model or Model())
        self.faults = wire_plan(seed)
        self.quirks = quirk_plan(seed)
        self.lying_events = False
        self._state = state
        self.lock = threading.RLock()
        self._machine = Machine(self.store, self._quirk)
        self.network = Network(self._machine, self.faults, self.lock, host, port)
        self.network.on_reboot = self.reboot
        self._coming_back: threading.Timer | None = None
        if state is not None and state.exists():
            self.store.load(state)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.network.port

    def start(self) -> ZkEmulator:
        """Begin to listen."""
        self.network.start()
        return self

    def stop(self) -> None:
        """Hang up and remember, where a state file was given."""
        timer = self._coming_back
        self._cancel_comeback()
        if timer is not None and timer.is_alive():
            timer.join()
        self.network.close()
        self.save()

    def __enter__(self) -> ZkEmulator:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def punch(
        self,
        user_id: str,
        *,
        state: int = 0,
        verify: int = 1,
        wall: str = "",
        live: bool = True,
        count: int = 1,
    ) -> str:
        """`count` punches of `user_id` in one second, announced together; returns the time they carry.

        A user id that nobody has is logged as it is, with the internal number 0.
        """
        with self.lock:
            moment = Moment.from_text(wall) if wall else self.store.clock.now()
            person = self.store.person(user_id) or Person(0, user_id)
            for _ in range(count):
                self.store.punch(person, moment, verify, state)
            self.save()
        size = self.store.model.event_bytes
        for peer in self.network.listening() if live else ():
            event = self._machine.punch(peer.client, size, user_id, verify, state, moment)
            peer.send_events([event] * count, lying_length=self.lying_events)
        return moment.text

    def announce(self, payload: bytes) -> None:
        """Send any bytes as a live event, without anybody having punched."""
        for peer in self.network.listening():
            peer.send([wire.Packet(wire.REG_EVENT, wire.EF_ATTLOG, 0, payload)])

    def reboot(self, down_s: float = 0.5) -> None:
        """Forget every session, be gone for `down_s`, come back at the same port.

        Down already: `down_s` counts from now.
        """
        with self.lock:
            self._cancel_comeback()
            self._coming_back = timer = threading.Timer(down_s, self.network.start)
        self.network.stop()
        timer.daemon = True
        timer.start()

    def _cancel_comeback(self) -> None:
        timer, self._coming_back = self._coming_back, None
        if timer is not None:
            timer.cancel()

    def status(self) -> dict[str, object]:
        """What it holds and what has gone wrong on its wires."""
        with self.lock:
            return {
                "serial": self.store.model.serial,
                "port": self.port,
                "taken": self.store.taken,
                "records": self.store.records,
                "lost": self.store.lost,
                "users": len(self.store.people),
                "clock": self.store.clock.now().text,
                "connections": self.network.connections,
                "listening": len(self.network.listening()),
                "plugged": self.network.plugged,
                "faults": {**self.faults.happened, **self.quirks.happened},
            }

    def fault(self, kind: str, count: int = 1, after: int = 0) -> None:
        """Arm a fault on the next messages, or a quirk of the next large answers; `none` ends them all."""
        with self.lock:
            if kind == "none":
                self.faults.clear()
                self.quirks.clear()
            else:
                (self.quirks if kind in QUIRKS else self.faults).arm(kind, count, after)

    def save(self) -> None:
        """Write the state file."""
        if self._state is not None:
            with self.lock:
                self.store.save(self._state)

    def _quirk(self) -> str:
        kind = self.quirks.apply(b"").kind
        return "" if kind == "none" else kind


def parser() -> argparse.ArgumentParser:
    """The command line: one option for each field of the model, and where to listen."""
    options = argparse.ArgumentParser(prog="python -m drivers.emulated.zk", description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=4370)
    options.add_argument("--control", type=Path, help="Unix socket for punches, faults and status")
    options.add_argument("--state", type=Path, help="file that survives a restart")
    options.add_argument("--users", type=int, default=0, help="people to make up")
    options.add_argument("--records", type=int, default=0, help="punches to make up")
    options.add_argument("--seed", type=int, default=1)
    for one in fields(Model):
        options.add_argument(f"--{one.name.replace('_', '-')}", type=type(one.default), default=one.default)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    given = parser().parse_args(arguments)
    model = Model(**{one.name: getattr(given, one.name) for one in fields(Model)})
    emulator = ZkEmulator(model, host=given.host, port=given.port, seed=given.seed, state=given.state)
    if not emulator.store.people and given.users:
        emulator.store.fill(given.users, given.records)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with emulator:
        control = ControlSocket(given.control, operations(emulator)) if given.control else None
        sys.stdout.write(f"listening on {given.host}:{emulator.port}\n")
        sys.stdout.flush()
        stopped.wait()
        if control is not None:
            control.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
