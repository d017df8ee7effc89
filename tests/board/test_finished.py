"""A finished run's event file and projector, read with TensorBoard's own reader."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from PIL import Image
from sklearn.metrics import precision_score, recall_score
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.util import tensor_util
from torch import nn

from glassnet.evaluation.forward import Compute
from glassnet.evaluation.predictions import Predictions, read_predictions
from glassnet.run import create_run
from glassnet.tensorboard.finished import Seen, is_written, write_finished
from glassnet.terminal import open_terminal
from glassnet.verbs.complete_board import complete_board
from toys import HALF, Linear, Tiny, pictures

from read_back import accumulate, image_of

NAMES = ("猫\t狗", "b\nc", "ordinary")
TERMINAL = open_terminal(json=True)
INFO = {
    "source": {"name": "toys"},
    "parameters": 7,
    "recipe": {
        "lr": 0.5,
        "flip": True,
        "epochs": 2.0,
        "schedule": "constant",
        "strict": False,
        "weights": None,
    },
}


def predicted(source, seed=0) -> Predictions:
    logits = np.random.default_rng(seed).normal(size=(len(source), len(source.classes))).astype(np.float32)
    logits[np.arange(len(source)), source.labels] += 1
    return Predictions(logits, source.labels, np.asarray(source.paths), source.classes)


def written(path, net=None, source=None, **options):
    """Write a finished run of a toy; give TensorBoard's reader, the run, the split and its predictions."""
    source = pictures(40, split="test", names=NAMES) if source is None else source
    run, judged = create_run(path), predicted(source)
    seen = Seen((net or Tiny()).eval(), HALF, Compute(), {"test": source})
    told = write_finished(run, seen, {"test": judged}, info=INFO, step=9, **options)
    return accumulate(run), run, source, judged, told


def test_pr_curves_are_those_of_scikit_learn(tmp_path):
    reader, _, source, judged, told = written(tmp_path / "run")
    assert told == ()
    tags = [tag for tag in reader.Tags()["tensors"] if "precision" in tag]
    assert tags == [f"test precision and recall/{name}" for name in ("0 猫 狗", "1 b c", "2 ordinary")]
    for label, tag in enumerate(tags):
        (event,) = reader.Tensors(tag)
        curve = tensor_util.make_ndarray(event.tensor_proto)
        assert (event.step, curve.shape) == (9, (6, 127))
        for place in (0, 30, 63, 100):
            said = judged.probabilities[:, label] >= place / 126
            true = source.labels == label
            assert curve[0, place] == (said & true).sum()
            assert curve[4, place] == pytest.approx(precision_score(true, said, zero_division=0))
            assert curve[5, place] == pytest.approx(recall_score(true, said))


def test_hyper_parameters_are_of_the_run_itself(tmp_path):
    reader, run, _, judged, _ = written(tmp_path / "run")
    assert [path for path in (run.path / "tensorboard").iterdir() if path.is_dir()] == [
        run.path / "tensorboard" / "projector"
    ]
    content = reader.SummaryMetadata(hparams_metadata.SESSION_START_INFO_TAG).plugin_data.content
    start = hparams_metadata.parse_session_start_info_plugin_data(content)
    values = {name: value.string_value or value.number_value for name, value in start.hparams.items()}
    assert values == {
        "source": "toys", "parameters": 7, "lr": 0.5, "flip": "yes", "epochs": 2, "schedule": "constant",
        "strict": "no",
    }  # fmt: skip
    content = reader.SummaryMetadata(hparams_metadata.EXPERIMENT_TAG).plugin_data.content
    metrics = hparams_metadata.parse_experiment_plugin_data(content).metric_infos
    assert [metric.name.tag for metric in metrics] == ["result/test accuracy", "result/validation accuracy"]
    (point,) = reader.Scalars("result/test accuracy")
    assert point.value == np.float32((judged.predicted == judged.labels).mean())


