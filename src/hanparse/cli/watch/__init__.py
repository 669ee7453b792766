"""Shows a meter live in a terminal, for `hanparse watch`.

`model` holds the state of the meter. `health` and `drawing` turn parts of the state into text. `screen` arranges the
text for the size of the terminal. These modules need neither a terminal nor a source. `app` shows the text with
textual.
"""
