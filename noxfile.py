"""Everything that CI does, each part by its name: ``nox -l`` lists them, ``nox -s lint`` runs one, ``nox`` runs all."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import nox

PYTHONS = ("3.11", "3.12", "3.13")
MADE = (".git", ".nox", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist")
FETCHED = re.compile(
    r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//[^\"]*\"|(?:url\(|@import)[^;)]*https?://[^;)]*"
)
ON_ALL_CORES = ("-n", "auto")  # for pytest
DATE = "1700000000"  # of every file in a package that is built to be compared
PROJECT = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]

OLDEST = [
    re.sub(r">=([\d.]+).*", r"==\1", requirement)
    for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["crypto"])
]

# The README's second command runs the tests against what it installs, so the oldest Python need not do it once more.
SUITES = [f"tests-{one}" for one in PYTHONS[1:]]
nox.options.sessions = ["lint", "readme", "cover", "long", "docs", "package", "types", *SUITES, "benchmark"]
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.stop_on_first_error = True
nox.needs_version = ">=2024.10.9"


@nox.session
def readme(session: nox.Session) -> None:
    """The README's commands, as written, in a fresh copy."""
    commands = re.findall(r"^```console\n(.*?)\n```$", Path("README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    copy = _fresh_copy(session)
    with session.chdir(copy):
        for command in commands:
            shutil.rmtree(".venv", ignore_errors=True)
            session.run("bash", "-c", command, external=True, env={"PIP_QUIET": "1"})


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and which module may import which."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def cover(session: nox.Session) -> None:
    """The tests and what they cover, 20,000 damaged frames, 20,000 ciphered APDUs, all with the oldest dependencies."""
    session.install("-e", ".[dev]", *OLDEST)
    session.run("pytest", *ON_ALL_CORES, "--cov", "--hypothesis-profile=few")  # the other sessions have all examples
    session.run("python", "tests/fuzz_decode.py", "--cases", "20000")
    session.run("python", "tests/fuzz_security.py", "--cases", "20000")


@nox.session
def long(session: nox.Session) -> None:
    """Run all of every sweep, five times as many cases, and the fuzzers of P1, M-Bus, blocks and segments."""
    session.install("-e", ".[dev]")
    session.run("pytest", *ON_ALL_CORES, env={"HANPARSE_LONG": "1"})
    session.run("python", "tests/fuzz_p1.py", "20000", "1")
    session.run("python", "tests/fuzz_wire.py", "--cases", "20000")


@nox.session
def docs(session: nox.Session) -> None:
    """The site: no warning, and nothing in it is fetched from elsewhere."""
    session.install("-e", ".[docs]")
    site = session.cache_dir / "site"
    shutil.rmtree(site, ignore_errors=True)
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", str(site), *session.posargs)
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    fetched = [f"{path}: {found[0]}" for path in pages for found in FETCHED.finditer(path.read_text("utf-8"))]
    if fetched or not pages:
        session.error(f"{len(pages)} pages, which fetch: {fetched}")


@nox.session
def package(session: nox.Session) -> None:
    """The sdist and the wheel: built twice to the same bytes, described well, nothing in them that should not be."""
    session.install("build", "twine")
    folder = _wheel_folder(session)
    again = session.create_tmp()
    for target in (folder, Path(again)):
        shutil.rmtree(target, ignore_errors=True)
        session.run("python", "-m", "build", "--outdir", str(target), env={"SOURCE_DATE_EPOCH": DATE}, silent=True)
    first, second = (_hashes(target) for target in (folder, Path(again)))
    if first != second or len(first) != 2:  # noqa: PLR2004  one sdist, one wheel
        session.error(f"two builds differ: {first}, {second}")
    session.log("\n".join(f"{name} {digest}" for name, digest in first.items()))
    session.run("twine", "check", "--strict", *map(str, folder.iterdir()))
    strangers = [name for name in _names(folder) if name.split("/")[0] not in ("hanparse", _dist_info())]
    if strangers:
        session.error(f"the wheel has more than the library: {strangers}")


@nox.session
def types(session: nox.Session) -> None:
    """A program of somebody else, against the installed wheel, by mypy and pyright at their strictest."""
    session.install(str(_wheel(session)), "mypy", "basedpyright")
    program = Path(session.create_tmp()) / "program"
    shutil.rmtree(program, ignore_errors=True)
    shutil.copytree("tests/consumer", program)
    with session.chdir(program):
        session.run("mypy", "--strict", ".")
        session.run("basedpyright", "--pythonpath", shutil.which("python", path=session.bin) or "python")
        session.run("python", "reader.py")
        session.run("python", "misuse.py")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests against the wheel with the newest dependencies."""
    session.install(f"{_wheel(session)}[test]", "pytest-xdist")
    with session.chdir(_fresh_copy(session)):  # src/ is on no path: what is imported is what was installed
        session.run("python", "-c", "import hanparse; assert 'site-packages' in hanparse.__file__")
        session.run("python", "-m", "pytest", *ON_ALL_CORES)
        session.run("hanparse", "demo", silent=True)


@nox.session
def benchmark(session: nox.Session) -> None:
    """The short comparison with amshan: no ratio below half of its goal."""
    session.run("python", "benchmarks/speed.py", "--short", *session.posargs)


def _fresh_copy(session: nox.Session) -> Path:
    """The files of this checkout, without what was made in it."""
    copy = Path(session.create_tmp()) / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(".", copy, ignore=shutil.ignore_patterns(*MADE))
    return copy


def _wheel_folder(session: nox.Session) -> Path:
    return session.cache_dir / "dist"


def _wheel(session: nox.Session) -> Path:
    """The wheel that the session "package" has built; a new one if it has not."""
    wheels = list(_wheel_folder(session).glob("*.whl"))
    if not wheels:
        session.run("python", "-m", "pip", "wheel", "--no-deps", "-w", str(_wheel_folder(session)), ".", silent=True)
        wheels = list(_wheel_folder(session).glob("*.whl"))
    return wheels[0].absolute()


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _names(folder: Path) -> list[str]:
    return [name for wheel in folder.glob("*.whl") for name in zipfile.ZipFile(wheel).namelist()]


def _dist_info() -> str:
    return f"hanparse-{PROJECT['version']}.dist-info"
