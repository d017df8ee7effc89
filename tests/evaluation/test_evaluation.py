"""Judging: pictures through a network, predictions on disk, and scores against scikit-learn and SciPy."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from torch import nn

from glassnet.errors import GlassnetError, RunError
from glassnet.evaluation import forward as module
from glassnet.evaluation.confusion import confusion
from glassnet.evaluation.forward import Compute, Judging, forward, forward_split, random_kept
from glassnet.evaluation.predictions import Predictions, read_predictions
from glassnet.evaluation.scores import score, wilson
from glassnet.pictures.scale import Scale
from toys import HALF, Linear, Tiny, pictures, same_bits, weights_of


def ran(events):
    told = []
    while True:
        try:
            told.append(next(events))
        except StopIteration as end:
            return told, end.value


@pytest.mark.parametrize("kind", [Linear, Tiny])
@pytest.mark.parametrize("batch", [1, 4, 1000])
def test_a_split_gives_what_a_plain_loop_gives(kind, batch, monkeypatch):
    monkeypatch.setattr(module, "BATCH_BYTES", 4 * 64 * batch)
    torch.manual_seed(0)
    net, source = kind(), pictures(10).take([7, 3, 9, 0, 1], split="val")
    before = weights_of(net)
    told, logits = ran(forward_split(net, source, HALF, Compute()))
    assert [event.done for event in told] == sorted({min(n, 5) for n in range(batch, 5 + batch, batch)})
    assert {event.total for event in told} == {5}
    assert logits.shape == (5, 3)
    assert logits.dtype == torch.float32
    exact = kind().double().eval()
    exact.load_state_dict(net.state_dict())
    for row, image in zip(logits, source.batch(range(5)), strict=True):
        pixels = (torch.from_numpy(image[None]).permute(0, 3, 1, 2).double() / 255 - 0.5) / 0.5
        assert torch.allclose(row.double(), exact(pixels)[0], atol=1e-5)
    assert same_bits(before, weights_of(net))
    assert all(p.grad is None for p in net.parameters())


def modes(net):
    return [part.training for part in net.modules()]


class Breaks(Tiny):
    def forward(self, images):
        if len(images) < 4:
            raise RuntimeError("broken")
        return super().forward(images)


def test_every_modules_mode_is_put_back_whatever_happens(monkeypatch):
    monkeypatch.setattr(module, "BATCH_BYTES", 4 * 64 * 4)
    net = Breaks().train()
    net.norm.eval()  # frozen by a person
    before = modes(net)
    events = forward_split(net, pictures(10), HALF, Compute())
    assert next(events) == Judging(4, 10)
    assert not any(modes(net))
    events.close()
    assert modes(net) == before
    with pytest.raises(RuntimeError, match="broken"):
        ran(forward_split(net, pictures(10), HALF, Compute()))
    assert modes(net) == before
    ran(forward_split(net, pictures(8), HALF, Compute()))
    assert modes(net) == before


def test_random_generators_are_put_back_at_each_event():
    class Noisy(Linear):
        def forward(self, images):
            noise = random.random() + float(np.random.rand()) + float(torch.rand(()))
            return super().forward(images) + torch.tensor([noise, 0, 0])

    def now():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    net = Noisy()
    before = now()
    for _ in forward_split(net, pictures(10), HALF, Compute()):
        assert now() == before
    with pytest.raises(ZeroDivisionError), random_kept():
        random.random()
        np.random.rand()
        torch.rand(1)
        _ = 1 / 0
    assert now() == before


def test_one_batch_gives_logits_without_gradients():
    class Wrapped(Linear):
        def forward(self, images):
            return {"logits": super().forward(images).half()}

    logits = forward(Wrapped().eval(), torch.zeros(2, 1, 8, 8), Compute())
    assert logits.dtype == torch.float32
    assert not logits.requires_grad


class Small(Linear):
    """Holds at most so many pictures at a time."""

    most = 3

    def forward(self, images):
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore words")
        return super().forward(images)


def test_a_batch_that_does_not_fit_goes_in_parts_and_gives_the_same(monkeypatch):
    monkeypatch.setattr(module, "BATCH_BYTES", 4 * 64 * 8)
    torch.manual_seed(0)
    net = Small()
    plain = Linear()
    plain.load_state_dict(net.state_dict())
    source = pictures(10)
    _, logits = ran(forward_split(net, source, HALF, Compute()))
    assert torch.allclose(logits, ran(forward_split(plain, source, HALF, Compute()))[1], atol=1e-6)
    monkeypatch.setattr(Small, "most", 0)
    with pytest.raises(GlassnetError) as caught:
        ran(forward_split(net, source, HALF, Compute()))
    assert str(caught.value) == (
        "the memory does not hold one picture in this network\n  where: cpu\n"
        "  got: CUDA out of memory. Tried to allocate 2 GiB\n"
        "  hint: close other programs, or use a machine with more memory"
    )


def test_flip_is_the_mean_of_a_picture_and_its_mirror_image():
    torch.manual_seed(0)
    net, source = Tiny().eval(), pictures(7)
    _, plain = ran(forward_split(net, source, HALF, Compute()))
    mirrored = replace(source, images=np.ascontiguousarray(source.images[:, :, ::-1]))
    _, turned = ran(forward_split(net, mirrored, HALF, Compute()))
    _, both = ran(forward_split(net, source, HALF, Compute(), flip=True))
    assert torch.allclose(both, (plain + turned) / 2, atol=1e-6)
    assert not torch.allclose(both, plain, atol=1e-3)


def test_bfloat16_and_strict_are_for_one_batch_only():
    net = Tiny().eval()
    images = torch.randn(4, 1, 8, 8)
    exact = forward(net, images, Compute())
    rounded = forward(net, images, Compute(precision="bfloat16", strict=True))
    assert not torch.equal(exact, rounded)
    assert torch.allclose(exact, rounded, atol=0.1)
    assert not torch.is_autocast_enabled("cpu")
    assert not torch.are_deterministic_algorithms_enabled()

    class Puts(nn.Module):
        def forward(self, images):
            return images.clone().put_(torch.tensor([0, 0]), torch.ones(2))

    with pytest.raises(RuntimeError, match="does not have a deterministic implementation"):
        forward(Puts(), images, Compute(strict=True))
    assert not torch.are_deterministic_algorithms_enabled()


def test_scaling_each_channel():
    scale = Scale((0.5, 0.25, 0.1), (0.5, 0.2, 0.3))
    source = pictures(4, channels=3)
    for order in ("contiguous", "channels-last"):
        scaled = scale.apply(source.images, memory_format=order).numpy()
        expected = (
            source.images.transpose(0, 3, 1, 2) / 255 - np.array(scale.mean)[:, None, None]
        ) / np.array(scale.deviation)[:, None, None]
        assert np.allclose(scaled, expected, atol=1e-5)


# --- predictions


@st.composite
def predictions(draw):
    count, classes = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
    row = st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=classes, max_size=classes)
    logits = draw(st.lists(row, min_size=count, max_size=count))
    return Predictions(
        np.array(logits, np.float32).reshape(count, classes),
        np.array(draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)), np.int64),
        np.array(draw(st.lists(names, min_size=count, max_size=count))),
        tuple(draw(st.lists(names, min_size=classes, max_size=classes))),
    )


@settings(max_examples=60, deadline=None)
@given(predictions())
def test_predictions_are_read_back_as_they_were(tmp_path_factory, given_ones):
    path = tmp_path_factory.getbasetemp() / "predictions.npz"
    data = given_ones.to_bytes()
    assert data == given_ones.to_bytes()  # the same numbers give the same file
    path.write_bytes(data)
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["classes", "labels", "logits", "paths"]
    read = read_predictions(path)
    assert np.array_equal(read.logits, given_ones.logits)
    assert np.array_equal(read.labels, given_ones.labels)
    assert read.paths.tolist() == given_ones.paths.tolist()
    assert read.classes == given_ones.classes
    assert np.allclose(read.probabilities, softmax(given_ones.logits.astype(np.float64), axis=1), atol=1e-12)
    assert np.array_equal(read.predicted, given_ones.logits.argmax(1))


def arrays_of(**changes):
    whole = {
        "logits": np.zeros((4, 3), np.float32), "labels": np.zeros(4, np.int64),
        "paths": np.array(["a"] * 4), "classes": np.array(["x", "y", "z"]),
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, **{key: value for key, value in (whole | changes).items() if value is not None})
    return buffer.getvalue()


def with_member(name, content):
    buffer = io.BytesIO(arrays_of(**{name: None}))
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def huge_array():
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<f4", "fortran_order": False, "shape": (1 << 50, 3)}
    )
    return buffer.getvalue()


def one_array():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


DAMAGED = {
    "missing": None, "empty": b"", "text": b"not a zip", "cut": arrays_of()[:300],
    "one array": one_array(),
    "key": arrays_of(labels=None), "pickle": arrays_of(paths=np.array([{}], dtype=object)),
    "huge": with_member("logits", huge_array()), "no array": with_member("logits", b"\x93NUMPY\x01"),
    "labels": arrays_of(labels=np.zeros(3, np.int64)), "classes": arrays_of(classes=np.array(["x"])),
    "flat": arrays_of(logits=np.zeros(4, np.float32)), "pickled file": b"\x80\x04N.",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_predictions_are_an_error(tmp_path, damage):
    path = tmp_path / "predictions-test.npz"
    if DAMAGED[damage] is not None:
        path.write_bytes(DAMAGED[damage])
    with pytest.raises(RunError) as caught:
        read_predictions(path)
    assert caught.value.what == "the predictions cannot be read"
    assert caught.value.parts["where"] == str(path)


# --- scores


LABELS = st.integers(2, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(
            st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)), min_size=1, max_size=60
        ),
    )
)


@settings(max_examples=100, deadline=None)
@given(LABELS)
def test_scores_are_those_of_scikit_learn(drawn):
    classes, pairs = drawn
    labels, predicted = np.array(pairs).T
    names = [f"class {i}" for i in range(classes)]
    scores = score(labels, predicted, names)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=range(classes), zero_division=np.nan
    )
    assert scores.accuracy == pytest.approx(accuracy_score(labels, predicted), abs=1e-12)
    assert scores.images == len(labels)
    assert np.array_equal(
        confusion(labels, predicted, classes), confusion_matrix(labels, predicted, labels=range(classes))
    )
    for index, entry in enumerate(scores.per_class):
        assert entry.name == names[index]
        assert entry.support == support[index]
        for ours, theirs in ((entry.precision, precision[index]), (entry.recall, recall[index])):
            assert (ours is None) == bool(np.isnan(theirs))
            assert ours is None or ours == pytest.approx(theirs, abs=1e-12)
        if entry.support or (predicted == index).any():
            assert entry.f1 == pytest.approx(np.nan_to_num(f1[index]), abs=1e-12)
        else:
            assert entry.f1 is None


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 100_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_is_wilsons(drawn):
    right, total = drawn
    expected = binomtest(right, total).proportion_ci(0.95, method="wilson")
    assert wilson(right, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_classes_without_pictures_have_no_figures():
    scores = score(np.array([0, 0]), np.array([0, 2]), ["a", "b", "c", "d"])
    assert [entry.recall for entry in scores.per_class] == [0.5, None, None, None]
    assert [entry.precision for entry in scores.per_class] == [1.0, None, 0.0, None]
    assert [entry.f1 for entry in scores.per_class] == [2 / 3, None, 0.0, None]
    assert [entry.support for entry in scores.per_class] == [2, 0, 0, 0]
