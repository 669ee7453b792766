"""Messages with counts are grammatical, and a message with a pip command can be copied into any shell."""

from __future__ import annotations

import shlex

import pytest

from hanparse.wording import Count, counted, pip_install


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 pushes are"), (1, "1 push is"), (2, "2 pushes are"), (1000, "1,000 pushes are")]
)
def test_a_count_chooses_the_singular_only_for_one(number: int, text: str) -> None:
    count = Count(number)
    assert f"{count:,} {count:push is|pushes are}" == text


def test_a_noun_has_an_s_unless_its_number_is_one() -> None:
    assert [counted(number, "byte") for number in (0, 1, 2)] == ["0 bytes", "1 byte", "2 bytes"]


def test_an_empty_word_is_a_choice() -> None:
    assert [f"error{Count(number):|s}" for number in (1, 2)] == ["error", "errors"]


def test_a_shell_passes_the_extra_to_pip_as_one_argument() -> None:
    assert shlex.split(pip_install("tui")) == ["pip", "install", "hanparse[tui]"]
    assert shlex.split(pip_install("esphome", "serialx"))[-1] == "serialx[esphome]"
    assert "'" not in pip_install("tui")  # cmd.exe passes single quotes on to pip
