from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import dumpstyles
import framefiles
import pytest
from framefiles import named
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sweeps import cases

from hanparse import HexDumpError, hexdump, pasted
from hanparse.hexdump import PassedOver
from hanparse.hexdump.text import tidy

FOLDER = Path(__file__).parent / "dumps"
PRINTED = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): path.read_text("utf-8")
    for path in FOLDER.rglob("*.txt")
    if path.parent.name != "plain"
}
"""What the tools printed; folders are named after the frame file, or ``repeated``."""
LIST_1 = named("kaifa/list1-no").data
LIST_2 = named("aidon/list2-6525-it").data
REPEATED = LIST_1 + bytes(71) + LIST_1
HEX = LIST_1.hex(" ")
LOG = "[20:41:49][D][uart_debug:114]: <<<"
TOOLS = (
    *(["xxd"], ["xxd", "-p"], ["xxd", "-i"], ["xxd", "-g1"], ["xxd", "-a", "-c8"]),
    *(["hexdump"], ["hexdump", "-C"], ["od", "-x"], ["od", "-tx1"], ["od", "-Ad", "-tx1z"], ["base64"]),
)
STYLES = dumpstyles.ANY | dumpstyles.AMONG_TEXT
JOINABLE = sorted(STYLES.keys() - {"decimal", "hex wrapped at an odd width"})  # these two only without other text

datas = st.binary(min_size=1) | st.lists(st.sampled_from((b"\0" * 16, b"0", b"a ", LIST_1)), min_size=1).map(b"".join)


def expected(name: str) -> bytes:
    frame = name.rpartition("/")[0]
    return REPEATED if frame == "repeated" else named(frame).data


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_what_a_tool_printed_is_read(name: str) -> None:
    assert hexdump.parse(PRINTED[name]) == expected(name)


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_a_dump_in_a_quoted_mail_is_read(name: str) -> None:
    quoted = "".join(f"> {line}\r\n" for line in PRINTED[name].splitlines())
    assert hexdump.parse(f"Hello,\r\n\r\n{quoted}\r\nwhat is it?\r\n") == expected(name)


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_a_dump_in_the_colours_of_a_terminal_is_read(name: str) -> None:
    assert hexdump.parse("\n".join(f"\x1b[0;36m{line}\x1b[0m" for line in PRINTED[name].splitlines())) == expected(name)


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if shutil.which(tool[0])], ids=" ".join)
def test_what_an_installed_tool_prints_now_is_read(tool: list[str]) -> None:
    for data in (LIST_1, LIST_2, REPEATED):
        printed = subprocess.run(tool, input=data, capture_output=True, check=True).stdout.decode("ascii")
        assert hexdump.parse(printed) == data


@pytest.mark.parametrize("file", framefiles.ALL, ids=lambda file: file.name)
def test_a_frame_file_is_a_text_with_a_dump_in_it(file: framefiles.FrameFile) -> None:
    assert hexdump.parse((framefiles.FOLDER / f"{file.name}.toml").read_text("utf-8")) == file.data


@pytest.mark.parametrize("style", dumpstyles.ANY)
@given(data=datas)
@example(b"\0\0\0")
@example(b"\x7e")
@example(REPEATED)
@settings(max_examples=cases(25))
def test_any_bytes_are_read_back_from_every_style(style: str, data: bytes) -> None:
    assert hexdump.parse(STYLES[style](data)) == data


@pytest.mark.parametrize("style", dumpstyles.AMONG_TEXT)
@given(data=datas)
@example(b"")
@example(REPEATED)
@settings(max_examples=cases(25))
def test_any_bytes_behind_a_frame_are_read_back_from_every_style(style: str, data: bytes) -> None:
    assert hexdump.parse(STYLES[style](LIST_1 + data)) == LIST_1 + data


