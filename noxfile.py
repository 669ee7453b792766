"""Defines the sessions that CI runs.

``nox -l`` lists all sessions, ``nox -s lint`` runs one session, ``nox`` runs all.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import nox

PYTHONS = ("3.11", "3.12", "3.13")
GENERATED = (".git", ".nox", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist")
FETCHED = re.compile(
    r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//[^\"]*\"|(?:url\(|@import)[^;)]*https?://[^;)]*"
)
ON_ALL_CORES = ("-n", "auto")  # options of pytest
FEW = ("--hypothesis-profile=few",)  # the second command of the README tries more examples of a property
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")  # the names of tests/test_decoder_browser.py
DATE = "1700000000"  # the date of every file in a package, so that two builds can be compared
PROJECT = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]

OLDEST = [
    re.sub(r">=([\d.]+).*", r"==\1", requirement)
    for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["crypto"])
]

# Packages that examples and pages use, and libraries whose results tests compare with those of hanparse.
BESIDE = ("pandas", "polars", "duckdb", "matplotlib", "distributed", "line-protocol-parser", "pyyaml")
EXTRAS = "dev,archive,mqtt,prometheus,serial,tui"

# The second command of the README runs the tests with the oldest Python. So the oldest Python needs no other session.
SUITES = [f"tests-{one}" for one in PYTHONS[1:]]
nox.options.sessions = ["lint", "readme", "cover", "docs", "page", "package", "types", *SUITES, "benchmark"]
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.stop_on_first_error = True
nox.needs_version = ">=2024.10.9"


@nox.session
def readme(session: nox.Session) -> None:
    """Run the commands of the README as written, in a fresh copy."""
    commands = re.findall(
        r"^```console\n([^$].*?)\n```$", Path("README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    copy = _fresh_copy(session)
    with session.chdir(copy):
        for command in commands:
            shutil.rmtree(".venv", ignore_errors=True)
            session.run("bash", "-c", command, external=True, env={"PIP_QUIET": "1"})


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style, the types, and the imports between modules."""
    session.install("-e", f".[{EXTRAS}]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def cover(session: nox.Session) -> None:
    """Run the tests with coverage and the fuzzers in short, with the oldest dependencies."""
    session.install("-e", f".[{EXTRAS}]", *OLDEST, *BESIDE)
    session.run("pytest", *ON_ALL_CORES, "--cov", *FEW)
    session.run("python", "tests/fuzz_decode.py", "--cases", "20000")
    session.run("python", "tests/fuzz_security.py", "--cases", "20000")
    session.run("python", "tests/fuzz_estimate.py", "--cases", "100000")
    session.run("python", "tests/fuzz_p1.py", "--cases", "5000")


@nox.session
def texts(session: nox.Session) -> None:
    """Read 20,000 pasted texts whose bytes are known."""
    session.install("-e", ".[test]")
    session.run("python", "tests/texts.py", "20000", *session.posargs)


@nox.session
def long(session: nox.Session) -> None:
    """Run every sweep completely, with five times as many cases, and the fuzzers of P1, M-Bus, blocks and segments."""
    session.install("-e", ".[dev]")
    session.run("pytest", *ON_ALL_CORES, env={"HANPARSE_LONG": "5"})
    session.run("python", "tests/fuzz_p1.py", "--cases", "100000")
    session.run("python", "tests/fuzz_wire.py", "--cases", "20000")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site, and check that there is no warning and that no page fetches anything from another site."""
    session.install("-e", ".[docs]")
    site = session.cache_dir / "site"
    shutil.rmtree(site, ignore_errors=True)
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", str(site), *session.posargs)
    if shutil.which("npm"):
        session.run("python", "tools/build_decoder.py", str(site / "decoder"))
    else:
        session.warn("npm is missing, which gets Pyodide: the site has no page that decodes")
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    fetched = [f"{path}: {found[0]}" for path in pages for found in FETCHED.finditer(path.read_text("utf-8"))]
    if fetched or not pages:
        session.error(f"expected pages that fetch nothing from another site, found {len(pages)} pages: {fetched}")


@nox.session
def page(session: nox.Session) -> None:
    """Build the decoder page, and test it in Chromium. The session needs npm and an installed Chromium."""
    if not shutil.which("npm") or not any(map(shutil.which, CHROMIUMS)):
        session.skip(f"expected npm and one of {', '.join(CHROMIUMS)}; one of them is missing")
    session.install("-e", ".[test]", "playwright")
    site = session.cache_dir / "page" / "in" / "a-folder"  # the page works from any path
    session.run("python", "tools/build_decoder.py", str(site))
    env = {"HANPARSE_PAGE": str(site.absolute())}
    session.run("pytest", "-s", "-rs", "tests/test_decoder_browser.py", *session.posargs, env=env)  # -s shows the times


@nox.session
def package(session: nox.Session) -> None:
    """Build the sdist and the wheel twice, and check that their bytes are equal and their metadata is valid."""
    session.install("build", "twine")
    folder = _wheel_folder(session)
    again = session.create_tmp()
    for target in (folder, Path(again)):
        shutil.rmtree(target, ignore_errors=True)
        session.run("python", "-m", "build", "--outdir", str(target), env={"SOURCE_DATE_EPOCH": DATE}, silent=True)
    first, second = (_hashes(target) for target in (folder, Path(again)))
    if first != second or len(first) != 2:  # noqa: PLR2004  one sdist, one wheel
        session.error(f"expected one sdist and one wheel, equal in two builds, found {first} and {second}")
    session.log("\n".join(f"{name} {digest}" for name, digest in first.items()))
    session.run("twine", "check", "--strict", *map(str, folder.iterdir()))
    unexpected = [name for name in _names(folder) if name.split("/")[0] not in ("hanparse", _dist_info())]
    if unexpected:
        session.error(f"expected only the library in the wheel, found {unexpected}")


@nox.session(python="3.13")
def homeassistant(session: nox.Session) -> None:
    """Run the component and the bridge with the newest Home Assistant that this Python allows (needs mosquitto)."""
    session.install("-e", ".[test,mqtt]", "pytest-homeassistant-custom-component", "paho-mqtt")
    parts = ("", "_component", "_statistics")
    modules = ("test_fields", "test_sinks_homeassistant", *(f"test_home_assistant{part}" for part in parts))
    # the tests of the plug-in are coroutines; Home Assistant itself uses deprecated functions
    options = ("addopts=", "asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function", "filterwarnings=default")
    given = [word for option in options for word in ("-o", option)]
    session.run("pytest", "-q", "-p", "no:cacheprovider", *given, *(f"tests/{module}.py" for module in modules))


@nox.session
def types(session: nox.Session) -> None:
    """Check a program that uses the installed wheel with mypy and pyright in their strictest modes, and run it."""
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
    """Run the tests against the wheel with the newest dependencies."""
    session.install(f"{_wheel(session)}[test]")
    with session.chdir(_fresh_copy(session)):  # src/ is not on the path, so that the tests import the wheel
        session.run("python", "-c", "import hanparse; assert 'site-packages' in hanparse.__file__")
        session.run("python", "-m", "pytest", *ON_ALL_CORES, *FEW)
        session.run("hanparse", "demo", silent=True)


@nox.session
def benchmark(session: nox.Session) -> None:
    """Run the short comparisons of lists, carriers, values, state, P1 and archives, which fail below their floors."""
    session.run("python", "benchmarks/speed.py", "--short", *session.posargs)
    session.install("-e", ".[test]")
    session.run("python", "benchmarks/warm.py", "--short")
    session.run("python", "benchmarks/p1.py", "--short")
    session.run("python", "benchmarks/archive.py", "--short")


@nox.session
def streams(session: nox.Session) -> None:
    """Test each property of streams with about 20,000 streams.

    This takes half an hour, so CI does not run this session.
    """
    session.install("-e", ".[test]")
    modules = ("tests/test_streams.py", "tests/test_mixed_streams.py")
    session.run("pytest", *modules, env={"HANPARSE_LONG": "150"})


@nox.session
def homes(session: nox.Session) -> None:
    """Estimate L2 in 80,000 simulated homes and for 1,000,000 random inputs. This session runs only by name."""
    session.install(".")
    session.run("python", "benchmarks/simulated_homes.py", *session.posargs)
    session.run("python", "tests/fuzz_estimate.py", "--cases", "1000000")


def _fresh_copy(session: nox.Session) -> Path:
    """Copy this checkout without generated files, and return the copy."""
    copy = Path(session.create_tmp()) / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(".", copy, ignore=shutil.ignore_patterns(*GENERATED))
    return copy


def _wheel_folder(session: nox.Session) -> Path:
    return session.cache_dir / "dist"


def _wheel(session: nox.Session) -> Path:
    """Return the wheel of the session "package", or build one if there is none."""
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
