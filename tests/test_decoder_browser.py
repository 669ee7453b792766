"""The page that decodes in Chromium: ``nox -s page`` builds the page and runs these tests.

They need Chromium of the system, playwright, and the folder of the built page in ``HANPARSE_PAGE``.
"""

from __future__ import annotations

import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import dumpstyles
import pytest
from ciphering import VECTORS
from framefiles import folder, named
from scripts import script
from wire import LLC, seal

import hanparse
from hanparse.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FOLDER: Final = os.environ.get("HANPARSE_PAGE")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium"),
    pytest.mark.skipif(not FOLDER, reason="HANPARSE_PAGE has no built page; nox -s page builds one"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of playwright
]

for module in ("plot", "ciphers"):
    script(f"docs/decoder/{module}.py")
answer_of = script("docs/decoder/answer.py").answer

PUSH = named("kaifa/list2-ma304h3e-it").data
LONGEST_WAIT: Final = 120_000  # ms; the page answers much faster, other programs may need the machine
SWITCHES: Final = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Server(SimpleHTTPRequestHandler):
    """Serves the files with the types that modules and wasm need."""

    extensions_map = {  # noqa: RUF012  as in the base class
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_args: object) -> None:
        """Write nothing."""


class Visit:
    """The page in one tab, with all that went wrong."""

    def __init__(self, tab: Any, address: str) -> None:  # noqa: ANN401  playwright is optional
        self.tab, self.address = tab, address
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        tab.set_default_timeout(LONGEST_WAIT)
        tab.on("request", lambda request: self._note(request.url))
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, url: str) -> None:
        if not url.startswith(self.address):
            self.elsewhere.append(url)

    def open(self, fragment: str = "") -> None:
        self.tab.goto(f"{self.address}index.html{fragment}")
        self.tab.wait_for_selector("body[data-ready]")

    def text(self, selector: str) -> str:
        return str(self.tab.inner_text(selector))

    def paste(self, dump: str) -> str:
        """Paste a dump, press the button, and return the status."""
        self.tab.fill("#dump", dump)
        self.tab.click("#decode")
        return self.answered()

    def give(self, data: bytes) -> str:
        """Choose a file, and return the status."""
        self.tab.set_input_files("#file", {"name": "x.bin", "mimeType": "application/octet-stream", "buffer": data})
        return self.answered()

    def answered(self) -> str:
        """Return the status of the answer to the last question."""
        self.tab.wait_for_selector("body[data-answered]")
        return self.text("#state")

    @property
    def problems(self) -> list[str]:
        return [line.strip() for line in self.tab.locator("#problems li").all_inner_texts()]

    @property
    def values(self) -> dict[str, str]:
        rows = [row.split("\t") for row in self.text("#values").splitlines() if "\t" in row]
        return {name.strip(): value.strip() for name, value in rows}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    folder = Path(FOLDER or "")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(folder.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def visit(browser: Any, address: str) -> Iterator[Visit]:  # noqa: ANN401
    tab = browser.new_page()
    visit = Visit(tab, address)
    visit.open()
    yield visit
    tab.close()


@pytest.fixture(autouse=True)
def nothing_is_fetched_elsewhere_and_nothing_is_complained_about(visit: Visit) -> Iterator[None]:
    yield
    assert (visit.elsewhere, visit.complaints) == ([], [])


def expected(source: str | bytes) -> dict[str, str]:
    html = answer_of(source)["pushes"][0]["html"]
    cells = html.removeprefix("<table><tr><th>").removesuffix("</td></tr></table>").split("</td></tr><tr><th>")
    return dict(cell.split("</th><td>") for cell in cells)


@pytest.mark.parametrize("style", dumpstyles.ANY | dumpstyles.AMONG_TEXT)
def test_every_style_of_dump_gives_the_values_of_the_library(visit: Visit, style: str) -> None:
    dump = (dumpstyles.ANY | dumpstyles.AMONG_TEXT)[style](PUSH)
    assert visit.paste(dump).startswith("1 push decoded in")
    assert visit.values == expected(dump)
    assert visit.problems == ["No fault was found."]


def test_damaged_ciphered_empty_and_meaningless_inputs_give_sentences(visit: Visit) -> None:
    damaged = PUSH[:60] + b"\xff" + PUSH[61:]
    for source in (damaged.hex(), next(file for file in VECTORS if file.options).data.hex(), "hello"):
        assert visit.paste(source).startswith("0 pushes")
        assert visit.problems == [problem.strip() for problem in answer_of(source)["problems"]]
        assert "Traceback" not in visit.text("body")
    assert visit.give(b"").startswith("0 pushes")
    assert visit.problems == ["The input contains no bytes."]
    visit.tab.fill("#dump", " ")
    visit.tab.wait_for_selector("#state:has-text('Paste a dump')")
    assert visit.tab.is_hidden("#answer")


def test_a_file_of_5_mb_is_decoded_with_progress_and_a_plot(visit: Visit) -> None:
    pushes = simulate("kaifa", seed=1)
    data = b"".join(next(pushes).data for _ in range(90_000))
    assert len(data) > 5_000_000
    visit.tab.evaluate(
        "seen = []; new MutationObserver(() => seen.push(document.getElementById('progress').value))"
        ".observe(document.getElementById('progress'), {attributes: true})"
    )
    status = visit.give(data)
    print(f"{len(data):,} bytes: {status}")  # noqa: T201
    assert status.startswith("90,000 pushes decoded in")
    seen = visit.tab.evaluate("seen")
    assert len(set(seen)) > 10
    assert seen == sorted(seen)
    assert visit.tab.is_hidden("#progress")
    assert visit.tab.locator("#plot polyline").count() == 1
    assert visit.text("#map_note").endswith(f"of {len(data):,} bytes are explained.")


def test_markup_in_a_text_of_a_meter_is_shown_as_text(visit: Visit) -> None:
    number = b"<script>document.title = 'run'</script><img src=x onerror=alert(1)>"
    body = b"\x02\x02" + bytes.fromhex("09060000600100ff") + b"\x0a" + bytes([len(number)]) + number
    visit.paste(seal(LLC + b"\x0f\0\0\0\1\0" + body).hex())
    assert number.decode() in visit.text("#map")
    assert visit.tab.locator("#answer :is(script, img)").count() == 0


def test_the_pointer_and_the_focus_mark_a_part_in_the_map_and_in_the_table(visit: Visit) -> None:
    visit.paste(PUSH.hex())
    marked = "getComputedStyle(document.querySelector('{}')).outlineStyle"
    for other, action in ((".bytes", "hover"), ("tr", "hover"), (".bytes", "focus"), ("tr", "focus")):
        here, there = ("#map .bytes .n9", "#map tr.n9") if other == ".bytes" else ("#map tr.n9", "#map .bytes .n9")
        visit.tab.mouse.move(0, 0)
        visit.tab.evaluate("document.activeElement.blur()")
        assert visit.tab.evaluate(marked.format(there)) == "none"
        getattr(visit.tab, action)(here)
        assert visit.tab.evaluate(marked.format(there)) == "solid"


def test_the_keyboard_alone_decodes_and_reads_the_answer(visit: Visit) -> None:
    visit.tab.reload()
    visit.tab.wait_for_selector("body[data-ready]")
    keyboard = visit.tab.keyboard
    focused = "document.activeElement.id || document.activeElement.tagName"
    visit.tab.evaluate("document.activeElement.blur()")
    order = []
    for _ in range(8):
        keyboard.press("Tab")
        order.append(visit.tab.evaluate(focused))
        if order[-1] == "dump":
            keyboard.insert_text(PUSH.hex())
        if order[-1] == "decode":
            keyboard.press("Enter")
            assert visit.answered().startswith("1 push")
    assert order[:7] == ["A", "dump", "decode", "example", "link", "file", "SUMMARY"]
    assert order[7] == "SUMMARY"  # of the first frame
    assert visit.tab.get_attribute("#state", "role") == "status"


def test_a_link_has_the_dump_in_its_fragment_and_shows_the_answer(visit: Visit) -> None:
    dump = dumpstyles.xxd(PUSH)
    visit.tab.goto("about:blank")
    visit.open(f"#dump={quote(dump)}")
    assert visit.answered().startswith("1 push")
    assert visit.tab.input_value("#dump") == dump
    visit.tab.click("#link")
    visit.tab.wait_for_selector("#state:has-text('The link is in')")
    assert visit.tab.evaluate("decodeURIComponent(location.hash)") == f"#dump={dump}"


def test_keys_decipher_with_web_crypto_and_wrong_keys_give_a_sentence(visit: Visit) -> None:
    file = next(file for file in VECTORS if len(file.measurements) == 1 and "auth_key" in file.options)
    visit.tab.evaluate("document.getElementById('keys').open = true")
    for name in ("key", "auth_key"):
        visit.tab.fill(f"#{name}", file.options[name])
    try:
        assert visit.paste(file.data.hex()).startswith("1 push")
        assert visit.values == dict(hanparse.decode(file.data, **file.options).rows())  # type: ignore[arg-type]
        assert "plaintext" in visit.text("#map")
        visit.tab.fill("#auth_key", "00" * 16)
        assert visit.paste(file.data.hex()).startswith("0 pushes")
        assert "tag does not fit" in visit.problems[-1]
        visit.tab.fill("#auth_key", "")
        assert visit.paste(file.data.hex()).startswith("1 push")
    finally:
        for name in ("key", "auth_key"):
            visit.tab.fill(f"#{name}", "")


def test_a_stream_of_ciphered_p1_telegrams_gives_the_values_of_the_library(visit: Visit) -> None:
    files = [file for file in folder("p1") if file.options and len(file.measurements) == 1]
    assert files
    for file in files:
        visit.tab.evaluate("document.getElementById('keys').open = true")
        for name, text in file.options.items():
            visit.tab.fill(f"#{name}", text)
        try:
            assert visit.paste((b"noise" + file.data).hex()).startswith("1 push"), file.name
            assert visit.values == dict(hanparse.decode(file.data, **file.options).rows())  # type: ignore[arg-type]
        finally:
            for name in file.options:
                visit.tab.fill(f"#{name}", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_page_fits_its_window_and_shots_can_be_looked_at(visit: Visit, width: int, scheme: str) -> None:
    visit.tab.set_viewport_size({"width": width, "height": 800})
    visit.tab.emulate_media(color_scheme=scheme)
    visit.paste((PUSH * 2).hex())
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= width
    if shots := os.environ.get("HANPARSE_SHOTS"):
        visit.tab.screenshot(path=f"{shots}/{width}-{scheme}.png", full_page=True)


def test_the_times_are_reported(browser: Any, visit: Visit) -> None:  # noqa: ANN401
    tab = browser.new_page()
    fresh = Visit(tab, visit.address)
    fresh.open()
    ready = int(tab.get_attribute("body", "data-ready"))
    first = fresh.paste(PUSH.hex())
    later = sorted(int(fresh.paste(PUSH.hex()) and tab.get_attribute("body", "data-answered")) for _ in range(9))
    print(f"ready after {ready:,} ms (goal 15,000), first answer: {first} later: {later[4]} ms (goal 100)")  # noqa: T201
    assert (fresh.elsewhere, fresh.complaints) == ([], [])
    tab.close()
