"""The way to the centre: link, name, port, certificate, password, centre. The first that fails is named."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

from kiosk.core.config import Sync
from kiosk.ctl import words
from kiosk.ctl.doctor import certificates, mqtt, tls
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

NAME_S, CONNECT_S = 5.0, 5.0
USUAL_PORTS = (1883, 8883)
OLD_BACKLOG_S, TOO_OLD_BACKLOG_S = 24 * 3600, 14 * 24 * 3600
LOOPBACK = ("localhost", "127.", "::1")


def network(seen: Seen) -> Iterator[Finding]:
    """Every step to the centre, as far as it can be gone."""
    if seen.config is None:
        yield unknown("network", "the configuration cannot be read")
        return
    sync = seen.config.sync
    if not sync.host:
        yield (
            ok("network", "no delivery is configured: the USB courier carries the records")
            if sync.centre_key
            else warning(
                "network",
                "nothing carries the records away: neither a broker nor the centre's key for sticks is known",
                "set host or centre_key under [sync] in kiosk.toml: docs/courier.md",
            )
        )
        return
    for step in (_link, _name, _port, certificates.certificates, tls.tls, mqtt.login):
        for finding in step(seen, sync):
            yield finding
            if finding.level == "fault":
                return


def backlog(seen: Seen) -> Iterator[Finding]:
    """How long the oldest record waits for the centre."""
    if seen.status is None or seen.health is None:
        return
    waiting, since_ms = seen.status.link.backlog, seen.health.backlog_since_ms
    if not waiting or since_ms is None or seen.status.link.status == "off":
        if seen.config is None or seen.config.sync.centre_key:
            said = "nothing waits" if not waiting else f"{words.many(waiting, 'record')} for the courier"
            yield ok("backlog", said)
        return
    age_s = max(0.0, time.time() + seen.status.clock.offset_ms / 1000 - since_ms / 1000)
    said = f"{words.many(waiting, 'record')} wait, the oldest since {words.duration(age_s)}"
    if age_s < OLD_BACKLOG_S:
        yield ok("backlog", said)
    else:
        kind = fault if age_s > TOO_OLD_BACKLOG_S else warning
        yield kind(
            "backlog",
            said,
            "nothing is lost; mend the way to the centre, or send a stick: docs/technician.md",
        )


def _link(seen: Seen, sync: Sync) -> Iterator[Finding]:
    if sync.host.startswith(LOOPBACK):
        return
    cards = [path for path in seen.machine.glob("/sys/class/net/*") if path.name != "lo"]
    up = [path.name for path in cards if seen.machine.read(path / "operstate") in ("up", "unknown")]
    if up:
        yield ok("network", f"{', '.join(up)} up")
    elif cards:
        names = ", ".join(path.name for path in cards)
        yield fault(
            "network",
            f"no network: {names} not connected",
            "plug the cable in, or join the wireless network",
            "nmtui",
        )
    else:
        yield fault("network", "no network card", "plug one in, or use the USB courier", "nmtui")


def _name(seen: Seen, sync: Sync) -> Iterator[Finding]:
    try:
        found = _within(NAME_S, sync.host, sync.port)
    except OSError as error:
        why = "no name server answers" if isinstance(error, TimeoutError) else "no name server knows it"
        advice = "is it spelt right, is there a name server (resolvectl status)? Set the right name"
        yield fault("dns", f"{sync.host}: {why}", advice, seen.set_command("sync.host", "THE.RIGHT.NAME"))
    else:
        yield ok("dns", f"{sync.host} is {found}")


def _port(seen: Seen, sync: Sync) -> Iterator[Finding]:
    why = _refusal(sync.host, sync.port)
    where = f"{sync.host}:{sync.port}"
    if not why:
        yield ok("broker", f"{where} answers")
        return
    open_ = [port for port in USUAL_PORTS if port != sync.port and not _refusal(sync.host, port)]
    if why == "refused" and open_:
        words_ = f"nothing listens on {where}, but something does on port {open_[0]}"
        yield fault(
            "broker",
            words_,
            "the port is probably wrong: set the other",
            seen.set_command("sync.port", open_[0]),
        )
    elif why == "refused":
        yield fault(
            "broker", f"nothing listens on {where}", "start the broker there", "systemctl start mosquitto"
        )
    elif why == "silent":
        advice = "a firewall swallows it: let this port through, in the site's router or on the broker"
        yield fault("broker", f"{where} does not answer at all", advice, f"ufw allow {sync.port}/tcp")
    else:
        yield fault(
            "broker",
            f"{where}: {why}",
            "does the network have a way out (ip route)? Ask whoever runs it",
            "ip route",
        )


def _within(timeout_s: float, host: str, port: int) -> str:
    """The first address of `host`. The system's resolver knows no deadline, so a thread waits for it."""
    import threading

    found: list[str | OSError] = []

    def resolve() -> None:
        try:
            found.append(str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not found:
        raise TimeoutError
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def _refusal(host: str, port: int) -> str:
    """Why nobody answers there; empty when somebody does."""
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    except OSError as error:
        return error.strerror or str(error)
    return ""
