"""The Python of docs/decoder without a browser: `cryptography` replaces Web Crypto, as in any other decoder."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dumpstyles
import pytest
from ciphering import AUTH_KEY, KEY, VECTORS, Meter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from framefiles import ALL, FrameFile, folder, named
from scripts import ROOT, script
from telegrams import crc_of
from wire import LLC, seal

import hanparse
from hanparse.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Iterable

plot = script("docs/decoder/plot.py").plot
script("docs/decoder/ciphers.py")
page = script("docs/decoder/answer.py")
DECIPHERED = page.DECIPHERED

PUSH = named("kaifa/list2-ma304h3e-it")
MASKED = PUSH.data[:50].hex(" ") + " XX XX " + PUSH.data[52:].hex(" ")
SOUND = [file for file in ALL if file.expect]


def deciphered(job: dict[str, str]) -> bytes | None:
    """Do what the browser does with a job."""
    key, iv, content, counter = (bytes.fromhex(job[name]) for name in ("key", "iv", "content", "counter"))
    if job["associated"] is None:
        return Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor().update(content)
    opening = Cipher(algorithms.AES(key), modes.GCM(iv, content[-12:], min_tag_length=12)).decryptor()
    opening.authenticate_additional_data(bytes.fromhex(job["associated"]))
    found = opening.update(content[:-12])
    try:
        opening.finalize()
    except InvalidTag:
        return None
    return found


def with_keys(data: bytes, **keys: str) -> dict[str, Any]:
    """Return the answer after as many calls as the worker makes at most."""
    opened: dict[str, str | None] = {}
    for _round in range(8):
        answer: dict[str, Any] = page.answer(data, keys, opened)
        if not answer["jobs"]:
            return answer
        assert not {job["name"] for job in answer["jobs"]} & opened.keys(), "a job that was done is asked for again"
        opened |= {job["name"]: None if (one := deciphered(job)) is None else one.hex() for job in answer["jobs"]}
    raise AssertionError("more rounds than the worker makes")


def texts(answer: dict[str, Any]) -> str:
    return re.sub(r"<[^>]+>", " ", "".join(push["html"] for push in answer["pushes"]))


def test_a_sound_push_gives_its_fields_a_map_and_no_fault() -> None:
    for file in SOUND:
        answer = page.answer(file.data)
        measurement = hanparse.decode(file.data)
        assert (answer["count"], answer["problems"], answer["sound"]) == (1, [], True)
        assert all(f"<th>{name}</th>" in answer["pushes"][0]["html"] for name, _ in measurement.rows())
        assert f"{len(file.data)} bytes" in answer["map"]
        json.dumps(answer)


@pytest.mark.parametrize("style", dumpstyles.ANY | dumpstyles.AMONG_TEXT)
def test_every_style_of_dump_gives_the_fields_of_its_bytes_as_text_and_as_file(style: str) -> None:
    dump = (dumpstyles.ANY | dumpstyles.AMONG_TEXT)[style](PUSH.data)
    expected = page.answer(PUSH.data)["pushes"]
    assert page.answer(dump)["pushes"] == expected
    assert page.answer(dump.encode())["pushes"] == expected


def test_damaged_empty_masked_and_meaningless_inputs_give_sentences() -> None:
    damaged = PUSH.data[:60] + b"\xff" + PUSH.data[61:]
    expected: list[tuple[str | bytes, str]] = [
        ("", "no bytes"),
        (b"", "no bytes"),
        ("hello", "expected hex digits"),
        (damaged, "FCS"),
        (damaged.hex(), "FCS"),
        (MASKED, "masked"),
        (bytes(5000), "speed"),
        (folder("ciphered")[0].data, "cipher"),
    ]
    for source, word in expected:
        answer = page.answer(source)
        assert (answer["count"], answer["sound"]) == (0, False)
        assert any(word in problem for problem in answer["problems"]), (source, answer["problems"])
        assert "Traceback" not in json.dumps(answer)


def test_masked_bytes_still_have_a_map() -> None:
    assert "masked" in page.answer(MASKED)["map"]


def test_a_push_beside_a_damaged_frame_is_shown_with_a_sentence_about_the_other() -> None:
    damaged = PUSH.data[:60] + b"\xff" + PUSH.data[61:]
    answer = page.answer(PUSH.data + damaged + PUSH.data)
    assert (answer["count"], answer["sound"]) == (2, False)
    assert "FCS" in answer["problems"][0]


def test_markup_in_the_number_of_a_meter_is_text() -> None:
    number = b"<script>alert(1)</script>"
    items = bytes.fromhex("0906 0000600100ff") + b"\x0a" + bytes([len(number)]) + number
    body = b"\x02\x02" + items
    data = seal(LLC + b"\x0f\0\0\0\1\0" + body)
    answer = page.answer(data)
    assert "&lt;script&gt;" in answer["map"]
    assert "<script" not in json.dumps(answer)


# --- many pushes ----------------------------------------------------------------------------------------------------


def many(count: int) -> list[bytes]:
    pushes = simulate("kaifa", seed=1)
    return [next(pushes).data for _ in range(count)]


def test_a_long_capture_shows_the_first_pushes_and_the_last_one_and_explains_whole_frames() -> None:
    data, told = b"".join(many(1500)), []
    answer = page.answer(data, progress=lambda done, every: told.append((done, every)))
    assert answer["count"] == 1500
    assert [push["title"].split(",")[0] for push in answer["pushes"]][-2:] == ["push 100", "push 1500"]
    assert "damaged" not in answer["map"]
    assert answer["map_note"].startswith("The first ")
    assert answer["sound"]
    assert told == [(min(at + page.CHUNK, len(data)), len(data)) for at in range(0, len(data), page.CHUNK)]


def points(svg: str) -> list[tuple[float, float]]:
    found = re.search(r'points="([^"]*)"', svg)
    assert found
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in found[1].split())]


def powers(values: Iterable[int]) -> list[hanparse.Measurement]:
    return [hanparse.Measurement(active_power_import=value) for value in values]


def test_the_plot_has_a_point_for_each_push_inside_its_view_and_a_higher_power_is_higher() -> None:
    svg = plot(powers([0, 500, 2000, 1000]))
    places = points(svg)
    assert len(places) == 4
    assert places[0][1] > places[1][1] > places[3][1] > places[2][1]
    width, height = (int(size) for size in re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)
    assert "from 0 W to 2,000 W" in svg


def test_the_plot_keeps_a_peak_of_one_push_among_many() -> None:
    values = [100] * 50000
    values[12345] = 9000
    places = points(plot(powers(values)))
    assert len(places) < 2000
    assert len({y for _, y in places}) == 2


def test_export_is_below_zero_and_pushes_without_power_are_left_out() -> None:
    export = hanparse.Measurement(active_power_import=0, active_power_export=3000)
    svg = plot([*powers([1000]), hanparse.Measurement(voltage_l1=230.0), export])
    assert len(points(svg)) == 2
    assert "from -3,000 W to 1,000 W" in svg


@pytest.mark.parametrize("values", [[], [100], [0, 0], [-5, -5], [7, 7], [10**9, 0]])
def test_few_equal_and_large_powers_give_a_plot_or_none(values: list[int]) -> None:
    svg = plot(powers(values))
    assert bool(svg) == (len(values) > 1)
    assert "nan" not in svg


# --- ciphered pushes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [file for file in VECTORS if len(file.measurements) == 1], ids=lambda file: file.name)
def test_a_ciphered_vector_gives_the_values_of_the_library_or_a_sentence(file: FrameFile) -> None:
    keys: dict[str, Any] = dict(file.options)
    answer = with_keys(file.data, **keys)
    assert answer["count"] in (0, 1)
    if answer["count"]:
        expected = hanparse.decode_all(file.data, **keys)[0]
        assert answer["pushes"][0]["html"] == expected._repr_html_()
        checked = expected.security
        how = "" if checked is None else ", verified" if checked.verified else ", not verified"
        assert answer["pushes"][0]["title"].endswith(how)
        assert ("verified" in answer["pushes"][0]["title"]) == bool(checked)
    else:
        assert answer["problems"]


def test_json_takes_and_gives_what_the_worker_sends() -> None:
    file = next(file for file in VECTORS if len(file.measurements) == 1 and "auth_key" in file.options)
    asked = json.loads(page.as_json(memoryview(file.data), json.dumps(file.options), "{}"))
    opened = {job["name"]: None if (one := deciphered(job)) is None else one.hex() for job in asked["jobs"]}
    answer = json.loads(page.as_json(file.data, json.dumps(file.options), json.dumps(opened)))
    assert (answer["count"], answer["jobs"]) == (1, [])
    assert "<summary>plaintext" in answer["map"]
    assert json.loads(page.as_json(PUSH.data.hex(), "{}", "{}"))["count"] == 1


def test_a_damaged_frame_beside_ciphered_pushes_is_named_also_with_the_right_keys() -> None:
    file = next(file for file in VECTORS if file.name == "ciphered/hdlc-sc30")
    damaged = bytearray(file.data)
    damaged[40] ^= 1
    without = page.answer(file.data * 3)
    assert (without["count"], without["sound"]) == (0, False)
    assert "no key was given" in without["problems"][0]
    right = with_keys(file.data, **file.options)
    assert (right["count"], right["problems"], right["sound"]) == (1, [], True)
    again = with_keys(file.data * 3, **file.options)
    assert (again["count"], again["sound"]) == (3, False)
    assert "invocation counter" in again["problems"][0]
    beside = with_keys(file.data + damaged, **file.options)
    assert (beside["count"], beside["sound"]) == (1, False)
    assert "FCS" in beside["problems"][0]


@pytest.mark.parametrize("carrier", ["p1", "mbus", "segments", "gbt", "bare"])
def test_every_carrier_gives_the_values_of_the_library(carrier: str) -> None:
    files = [file for file in folder(carrier) if file.measurements]
    for file in files:
        options: dict[str, Any] = dict(file.options)
        answer = with_keys(file.data, **options)
        expected = [one._repr_html_() for one in hanparse.decode_all(file.data, **options)]
        assert [push["html"] for push in answer["pushes"]] == expected, file.name
    assert files


def p1_stream() -> bytes:
    """Ciphered telegrams as in Luxembourg with noise between them, a telegram in clear, and a cut one."""
    body = b"/ISK5\\2M550T-1012\r\n\r\n0-0:96.13.0(" + b"20" * 60 + b")\r\n1-0:1.7.0(00.%03d*kW)\r\n!"
    telegrams = [body % power for power in (500, 501, 502, 503)]
    whole = [telegram + f"{crc_of(telegram):04X}\r\n".encode() for telegram in telegrams]
    meter = Meter(title=b"ISK\0\0\0\0\7", control=0x30)
    first, second, third = (meter.cipher(text, counter) for counter, text in enumerate(whole[:3]))
    return b"\0\xdb\x08noise" + first + b"\r\n" + second + whole[3] + b"\xdb" * 9 + third + third[:60]


def test_a_stream_of_ciphered_telegrams_gives_the_values_of_the_library() -> None:
    keys = {"key": KEY.hex(), "auth_key": AUTH_KEY.hex()}
    answer = with_keys(p1_stream(), **keys)
    powers = ["500 W, verified", "501 W, verified", "503 W", "502 W, verified"]
    assert [push["title"] for push in answer["pushes"]] == [f"push {n}, {power}" for n, power in enumerate(powers, 1)]
    assert answer["map"].count("<summary>plaintext of") == 3
    without = with_keys(p1_stream(), key=KEY.hex())
    powers = [power.replace("verified", "not verified") for power in powers]
    assert [push["title"] for push in without["pushes"]] == [f"push {n}, {power}" for n, power in enumerate(powers, 1)]
    wrong = with_keys(p1_stream(), **{**keys, "key": "00" * 16})
    assert [push["title"] for push in wrong["pushes"]] == ["push 1, 503 W"]
    assert wrong["problems"]


def test_wrong_keys_give_the_sentences_of_the_library_without_the_key() -> None:
    file = next(file for file in VECTORS if len(file.measurements) == 1 and "auth_key" in file.options)
    right = {"key": KEY.hex(), "auth_key": AUTH_KEY.hex()}
    expected = [
        ({"key": AUTH_KEY.hex(), "auth_key": KEY.hex()}, "are exchanged"),
        ({**right, "key": "00" * 16}, "wrong"),
        ({**right, "auth_key": KEY.hex()}, "auth_key"),
        ({"key": AUTH_KEY.hex()}, "wrong"),
        ({"key": "12"}, "expected a key of 32 hex digits"),
        ({"auth_key": AUTH_KEY.hex()}, "give key="),
        ({**right, "system_title": "x"}, "expected a system title"),
    ]
    for keys, words in expected:
        answer = with_keys(file.data, **keys)
        assert answer["count"] == 0
        assert any(words in problem for problem in answer["problems"]), (keys, answer["problems"])
        assert KEY.hex() not in json.dumps(answer)


def test_a_telegram_without_tag_and_crc_gives_a_value_only_where_the_library_gives_one() -> None:
    telegram = b"/ISK5\\2M550T-1012\r\n\r\n1-0:1.7.0(00.500*kW)\r\n!"
    meter = Meter(control=0x20)
    with_crc = meter.cipher(telegram + f"{crc_of(telegram):04X}\r\n".encode())
    alone = meter.cipher(telegram + b"\r\n")
    shown = with_keys(with_crc, key=KEY.hex())["pushes"]
    assert [push["title"] for push in shown] == ["push 1, 500 W, not verified"]  # docs/ciphered.md, "not verified"
    assert with_keys(alone, key=KEY.hex())["count"] == 0
    titled = replace(meter, title=b"ISK\0\0\0\0\7").cipher(telegram + b"\r\n")
    assert with_keys(b"noise" + titled, key=KEY.hex())["count"] == 0


def test_no_flipped_bit_of_a_tagged_push_gives_a_value() -> None:
    file = next(file for file in VECTORS if len(file.measurements) == 1 and "auth_key" in file.options)
    (job,) = (
        job for job in page.answer(file.data, file.options)["jobs"] if job["associated"] and job["key"] == KEY.hex()
    )
    content = bytearray.fromhex(job["content"])
    for at in range(0, len(content), 7):
        content[at] ^= 1
        assert deciphered({**job, "content": content.hex()}) is None
        content[at] ^= 1


def test_bytes_that_imitate_many_telegrams_have_a_bounded_number_of_jobs() -> None:
    imitation = b"".join(b"\xdb\x08ABC%05d\x82\x5e\x00\x30" % n for n in range(DECIPHERED // 14))
    answer = page.answer(imitation, {"key": KEY.hex()})
    assert (answer["count"], answer["jobs"], answer["problems"]) == (0, [], [page.TOO_MUCH])


def test_a_long_capture_is_decoded_with_keys_up_to_a_whole_frame() -> None:
    file = next(file for file in VECTORS if file.name == "ciphered/hdlc-sc30")
    data = file.data * (DECIPHERED // len(file.data) + 2)
    answer = with_keys(data, **file.options)
    assert answer["count"] == DECIPHERED // len(file.data)
    assert f"of {len(data):,} bytes" in answer["problems"][-1]


def test_hanparse_deciphers_with_cryptography_after_an_answer() -> None:
    file = next(file for file in VECTORS if file.name == "ciphered/hdlc-sc30")
    page.answer(file.data, dict(file.options))
    options: dict[str, Any] = dict(file.options)
    assert hanparse.decode(file.data, **options).security


def test_the_page_loads_only_files_beside_it_and_has_a_strict_policy() -> None:
    html = (ROOT / "docs" / "decoder" / "index.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert "default-src 'self'; script-src 'self' 'wasm-unsafe-eval';" in policy[1]
    assert "unsafe-inline" not in policy[1]
    assert not re.search(r"<style|style=|<script(?! type=\"module\" src=)|\son\w+=", html)
    for script_file in ("app.mjs", "worker.mjs"):
        assert "http" not in (ROOT / "docs" / "decoder" / script_file).read_text("utf-8").replace("with https", "")


def test_every_input_of_the_page_has_a_label() -> None:
    html = (ROOT / "docs" / "decoder" / "index.html").read_text("utf-8")
    inputs = set(re.findall(r'<(?:input|textarea|select) id="(\w+)"', html))
    assert inputs == set(re.findall(r'<label for="(\w+)"', html))
    assert 'role="status"' in html


def test_what_the_tool_copies_is_what_is_there() -> None:
    tool = script("tools/build_decoder.py")
    there = {path.name for path in (ROOT / "docs" / "decoder").iterdir() if path.is_file()}
    assert there == {*tool.STATIC, *tool.MODULES, "requirements.txt"}
