"""The folder that Home Assistant reads components from."""
