"""Pixray's calls: ``import storyboard.compat.pixray as pixray``, and a script for it runs.

::

    pixray.reset_settings()
    pixray.add_settings(prompts="underwater city", quality="better", scale=2.5, aspect="widescreen")
    settings = pixray.apply_settings()
    pixray.do_init(settings)
    pixray.do_run(settings)                 # writes output.png
"""

from __future__ import annotations

from storyboard.compat.calls import Calls

_calls = Calls({})

reset_settings = _calls.reset_settings
add_settings = _calls.add_settings
get_settings = _calls.get_settings
apply_settings = _calls.apply_settings
do_init = _calls.do_init
do_run = _calls.do_run
run = _calls.run