def test_images_are_there_and_show_something(tmp_path):
    reader = written(tmp_path / "run")[0]
    tags = reader.Tags()["images"]
    assert tags[:2] == ["confusion/test", "predictions/test"]
    assert tags[2:4] == ["layers/001 conv.conv2d, input", "layers/001 conv.conv2d, output"]
    assert tags[-1].endswith("head.linear, output")
    for tag in tags:
        assert image_of(reader, tag).std() > 5, tag


def test_the_same_run_gives_the_same_content(tmp_path):
    def content(name):
        torch.manual_seed(0)
        _, run, *_ = written(tmp_path / name)
        folder = run.path / "tensorboard"
        files = {
            p.name: p.read_bytes()
            for p in sorted(folder.rglob("*"))
            if p.is_file() and "events" not in p.name
        }
        reader = accumulate(run)
        images = [image_of(reader, tag).tobytes() for tag in reader.Tags()["images"]]
        return files, images, reader.Graph().SerializeToString(deterministic=True)

    assert content("one") == content("two")


def test_writing_again_replaces(tmp_path):
    _, run, source, judged, _ = written(tmp_path / "run")
    seen = Seen(Tiny().eval(), HALF, Compute(), {"test": source})
    write_finished(run, seen, {"test": judged}, info=INFO, step=12)
    assert len(list((run.path / "tensorboard").glob("events*"))) == 1
    assert [point.step for point in accumulate(run).Scalars("result/test accuracy")] == [12]


def rows(path):
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()]


def test_the_projector_reads_features_pixels_labels_and_thumbnails(tmp_path):
    net = Tiny().eval()
    _, run, source, judged, _ = written(tmp_path / "run", net)
    folder = run.path / "tensorboard"
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text("utf-8"), ProjectorConfig())
    features, raw = config.embeddings
    assert (features.tensor_name, raw.tensor_name) == ("features that head reads", "pixels 8×8×1")
    numbers = np.array(rows(folder / features.tensor_path), float)
    assert list(features.tensor_shape) == [40, 64] == list(numbers.shape)
    images = HALF.apply(source.batch(np.arange(40)))
    with torch.no_grad():
        x = torch.nn.functional.max_pool2d(torch.relu(net.norm(net.conv(images))), 2).flatten(1)
    assert np.allclose(numbers, x.numpy(), rtol=1e-5, atol=1e-6)
    assert np.array_equal(
        np.array(rows(folder / raw.tensor_path), int), source.batch(range(40)).reshape(40, -1)
    )
    labels = rows(folder / features.metadata_path)
    assert labels[0] == ["class", "prediction", "right", "probability", "path"]
    assert len(labels) == 41
    plain = ["猫 狗", "b c", "ordinary"]
    for line, label, guess in zip(labels[1:], judged.labels, judged.predicted, strict=True):
        assert line[:3] == [plain[label], plain[guess], "yes" if label == guess else "no"]
    sprite = np.asarray(Image.open(folder / raw.sprite.image_path))
    assert list(raw.sprite.single_image_dim) == [8, 8]
    assert sprite.shape == (56, 56, 3)  # seven cells a row
    assert np.array_equal(sprite[8:16, 8:16, 0], source.batch([8])[0, :, :, 0])


