import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.core.checked import BadFileError, struct_in
from kiosk.core.config import KioskConfig, Reader, Terminal
from kiosk.core.config_file import read_config

SAMPLE = Path(__file__).parents[2] / "config" / "kiosk.toml"


def faults(text: str) -> list[str]:
    with pytest.raises(BadFileError) as caught:
        read_config(text, "kiosk.toml")
    return [str(fault) for fault in caught.value.faults]


def test_nothing_said_is_all_defaults() -> None:
    assert read_config("", "empty") == KioskConfig()


def test_the_sample_equals_the_defaults() -> None:
    assert read_config(SAMPLE.read_text(), "kiosk.toml") == KioskConfig()


def uncommented() -> dict[str, Any]:
    """The sample with its commented-out keys and tables switched on."""
    return tomllib.loads(re.sub(r"^# ?(?=[a-z_]+ = |\[\[)", "", SAMPLE.read_text(), flags=re.MULTILINE))


def test_the_sample_says_every_key() -> None:
    def compare(tree: dict[str, Any], type_: type[msgspec.Struct], where: str) -> None:
        fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
        assert set(tree) == set(fields), where
        for name, field in fields.items():
            struct, many = struct_in(field.type)
            if struct:
                compare(tree[name][0] if many else tree[name], struct, name)

    compare(uncommented(), KioskConfig, "the file")


def test_the_samples_reader_is_the_default_one() -> None:
    entry = uncommented()["reader"][0]
    assert msgspec.convert({**entry, "emulator_control": None}, Reader) == Reader(name="finger")


def test_the_samples_terminal_is_the_default_one() -> None:
    entry = uncommented()["terminal"][0]
    assert msgspec.convert({**entry, "emulator_control": None}, Terminal) == Terminal(name="lobby")


def test_two_terminals_may_not_share_name_or_address() -> None:
    text = """\
[[reader]]
name = "a"
[[terminal]]
name = "a"
networks = ["10.0.0.0/8", "here"]
[[terminal]]
name = "b"
emulator_control = "x"
"""
    assert faults(text) == [
        "line 4: terminal[1].name: two devices are called 'a'",
        "line 5: terminal[1].networks: '10.0.0.0/8' has more than 1024 addresses",
        "line 5: terminal[1].networks: 'here' is no network such as 192.168.1.0/24",
        "line 6: terminal[2].host: two terminals are at 192.168.1.201:4370",
        "line 8: terminal[2].emulator_control: only an emulated terminal has one; set simulated = true",
    ]


def test_impossible_values_are_all_named_with_their_lines() -> None:
    text = """\
[site]
latitude = 91
[device]
tenant = "kab/jember"
id = "kiosk 1"
[sync]
host = "broker"
port = 70000
centre_key = "abc"
[clock]
floor = "1 January"
"""
    assert faults(text) == [
        "line 2: site.latitude: 91 is too large: at most 90.0",
        "line 8: sync.port: 70000 is too large: at most 65535",
    ]
    text = text.replace("91", "-8").replace("70000", "1883")
    assert faults(text) == [
        "line 1: site.longitude: set latitude and longitude both, or neither",
        "line 4: device.tenant: 'kab/jember' cannot be part of an MQTT topic: no / + # and no spaces",
        "line 5: device.id: 'kiosk 1' cannot be part of an MQTT topic: no / + # and no spaces",
        "line 9: sync.centre_key: 64 hex digits are wanted, as `hadir-centre key` prints them",
        "line 11: clock.floor: '1 January' is no date such as 2026-01-31",
    ]


def test_what_is_no_name_and_no_address_of_a_machine_is_named() -> None:
    text = """\
[site]
latitude = -8
longitude = 113
[sync]
host = "a b"
brokers = ["broker-2.example:8883", "bro ker:1883"]
centre_key = "KEY"
[gps]
host = "gps:2947"
[[terminal]]
name = "z"
host = "http://192.168.1.201"
""".replace("KEY", "ab" * 32)
    why = "is neither a name such as broker.example nor an address; the port has a key of its own"
    assert faults(text) == [
        f"line 5: sync.host: 'a b' {why}",
        "line 6: sync.brokers: 'bro ker:1883' is no broker such as broker-2.example:8883",
        f"line 9: gps.host: 'gps:2947' {why}",
        f"line 12: terminal[1].host: 'http://192.168.1.201' {why}",
    ]
    good = text.replace("a b", "fe80::1%eth0").replace("bro ker", "10.0.0.7").replace("gps:2947", "::1")
    read_config(good.replace("http://192.168.1.201", "pintu_1.local"), "kiosk.toml")


def test_two_readers_may_not_share_name_or_port() -> None:
    text = '[[reader]]\nname = "a"\n[[reader]]\nname = "a"\nemulator_control = "x"\n'
    assert faults(text) == [
        "line 3: reader[2].port: two readers are on /dev/hadir/r307",
        "line 4: reader[2].name: two readers are called 'a'",
        "line 5: reader[2].emulator_control: only an emulated reader has one; set simulated = true",
    ]


def test_a_number_that_is_none_is_refused() -> None:
    assert faults("[site]\nlatitude = nan\nlongitude = 1\n") == [
        "line 2: site.latitude: nan is too small: at least -90.0"
    ]


def test_recognition_needs_a_camera_and_a_socket_of_its_own() -> None:
    text = '[camera]\nemulator_control = "x"\n[face]\nenabled = true\nsocket = "ui.sock"\n'
    assert faults(text) == [
        "line 2: camera.emulator_control: only an emulated camera has one; set simulated = true",
        "line 4: face.enabled: recognition needs a camera: set camera.driver",
        "line 5: face.socket: kiosk-face needs a socket of its own",
    ]
