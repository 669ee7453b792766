"""Configures Sphinx: ``sphinx-build -W -b html docs OUT``. The site loads no file from another site."""

from importlib.metadata import version as installed

project = "hanparse"
release = version = installed("hanparse")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build"]

html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"
highlight_options = {"pycon": {"stripnl": True}}  # doctest needs an empty line after a result
html_title = "hanparse"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = ["filter.js"]
html_copy_source = False
html_show_copyright = False
html_theme_options = {"footer_icons": []}

copybutton_prompt_text = r">>> |\.\.\. |\$ "  # a copied transcript contains the input without prompts, and no output
copybutton_prompt_is_regexp = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

default_role = "py:obj"  # `Measurement` in a docstring is a link to it
add_module_names = False
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
