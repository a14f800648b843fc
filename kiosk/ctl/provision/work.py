"""One provisioning from beginning to end: plan, difference, files, keys, people, restart, tests."""

from __future__ import annotations

import json
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import msgspec

from kiosk.ctl.doctor.examination import examine
from kiosk.ctl.doctor.finding import Finding
from kiosk.ctl.doctor.machine import Machine
from kiosk.ctl.doctor.seen import Seen, look
from kiosk.ctl.errors import CtlError
from kiosk.ctl.provision.applying import USER, Change, Place, admit, apply, changes_of
from kiosk.ctl.provision.keys import device_key, request
from kiosk.ctl.provision.rendering import ETC, Plan, Rendered
from kiosk.ctl.tools import kioskd_tool

TESTED = ("disk", "files", "clock", "devices", "network")
SETTLE_S, LOOK_S = 40.0, 1.0
SETTLING = ("starting", "connecting")
CREDENTIAL = Path("/etc/credstore.encrypted/hadir-sign.key")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, what the tests found, and what a person still has to do."""

    device: str
    changed: bool
    dry_run: bool
    files: tuple[Change, ...]
    sign_key: str = ""
    done: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    left: tuple[str, ...] = ()


def preview(plan: Plan, place: Place) -> Outcome:
    """What `provision` would do."""
    files, _ = _files(plan, place)
    changes = changes_of(files, place)
    return Outcome(device=_name(plan), changed=_differs(changes), dry_run=True, files=tuple(changes))


def provision(plan: Plan, place: Place, *, restart: bool) -> Outcome:
    """Do it all. Raises `OSError`, `ValueError`, `CtlError`; running it again changes nothing."""
    place.secret_folder(plan.key_file.parent)
    files, has_certificate = _files(plan, place)
    changes = changes_of(files, place)
    apply(files, changes, place)
    done = [f"{change.path}: {change.state}" for change in changes if change.state != "same"]
    left = [] if has_certificate else [_sign(plan)]
    if place.here:
        for user, became in admit(plan.site.admins):
            (done if became == "added" else left).append(f"{user}: {became}") if became != "there" else None
    sign_key = _sign_key(plan) if place.here else ""
    changed = bool(done)
    if changed and restart and place.here:
        done += _restart()
    findings = _tested(plan) if restart and place.here else ()
    left += [_to_do(finding) for finding in findings if finding.level in ("fault", "warning")]
    return Outcome(
        device=_name(plan), changed=changed, dry_run=False, files=tuple(changes), sign_key=sign_key,
        done=tuple(done), findings=findings, left=tuple(left),
    )  # fmt: skip


def _files(plan: Plan, place: Place) -> tuple[list[Rendered], bool]:
    """Every file, keys before what makes them count; whether no certificate is left to be signed."""
    made: list[Rendered] = []
    if plan.config.sync.host:
        key, new = device_key(plan, place)
        made += [file for file in (new, request(plan, place, key)) if file is not None]
    waits = plan.site.certificates.own and not plan.site.certificates.kiosk
    return [*made, *plan.files], not waits


def _sign(plan: Plan) -> str:
    return f"have {plan.request} signed by the broker's authority, name the answer in [certificates] kiosk"


def _differs(changes: list[Change]) -> bool:
    return any(change.state != "same" for change in changes)


def _name(plan: Plan) -> str:
    return f"{plan.config.device.tenant}/{plan.config.device.id}"


def _sign_key(plan: Plan) -> str:
    """The device's public key, by which the centre knows it; kioskd's own tool makes the pair."""
    if CREDENTIAL.exists():
        return ""
    try:
        user = pwd.getpwnam(USER).pw_name if plan.state_dir.owner() == USER else None
    except KeyError:
        user = None
    done = kioskd_tool("keys", str(plan.state_dir), user=user)
    if done.returncode:
        raise CtlError("failed", done.stderr.strip(), f"who owns {plan.state_dir}? kioskctl doctor files")
    return str(json.loads(done.stdout)["sign_key"])


def _restart() -> list[str]:
    """Start what is installed anew, so that the new settings count."""
    if not Machine().has_systemd or shutil.which("systemctl") is None:
        return []
    subprocess.run(("systemctl", "reset-failed", "kioskd"), capture_output=True, check=False)
    done = subprocess.run(("systemctl", "restart", "kioskd"), capture_output=True, text=True, check=False)
    return ["kioskd: started anew" if done.returncode == 0 else f"kioskd: {done.stderr.strip()}"]


def _tested(plan: Plan) -> tuple[Finding, ...]:
    """Disk, files, time, devices and the way to the centre, once what is starting has settled."""
    end_s = time.monotonic() + SETTLE_S
    while True:
        seen = look(Machine(), ETC / "kiosk.toml", [])
        if not _settling(seen) or time.monotonic() > end_s:
            return examine(seen, TESTED).findings
        time.sleep(LOOK_S)


def _settling(seen: Seen) -> bool:
    if seen.status is None:
        return False
    states = [device.status for device in seen.status.devices]
    return any(state in SETTLING for state in (*states, seen.status.link.status))


def _to_do(finding: Finding) -> str:
    command = f": {finding.command}" if finding.command else ""
    return f"{finding.part}: {finding.words}; {finding.advice}{command}"