class Functional(nn.Module):
    """The last weights are used by a plain function, and the path hangs on the numbers."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 64))

    def forward(self, images):
        flat = images.flatten(1)
        return nn.functional.linear(flat if float(flat.sum()) > 0 else flat + 1, self.weight)


def test_a_network_of_plain_functions(tmp_path):
    reader, run, _, judged, told = written(tmp_path / "run", Functional())
    assert told == ()
    assert {"images", "weight", "flatten", "linear", "output"} <= set(graph_names(reader))
    text = (run.path / "tensorboard" / "projector_config.pbtxt").read_text("utf-8")
    assert 'tensor_name: "outputs of the network"' in text
    numbers = np.array(rows(run.path / "tensorboard" / "projector" / "points-0.tsv"), float)
    assert np.allclose(numbers, judged.logits, rtol=1e-5)


def graph_names(reader):
    return [node.name for node in reader.Graph().node]


class Raises(Linear):
    def forward(self, images):
        if len(images) == 1:
            raise RuntimeError("two at least")
        return super().forward(images)


def test_a_network_that_cannot_be_recorded_is_told(tmp_path):
    reader, run, _, _, told = written(tmp_path / "run", Raises())
    assert len(told) == 1
    assert told[0].startswith("TensorBoard gets no layers, graph and projector of this network: ")
    assert "confusion/test" in reader.Tags()["images"]
    assert not is_written(run)
    (text,) = reader.Tensors("about/this run/text_summary")
    assert told[0] in tensor_util.make_ndarray(text.tensor_proto)[0].decode()


def test_many_classes_are_cut_and_that_is_said(tmp_path):
    source = pictures(300, classes=25, split="test")
    reader = written(tmp_path / "run", Linear(classes=25), source)[0]
    assert sum("precision" in tag for tag in reader.Tags()["tensors"]) == 20
    (text,) = reader.Tensors("about/this run/text_summary")
    about = tensor_util.make_ndarray(text.tensor_proto)[0].decode()
    assert "precision-recall curves of the first 20 of 25 classes, test" in about


def test_an_old_run_is_completed_from_the_run_alone(finished_run):
    folder = finished_run.path / "tensorboard"
    (new,) = folder.glob("*.finished")
    before = accumulate(finished_run).Tags()
    new.unlink()
    for path in (folder / "projector").iterdir():
        path.unlink()
    (folder / "projector_config.pbtxt").unlink()
    assert complete_board(finished_run, TERMINAL) == ()
    assert is_written(finished_run)
    after = accumulate(finished_run).Tags()
    assert {kind: set(tags) for kind, tags in after.items() if isinstance(tags, list)} == {
        kind: set(tags) for kind, tags in before.items() if isinstance(tags, list)
    }
    assert (folder / "projector_config.pbtxt").is_file()
    assert complete_board(finished_run, TERMINAL) == ()  # nothing to do


def rewritten(run, change):
    path = run.path / "run.json"
    info = json.loads(path.read_text("utf-8"))
    change(info)
    path.write_text(json.dumps(info), "utf-8")
    for old in (run.path / "tensorboard").glob("*.finished"):
        old.unlink()


def test_what_is_missing_is_told(finished_run):
    def elsewhere(info):
        info["source"]["name"] = "/nowhere/pictures"

    rewritten(finished_run, elsewhere)
    (told,) = complete_board(finished_run, TERMINAL)
    assert told.startswith("no layers, graph, projector and pictures of predictions: ")
    tags = accumulate(finished_run).Tags()
    assert {"confusion/val", "confusion/test"} <= set(tags["images"])
    assert "result/test accuracy" in tags["scalars"]
    assert not is_written(finished_run)


def test_other_pictures_than_at_the_training_are_told(finished_run):
    def changed(info):
        info["source"]["splits"]["test"]["fingerprint"] = "0" * 32

    rewritten(finished_run, changed)
    assert complete_board(finished_run, TERMINAL) == (
        "no layers, graph, projector and pictures of predictions: "
        "the test split has other pictures than at the training",
    )


def test_a_run_that_is_not_finished(finished_run):
    rewritten(finished_run, lambda info: info.update(status="running"))
    assert complete_board(finished_run, TERMINAL) == (
        "finished: layers, graph, projector and curves follow when it has finished; it is running",
    )


def test_a_training_writes_it_all(shared_run):
    reader = accumulate(shared_run)
    tags = reader.Tags()
    assert is_written(shared_run)
    assert {"confusion/test", "confusion/val", "predictions/test", "predictions/val"} <= set(tags["images"])
    assert {"layers/001 conv1.conv2d, input"} <= set(tags["images"]) or any(
        "layers/" in t for t in tags["images"]
    )
    assert tags["graph"]
    assert {"result/test accuracy", "result/validation accuracy", "step/weight norm"} <= set(tags["scalars"])
    test = read_predictions(shared_run.predictions("test"))
    assert reader.Scalars("result/test accuracy")[0].value == np.float32(
        (test.predicted == test.labels).mean()
    )
