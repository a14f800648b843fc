"""`kioskctl support-bundle`: what somebody far away needs to understand a fault, and nothing that is secret.

Nobody's finger, face, name, number or photo goes in, no key, no password, no PIN. What could carry one by
accident (logs, settings) is searched for the secrets this kiosk really has before it is written.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

from kiosk.core import api
from kiosk.ctl.doctor.machine import Machine
from kiosk.ctl.doctor.seen import Seen, look
from kiosk.ctl.errors import CtlError
from kiosk.ctl.redaction import Redactor
from kiosk.ctl.session import common, session

MOST_LOG_BYTES = 512 * 1024
RECORDS = 2_000
UNITS = ("kioskd", "kiosk-ui", "kiosk-face", "kiosk-clock", "hadir-backup", "hadir-centre")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("uname", "-a"), ("uptime",), ("free", "-m"), ("df", "-h"), ("mount",), ("lsblk",), ("lsusb",),
    ("ip", "-brief", "address"), ("ip", "route"), ("timedatectl",), ("dmesg", "--level=err,warn"),
    ("systemctl", "--no-pager", "status", *UNITS),
)  # fmt: skip


@click.command("support-bundle")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="kiosk.toml.")
@common
def support_bundle(file: Path, config_file: Path | None) -> None:
    """Write FILE (a .tar.gz): state, doctor's findings, settings, logs; no biometrics, names or secrets.

    Works without kioskd too. Look into it before you send it: tar xzf FILE
    """
    here = session()
    seen = look(Machine(), config_file, [here.socket or here.usual_socket()])
    redactor = Redactor.of(seen)
    names = []
    file.touch(mode=0o600)
    with tarfile.open(file, "w:gz") as tar:
        for name, make in _parts(seen, here.socket or here.usual_socket()):
            content = redactor.clean(_made(make)).encode()
            info = tarfile.TarInfo(f"hadir-support/{name}")
            info.size, info.mtime, info.mode = len(content), int(time.time()), 0o600
            tar.addfile(info, io.BytesIO(content))
            names.append(name)
    size = file.stat().st_size
    words = f"{file}: {size:,} bytes, {', '.join(names)}"
    here.show({"file": str(file), "size_bytes": size, "parts": names}, lambda: click.echo(words))


def _made(make: Callable[[], str]) -> str:
    """One part of it; what could not be had says why."""
    try:
        return make()
    except (CtlError, OSError, ValueError) as error:
        return f"not to be had: {error}\n"


def _parts(seen: Seen, socket: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "status.json", lambda: _json(seen.status or str(seen.silence))
    yield "health.json", lambda: _json(seen.health or str(seen.silence))
    yield "doctor.json", lambda: _doctor(seen)
    yield "records.txt", lambda: _records(socket)
    yield "kiosk.toml", lambda: seen.config_file.read_text(encoding="utf-8", errors="replace")
    yield "policy.toml", lambda: seen.policy_file.read_text(encoding="utf-8", errors="replace")
    yield "files.txt", lambda: _listing(seen.state_dir)
    yield "packages.txt", _packages
    yield "system.txt", lambda: "".join(_system(seen))
    yield "log.txt", lambda: _log(seen)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"


def _doctor(seen: Seen) -> str:
    from kiosk.ctl.doctor.examination import examine

    return _json(examine(seen))


def _records(socket: Path) -> str:
    """When the last records were written and of what type: not what they say."""
    from kiosk.ctl.client import Client

    lines = []
    with Client(socket) as client:
        seq = max(0, client.ask(api.GetStatus(), api.Status).ledger.seq - RECORDS)
        while (page := client.ask(api.GetLedger(after_seq=seq), api.LedgerPage)).records:
            for seq, body, _ in page.records:
                record = json.loads(body)
                at = record["at"]
                lines.append(f"{seq} {record['type']} {at['wall_ms']} {at['source']} {at['boot_id'][:8]}\n")
    return "".join(lines)


def _listing(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        lines.append(
            f"{found.st_mode:o} {found.st_uid}:{found.st_gid} {found.st_size:>12} "
            f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(found.st_mtime))} {path.relative_to(folder)}\n"
        )
    return "".join(lines)


def _packages() -> str:
    found = {f"{each.name}=={each.version}" for each in importlib.metadata.distributions()}
    return "\n".join(sorted(found)) + "\n"


def _system(seen: Seen) -> Iterator[str]:
    yield f"$ cat /etc/os-release\n{seen.machine.read('/etc/os-release') or ''}\n"
    yield f"$ cat /proc/device-tree/model\n{seen.machine.read('/proc/device-tree/model') or 'not a Pi'}\n"
    for command in COMMANDS:
        done = seen.machine.run(*command)
        if done is not None:
            yield f"\n$ {' '.join(command)}\n{done.out or done.err}\n"


def _log(seen: Seen) -> str:
    """The journal of our units; of a demo, the end of each process's log."""
    units = [word for unit in UNITS for word in ("-u", unit)]
    done = seen.machine.run("journalctl", "--no-pager", "-n", "3000", "-o", "short-iso", *units)
    text = done.out if done is not None and done.code == 0 else ""
    for path in sorted((seen.state_dir / "log").glob("*.log")):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - MOST_LOG_BYTES))
            text += f"\n== {path.name}\n{file.read().decode(errors='replace')}"
    return text + "\n"
