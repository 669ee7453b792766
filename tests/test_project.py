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


def test_every_requirement_of_the_release_has_a_version_and_a_hash() -> None:
    blocks = re.split(r"\n(?=\w)", _read(".github/release/requirements.txt"))
    names = [re.match(r"([a-z-]+)==[\d.]+ \\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", block) for block in blocks]
    assert all(names), blocks
    wanted = [line for line in _read(".github/release/requirements.in").splitlines() if not line.startswith("#")]
    assert set(wanted) <= {name[1] for name in names if name}
    builds_with = tomllib.loads(_read("pyproject.toml"))["build-system"]["requires"]
    assert set(builds_with) <= set(wanted)


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
