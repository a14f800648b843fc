"""An MQTT broker for demonstrations where there is no Mosquitto: `python -m kiosk.demo.broker --port N`.

It speaks MQTT 3.1.1, knows no shared subscriptions, and keeps nothing over a restart.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig

PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


def run_embedded_broker(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    asyncio.run(_serve(host, port))


async def _serve(host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    listener = ListenerConfig(bind=f"{host}:{port}")
    broker = Broker(BrokerConfig(listeners={"default": listener}, plugins=dict(PLUGINS)))
    await broker.start()
    await stopped.wait()
    await broker.shutdown()


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    run_embedded_broker(arguments.host, arguments.port)


if __name__ == "__main__":
    main()
