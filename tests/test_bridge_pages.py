"""What the pages about the bridge show is what happens, with a real broker; the unit of systemd and the Dockerfile."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from bridgepeers import LONGEST, Broker, Listener, until
from brokers import free_port
from scripts import ROOT
from test_docs import Block, blocks, commands

from hanparse.cli.main import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a shell of Unix")
PAGES = ("README.md", "docs/bridge.md", "docs/evcc-openhab-node-red.md")
SHOWN = [block for page in PAGES for block in blocks(page) if block.language == "console" and " &\n" in block.code]
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ANY = doctest.ELLIPSIS


class Ports:
    """The ports of a page, and those that are free here."""

    def __init__(self, broker: Broker) -> None:
        self._of = {"3001": str(free_port()), "9101": str(free_port())}
        self._broker = broker

    def command(self, line: str) -> list[str]:
        line = line.replace("mqtt://127.0.0.1", self._broker.url)
        for shown, free in self._of.items():
            line = line.replace(f":{shown}", f":{free}")
        program, *arguments = shlex.split(line)
        if program == "hanparse":
            # The meter sends all its values often, so that a bridge that starts late has missed no list.
            faster = ["--every", "0.2"] if arguments[0] == "simulate" else []
            return [sys.executable, "-m", "hanparse", *arguments, *faster]
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"{program} is not installed")
        return [found, *(["-p", str(self._broker.port)] if program == "mosquitto_sub" else []), *arguments]


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: f"{block.page}:{block.line}")
def test_commands_that_run_at_the_same_time_print_what_is_shown(block: Block, tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, ExitStack() as stack:
        ports = Ports(broker)
        for shown, output in commands(block):
            command = ports.command(shown.removesuffix(" &"))
            if shown.endswith(" &"):
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                stack.callback(process.wait)
                stack.callback(process.kill)
            else:
                check(command, output)


def check(command: list[str], expected: str) -> None:
    """Compare what a command prints with what is shown, but for the numbers; a server may not answer yet."""

    def look() -> bool:
        time.sleep(0.1)  # the other commands need the processor to start
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)
        printed = _NUMBER.sub("0", done.stdout)
        return done.returncode == 0 and doctest.OutputChecker().check_output(_NUMBER.sub("0", expected), printed, _ANY)

    assert until(look, f"{command} prints {expected}")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """The topics that the bridge of the pages publishes for the simulated meter."""
    with Broker(tmp_path_factory.mktemp("broker")) as broker, Listener(broker) as listener, ExitStack() as stack:
        ports = Ports(broker)
        simulator = "hanparse simulate kaifa tcp://127.0.0.1:3001"
        for line in (simulator, "hanparse bridge tcp://127.0.0.1:3001 'mqtt://127.0.0.1?flat=1'"):
            process = subprocess.Popen(ports.command(line), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
        listener.wait("hanparse/6970631400000017/active_energy_import")
        listener.wait("hanparse/6970631400000017/voltage_l3")
        listener.wait("hanparse/6970631400000017/active_power")  # computed, so the last topic of a push
        yield {topic for topic, _ in listener.messages}


def examples(language: str) -> list[str]:
    """The configurations on the page, without the directive of Sphinx."""
    found = [block for page in PAGES for block in blocks(page) if block.language == f"{{code-block}} {language}"]
    assert found
    return [block.code for block in found]


def test_evcc_gets_topics_that_are_published(published: set[str]) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    (page,) = map(yaml.safe_load, examples("yaml"))
    (meter,) = page["meters"]
    assert page["site"]["meters"]["grid"] == meter["name"]
    sources = [meter["power"], meter["energy"], *meter["currents"]]
    assert len(sources) == 5
    assert {source["topic"] for source in sources} <= published
    assert all(source["source"] == "mqtt" for source in sources)


def test_openhab_gets_topics_that_are_published(published: set[str]) -> None:
    (page,) = examples("text")
    topics = re.findall(r'Topic="([^"]+)"', page)
    assert len(topics) == 4
    assert set(topics) <= published
    assert page.count("{") == page.count("}")


def test_node_red_gets_a_flow_whose_nodes_exist_and_whose_topic_is_published(published: set[str]) -> None:
    (page,) = examples("json")
    nodes = {node["id"]: node for node in json.loads(page)}
    wired = {target for node in nodes.values() for wires in node.get("wires", []) for target in wires}
    assert wired | {nodes["state"]["broker"]} <= nodes.keys()
    pattern = re.compile(nodes["state"]["topic"].replace("+", "[^/]+"))
    assert any(map(pattern.fullmatch, published))


def test_every_environment_variable_of_the_page_is_one_of_the_command() -> None:
    page = (ROOT / "docs" / "bridge.md").read_text("utf-8")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src/hanparse/cli").rglob("*.py"))
    for name in set(re.findall(r"`(HANPARSE_\w+)`", page)):
        option = name.removeprefix("HANPARSE_").lower()
        assert name in source or f'"{option}"' in source


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "hanparse@.service").read_text("utf-8")
    there = text.replace("/opt/hanparse/bin/hanparse", shutil.which("true") or "/bin/true")
    (tmp_path / "hanparse@.service").write_text(there, "utf-8")
    command = ["systemd-analyze", "verify", str(tmp_path / "hanparse@home.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def runs(arguments: list[str], tmp_path: Path) -> dict[str, Any]:
    """Run the command with a file as source; return the state that it saved."""
    meter, output, state = tmp_path / "meter.bin", tmp_path / "out.jsonl", tmp_path / "state.json"
    simulator = [sys.executable, "-m", "hanparse", "simulate", "kaifa", str(meter), "--speed", "0", "--count", "9"]
    subprocess.run(simulator, check=True, capture_output=True)
    environment = {"HANPARSE_SOURCE": f"file:{meter}", "HANPARSE_SINK": f"file:{output}"}
    command = [sys.executable, "-m", "hanparse", *arguments]
    subprocess.run(command, check=True, env={**os.environ, **environment})
    assert len(output.read_text("utf-8").splitlines()) == 9
    found: dict[str, Any] = json.loads(state.read_text("utf-8"))
    return found


def test_the_command_of_the_unit_runs_and_its_directives_are_set(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "hanparse@.service").read_text("utf-8")
    settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    assert (settings["Type"], settings["Restart"]) == ("notify", "always")
    program, *arguments = shlex.split(settings["ExecStart"].replace("${STATE_DIRECTORY}", str(tmp_path)))
    assert program.endswith("/hanparse")
    assert "6970631400000017" in runs(arguments, tmp_path)["meters"]


def test_the_command_of_the_container_runs_and_its_extras_exist(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "Dockerfile").read_text("utf-8")
    steps = re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE)
    entry = json.loads(next(value for step, value in steps if step == "ENTRYPOINT"))
    arguments = json.loads(next(value for step, value in steps if step == "CMD"))
    assert entry == ["/opt/hanparse/bin/hanparse"]
    assert parsed(arguments).command == "bridge"
    here = [f"{tmp_path}/state.json" if one == "/state/state.json" else one for one in arguments]
    assert here != arguments
    assert "6970631400000017" in runs(here, tmp_path)["meters"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (extras,) = re.findall(r"/src\[(.*?)\]", text)
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()
    versions = set(re.findall(r"^FROM python:([\d.]+)-slim", text, re.MULTILINE))
    assert len(versions) == 1
    assert f"Programming Language :: Python :: {versions.pop()}" in project["classifiers"]
    assert [value for step, value in steps if step == "USER"] == ["hanparse"]
