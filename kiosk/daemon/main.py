"""`kioskd`: run a kiosk by its configuration file."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path

from kiosk.core.checked import BadFileError, read_text
from kiosk.core.config import KioskConfig
from kiosk.core.config_file import read_config
from kiosk.daemon.control import SocketInUseError
from kiosk.daemon.daemon import Kiosk
from kiosk.daemon.rules_files import Rules, load_rules
from kiosk.daemon.single import AlreadyRunningError
from kiosk.daemon.store import StoreError

EXIT_CONFIG = 2


def main(argv: list[str]) -> int:
    """Run until SIGTERM or SIGINT. Exit 0 after an ordered stop, 1 on failure, 2 on bad files."""
    arguments = _parser().parse_args(argv)
    _log_to_stderr(arguments.verbose)
    try:
        config, rules = _load(Path(arguments.config))
    except (BadFileError, OSError) as error:
        _complain(f"the configuration cannot be used:\n{error}")
        return EXIT_CONFIG
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        kiosk = Kiosk(config, rules, f"hadir {version('hadir')}", Path(arguments.config))
        signal.signal(signal.SIGHUP, lambda *_: kiosk.ask_reload())
        return kiosk.run(stop)
    except (AlreadyRunningError, SocketInUseError) as error:
        _complain(str(error))
    except StoreError as error:
        _complain(f"{error}\n{error.hint}")
    except OSError as error:
        _complain(f"{error}; check state_dir and its permissions")
    return 1


def _complain(words: str) -> None:
    sys.stderr.write(f"kioskd: {words}\n")


def _load(path: Path) -> tuple[KioskConfig, Rules]:
    config = read_config(read_text(path.read_bytes(), str(path)), str(path))
    return config, load_rules(config, path.parent)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kioskd", description="The attendance kiosk's daemon.")
    parser.add_argument("--config", required=True, help="kiosk.toml; see config/kiosk.toml for every key")
    parser.add_argument("--verbose", action="store_true", help="log repeats and details too")
    return parser


def _log_to_stderr(verbose: bool) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for noisy in ("pyfingerprint", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
