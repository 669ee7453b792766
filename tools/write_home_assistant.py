"""Write the texts of the component for Home Assistant: strings.json and translations/en.json in examples.

Run ``python tools/write_home_assistant.py`` after you add a field to the registry. A test fails if the files are old.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from hanparse.fields import METADATA

COMPONENT: Final = Path(__file__).parents[1] / "examples" / "home_assistant" / "custom_components" / "hanparse"
FILES: Final = (COMPONENT / "strings.json", COMPONENT / "translations" / "en.json")

_DATA: Final = {"url": "URL or path of the port", "key": "Key of ciphered pushes"}
_DESCRIPTIONS: Final = {
    "url": "For example tcp://192.168.1.20:3001, mqtt://user:password@broker/topic, or /dev/ttyUSB0",
    "key": "32 hex digits, only if the meter encrypts its pushes",
}
_CONFIG: Final = {
    "step": {
        "user": {
            "title": "Smart meter",
            "description": "This takes up to 25 seconds: the component waits for a push with the number of the meter.",
            "data": _DATA,
            "data_description": _DESCRIPTIONS,
        },
        "reconfigure": {"title": "Smart meter", "data": _DATA, "data_description": _DESCRIPTIONS},
    },
    "error": {
        "no_push": "No push arrived. Check the adapter, the speed and the parity, and that the HAN port is open.",
        "bad_url": "This is not a URL that hanparse reads.",
        "bad_key": "This is not a key. A key has 32 hex digits.",
        "missing_extra": "A package for this kind of URL is missing.",
    },
    "abort": {
        "already_configured": "This meter was already added.",
        "reconfigure_successful": "The settings of the meter were changed.",
        "another_meter": "The push came from another meter. Add that meter as a new entry.",
    },
}


def texts() -> str:
    """Return the texts as JSON."""
    numbers = {name: field.display_name for name, field in METADATA.items() if field.precision is not None}
    names = numbers | {f"{name}_estimated": f"{numbers[name]} (estimated)" for name in ("current_l2", "voltage_l2")}
    sensors = {key: {"name": name} for key, name in names.items()}
    return json.dumps({"config": _CONFIG, "entity": {"sensor": sensors}}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path in FILES:
        path.write_text(texts(), "utf-8")
