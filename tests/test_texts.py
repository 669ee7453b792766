from __future__ import annotations

import texts
from wire import seeded


def test_pasted_texts_are_read_or_refused_by_name_and_never_wrong_in_silence() -> None:
    rng = seeded(16)
    answers = [(texts.verdict(made), made.made) for made in (texts.make(rng) for _ in range(200))]
    assert [made for answer, made in answers if answer == "wrong"] == []
    assert sum(answer == "right" for answer, _ in answers) >= 0.985 * len(answers)
