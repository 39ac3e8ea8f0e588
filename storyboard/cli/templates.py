"""The stories that ``storyboard new`` writes, as texts to be filled in."""

from __future__ import annotations

_FRONT = """\
#
#   storyboard check {file}     every error, at once
#   storyboard motion {file}    the camera alone, in seconds
#   storyboard {file}           the film
version: 1
title: {title}
output: {{size: 320x180, fps: 12}}
{audio}
quality: sketch                      # storyboard list qualities
seed: 1
"""

STORY = (
    "# {title}: what this film is about, in a line.\n"
    + _FRONT
    + """
defaults:                            # what every shot has unless it says otherwise
  fade: 1s                           # prompts cross over during a shot's first second
  motion:
    zoom_per_s: 1.05                 # 5 % closer every second
    rotate: 3*sin(2*pi*t/8)          # degrees; storyboard list functions
    # zoom: 1 + 0.06*decay(beat, 6)  # every beat kicks: with audio: {{file: song.mp3, bpm: auto}}

shots:
  - name: dawn
    duration: 4s                     # also 0:04, 96f, and with a bpm 8b or 2 bars
    prompt: a sunset over the sea

  - name: night
    duration: 4s
    # cut: true                      # start from a fresh picture
    prompt:
      - a starry night sky
      - {{text: the moon, weight: {{0s: 0, 2s: 1}}}}   # comes in over two seconds
"""
)
"""A story of two shots. To be given ``title``, ``file`` and ``audio``."""

SONG = (
    "# {title}: a shot for each {what} of {lyrics}.\n"
    + _FRONT
    + """\
# snap: {{to: beat, within: 200ms}}    # lets every shot begin on a beat; storyboard plan shows it

defaults:
  fade: 50%                          # prompts cross over during the first half of a shot
  motion:
    zoom_per_s: 1.05                 # 5 % closer every second

shots:
"""
)
"""The head of a story of lyrics, up to its shots. To be given ``what`` and ``lyrics`` too."""
