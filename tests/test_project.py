"""What the files around the library say of each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from operator import attrgetter

import pytest
from scripts import ROOT

import hanparse
import hanparse.hexdump

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NOXFILE = (ROOT / "noxfile.py").read_text("utf-8")
SESSIONS = set(re.findall(r"@nox\.session.*\ndef (\w+)", NOXFILE))
PYTHONS = re.findall(r'"(3\.\d+)"', NOXFILE.partition("PYTHONS = ")[2].partition("\n")[0])


def test_every_session_of_a_workflow_is_one_of_nox() -> None:
    called = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text("utf-8")
        for names in re.findall(r"nox .*-s ([a-z ]+)|session: \[([a-z, ]+)\]", text):
            called |= set(re.findall(r"[a-z]+", " ".join(names)))
    assert called == SESSIONS


def _steps(text: str) -> dict[str, str]:
    """The text of each job of a workflow by its name."""
    jobs = re.split(r"^  (\w+):\n", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
    return dict(zip(jobs[1::2], jobs[2::2], strict=True))


def test_every_action_is_pinned_to_a_commit_with_its_version() -> None:
    pinned = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for line in re.findall(r"uses:.*", path.read_text("utf-8")):
            found = re.fullmatch(r"uses: ([\w./-]+)@([0-9a-f]{40})  # (v\d+\.\d+\.\d+)", line)
            assert found, f"{path.name}: {line}"
            pinned.add(found.groups())
    assert len({action for action, _commit, _version in pinned}) == len(pinned) >= 7


def test_what_keeps_the_pins_current_is_configured() -> None:
    ecosystems = re.findall(r"package-ecosystem: ([\w-]+)\n +directory: (\S+)", _read(".github/dependabot.yml"))
    assert {("github-actions", "/"), ("pip", "/.github/release")} <= set(ecosystems)


def test_what_is_published_is_built_alone_from_hashed_requirements() -> None:
    jobs = _steps(_read(".github/workflows/release.yml"))
    commands = re.findall(r"run: (.*)", jobs["build"])
    assert [command for command in commands if "install" in command] == [
        "python -m pip install --require-hashes --only-binary :all: -r .github/release/requirements.txt"
    ]
    assert commands[1:] == ["python -m build --no-isolation --outdir dist"]
    assert "run:" not in jobs["publish"]
    actions = re.findall(r"uses: ([\w./-]+)@", jobs["publish"])
    assert actions == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]
    assert [name for name, text in jobs.items() if "id-token" in text] == ["publish"]
    assert "attestations: true" in jobs["publish"]


def test_a_job_whose_tests_need_a_broker_or_a_browser_installs_the_programs_first() -> None:
    jobs = _steps(_read(".github/workflows/ci.yml"))
    assert [name for name, text in jobs.items() if "run: .ci/programs\n" in text] == ["checks", "homeassistant"]
    assert re.search(r"^\.ci/programs$", _read(".ci/run"), re.MULTILINE)
    installed = set(re.findall(r":([a-z0-9-]+)", _read(".ci/programs").partition("; do")[0]))
    named = {
        name
        for path in (ROOT / "tests").glob("*.py")
        for name in re.findall(r"apt-get install ([a-z0-9-]+)", path.read_text("utf-8"))
    }
    assert {"mosquitto", "mosquitto-clients"} <= named <= installed


# --- the pages for those who contribute -------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_path_that_a_page_names_exists(page: str) -> None:
    text = _read(page)
    names = {word for code in re.findall(r"`+([^`]+)`+", text) for word in code.split()}
    paths = {name for name in names if re.fullmatch(r"[\w.-]*/[\w./-]*|\w+\.(?:py|toml|md|yml|csv)", name)}
    made = {".venv/", "build/"}  # by the commands of the page
    places = [ROOT, ROOT / "tools", ROOT / "docs" / "decoder"]
    missing = [
        name for name in paths if not name.startswith((*made,)) and not any((at / name).exists() for at in places)
    ]
    assert missing == []
    assert paths or page == "SECURITY.md"


def test_the_guide_names_every_tool_and_only_sessions_and_extras_that_exist() -> None:
    text = _read("CONTRIBUTING.md")
    tools = {path.name for path in (ROOT / "tools").glob("*_*.py") if path.name.startswith(("draw_", "write_"))}
    assert set(re.findall(r"\b((?:draw|write)_\w+\.py)", text)) == tools
    assert set(re.findall(r"nox -s (\w+)", text)) <= SESSIONS
    extras = {name for names in re.findall(r"\.\[([\w,]+)\]", text) for name in names.split(",")}
    assert extras
    assert extras <= PROJECT["optional-dependencies"].keys()


def test_every_module_function_and_option_that_the_security_page_names_exists() -> None:
    text = _read("SECURITY.md")
    for name in set(re.findall(r"`(hanparse(?:\.\w+)+)`", text)):
        assert find_spec(name)  # without an import, because `hanparse.archive` needs an extra
    definitions = set(re.findall(r"`(decode\w*|explain|hexdump\.\w+|Decoder(?:\.\w+)?|\w+Error)`", text)) - {
        "TypeError"
    }
    assert len(definitions) >= 6
    for name in definitions:
        assert attrgetter(name)(hanparse), name
    for command, option in re.findall(r"`hanparse (\w+)` [^`]*`(--[\w-]+)`", text):
        arguments = [sys.executable, "-m", "hanparse", command, "--help"]
        assert option in subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def _read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")
