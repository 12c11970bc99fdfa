"""How Sphinx builds the documentation: ``make docs``. It needs no network, and what it builds asks none."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from pinshop.version import __version__

project = "pinshop"
author = "the founders of pinshop"
release = version = __version__
copyright = "2026, " + author  # noqa: A001 - Sphinx's name

extensions = ["myst_parser", "sphinx_llms_txt"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 4
# `text output` and `python no-run: …` are ours: what follows the language steers the tests.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]
nitpicky = False

html_theme = "furo"
html_title = f"pinshop {release}"
html_show_sourcelink = False
html_copy_source = True  # llms.txt is made of them
html_theme_options = {"navigation_with_keys": True}
llms_txt_summary = "Pinterest shopping ads from Python: an exact, honest client, and a local Pinterest to test against."
llms_txt_full_max_size = None
