"""ZKTeco terminals on the network, over TCP or UDP, through pyzk."""

from drivers.zk.line import Patience
from drivers.zk.terminal import ZkTerminal

__all__ = ["Patience", "ZkTerminal"]
