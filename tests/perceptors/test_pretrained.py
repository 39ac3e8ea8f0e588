"""Tags read from open_clip's source equal those of open_clip itself."""

from __future__ import annotations

import open_clip

from storyboard.perceptors import pretrained
from storyboard.perceptors.pretrained import Weights, tags


def test_the_table_is_open_clips_own() -> None:
    own: dict[str, dict[str, Weights]] = {}
    for architecture, tag in open_clip.list_pretrained():
        config = open_clip.get_pretrained_cfg(architecture, tag)
        weights = Weights(config["url"], config["hf_hub"])
        own.setdefault(architecture, {})[tag] = weights
    assert {name: dict(tags(name)) for name in pretrained._table()} == own


def test_an_architecture_without_weights_has_no_tags() -> None:
    assert tags("ViT-B-17") == {}
