"""The protocol of an emulated ZKTeco terminal: packet in, packets out; no sockets, no threads, no waiting."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.emulated import zk_wire as wire
from drivers.emulated.zk_store import Store
from drivers.emulated.zk_wire import Moment, Packet, Person

_SMALL_ANSWER_BYTES = 1016
_UDP_PACKET_BYTES = 1008
_OK = ((wire.ACK_OK, b""),)

Answer = tuple[tuple[int, bytes], ...]
"""Codes and data of the packets that answer one command."""


@dataclass(slots=True)
class Client:
    """One host's session, over one TCP connection or from one UDP address."""

    tcp: bool
    session: int = 0
    known: bool = False
    events: int = 0
    acknowledged: int = 0
    prepared: bytes = b""
    uploaded: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Reply:
    """Packets that answer one command, and what happens to the client after them."""

    packets: tuple[Packet, ...] = ()
    hang_up: bool = False
    reboot: bool = False


class Machine:
    """Answers commands out of a `Store`; `quirk` says how each large answer goes wrong, '' for not at all."""

    def __init__(self, store: Store, quirk: Callable[[], str] = lambda: "") -> None:
        self.store = store
        self._quirk = quirk
        self._sessions = 0x4500
        self._commands: dict[int, Callable[[Client, bytes], Answer]] = {
            wire.OPTIONS_RRQ: self._option,
            wire.GET_VERSION: self._version,
            wire.GET_FREE_SIZES: self._sizes,
            wire.GET_TIME: self._get_time,
            wire.SET_TIME: self._set_time,
            wire.GET_PINWIDTH: self._pin_width,
            wire.REG_EVENT: self._register,
            wire.PREPARE_BUFFER: self._prepare,
            wire.FREE_DATA: self._free,
            wire.USER_WRQ: self._write_user,
            wire.DELETE_USER: self._delete_user,
            wire.GET_TEMPLATE: self._get_template,
            wire.DELETE_USERTEMP: self._delete_template,
            wire.PREPARE_DATA: self._begin_upload,
            wire.DATA: self._upload,
            wire.SAVE_TEMPLATES: self._save_templates,
            wire.CLEAR_ATTLOG: self._clear_log,
            wire.CLEAR_DATA: self._clear_all,
            wire.ENABLE: self._enable,
            wire.DISABLE: self._disable,
        }
        for harmless in (
            wire.OPTIONS_WRQ, wire.REFRESH_DATA, wire.REFRESH_OPTION, wire.START_VERIFY, wire.CANCEL_CAPTURE,
            wire.TEST_VOICE, wire.ACK_ERROR, wire.RESTART, wire.POWEROFF, wire.EXIT,
        ):  # fmt: skip
            self._commands[harmless] = lambda _client, _data: _OK

    def handle(self, client: Client, packet: Packet) -> Reply:
        """What answers `packet`."""
        if packet.command == wire.ACK_OK:
            client.acknowledged += 1
            return Reply()
        if packet.command == wire.CONNECT:
            return self._connect(client, packet)
        if packet.command == wire.AUTH:
            return self._authorize(client, packet)
        if not client.known or packet.session != client.session:
            return Reply((Packet(wire.ACK_UNAUTH, client.session, packet.reply),))
        if packet.command == wire.READ_BUFFER:
            return Reply(self._read_buffer(client, packet))
        try:
            answer = self._commands.get(packet.command, _unknown)(client, packet.data)
        except struct.error:
            answer = ((wire.ACK_ERROR, b""),)
        packets = tuple(Packet(code, client.session, packet.reply, data) for code, data in answer)
        if packet.command == wire.EXIT:
            client.known = False
        return Reply(packets, packet.command == wire.EXIT, packet.command in {wire.RESTART, wire.POWEROFF})

    def punch(
        self, client: Client, size: int, user_id: str, verify: int, state: int, moment: Moment
    ) -> Packet:
        """The live event that tells `client` of a punch."""
        return Packet(wire.REG_EVENT, wire.EF_ATTLOG, 0, wire.event(size, user_id, verify, state, moment.six))

    def _connect(self, client: Client, packet: Packet) -> Reply:
        self._sessions = self._sessions % 0xFFFE + 1
        client.session, client.events = self._sessions, 0
        client.known = not self.store.model.comm_key
        code = wire.ACK_OK if client.known else wire.ACK_UNAUTH
        return Reply((Packet(code, client.session, packet.reply),))

    def _authorize(self, client: Client, packet: Packet) -> Reply:
        ticks = packet.data[2] if len(packet.data) == 4 else 0
        right = wire.scrambled_key(self.store.model.comm_key, client.session, ticks)
        client.known = packet.session == client.session and packet.data == right
        code = wire.ACK_OK if client.known else wire.ACK_UNAUTH
        return Reply((Packet(code, client.session, packet.reply),))

    def _option(self, _client: Client, data: bytes) -> Answer:
        name = data.split(b"\0")[0].decode(errors="replace")
        model = self.store.model
        options = {
            "~SerialNumber": model.serial,
            "~DeviceName": model.name,
            "~Platform": model.platform,
            "~PIN2Width": str(model.id_width),
            "~ZKFPVersion": "10",
            "MAC": "00:17:61:00:00:01",
        }
        if name not in options:
            return ((wire.ACK_ERROR, b""),)
        return ((wire.ACK_OK, f"{name}={options[name]}\0".encode()),)

    def _version(self, _client: Client, _data: bytes) -> Answer:
        return ((wire.ACK_OK, self.store.model.firmware.encode() + b"\0"),)

    def _sizes(self, _client: Client, _data: bytes) -> Answer:
        store, model = self.store, self.store.model
        numbers = [0] * 23
        numbers[4], numbers[6], numbers[8] = len(store.people), len(store.templates), store.records
        numbers[14:17] = model.template_capacity, model.user_capacity, model.record_capacity
        numbers[17] = model.template_capacity - len(store.templates)
        numbers[18:20] = model.user_capacity - len(store.people), model.record_capacity - store.records
        return ((wire.ACK_OK, struct.pack("<23i", *numbers)),)

    def _get_time(self, _client: Client, _data: bytes) -> Answer:
        return ((wire.ACK_OK, struct.pack("<I", self.store.clock.now().code)),)

    def _set_time(self, _client: Client, data: bytes) -> Answer:
        self.store.clock.set(Moment.from_code(struct.unpack("<I", data)[0]))
        return _OK

    def _pin_width(self, _client: Client, _data: bytes) -> Answer:
        return ((wire.ACK_OK, bytes((self.store.model.id_width, 0))),)

    def _register(self, client: Client, data: bytes) -> Answer:
        client.events = struct.unpack("<I", data)[0]
        return _OK

    def _prepare(self, client: Client, data: bytes) -> Answer:
        _, command, kind, _ = struct.unpack("<bhii", data)
        table = self._table(command, kind)
        if table is None:
            return ((wire.ACK_ERROR, b""),)
        whole = struct.pack("<I", len(table)) + table
        if len(whole) <= _SMALL_ANSWER_BYTES:
            return ((wire.DATA, whole),)
        client.prepared = whole
        return ((wire.ACK_OK, struct.pack("<BIII", 0, len(whole), len(whole), 0)),)

    def _table(self, command: int, kind: int) -> bytes | None:
        store = self.store
        if command == wire.ATTLOG_RRQ:
            return bytes(store.log)
        if (command, kind) == (wire.USERTEMP_RRQ, 5):
            return b"".join(person.record(store.model.user_bytes) for person in store.people.values())
        if (command, kind) == (wire.DB_RRQ, 2):
            return b"".join(
                struct.pack("<HHBB", len(data) + 6, uid, finger, valid) + data
                for (uid, finger), (valid, data) in store.templates.items()
            )
        return None

    def _read_buffer(self, client: Client, packet: Packet) -> tuple[Packet, ...]:
        start, size = struct.unpack("<ii", packet.data)
        part = client.prepared[start : start + size]
        if start < 0 or size <= 0 or len(part) < size:
            return (Packet(wire.ACK_ERROR, client.session, packet.reply),)
        return self._large(client, packet.reply, part)

    def _large(self, client: Client, reply: int, whole: bytes) -> tuple[Packet, ...]:
        """Size, data packets numbered in their session field, and a word that this was all."""
        step = self.store.model.packet_bytes if client.tcp else _UDP_PACKET_BYTES
        announced = Packet(wire.PREPARE_DATA, client.session, reply, struct.pack("<II", len(whole), step))
        data = [
            Packet(wire.DATA, number, reply, whole[at : at + step])
            for number, at in enumerate(range(0, len(whole), step))
        ]
        done = Packet(wire.ACK_OK, client.session, reply)
        quirk = self._quirk()
        if quirk == "short":
            return (announced, data[0], done)
        if quirk == "overtake":
            return (announced, data[0], done, *data[1:])
        if quirk == "reorder":
            return (announced, *reversed(data), done)
        if quirk == "lost_data":
            return (announced, *data[:-1], done)
        return (announced, *data, done)

    def _free(self, client: Client, _data: bytes) -> Answer:
        client.prepared = b""
        return _OK

    def _write_user(self, _client: Client, data: bytes) -> Answer:
        try:
            self.store.add_person(Person.from_record(data))
        except (ValueError, OverflowError):
            return ((wire.ACK_ERROR, b""),)
        return _OK

    def _delete_user(self, _client: Client, data: bytes) -> Answer:
        done = self.store.remove_person(struct.unpack("<H", data)[0])
        return _OK if done else ((wire.ACK_ERROR, b""),)

    def _get_template(self, client: Client, data: bytes) -> Answer:
        valid, template = self.store.templates.get(struct.unpack("<HB", data), (0, b""))
        if not template:
            return ((wire.ACK_ERROR, b""),)
        whole = template + bytes([valid])
        step = _UDP_PACKET_BYTES
        parts = tuple((wire.DATA, whole[at : at + step]) for at in range(0, len(whole), step))
        return ((wire.PREPARE_DATA, struct.pack("<II", len(whole), step)), *parts, *_OK)

    def _delete_template(self, _client: Client, data: bytes) -> Answer:
        gone = self.store.templates.pop(struct.unpack("<HB", data[:3]), None)
        return _OK if gone else ((wire.ACK_ERROR, b""),)

    def _begin_upload(self, client: Client, _data: bytes) -> Answer:
        client.uploaded.clear()
        return _OK

    def _upload(self, client: Client, data: bytes) -> Answer:
        client.uploaded += data
        return _OK

    def _save_templates(self, client: Client, _data: bytes) -> Answer:
        """Users, then a table of fingers, then their templates, as the host uploaded them."""
        blob = bytes(client.uploaded)
        try:
            users, table, _ = struct.unpack_from("<III", blob)
            person = Person.from_record(blob[13 : 12 + users])
            pool = blob[12 + users + table :]
            for at in range(12 + users, 12 + users + table, 8):
                _, uid, finger, start = struct.unpack_from("<BHBI", blob, at)
                size = struct.unpack_from("<H", pool, start)[0]
                self.store.templates[uid, finger & 0x0F] = (1, pool[start + 2 : start + 2 + size])
            self.store.add_person(person)
        except (struct.error, ValueError, OverflowError):
            return ((wire.ACK_ERROR, b""),)
        return _OK

    def _clear_log(self, _client: Client, _data: bytes) -> Answer:
        self.store.log.clear()
        return _OK

    def _clear_all(self, _client: Client, _data: bytes) -> Answer:
        self.store.log.clear()
        self.store.people.clear()
        self.store.templates.clear()
        return _OK

    def _enable(self, _client: Client, _data: bytes) -> Answer:
        self.store.enabled = True
        return _OK

    def _disable(self, _client: Client, _data: bytes) -> Answer:
        self.store.enabled = False
        return _OK


def _unknown(_client: Client, _data: bytes) -> Answer:
    return ((wire.ACK_UNKNOWN, b""),)
