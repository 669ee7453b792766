"""Asks for the URL and the key of a meter, and waits for a push that contains the number of the meter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_URL

from .const import CONF_KEY, DOMAIN, FIRST_PUSH
from .meter import decoder_of, open_source

if TYPE_CHECKING:
    from hanparse import Measurement

SCHEMA = vol.Schema({vol.Required(CONF_URL): str, vol.Optional(CONF_KEY): str})


class HanparseFlow(ConfigFlow, domain=DOMAIN):  # type: ignore[call-arg]
    """The dialogs of the component."""

    VERSION = 1

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a meter."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._async_abort_entries_match({CONF_URL: user_input[CONF_URL]})
            if push := await self._first_push(user_input, errors):
                await self.async_set_unique_id(push.meter_id)
                self._abort_if_unique_id_configured()
                return self.async_create_entry(title=_title(push), data=_data(user_input, push))
        return self._form("user", user_input, errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the URL or the key of a meter."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            if entry.state is ConfigEntryState.LOADED:  # some ports and gateways serve only one program
                await self.hass.config_entries.async_unload(entry.entry_id)
            push = await self._first_push(user_input, errors)
            if push and push.meter_id == entry.unique_id:
                return self.async_update_reload_and_abort(entry, data=_data(user_input, push))
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
            if push:
                return self.async_abort(reason="another_meter")
        return self._form("reconfigure", user_input or dict(entry.data), errors)

    def _form(self, step: str, values: dict[str, Any] | None, errors: dict[str, str]) -> ConfigFlowResult:
        schema = self.add_suggested_values_to_schema(SCHEMA, values)
        return self.async_show_form(step_id=step, data_schema=schema, errors=errors)

    async def _first_push(self, data: dict[str, Any], errors: dict[str, str]) -> Measurement | None:
        """Return the first push with a meter number.

        If no push has a number in time, return the last push.

        If no push arrives, return `None` and put the reason into `errors`.
        """
        push = None
        try:
            decoder_of(data)
        except ValueError:
            errors[CONF_KEY] = "bad_key"
            return None
        try:
            async with asyncio.timeout(FIRST_PUSH), open_source(data) as source:
                async for push in source:
                    if push.meter_id:
                        return push
        except ImportError:
            errors[CONF_URL] = "missing_extra"
        except ValueError:
            errors[CONF_URL] = "bad_url"
        except (TimeoutError, OSError):
            pass
        if push is None and not errors:
            errors["base"] = "no_push"
        return push


def _title(push: Measurement) -> str:
    return " ".join(filter(None, (push.manufacturer, push.model))) or "HAN port"


def _data(given: dict[str, Any], push: Measurement) -> dict[str, Any]:
    return {**given, "manufacturer": push.manufacturer, "model": push.model}
