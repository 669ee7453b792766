"""The files of the component for Home Assistant, as Home Assistant's own check of integrations reads them."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Final

import pytest
from scripts import ROOT, script

from hanparse.fields import METADATA

COMPONENT: Final = ROOT / "examples" / "home_assistant" / "custom_components" / "hanparse"
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MANIFEST: Final = json.loads((COMPONENT / "manifest.json").read_text("utf-8"))
STRINGS: Final = json.loads((COMPONENT / "strings.json").read_text("utf-8"))
FLOW: Final = (COMPONENT / "config_flow.py").read_text("utf-8")


def test_the_manifest_has_the_keys_of_a_custom_integration_in_their_order() -> None:
    assert list(MANIFEST)[:2] == ["domain", "name"]
    assert list(MANIFEST)[2:] == sorted(list(MANIFEST)[2:])
    needed = {"domain", "name", "codeowners", "config_flow", "documentation", "iot_class", "issue_tracker", "version"}
    assert MANIFEST.keys() - needed == {"integration_type", "loggers", "requirements"}
    assert MANIFEST["domain"] == COMPONENT.name
    assert (MANIFEST["iot_class"], MANIFEST["integration_type"]) == ("local_push", "device")


def test_the_manifest_requires_this_version_with_extras_that_exist() -> None:
    (requirement,) = MANIFEST["requirements"]
    found = re.fullmatch(r"(\w+)\[([\w,]+)\]==([\d.]+)", requirement)
    assert found
    assert (found[1], found[3]) == (PROJECT["name"], PROJECT["version"])
    assert set(found[2].split(",")) <= PROJECT["optional-dependencies"].keys()
    assert MANIFEST["version"] == PROJECT["version"]


def test_the_page_of_the_manifest_exists() -> None:
    _, _, page = MANIFEST["documentation"].partition("/blob/main/")
    assert (ROOT / page).is_file()


@pytest.mark.parametrize("name", ["strings.json", "translations/en.json"])
def test_the_texts_are_those_of_the_tool(name: str) -> None:
    current = script("tools/write_home_assistant.py").texts()
    assert (COMPONENT / name).read_text("utf-8") == current, "run python tools/write_home_assistant.py"


def test_every_number_has_a_name_of_its_own() -> None:
    names = {key: text["name"] for key, text in STRINGS["entity"]["sensor"].items()}
    numbers = {name for name, field in METADATA.items() if field.precision is not None}
    assert names.keys() - numbers == {"current_l2_estimated", "voltage_l2_estimated"}
    assert names.keys() >= numbers
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)*", key) for key in names)


def test_every_step_error_and_abort_of_the_flow_has_a_text_and_the_reverse() -> None:
    config = STRINGS["config"]
    assert set(re.findall(r"def async_step_(\w+)", FLOW)) == config["step"].keys()
    assert set(re.findall(r'errors\[[^]]+\] = "(\w+)"', FLOW)) == config["error"].keys()
    by_home_assistant = {"already_configured", "reconfigure_successful"}
    assert set(re.findall(r'async_abort\(reason="(\w+)"', FLOW)) | by_home_assistant == config["abort"].keys()
    for step in config["step"].values():
        assert step["data"].keys() == step["data_description"].keys() == {"url", "key"}
