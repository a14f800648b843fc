"""ZKTeco terminals on the network, over TCP or UDP, through pyzk."""

from drivers.zk.find import find_by_serial, neighbours
from drivers.zk.line import Patience
from drivers.zk.terminal import ZkTerminal

__all__ = ["Patience", "ZkTerminal", "find_by_serial", "neighbours"]