@given(st.lists(st.sampled_from(JOINABLE), min_size=1, max_size=4))
def test_the_dumps_of_one_text_are_joined_in_order(styles: list[str]) -> None:
    text = "\n\nand then, as list 12:\n".join(STYLES[style](LIST_1) for style in styles)
    assert hexdump.parse(f"List 1\n{text}") == LIST_1 * len(styles)


@pytest.mark.parametrize("blank", ["", " ", "\n\r\n\t", "\u00a0", "\ufeff", "> \n>\n", "[]", "b''", "bytearray(b'')"])
def test_a_blank_text_is_no_bytes(blank: str) -> None:
    assert hexdump.parse(blank) == b""


@pytest.mark.parametrize("wrong", [None, 5, b"7ea0", ["7e"]])
def test_anything_but_text_is_a_type_error(wrong: object) -> None:
    for function in (hexdump.parse, hexdump.read):
        with pytest.raises(TypeError, match="as str"):
            function(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("bold", [f"**{HEX[:2]}**{HEX[2:]}", f"**{HEX}**", f"{HEX[:-2]}**{HEX[-2:]}**"])
def test_asterisks_around_bytes_make_them_bold_and_no_difference(bold: str) -> None:
    assert hexdump.parse(bold) == LIST_1


@pytest.mark.parametrize("mark", ["*", "_", "***", "`", "``"])
@pytest.mark.parametrize("size", [2, 5, 47, len(HEX)])
def test_markdown_around_bytes_is_no_part_of_them(mark: str, size: int) -> None:
    for text in (
        f"{mark}{HEX[:size]}{mark}{HEX[size:]}",
        f"{HEX[:-size]}{mark}{HEX[-size:]}{mark}",
        f"**{HEX[:2]}** {mark}{HEX[3:8]}{mark}{HEX[8:]}",
        mark + HEX.replace(" ", f"{mark} {mark}") + mark,
    ):
        assert pasted.dumped(f"My meter sends this:\n{text}\n") == LIST_1
    apdu = named("kaifa/list1-no").apdu.hex(" ")
    assert pasted.dumped(f"It says\n{mark}{apdu[:size]}{mark}{apdu[size:]}").hex(" ") == apdu


@pytest.mark.parametrize(
    "text", ["7e a0 __01__ 27 01 02 01 10 5a", "7e a0 _01 27 01 02 01 10 5a", "7e *a0 27 01 02 01 10 5a"]
)
def test_markdown_on_one_side_or_that_can_be_a_mask_is_no_markdown(text: str) -> None:
    with pytest.raises(HexDumpError):
        pasted.dumped(text)


@pytest.mark.parametrize("odd", ["7e *a0", "7e *** a0", "7e ** a0", "**"])
def test_asterisks_elsewhere_are_no_part_of_a_dump(odd: str) -> None:
    with pytest.raises(HexDumpError):
        hexdump.parse(odd)


@pytest.mark.parametrize("blank", ["&#160;", "&#xA0;", "&#xa0; &#160; \n"])
def test_blanks_of_html_are_no_bytes_and_bytes_of_html_can_be_blanks(blank: str) -> None:
    indented = "\n".join(f"{blank * 12}{HEX[at : at + 48].replace(' ', blank)}" for at in range(0, len(HEX), 48))
    assert hexdump.parse(indented) == LIST_1
    text = "".join(f"&#{byte};" for byte in LIST_1 + b"\xa0\xa0\"'")
    assert tidy(text) == text


# --- logs and comments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["(D)", "(E)", "(V)", "[D]", "[A]", "<E>"])
def test_a_letter_in_brackets_in_front_of_every_line_is_the_level_of_a_log(level: str) -> None:
    rows = [HEX[at : at + 48] for at in range(0, len(HEX), 48)]  # 16 bytes, as amsreader-firmware and others log them
    assert hexdump.parse("\n".join(f"{level} {row}" for row in rows)) == LIST_1
    assert hexdump.read(f"{level} {HEX}").passed_over == (PassedOver(1, 1, level),)


@pytest.mark.parametrize("time", ["12:34:56", "[12:34:56.789]", "12-31 12:34:56.789", "1700000000.123"])
def test_a_time_behind_the_level_of_a_log_is_no_bytes(time: str) -> None:
    assert hexdump.parse(f"(D) {time} {HEX}\n[D] {time} {HEX}") == LIST_1 * 2


@pytest.mark.parametrize("place", ["7e (d) a0", "7e a0 (d)", "(d)"])
def test_a_letter_in_brackets_is_a_level_only_in_front_of_bytes(place: str) -> None:
    with pytest.raises(HexDumpError, match="odd number, 1"):
        hexdump.parse(place)


@pytest.mark.parametrize(
    "commented",
    [
        f"// {HEX}",
        f"//{HEX}",
        f"# {HEX}",
        f"    #{HEX.replace(' ', '')}",
        f"/* {HEX} */",
        f"/*\n * {HEX[:60]}\n * {HEX[60:]}\n */",
        f"# every 2 s\n#\n# {HEX[:60]}\n#    {HEX[60:]}",
        f'// buf = Buffer.from("{HEX.replace(" ", "")}", "hex");',
        f"// // {HEX}",
    ],
)
def test_a_frame_that_is_commented_out_is_read_where_there_is_no_other(commented: str) -> None:
    assert pasted.dumped(commented) == LIST_1
    assert hexdump.parse(f"{commented}\n{LIST_2.hex()}") == LIST_2


@pytest.mark.parametrize("prose", ["// nothing", "# 2024-01-02 10:20:30", "/* 7e a0 27 */", "// (# // #", "//" * 5000])
def test_comments_without_a_dump_are_comments(prose: str) -> None:
    with pytest.raises(HexDumpError, match="only comments and time stamps"):
        hexdump.parse(prose)


# --- what was passed over --------------------------------------------------------------------------------------------


def test_what_was_passed_over_can_be_asked_for() -> None:
    decimal = str(list(LIST_2))
    dump = hexdump.read(f"> {LOG} {HEX} (41)\n\n> RX 0x7E {decimal} end")
    assert dump.data == LIST_1 + LIST_2
    assert dump.style == "hex, decimal"
    assert dump.passed_over == (
        PassedOver(1, 3, LOG),
        PassedOver(1, 3 + len(f"{LOG} {HEX} "), "(41)"),
        PassedOver(3, 3, "RX 0x7E"),
        PassedOver(3, 3 + len(f"RX 0x7E {decimal} "), "end"),
    )


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("xxd", "table"),
        ("xxd-p", "hex"),
        ("hexdump-C", "table"),
        ("od-octal", "table"),
        ("wireshark", "table"),
        ("base64", "base64"),
        ("python-repr", "literal"),
        ("python-bytearray", "literal"),
        ("python-hexlify", "hex"),
        ("python-list", "decimal"),
    ],
)
def test_of_a_dump_of_a_tool_nothing_is_passed_over(name: str, style: str) -> None:
    dump = hexdump.read(PRINTED[f"kaifa/list1-no/{name}"])
    assert (dump.data, dump.passed_over, dump.style) == (LIST_1, (), style)


