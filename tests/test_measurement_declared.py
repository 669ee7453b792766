from __future__ import annotations

from typing import get_args, get_origin, get_type_hints

from scripts import ROOT, script

from hanparse import Measurement
from hanparse.measurement import declared


def test_the_fields_are_what_the_tool_makes_of_the_registry() -> None:
    made = script("tools/write_fields.py").module()
    assert made == (ROOT / "src/hanparse/measurement/declared.py").read_text("utf-8"), (
        "run python tools/write_fields.py"
    )


def test_what_help_shows_is_what_type_checkers_and_editors_see() -> None:
    source = (ROOT / "src/hanparse/measurement/declared.py").read_text("utf-8")
    for name in declared.Fields.__annotations__:
        shown = getattr(Measurement, name).__doc__
        assert f"    {name}: " in source
        assert f'    """{shown}"""\n' in source


def test_every_field_may_be_absent_and_has_one_type_else() -> None:
    hints = get_type_hints(Measurement)
    for field in Measurement.fields():
        of = get_args(hints[field.name])
        assert {get_origin(kind) or kind for kind in of} == {field.type, type(None)}
        assert {item for kind in of for item in get_args(kind)} == ({field.item, ...} if field.item else set())
