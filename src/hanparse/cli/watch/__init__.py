"""Shows a meter live in a terminal, for `hanparse watch`.

`model` holds the state that is shown, `health` and `drawing` turn parts of it into text, and `screen` lays the text out
for a size of the terminal. These modules need neither a terminal nor a source. `app` is the view with textual.
"""
