"""What the documents show is what happens."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

import pytest
from framefiles import named
from scripts import ROOT, script
from test_cli_simulate import simulated

import hanparse
from hanparse.cli.main import main
from hanparse.diagnosis import fault
from hanparse.measurement import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES: Final = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]
_BLOCK: Final = re.compile(r"^(?P<fence>`{3,})(?P<language>.*)\n(?P<code>(?:.*\n)*?)(?P=fence)$", re.MULTILINE)

RUN: Final = {"pycon", "python", "console"}
NOT_RUN: Final = {
    "python3 -m venv": "makes environments from the package index; .ci/run does what the README says in a fresh clone",
    "pip install": "needs the package index",
    "pytest": "is what runs this",
    "python tools/": "writes into the repository; each tool has a test that compares what it writes",
    "stty": "needs a serial port",
    "read -rs": "asks for keys at a terminal; the test sets both variables",
    "timeout 60 cat": "needs a serial port",
    "hanparse decode --follow /dev": "needs a serial port",
    "hanparse probe": "needs a serial port; test_cli_probe.py runs it at a pseudo terminal",
    "hanparse simulate aidon tcp://": "serves until it is interrupted; the code that reads it runs with such a meter",
    "hanparse bridge SOURCE": "is the usage of the command",
    "hanparse simulate kaifa tcp://": "never ends; test_bridge_pages.py runs it",
    "hanparse bridge tcp://": "never ends; test_bridge_pages.py runs it",
    "hanparse bridge --forget": "needs a broker; test_bridge_pages.py runs it",
    "mosquitto_sub": "needs a broker; test_bridge_pages.py runs it",
    "curl": "needs a bridge; test_bridge_pages.py runs it",
}
"""What no test runs, by what a command begins with, and why."""


LIBRARIES: Final = {
    "docs/dataframes.md": ("pandas", "polars"),
    "docs/fleet.md": ("pyarrow",),
    "docs/archives.md": ("numpy", "pyarrow", "pandas", "polars", "duckdb", "matplotlib"),
}
"""What a page needs beside hanparse."""

WIDTH: Final = 86
"""Columns of a line of code: the site shows 88, and a longer line is cut off or has to be scrolled."""

WIDER: Final = {
    "docs/command-line.md": [("bytes 41, frames 1, ", "hanparse diagnose prints its counters in one line")],
    "docs/bridge.md": [
        ('{"energy_time": ', "a message of a broker is one line of JSON"),
        ("hanparse,meter=6970631400000017 current_l1=", "a point of the line protocol is one line"),
    ],
}
"""What may be wider on a page, by how the line begins, and why it cannot be wrapped."""


def need(page: str) -> None:
    """Skip the test if a library that the page needs is missing."""
    for library in LIBRARIES.get(page, ()):
        pytest.importorskip(library, reason=f"{library} is not installed; the session cover of nox has it")


_JQ: Final = " | jq "
_METER: Final = "tcp://127.0.0.1:3001"


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    code: str


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text("utf-8")
    return [
        Block(page, text.count("\n", 0, match.start("code")) + 1, match["language"].strip(), match["code"])
        for match in _BLOCK.finditer(text)
    ]


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block and what it prints, as shown; every line is one where no line has a prompt."""
    code = block.code.replace("\\\n", "")  # a shell joins a line that ends with a backslash and the next one
    if "$ " not in code:
        yield from ((line, "") for line in code.splitlines())
        return
    for shown in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, _, output = shown.partition("\n")
        yield command, output


def why_not(command: str) -> str | None:
    """Why no test runs this command."""
    bare = re.sub(r"^\S*bin/", "", command)
    return next((why for start, why in NOT_RUN.items() if bare.startswith(start)), None)


@pytest.fixture
def captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that pages name, in the folder in which their code and their commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    Path("push.txt").write_text(named("kaifa/list1-no").data.hex(" "), "ascii")
    Path("capture.bin").write_bytes(named("kaifa/list1-no").data)
    Path("meter.bin").write_bytes(named("kaifa/list1-no").data + named("kaifa/list2-ma304h4-tn").data)
    danish = named("ciphered/hdlc-sc30")
    Path("danish.bin").write_bytes(danish.data)
    monkeypatch.setenv("HANPARSE_KEY", danish.options["key"])
    monkeypatch.setenv("HANPARSE_AUTH_KEY", danish.options["auth_key"])


