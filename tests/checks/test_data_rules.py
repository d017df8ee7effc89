"""What the rules about data read: names, levels, labels, contents and lines of scripts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, Subset, TensorDataset
from torchvision import transforms

from glassnet.checks.agreement import agreement_of, clustering_of, features_of
from glassnet.checks.batches import as_pictures, class_labels, is_channels_last, is_named_held_out
from glassnet.checks.contents import contents_of, keys_of
from glassnet.checks.levels import levels_of, same_levels
from glassnet.checks.rules import RULES
from glassnet.checks.script_lines import line_of_call, origins_of, without_other_keys
from glassnet.checks.seen import Seen
from glassnet.checks.transforms_of import numbers_of, steps_of
from glassnet.checks.wording import page_of
from glassnet.trace.trace import Source

ROWS = range(63, 74)


@pytest.mark.parametrize("name", ["test_loader", "valDataLoader", "dl_valid", "X_test", "dev_set"])
def test_names_of_held_out_data(name):
    assert is_named_held_out([name])


@pytest.mark.parametrize("name", ["train_loader", "loader", "train_eval_loader", "value", "latest"])
def test_names_of_other_data(name):
    assert not is_named_held_out([name])


def test_levels_of_normalised_bytes():
    pixels = torch.randint(0, 256, (8, 28, 28))
    levels = levels_of((pixels / 255 - 0.1307) / 0.3081)
    assert levels is not None
    assert levels.step == pytest.approx(1 / 255 / 0.3081, rel=1e-4)
    assert same_levels(levels, levels_of((pixels[:4] / 255 - 0.1307) / 0.3081))
    assert not same_levels(levels, levels_of(pixels / 255))


def test_random_numbers_have_no_levels():
    assert levels_of(torch.randn(4, 28, 28)) is None


def test_one_hot_rows_are_labels():
    labels = torch.tensor([2, 0, 1])
    assert class_labels(torch.nn.functional.one_hot(labels).float(), 3).tolist() == [2, 0, 1]
    assert class_labels(torch.rand(3), 3) is None


def test_shapes_of_pictures():
    assert is_channels_last((8, 32, 32, 3))
    assert not is_channels_last((8, 3, 32, 32))
    assert as_pictures(torch.zeros(5, 784)).shape == (5, 1, 28, 28)
    assert as_pictures(torch.zeros(5, 20)) is None


def test_contents_of_parts_of_datasets():
    images, labels = torch.randn(20, 1, 5, 5), torch.arange(20)
    whole = TensorDataset(images, labels)
    part = contents_of(Subset(whole, [3, 1]))
    assert part.labels.tolist() == [3, 1]
    assert part.keys.tolist() == contents_of(whole).keys[[3, 1]].tolist()
    assert len(contents_of(ConcatDataset([whole, whole])).keys) == 40


def test_blank_samples_have_no_key():
    rows = np.ones((2, 30), np.float32)
    rows[1, 3] = 0
    assert keys_of(rows)[0] == -1
    assert keys_of(rows)[1] != -1


def test_transforms_in_their_order():
    class Pictures(torch.utils.data.Dataset):
        def __init__(self):
            self.transform = transforms.Compose(
                [transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize(0.5, 0.25)]
            )

        def __len__(self):
            return 1

    steps = steps_of(Subset(Pictures(), [0]))
    assert [(step.name, step.random) for step in steps] == [
        ("RandomHorizontalFlip", True), ("ToTensor", False), ("Normalize", False),
    ]  # fmt: skip
    assert numbers_of(steps[2]) == ((0.5,), (0.25,))


def test_lines_behind_a_loader(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "tf = {'train': Compose([ToTensor(),\n"
        "  Normalize(0, 1)]), 'val': Compose([\n"
        "    ToTensor()])}\n"
        "def get(root):\n"
        "    return Folder(root, tf['val'])\n"
        "data = get('x')\n"
        "val = DataLoader(data)\n"
    )
    origins = origins_of(Source(str(script), 7, "<module>"))
    assert line_of_call(origins, ("ToTensor",)).line == 1
    assert line_of_call(without_other_keys(origins, ("val",)), ("ToTensor",)).line == 3


def drawn(seed: int, signal: float) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(5, (400,), generator=generator)
    patterns = torch.randn(5, 100, generator=generator)
    return features_of(signal * patterns[labels] + torch.randn(400, 100, generator=generator)), labels


def test_true_and_false_labels():
    features, labels = drawn(0, 1.0)
    assert agreement_of(features, labels).wrong < 0.02
    false = labels.clone()
    false[:100] = (false[:100] + 1) % 5
    agreement = agreement_of(features, false)
    assert agreement.wrong == pytest.approx(0.25, abs=0.05)
    assert agreement.ratio > 0.9


def test_clusters_and_none():
    assert clustering_of(drawn(0, 1.0)[0], 5) > 1.3
    assert clustering_of(drawn(0, 0.0)[0], 5) < 1.15


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.row in ROWS], ids=lambda rule: rule.code)
def test_rules_bear_nothing_at_all(rule):
    assert list(rule.find(Seen("watch"))) == []
    assert list(rule.find(Seen("check"))) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.row in ROWS], ids=lambda rule: rule.code)
def test_texts_have_the_same_forms(rule):
    english, chinese = page_of(rule.code, "en"), page_of(rule.code, "zh")
    assert english["message"].keys() == chinese["message"].keys()
    assert english.get("mends", {}).keys() == chinese.get("mends", {}).keys()
