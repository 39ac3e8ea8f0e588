"""clipit's calls: ``import storyboard.compat.clipit as clipit``, and a script for it runs.

::

    clipit.reset_settings()
    clipit.add_settings(prompts="underwater city", quality="better", scale=2.5, aspect="widescreen")
    settings = clipit.apply_settings()
    clipit.do_init(settings)
    clipit.do_run(settings)                 # writes output.png
"""

from __future__ import annotations

from storyboard.compat.calls import Calls

_calls = Calls({"use_clipdraw": False})

reset_settings = _calls.reset_settings
add_settings = _calls.add_settings
get_settings = _calls.get_settings
apply_settings = _calls.apply_settings
do_init = _calls.do_init
do_run = _calls.do_run
run = _calls.run
