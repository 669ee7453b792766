"""Turns an entry of a push-object-list into a `CaptureObject`.

A push-object-list has one entry for each element of the push. An entry contains the class_id and the logical name of a
COSEM object, an attribute index, and a data index. The element contains this attribute of the object. The data index is
0 if the element contains the complete attribute. Sources: Blue Book 4.4.8.2 (push setup) and 4.3 (the attributes of the
classes data, register and clock).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hanparse.axdr.data import Data, Tag
from hanparse.obis import Obis, code_in

_REGISTERS: Final = frozenset({3, 4})  # class_id of the classes register and extended register
_VALUE_CLASSES: Final = _REGISTERS | {1, 8}  # 1 and 8: class_id of the classes data and clock
_VALUE, _SCALER_UNIT = 2, 3  # attribute indexes
_SELECTIONS: Final = ((), (Tag.STRUCTURE,), (Tag.STRUCTURE, Tag.ARRAY))
"""The types of the elements that can follow the data index in an entry.

In old push setups, an entry ends with the data index. In newer push setups, a restriction follows. In the newest push
setups, a restriction and columns follow.
"""


class CaptureObject(NamedTuple):
    """An instance holds the class_id, the logical name and the attribute index of an entry.

    `is_whole` is true if the push contains the complete attribute, and false if it contains only a part.
    """

    class_id: int
    code: Obis
    attribute: int
    is_whole: bool

    @property
    def is_value(self) -> bool:
        """True if the element is the complete value of the object (see `is_value`)."""
        return self.is_whole and is_value(self.class_id, self.attribute)

    @property
    def is_register(self) -> bool:
        """True if the element is the value of a register. Only registers have a scaler and a unit."""
        return self.is_value and self.class_id in _REGISTERS

    @property
    def is_scaler_unit(self) -> bool:
        """True if the element is the scaler and the unit of a register."""
        return self.is_whole and self.class_id in _REGISTERS and self.attribute == _SCALER_UNIT


def is_value(class_id: int, attribute: int) -> bool:
    """Return whether the attribute is the value of a data or register object, or the time of a clock object."""
    return class_id in _VALUE_CLASSES and attribute == _VALUE


def capture_object(entry: Data) -> CaptureObject | None:
    """Return the capture object in an entry of a push-object-list; `None` if `entry` does not have this structure."""
    match entry.value:
        case (
            Data(Tag.LONG_UNSIGNED, int(class_id)),
            Data(Tag.OCTET_STRING, bytes(name)),
            Data(Tag.INTEGER, int(attribute)),
            Data(Tag.LONG_UNSIGNED, int(index)),
            *selection,
        ) if entry.tag is Tag.STRUCTURE:
            code = code_in(name)
            if code and tuple(data.tag for data in selection) in _SELECTIONS:
                return CaptureObject(class_id, code, attribute, index == 0 and _selects_all(selection))
    return None


def _selects_all(selection: list[Data]) -> bool:
    """Return whether the restriction and the columns of an entry select the complete attribute.

    They do if there is no restriction or its type is 0 (none), and if there are no columns.
    """
    restrictions, columns = selection[:1], selection[1:]
    return not any(data.value for data in columns) and all(
        isinstance(data.value, tuple) and data.value and data.value[0].value == 0  # type: ignore[union-attr]
        for data in restrictions
    )
