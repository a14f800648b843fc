"""The files a kiosk is made of: configuration, policy, who may read what, and who holds the lock."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.core.checked import BadFileError, Fault, read_text
from kiosk.core.policy_file import read_policy
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown
from kiosk.ctl.doctor.seen import Seen

SECRETS = ("kiosk.db*", "keys/*", "vault/*")
LOCKS = ("kioskd.lock", "store.lock")
RESTART = "systemctl restart kioskd"


def config(seen: Seen) -> Iterator[Finding]:
    """Whether kioskd can use its configuration."""
    if seen.denied:
        yield unknown("config", f"{seen.config_file}: you may not read it", "put sudo before it")
    elif seen.no_file:
        advice = "describe this kiosk in one file, from config/sites/example.toml, and provision it"
        yield fault("config", f"{seen.config_file}: {seen.no_file}", advice, "kioskctl provision SITE.toml")
    elif seen.bad_file is not None:
        yield from _faults("config", seen.config_file, seen.bad_file)
    else:
        yield ok("config", str(seen.config_file))


def policy(seen: Seen) -> Iterator[Finding]:
    """Whether kioskd can use its policy."""
    if seen.config is None:
        yield unknown("policy", "the configuration cannot be read")
        return
    path = seen.policy_file
    try:
        found = read_policy(read_text(path.read_bytes(), str(path)), str(path))
    except BadFileError as error:
        yield from _faults("policy", path, error)
    except OSError as error:
        advice = "put a policy there; config/policies/ has two to start from"
        yield fault(
            "policy",
            f"{path}: {error.strerror}",
            advice,
            f"cp config/policies/school.toml {shlex.quote(str(path))} && {RESTART}",
        )
    else:
        yield ok("policy", f"{path}, version {found.version}")


def permissions(seen: Seen) -> Iterator[Finding]:
    """Whether the state belongs to kioskd and its secrets to nobody else."""
    folder = seen.state_dir
    try:
        owner = folder.stat()
        wrong = [path for path in _state_files(folder) if path.lstat().st_uid != owner.st_uid]
        open_ = [path for path in _secrets(seen) if path.stat().st_mode & 0o077]
    except FileNotFoundError:
        yield unknown("permissions", f"there is no {folder} yet")
        return
    except OSError as error:
        yield unknown("permissions", f"{error.filename}: {error.strerror}", "use sudo")
        return
    here = shlex.quote(str(folder))
    if wrong:
        words = f"{_some(wrong)} in {folder} belong to somebody else: kioskd cannot use them"
        command = f"chown -R --reference={here} {here} && {RESTART}"
        yield fault("permissions", words, "give them back to kioskd's user", command, safe=True)
    if open_:
        command = "chmod go= " + " ".join(shlex.quote(str(path)) for path in open_)
        yield fault(
            "permissions",
            f"others may read {_some(open_)}: these are secrets",
            "take that right away",
            command,
            safe=True,
        )
    if owner.st_mode & 0o007:
        words = f"anybody on this machine may look into {folder}"
        yield fault("permissions", words, "take that right away", f"chmod o= {here}", safe=True)
    elif not wrong and not open_:
        yield ok("permissions", f"{folder} and its secrets are kioskd's alone")


def lock(seen: Seen) -> Iterator[Finding]:
    """Whether something other than a living kioskd holds the state."""
    if seen.status is not None:
        return
    for name in LOCKS:
        holder = _holder(seen, seen.state_dir / name)
        if holder is None:
            continue
        who, unit = holder
        seen.explained.add("kioskd")
        words = f"process {who} holds {seen.state_dir / name} and does not answer: no other kioskd can start"
        if unit == "kioskd.service":
            yield fault("lock", words, "kioskd hangs: start it anew", RESTART)
        else:
            pid = who.partition(" ")[0]
            yield fault(
                "lock",
                words,
                "end that process",
                f"kill {pid}; sleep 1; kill -9 {pid} 2>/dev/null; {RESTART}",
            )
        return


def _faults(part: str, path: Path, error: BadFileError) -> Iterator[Finding]:
    for one in error.faults:
        advice = f"mend line {one.line} of {path}" if one.line else f"mend {path}"
        yield fault(part, f"{path}: {one}", advice, _mend(path, one))


def _mend(path: Path, one: Fault) -> str:
    """The edit, when it is clear what was meant: `did you mean 'x'?` or a value written as text."""
    meant = re.search(r"did you mean '([^']+)'\?", one.message)
    unknown_key = re.match(r"unknown key (\S+);", one.message)
    wrong_value = re.search(r": '([^']*)' is not one of", one.message)
    if meant is None or not one.line:
        return f"nano +{max(1, one.line)} {shlex.quote(str(path))} && {RESTART}"
    wrong = unknown_key[1].rpartition(".")[2] if unknown_key else wrong_value[1] if wrong_value else ""
    edit = f"{one.line}s/\\b{re.escape(wrong)}\\b/{meant[1]}/"
    return f"sed -i {shlex.quote(edit)} {shlex.quote(str(path))} && {RESTART}"


def _state_files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("kiosk.db*")
    yield from (
        folder / name
        for name in ("keys", "vault", "reserve", "head.witness", *LOCKS)
        if (folder / name).exists()
    )
    for pattern in SECRETS:
        yield from folder.glob(pattern)


def _secrets(seen: Seen) -> Iterator[Path]:
    for pattern in SECRETS:
        yield from seen.state_dir.glob(pattern)
    if seen.config is not None:
        for name in (seen.config.sync.password_file, seen.config.sync.key_file):
            if name and seen.path(name).exists():
                yield seen.path(name)


def _some(paths: list[Path]) -> str:
    names = ", ".join(path.name for path in paths[:3])
    return names if len(paths) <= 3 else f"{names} and {len(paths) - 3} more"


def _holder(seen: Seen, path: Path) -> tuple[str, str] | None:
    """The process that has locked `path` (number and name) and its unit, by proc(5)'s list of locks."""
    try:
        found = path.stat()
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    locks = (seen.machine.read("/proc/locks") or "").splitlines()
    pids = [line.split()[4] for line in locks if f" {device} " in line and "->" not in line]
    if not pids:
        return None
    pid = _living(seen, pids[0], path)
    name = seen.machine.read(f"/proc/{pid}/comm") or "unknown"
    cgroup = seen.machine.read(f"/proc/{pid}/cgroup") or ""
    return f"{pid} ({name})", cgroup.rpartition("/")[2]


def _living(seen: Seen, pid: str, path: Path) -> str:
    """The locker, or, when that has ended, whoever inherited its open file."""
    if seen.machine.path(f"/proc/{pid}").exists():
        return pid
    for link in _open_files(seen):
        try:
            if link.samefile(path):
                return link.parts[-3]
        except OSError:
            continue
    return pid


def _open_files(seen: Seen) -> Iterator[Path]:
    processes: Callable[[Path], bool] = lambda path: path.name.isdigit()  # noqa: E731
    for process in filter(processes, seen.machine.path("/proc").iterdir()):
        try:
            yield from (process / "fd").iterdir()
        except OSError:
            continue
