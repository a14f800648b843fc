"""An emulated ZKTeco terminal on the network: TCP and UDP on one port, faults on the way out."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from drivers.emulated import zk_wire as wire
from drivers.emulated.fault import FaultPlan
from drivers.emulated.zk_machine import Client, Machine
from drivers.emulated.zk_outbox import Outbox
from drivers.emulated.zk_wire import Packet

_LYING_LENGTH = 1016
_PORT_TAKEN_S = 10.0
"""How long to wait for a port that somebody took while the terminal was down."""


class Peer:
    """A host that talks to the terminal."""

    def __init__(self, client: Client, outbox: Outbox) -> None:
        self.client = client
        self.outbox = outbox

    def send(self, packets: Sequence[Packet], *, hang_up: bool = False) -> None:
        """Put packets on the wire."""
        raw = [packet.to_bytes() for packet in packets]
        self.outbox.put([wire.over_tcp(one) for one in raw] if self.client.tcp else raw, hang_up=hang_up)

    def send_events(self, packets: Sequence[Packet], *, lying_length: bool = False) -> None:
        """Events leave together, in one segment over TCP; recorded ones claim to be longer than they are."""
        raw = [packet.to_bytes() for packet in packets]
        if not self.client.tcp:
            self.outbox.put(raw)
            return
        top = wire.over_tcp(b"\0" * _LYING_LENGTH)[:8]
        self.outbox.put([b"".join(top + one if lying_length else wire.over_tcp(one) for one in raw)])


class Network:
    """Listens, hands packets to the machine one at a time, and can be unplugged."""

    def __init__(
        self, machine: Machine, plan: FaultPlan, lock: threading.RLock, host: str, port: int
    ) -> None:
        self._machine = machine
        self._plan = plan
        self._lock = lock
        self._peers: dict[object, Peer] = {}
        self._sockets: set[socket.socket] = set()
        self.plugged = True
        self.connections = 0
        self.sent_bytes = 0
        self.on_reboot: Callable[[], None] = lambda: None
        self.host = host
        self.port = port
        self._open: list[tuple[socket.socket, threading.Thread]] = []
        self._stopped = threading.Event()
        self._power = threading.Lock()
        self._kept: socket.socket | None = None

    def start(self) -> None:
        """Listen on TCP and UDP. Listening already: nothing."""
        with self._power:
            if self._open:
                return
            self._keep_port()
            listener = socket.create_server((self.host, self.port), backlog=64)
            self._stopped = threading.Event()
            for target, sock in ((self._accept, listener), (self._serve_udp, self._datagrams())):
                thread = threading.Thread(
                    target=target, args=(sock, self._stopped), name="zk-net", daemon=True
                )
                thread.start()
                self._open.append((sock, thread))

    def stop(self) -> None:
        """Close everything, hosts hear of it; not from one of its own threads."""
        with self._power:
            self._stopped.set()
            for sock, thread in self._open:
                _wake(sock)
                thread.join()
            self._open.clear()
        self.drop_all()

    def close(self) -> None:
        """Stop for good: the port is anybody's."""
        self.stop()
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _keep_port(self) -> None:
        """While the terminal is down nobody's outgoing connection may get its port, not even our host's."""
        if self._kept is None:
            self._kept = socket.socket()
            self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._kept.bind((self.host, self.port))
            self.port = self._kept.getsockname()[1]

    def _datagrams(self) -> socket.socket:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        until_s = time.monotonic() + _PORT_TAKEN_S
        while True:
            try:
                udp.bind((self.host, self.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > until_s:
                    raise
                time.sleep(0.05)
            else:
                return udp

    def drop_all(self) -> None:
        """Forget every session and close every connection."""
        with self._lock:
            peers, self._peers = list(self._peers.values()), {}
            sockets, self._sockets = self._sockets, set()
        for peer in peers:
            peer.outbox.stop()
        for sock in sockets:
            _wake(sock)

    def unplug(self) -> None:
        """From now on nothing goes in or out; nobody is told."""
        self.plugged = False

    def replug(self) -> None:
        """The network is back; old connections are dead."""
        self.drop_all()
        self.plugged = True

    def listening(self) -> list[Peer]:
        """Hosts that registered for punches."""
        with self._lock:
            return [
                peer
                for peer in self._peers.values()
                if peer.client.known and peer.client.events & wire.EF_ATTLOG
            ]

    def _accept(self, listener: socket.socket, stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                sock, _address = listener.accept()
            except OSError:
                break
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._sockets.add(sock)
            threading.Thread(target=self._serve_tcp, args=(sock,), name="zk-host", daemon=True).start()
        listener.close()

    def _serve_tcp(self, sock: socket.socket) -> None:
        outbox = Outbox(self._plan, lambda data: self._write(sock, data), lambda: _wake(sock))
        peer = Peer(Client(tcp=True), outbox)
        with self._lock:
            self._peers[sock] = peer
        buffer = b""
        with suppress(OSError):
            while data := sock.recv(1 << 16):
                buffer = self._take(peer, buffer + data) if self.plugged else b""
        outbox.stop()
        with self._lock:
            self._peers.pop(sock, None)
            self._sockets.discard(sock)
        sock.close()

    def _take(self, peer: Peer, buffer: bytes) -> bytes:
        """Handle the whole packets in `buffer`; returns the rest."""
        while buffer.startswith(wire.MAGIC) and len(buffer) >= 8:
            end = 8 + int.from_bytes(buffer[4:8], "little")
            if len(buffer) < end:
                return buffer
            self._handle(peer, buffer[8:end])
            buffer = buffer[end:]
        return buffer if wire.MAGIC.startswith(buffer[:4]) else b""

    def _serve_udp(self, sock: socket.socket, stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                raw, address = sock.recvfrom(1 << 16)
            except OSError:
                break
            if self.plugged and raw:
                self._handle(self._udp_peer(sock, address), raw)
        sock.close()

    def _udp_peer(self, sock: socket.socket, address: tuple[str, int]) -> Peer:
        with self._lock:
            if address not in self._peers:
                outbox = Outbox(self._plan, lambda data: self._write_to(sock, address, data), lambda: None)
                self._peers[address] = Peer(Client(tcp=False), outbox)
            return self._peers[address]

    def _handle(self, peer: Peer, raw: bytes) -> None:
        packet = wire.parse(raw)
        if packet is None:
            return
        with self._lock:
            reply = self._machine.handle(peer.client, packet)
        peer.send(reply.packets, hang_up=reply.hang_up and peer.client.tcp)
        if reply.reboot:
            threading.Thread(target=self.on_reboot, name="zk-reboot", daemon=True).start()

    def _write(self, sock: socket.socket, data: bytes) -> None:
        if self.plugged:
            self.sent_bytes += len(data)
            sock.sendall(data)

    def _write_to(self, sock: socket.socket, address: tuple[str, int], data: bytes) -> None:
        if self.plugged:
            self.sent_bytes += len(data)
            sock.sendto(data, address)


def _wake(sock: socket.socket) -> None:
    """End a thread's waiting on `sock`. That thread closes it: closed here, its number could be another's."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