@pytest.mark.usefixtures("captures")
@pytest.mark.parametrize("page", [page for page in PAGES if {b.language for b in blocks(page)} & {"pycon", "python"}])
def test_code_and_transcripts_of_a_page_run_as_shown_one_after_the_other(page: str) -> None:
    need(page)
    runner, namespace = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS), {"__name__": "page"}
    for block in blocks(page):
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.code, page, "exec"), namespace)  # noqa: S102  our own pages
        elif block.language == "pycon":
            with connected(block.code) as code:
                test = doctest.DocTestParser().get_doctest(code, namespace, page, page, block.line - 1)
                assert test.examples
                runner.run(test, clear_globs=False)
            namespace = test.globs
        elif block.language == "console":
            for command, file in redirected(block):
                with Path(file).open("w", encoding="utf-8") as opened, redirect_stdout(opened):
                    run_command(command)
    assert runner.summarize(verbose=False).failed == 0


@contextmanager
def connected(code: str) -> Iterator[str]:
    """The code with the address of a simulated meter in place of the one that pages show."""
    if _METER not in code:
        yield code
        return
    with simulated("aidon", "tcp://127.0.0.1:0", "--speed", "0", "--count", "100") as (_, address):
        yield code.replace(_METER, address)


def redirected(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a block that writes a file, and the name of the file into which its output goes."""
    for command, _output in commands(block):
        line, _arrow, file = command.partition(" > ")
        if (file or line.startswith("hanparse simulate")) and not why_not(command):
            yield line, file or os.devnull


@pytest.mark.usefixtures("captures")
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_prints_what_is_shown(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    need(page)
    for block in blocks(page):
        for command, output in commands(block) if block.language == "console" else ():
            if why_not(command) or _JQ in command:
                continue
            run_command(command.partition(" > ")[0])
            printed = capsys.readouterr().out
            assert printed == output or not output


@pytest.mark.usefixtures("captures")
@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_every_line_with_jq_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    shown = [each for page in PAGES for b in blocks(page) if b.language == "console" for each in commands(b)]
    filtered = [(command.partition(_JQ), output) for command, output in shown if _JQ in command]
    assert filtered
    for (command, _, arguments), output in filtered:
        run_command(command)
        given = capsys.readouterr().out
        jq = ["jq", *shlex.split(arguments)]
        assert subprocess.run(jq, input=given, capture_output=True, text=True, check=True).stdout == output


def run_command(line: str) -> None:
    """Run one of the two programs that pages show; another needs a reason in NOT_RUN."""
    program, *arguments = shlex.split(line)
    assert program in ("hanparse", "python"), f"{program} is not run: say why in NOT_RUN"
    if program == "hanparse":
        assert main(arguments) == 0
    else:
        option, code = arguments
        assert option == "-c"
        exec(code, {})  # noqa: S102  our own pages


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_and_is_run_or_written_by_a_tool(page: str) -> None:
    written = {"text"} if page == "docs/explained.md" else set()  # tests/test_annotate_explain.py compares that page
    strangers = [block for block in blocks(page) if block.language not in RUN | written]
    assert [block for block in strangers if not block.language.startswith("{")] == []  # those are for Sphinx
    text = _BLOCK.sub("", (ROOT / page).read_text("utf-8"))
    assert "```" not in text, "a block is not closed, or is indented and not found"


def _wide(page: str) -> list[str]:
    """The lines of code that are too wide; what is for Sphinx (a class, a file) is no code of the page."""
    shown = [block for block in blocks(page) if not block.language.startswith(("{eval-rst}", "{literalinclude}"))]
    return [line for block in shown for line in block.code.splitlines() if len(line) > WIDTH]


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_code_fits_the_width_of_the_site_or_cannot_be_wrapped(page: str) -> None:
    starts = tuple(start for start, _why in WIDER.get(page, ()))
    wide = _wide(page)
    assert [line for line in wide if not line.startswith(starts)] == []
    assert [start for start in starts if not any(line.startswith(start) for line in wide)] == [], "needs no exception"


def test_what_is_not_run_is_shown_somewhere() -> None:
    shown = [command for page in PAGES for b in blocks(page) if b.language == "console" for command, _ in commands(b)]
    assert {why_not(command) for command in shown} == {None, *NOT_RUN.values()}


@pytest.mark.parametrize(
    ("name", "made", "file"),
    [
        ("draw_architecture", "draw", "architecture.svg"),
        ("draw_frame", "draw", "frame.svg"),
        ("draw_watch", "receiving", "watch.svg"),
        ("draw_watch", "quiet", "watch-quiet.svg"),
        ("write_obis", "page", "obis.md"),
    ],
)
def test_what_a_tool_made_is_what_it_makes_now(name: str, made: str, file: str) -> None:
    current = getattr(script(f"tools/{name}.py"), made)()
    assert current == (ROOT / "docs" / file).read_text("utf-8"), f"run python tools/{name}.py"


def test_the_plots_of_the_estimate_are_those_of_the_estimate_as_it_is_now() -> None:
    for name, text in script("tools/draw_accuracy.py").plots().items():
        assert text == (ROOT / "docs" / "plots" / name).read_text("utf-8"), "run python tools/draw_accuracy.py"


def test_the_speed_table_of_the_readme_is_that_of_the_page_about_speed() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert script("tools/write_readme.py").page(readme) == readme, "run python tools/write_readme.py"


def test_the_two_commands_of_the_readme_stand_in_console_blocks() -> None:
    found = [block.code.splitlines() for block in blocks("README.md") if block.language == "console"]
    plain = [lines for lines in found if not lines[0].startswith("$ ")]  # the others show what a command prints
    assert [len(lines) for lines in plain] == [1, 1]


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_readme_links_every_task_of_the_front_page() -> None:
    front = (ROOT / "docs" / "index.md").read_text("utf-8")
    tasks = re.findall(r"^\| .+ \| \[.+\]\((.+)\) \|$", front, re.MULTILINE)
    assert len(tasks) == 11
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page for page in tasks if f"](docs/{page})" not in readme] == []


def test_the_page_on_the_modules_names_files_and_definitions_that_exist() -> None:
    package = ROOT / "src" / "hanparse"
    text = _BLOCK.sub("", (ROOT / "docs" / "architecture.md").read_text("utf-8"))
    names = set(re.findall(r"`([\w./]+)`", text))
    files = {name for name in names if name.endswith((".py", ".toml", "/"))}
    assert [name for name in sorted(files) if not any((start / name).exists() for start in (package, ROOT))] == []
    source = "\n".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    defined = {name for name in names - files if re.fullmatch(r"_?[A-Z]\w+|\w+_\w+", name)}
    assert {"LinkLayer", "LAYERS", "PROFILES"} <= defined
    assert [one for one in defined if not re.search(rf"^(?:class |def )?{one}\b", source, re.MULTILINE)] == []


def test_every_extra_is_on_the_page_about_programs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    _, _, section = (ROOT / "docs" / "program.md").read_text("utf-8").partition("| extra |")
    assert set(re.findall(r"^\| `(\w+)` \|", section.partition("\n\n")[0], re.MULTILINE)) == extras.keys()


def test_every_kind_of_fault_is_on_the_page_about_troubleshooting() -> None:
    _, _, section = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8").partition("## A port")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(["kind", *get_args(fault.Kind)])


def test_the_names_of_amshan_are_those_by_which_the_benchmark_finds_equal_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    renamed = importlib.import_module("agreement")._NAMES  # noqa: SLF001  the same table, kept where it is used
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)`(?: \||, )", (ROOT / "docs" / "amshan.md").read_text("utf-8"), re.MULTILINE
    )
    page = {ours: theirs for theirs, ours in rows if ours in FIELDS}
    apart = {"manufacturer", "timestamp"}  # compared apart by the benchmark
    assert {ours: theirs for ours, theirs in page.items() if ours != theirs and ours not in apart} == renamed


def test_public_names_are_those_of_the_package_and_no_others() -> None:
    assert dir(hanparse) == sorted(set(hanparse.__all__))
    assert all(getattr(hanparse, name) for name in hanparse.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'explian'"):
        hanparse.explian  # type: ignore[attr-defined]  # noqa: B018


def test_every_public_name_is_on_the_api_page() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    assert set(re.findall(r"auto\w+:: (?!hanparse\.)(\w+)", page)) == set(hanparse.__all__)
