"""The command `hanparse bridge` in a process of its own, with a real broker: what people see of it."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bridgepeers import USER, Broker, Command, Gateway, Listener, until
from brokers import free_port
from telegrams import sealed

from hanparse import Decoder
from hanparse.cli.main import main
from hanparse.simulate import simulate
from hanparse.sinks.tracker import MAX_METERS

if TYPE_CHECKING:
    from collections.abc import Callable

PUSHES = [push.data for push in islice(simulate("kaifa", seed=5), 40)]
EXPECTED = Decoder().feed(b"".join(PUSHES))
HOURLY = next(index for index, one in enumerate(EXPECTED) if one.active_energy_import is not None)
METER = "6970631400000017"
STATE, ENERGY, STATUS = (f"hanparse/{METER}/{name}" for name in ("state", "energy", "status"))
PASSWORD = "right-Passw0rd"  # noqa: S105  of the broker of a test
CONFIG = f"homeassistant/device/hanparse_{METER}/config"

pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tests use signals and sockets of Unix")


def is_power(index: int) -> Callable[[Any], bool]:
    """The condition that a state is that of a push."""
    return lambda state: state.get("active_power_import") == EXPECTED[index].active_power_import


def test_a_terminated_bridge_publishes_offline_and_exits_with_0(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker) as listener, Gateway() as gateway:
        with Command(gateway.url, broker.url) as command:
            gateway.send(PUSHES[0])
            listener.wait(STATE)
            assert listener.last(STATUS) == b"online"
            status, seconds = command.terminate()
            listener.wait(STATUS, lambda text: text == "offline")
        assert status == 0
        assert seconds < 30  # a second on a machine without other load


def test_a_bridge_that_is_killed_is_offline_by_its_will(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker) as listener, Gateway() as gateway:
        bridge = Command(gateway.url, broker.url)
        with bridge:
            gateway.send(PUSHES[0])
            listener.wait(STATUS, lambda text: text == "online")
        listener.wait(STATUS, lambda text: text == "offline")  # the end of the block kills it


def test_an_entity_is_announced_when_its_field_is_sent_and_not_before(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker) as listener, Gateway() as gateway:
        with Command(gateway.url, broker.url):
            gateway.send(*PUSHES[:HOURLY])
            first = listener.wait(CONFIG)
            assert len(first["components"]) == 10  # four powers, three currents, three voltages
            gateway.send(PUSHES[HOURLY])
            second = listener.wait(CONFIG, lambda config: len(config["components"]) > 10)
            assert len(second["components"]) == 14
            listener.wait(ENERGY)
        topics = [topic for topic, _ in listener.messages]
        assert topics.index(CONFIG) < topics.index(STATE)
        assert STATUS in topics[: topics.index(CONFIG)]


def test_no_value_is_published_before_the_list_that_names_the_meter(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker) as listener, Gateway() as gateway:
        with Command(gateway.url, broker.url):
            named = next(index for index, one in enumerate(EXPECTED) if index and one.meter_id)
            gateway.send(PUSHES[0][:-8], *PUSHES[1 : named + 1])  # the first list, which has a name too, is damaged
            listener.wait(STATE, is_power(named))
        device = json.loads(listener.last(CONFIG) or b"")["device"]
        assert device["serial_number"] == METER
        states = [json.loads(payload) for topic, payload in listener.messages if topic == STATE]
        assert [state["active_power_import"] for state in states] == [
            one.active_power_import for one in EXPECTED[1 : named + 1]
        ]


def test_the_registers_run_on_between_the_lists_and_the_broker_keeps_them(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Gateway() as gateway:
        with Command(gateway.url, broker.url, "-") as command, Listener(broker) as listener:
            gateway.send(*PUSHES)
            until(lambda: len(command.output) == len(EXPECTED), "every push is a line")
            listener.wait(ENERGY)
            command.terminate()
        lines = [json.loads(line) for line in command.output]
        registers = [line["active_energy_import"] for line in lines if "active_energy_import" in line]
        assert len(registers) == len(EXPECTED) - HOURLY
        assert registers == sorted(registers)
        assert registers[0] == EXPECTED[HOURLY].active_energy_import
        with Listener(broker) as listener:
            until(lambda: ENERGY in listener.kept, "the broker has the registers")
            assert json.loads(listener.kept[ENERGY])["active_energy_import"] >= registers[0]
            assert STATE not in listener.kept


def test_a_broker_that_is_killed_and_comes_back_has_everything_again(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Gateway() as gateway, Command(gateway.url, broker.url) as command:
        gateway.send(*PUSHES[: HOURLY + 1])
        with Listener(broker) as listener:
            listener.wait(ENERGY)
        broker.kill()
        command.logged("tries again until it works")
        with broker, Listener(broker) as listener:
            gateway.send(PUSHES[HOURLY + 1])
            listener.wait(STATE, is_power(HOURLY + 1))
            listener.wait(ENERGY)
            command.logged("works again")
            assert len(json.loads(listener.last(CONFIG) or b"")["components"]) == 14
            assert listener.last(STATUS) == b"online"
            assert sum("tries again" in line for line in command.log) == 1


def test_a_bridge_that_starts_again_continues_from_its_state(tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    with Broker(tmp_path) as broker, Listener(broker) as listener, Gateway() as gateway:
        with Command(gateway.url, broker.url, "--state", state) as command:
            gateway.send(*PUSHES[: HOURLY + 2])
            listener.wait(STATE, is_power(HOURLY + 1))
            assert command.terminate()[0] == 0
        gateway.disconnected()
        before = json.loads(listener.last(ENERGY) or b"")["active_energy_import"]
        listener.messages.clear()
        with Command(gateway.url, broker.url, "--state", state):
            gateway.send(PUSHES[0])  # it has no registers
            energy = listener.wait(ENERGY)
            assert energy["active_energy_import"] >= before
            assert len(json.loads(listener.last(CONFIG) or b"")["components"]) == 14


def test_home_assistant_that_starts_again_gets_discovery_and_values(tmp_path: Path) -> None:
    with (
        Broker(tmp_path) as broker,
        Listener(broker) as listener,
        Gateway() as gateway,
        Command(gateway.url, broker.url),
    ):
        gateway.send(*PUSHES[: HOURLY + 1])
        listener.wait(STATE, is_power(HOURLY))
        listener.wait(ENERGY)
        listener.messages.clear()
        listener.publish("homeassistant/status", "online")
        listener.wait(CONFIG)
        listener.wait(STATE, is_power(HOURLY))
        listener.wait(ENERGY)


def test_forget_empties_what_the_broker_keeps_of_this_base_alone(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Gateway() as gateway, Listener(broker) as listener:
        with Command(gateway.url, f"{broker.url}?flat=1", f"{broker.url}/other?discovery=ha") as command:
            gateway.send(*PUSHES[: HOURLY + 1])
            listener.wait(f"hanparse/{METER}/active_energy_import")
            listener.wait(f"other/{METER}/energy")
            command.terminate()
        with Command("--forget", broker.url) as command:
            command.logged("retained messages removed")
            assert command.process.wait(60) == 0
        with Listener(broker) as after:
            until(lambda: f"other/{METER}/energy" in after.kept, "the other base is still there")
            assert not [topic for topic in after.kept if topic.startswith(("hanparse/", "homeassistant/"))]


def test_flat_topics_have_one_number_each_and_mosquitto_sub_reads_them(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Gateway() as gateway, Listener(broker) as listener:
        with Command(gateway.url, f"{broker.url}?flat=1&discovery="):
            gateway.send(*PUSHES[: HOURLY + 1])
            listener.wait(f"hanparse/{METER}/active_energy_import")
            listener.wait(f"hanparse/{METER}/active_power", lambda power: power == EXPECTED[HOURLY].active_power)
        assert listener.last(CONFIG) is None
        energy = mosquitto_sub(broker, f"hanparse/{METER}/energy")
        assert json.loads(energy)["active_energy_import"] == EXPECTED[HOURLY].active_energy_import
        assert (
            float(mosquitto_sub(broker, f"hanparse/{METER}/active_energy_import"))
            == EXPECTED[HOURLY].active_energy_import
        )
        numbers = {topic.rpartition("/")[2]: payload for topic, payload in listener.messages if topic.count("/") == 2}
        assert json.loads(numbers.pop("state"))["voltage_l3"]
        assert {"energy", "status"} <= numbers.keys()
        flat = {name: float(number) for name, number in numbers.items() if name not in ("energy", "status")}
        assert len(flat) == 15  # and `active_power`, import - export
        assert flat["active_power"] == EXPECTED[HOURLY].active_power


def mosquitto_sub(broker: Broker, topic: str) -> str:
    """The message that the broker keeps on a topic."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        pytest.skip("mosquitto_sub is not installed: apt-get install mosquitto-clients")
    command = [program, "-p", str(broker.port), "-t", topic, "-C", "1", "-W", "60"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_passwords_are_in_no_message(tmp_path: Path) -> None:
    port = free_port()
    with Broker(tmp_path, PASSWORD) as broker, Gateway() as gateway:
        sinks = [
            f"mqtt://{USER}:wrong-Passw0rd@127.0.0.1:{broker.port}",
            f"influx+http://me:wrong-Passw0rd@127.0.0.1:{port}/write?db=x&token=wrong-Passw0rd",
        ]
        with Command(gateway.url, environment={"HANPARSE_SINK": " ".join(sinks)}) as command:
            gateway.send(PUSHES[0])
            command.logged(f"mqtt://127.0.0.1:{broker.port}: ")
            command.logged(f"influx+http://127.0.0.1:{port}: ")
            command.terminate()
        assert "Passw0rd" not in "".join((*command.log, *command.output))
        right = f"mqtt://{USER}:{PASSWORD}@127.0.0.1:{broker.port}"
        gateway.disconnected()
        with Listener(broker, PASSWORD) as listener, Command(gateway.url, right):
            gateway.send(PUSHES[0])
            listener.wait(STATE)


def test_one_sink_that_fails_stops_no_other(tmp_path: Path) -> None:
    with (
        Gateway() as gateway,
        Command(gateway.url, f"mqtt://127.0.0.1:{free_port()}", f"sqlite:{tmp_path}/no/x.db", "-") as command,
    ):
        gateway.send(*PUSHES)
        until(lambda: len(command.output) == len(EXPECTED), "every push is a line")
        command.logged("mqtt://")
        command.logged("unable to open database file")
        assert command.terminate()[0] == 0


def test_a_source_that_fails_is_one_line_of_the_log_until_it_works_again(tmp_path: Path) -> None:
    port = free_port()
    with Command(f"tcp://127.0.0.1:{port}", "--state", str(tmp_path / "state.json")) as command:
        command.logged("source: ")
        assert "tries again until it works" in command.log[0]
        with Gateway(port) as gateway:
            gateway.send(*PUSHES)
            command.logged("source: works again")
            until(lambda: len(command.output) == len(EXPECTED), "every push is a line")
        assert [line for line in command.log if "works" in line] == command.log[:2]


def test_a_state_that_is_none_is_reported_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "meter.bin").write_bytes(b"".join(PUSHES))
    for content in ("[]", "{"):
        (tmp_path / "state.json").write_text(content, "ascii")
        with Command(f"file:{tmp_path}/meter.bin", "--state", str(tmp_path / "state.json")) as command:
            command.logged("the bridge starts without the saved state")
            assert command.process.wait(60) == 0
        assert METER in json.loads((tmp_path / "state.json").read_text("utf-8"))["meters"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected a source as argument or in HANPARSE_SOURCE, found none"),
        (["nothing://x", "-"], "found the scheme 'nothing'"),
        (["-", "nothing://me:secret@x"], "found the scheme 'nothing'"),
        (["-", "prometheus://127.0.0.1"], "expected prometheus://host:port"),
        (["-", "mqtt://me:secret@host/a/#"], "expected a topic without"),
        (["-", "-", "--state", ""], "expected the path of a file after --state, found ''"),
        (["-", "-", "--state", "."], "expected the path of a file after --state, found '.'"),
        (["--forget", "sqlite:x.db"], "expected the URL of a broker"),
        (["--forget"], "expected the URL of a broker"),
    ],
)
def test_wrong_urls_are_one_sentence_without_secrets(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bridge", *arguments]) == 2
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert message in shown.err
    assert "secret" not in shown.err


def test_systemd_gets_ready_signs_of_life_and_stopping(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, Gateway() as gateway:
        systemd.bind(str(path))
        systemd.settimeout(60)
        environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"}
        with Command(gateway.url, environment=environment) as command:
            assert systemd.recv(100) == b"READY=1"
            assert systemd.recv(100).startswith(b"WATCHDOG=1\nSTATUS=0 pushes")
            command.process.terminate()
            found = b""
            while found != b"STOPPING=1":
                found = systemd.recv(100)


def test_a_reader_of_standard_output_that_ends_is_the_end_without_an_error() -> None:
    with Gateway() as gateway:
        command = [sys.executable, "-m", "hanparse", "bridge", gateway.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stderr
            gateway.send(PUSHES[0])
            assert json.loads(process.stdout.readline())["meter"] == METER
            process.stdout.close()
            gateway.send(PUSHES[1])
            assert process.wait(60) == 0
            assert process.stderr.read() == ""


@pytest.mark.parametrize("sink", ["influx+http", "file:/dev/full", "sqlite"])
def test_a_file_whose_updates_are_not_delivered_is_status_1_and_a_sentence(
    sink: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if sink == "file:/dev/full" and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.setattr("hanparse.sinks.bridge.PATIENCE", 0)
    (tmp_path / "meter.bin").write_bytes(b"".join(PUSHES))
    url = {"influx+http": f"influx+http://127.0.0.1:{free_port()}/write", "sqlite": f"sqlite:{tmp_path}"}.get(
        sink, sink
    )
    lines = tmp_path / "lines.jsonl"
    assert main(["bridge", f"file:{tmp_path}/meter.bin", url, f"file:{lines}"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "hanparse tries again" in first
    assert second.endswith(f": {len(EXPECTED)} updates were not delivered")
    assert len(lines.read_text("utf-8").splitlines()) == len(EXPECTED)


def test_a_file_of_too_many_meters_is_status_1_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    telegram = "/ISK5\\2M550T-1012\n\n0-0:96.1.1({id})\n1-0:1.7.0(00.494*kW)\n"
    ids = [f"meter {number}".encode().hex() for number in range(MAX_METERS + 2)]
    (tmp_path / "meters.bin").write_bytes(b"".join(sealed(telegram.format(id=one)) for one in ids))
    assert main(["bridge", f"file:{tmp_path}/meters.bin", f"file:{tmp_path}/lines.jsonl"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"hanparse: source: 2 pushes dropped: there are more than {MAX_METERS} meters"


def test_transformers_and_time_zone_come_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "meter.bin"
    path.write_bytes(PUSHES[0])
    environment = {"HANPARSE_SOURCE": f"file://{path}", "HANPARSE_CT": "100:5", "HANPARSE_TIMEZONE": "+03:00"}
    with Command(environment=environment) as command:
        assert command.process.wait(60) == 0
        until(lambda: command.output, "a line")
    line = json.loads(command.output[0])
    assert line["active_power_import"] == 20 * (EXPECTED[0].active_power_import or 0)
    assert line["timestamp"].endswith("+03:00")


def test_a_wrong_value_in_the_environment_is_an_error() -> None:
    with Command("-", environment={"HANPARSE_CT": "many"}) as command:
        assert command.process.wait(60) == 2
        command.logged("--ct")


def test_a_file_without_a_push_and_a_file_that_is_missing_have_their_statuses(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(b"\x00" * 100)
    with Command(f"file://{tmp_path}/noise.bin") as command:
        assert command.process.wait(60) == 1
    with Command(f"file://{tmp_path}/none.bin") as command:
        assert command.process.wait(60) == 2
        command.logged("none.bin")


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="only Unix can stop a process")
def test_a_broker_that_hangs_does_not_delay_the_end(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Gateway() as gateway, Command(gateway.url, broker.url, "-") as command:
        with Listener(broker) as listener:
            gateway.send(PUSHES[0])
            listener.wait(STATE)
        broker.freeze()
        gateway.send(*PUSHES[1:])
        until(lambda: len(command.output) == len(EXPECTED), "the other sink has every push")
        status, seconds = command.terminate()
        broker.thaw()
        assert status == 0
        assert seconds < 30  # a second on a machine without other load


def test_a_broker_that_accepts_and_does_not_answer_does_not_delay_the_end() -> None:
    with Gateway() as silent, Gateway() as gateway:
        broker = silent.url.replace("tcp:", "mqtts:")
        with Command(gateway.url, broker, "-") as command:
            gateway.send(PUSHES[0])
            until(lambda: command.output, "the other sink has the push")
            until(lambda: silent.connected, "the bridge waits for the broker")
            status, seconds = command.terminate()
        assert status == 0
        assert seconds < 30  # a second on a machine without other load