@given(st.sampled_from(sorted(PRINTED)), st.sampled_from(sorted(PRINTED)))
def test_what_was_passed_over_stands_where_it_says(first: str, second: str) -> None:
    text = f"{PRINTED[first]}\nand 12 more (x):\n\n{PRINTED[second]} thanks, Ada"
    lines = text.split("\n")
    passed_over = hexdump.read(text).passed_over
    assert passed_over[-1].text == "thanks, Ada"
    for line, column, words in passed_over:
        assert lines[line - 1][column - 1 :].startswith(words)


# --- what is no dump -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("hello", 1, 1, "'h' in 'hello'"),
        ("7ea0\n27 0g", 2, 5, "'g' in '0g'"),
        ("7e zz a0", 1, 4, "'z' in 'zz'"),
        ("7e \u00bd", 1, 4, "'½'"),
        ("٣٣", 1, 1, "'٣'"),
        ("7e a0 27 x", 1, 10, "'x'"),
        ("7ea", 1, 3, "odd number, 3; the last is 'a'"),
        ("7e a0\n2 7 01", 2, 1, "odd number, 1; the last is '2'"),
        (HEX.replace(" ", "")[:-1], 1, 81, "odd number, 81"),
        (f"frame\n{HEX[:-1]}", 2, 121, "odd number, 1; the last is '7'"),
        (f"frame: {HEX.replace(' ', '')[:-1]}", 1, 88, "odd number, 81"),
        ("---", 1, 1, "no hex digit"),
        ("\n // 7e a0", 2, 2, "only comments"),
        ("at home by 10, be there", 1, 2, "'t' in 'at'"),
        ("frame: 7e a0 27", 1, 2, "'r' in 'frame:'"),
        ("7e a0 ... 5a 7e", 1, 7, "shortened"),
        (f"{LOG} {HEX[:59]} … {HEX[60:]}", 1, 96, "shortened"),
        (f"{LOG} {HEX[:59]} zz {HEX[60:]}", 1, 96, "'z' in 'zz'"),
        (f"{LOG} {HEX[:60]}1g {HEX[63:]}", 1, 97, "'g' in '1g'"),
        (f"{LOG} {HEX[:59]} .{HEX[60:]}", 1, 95, "' '"),
        (f"{LOG} {HEX}O", 1, 158, "'O' in '7eO'"),
        (f"{LOG} {HEX[:-1]}g", 1, 157, "'g' in '7g'"),
        (f"{LOG} 7ea02 {HEX}", 1, 36, "'7' in '7ea02'"),
        (f"{LOG} {HEX} 4", 1, 159, "odd number, 1"),
        ("{0x7e, 0xa0, 0xg7}", 1, 14, "'0' in '0xg7}'"),
        ("b'7ea027010201105a87e6e7000f4000000009 0'", 1, 3, "a digit alone"),
        ("b'7ea027010201105a87e6eg000f4000000009'", 1, 24, "'g' in"),
        (f"mail\n{HEX.replace(' ', '').replace('5a', '5l', 1)}", 2, 16, "'l' in"),
        ("126, 160, 300", 1, 11, "0 to 255, found 300"),
        ("[126, 160,\n -129]", 2, 2, "-128 to 255, found -129"),
        ("[0x7e, 160]", 1, 8, "two hex digits, found '160'"),
        ("[7e a0 2 01]", 1, 8, "odd number, 1"),
        ("0x7e 0xg0", 1, 7, "'x' in '0xg0'"),
        (r'"\x7e\q"', 1, 6, r"found '\\q'"),
        ("b'~\u00e9'", 1, 4, "found 'é'"),
        (r"~\xa0'\x01", 1, 1, "'~' beside"),
        (r"\x7e\xa0'\x01", 1, 9, '"\'" beside'),
    ],
)
def test_what_is_no_dump_is_an_error_with_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(HexDumpError) as caught:
        hexdump.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")
    assert words in str(caught.value)
    with pytest.raises(HexDumpError):
        hexdump.read(text)


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "words"),
    [
        ("xxd", "00000010", "00000090", 2, "expected the offset after 16 bytes"),
        ("xxd", "0009 ", "", 2, "expected 16 bytes up to the offset '00000020:', found 14"),
        ("xxd", "0009", "0g09", 2, "0g09"),
        ("xxd", " 5a5a", "", 3, "bytes as text"),
        ("hexdump-C", "dc 5a", "dc", 3, "expected 9 bytes up to the offset '00000029', found 8"),
        ("hexdump-C", "00000029", "0000002a", 3, "expected 10 bytes"),
        ("od-octal", "0000040", "0001040", 3, "expected the offset after 16 bytes"),
        ("od-octal", "0000020", "000020", 2, "expected the next offset of the table"),
        ("hexdump-words", "a07e", "a07", 1, "'a07'"),
        ("hexdump-words", "0601 0000", "06 010000", 3, "expected 9 bytes"),
        ("od-octal", "16 dc", "16 xx dc", 3, "expected 9 bytes up to the offset '0000051', found 5"),
    ],
)
def test_a_damaged_table_is_an_error(name: str, old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(HexDumpError) as caught:
        hexdump.parse(PRINTED[f"kaifa/list1-no/{name}"].replace(old, new, 1))
    assert caught.value.line == line
    assert words in str(caught.value)


@pytest.mark.parametrize("style", ["xxd", "hexdump -C", "Wireshark"])
@pytest.mark.parametrize("size", range(2, 15))
def test_a_mistyped_digit_in_a_row_of_a_table_is_named_with_its_line_and_column(style: str, size: int) -> None:
    rows = STYLES[style](LIST_2).split("\n")
    for row in range(len(LIST_2) // 16):
        data = LIST_2[16 * row : 16 * row + 16]
        at = rows[row].index("  " if style != "xxd" else " ") + (2 if style != "xxd" else 1)
        at += size // 2 * 5 + size % 2 * 2 if style == "xxd" else size * 3 + (style == "hexdump -C" and size >= 8)
        assert rows[row][at : at + 2] == f"{data[size]:02x}"
        for column in (at, at + 1):
            wrong = [*rows[:row], rows[row][:column] + "g" + rows[row][column + 1 :], *rows[row + 1 :]]
            with pytest.raises(HexDumpError) as caught:
                hexdump.parse("\n".join(wrong))
            assert (caught.value.line, caught.value.column) == (row + 1, column + 1)


def test_repeated_lines_have_an_end() -> None:
    with pytest.raises(HexDumpError, match="the offset at which"):
        hexdump.parse("00000000  7e a0 27 01\n*\n")


def test_repeated_lines_do_not_fill_the_memory() -> None:
    for text in ("0000 7e a0\n*\nfffffffffffffffe", "0000 7e a0\n*\n100000\n" * 20):
        with pytest.raises(HexDumpError, match="1048576"):
            hexdump.parse(text)


@pytest.mark.parametrize("name", ["capture.bin", "/var/log/han", r"C:\meter\log.txt", "~/dump.hex"])
def test_the_name_of_a_file_is_answered_with_what_to_give(name: str) -> None:
    with pytest.raises(HexDumpError, match="if this is the name of a file, give what is in the file"):
        hexdump.read(name)
    with pytest.raises(HexDumpError) as caught:
        hexdump.read("no dump here.")
    assert "name of a file" not in str(caught.value)


@pytest.mark.parametrize("mark", ["> ", ">", "> > "])
def test_a_short_last_line_of_html_numbers_in_a_quoted_mail_belongs_to_those_above(mark: str) -> None:
    lines = "&#x7E; &#xA0; &#x27; &#x1; &#x2; &#x1; &#x10; &#x5A;", "&#xA0; &#x5A; &#x7E;"
    found = tidy("\n".join(f"{mark}{line}" for line in lines))
    assert [line.strip() for line in found.split("\n")] == [*lines]


@settings(max_examples=cases(25))
@given(
    data=st.binary(min_size=16, max_size=80).filter(lambda data: max(data) > 0x99),
    separator=st.sampled_from(["", " ", ":", "\n"]),
    lines=st.integers(0, 3),
)
def test_the_place_of_a_byte_is_where_its_digits_are(data: bytes, separator: str, lines: int) -> None:
    text = "\n" * lines + separator.join(f"{byte:02x}" for byte in data)
    dump = hexdump.read(text)
    assert dump.data == data
    for offset, byte in enumerate(data):
        line, column = dump.place(offset) or (0, 0)
        assert text.split("\n")[line - 1][column - 1 : column + 1] == f"{byte:02x}"
    assert dump.place(len(data)) == dump.place(len(data) - 1)
    assert hexdump.read("").place(0) is None
