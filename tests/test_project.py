"""What the files around the library say of each other."""

from __future__ import annotations

import re
import tomllib

from scripts import ROOT

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


def test_the_pythons_are_the_same_everywhere() -> None:
    classifiers = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if " 3." in text]
    matrix = re.findall(r"3\.\d+", re.findall(r"python: \[(.*)\]", _read(".github/workflows/ci.yml"))[0])
    gate = re.findall(r"3\.\d+", re.findall(r"for version in (.*);", _read(".ci/run"))[0])
    assert classifiers == matrix == gate == PYTHONS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_links_between_files_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_no_pattern_repeats_a_group_possessively() -> None:
    # Python before 3.11.5 matches that wrongly (CPython issue 106052), and Debian 12 has 3.11.2; (?>...) is right there
    for path in (ROOT / "src").rglob("*.py"):
        assert not re.findall(r"\)(?:[*+?]|\{+[0-9,]+\}+)\+", path.read_text("utf-8")), path


def _read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")
