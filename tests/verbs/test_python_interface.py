"""The verbs from Python: a person's own network, loop, thread, script; nothing is left changed."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import glassnet
from glassnet.verbs.train import InterruptedTrainingError
from glassnet.verbs.trial import NUM_STEPS as NUM_TRIAL_STEPS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("alone")


class Net(nn.Module):
    """As a tutorial writes it."""

    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(28 * 28, 10))

    def forward(self, images):
        return self.head(self.flatten(images))


def test_the_contents_page_is_true():
    for name in glassnet.__all__:
        assert getattr(glassnet, name) is not None
    assert set(dir(glassnet)) == set(glassnet.__all__)
    with pytest.raises(AttributeError, match="module 'glassnet' has no attribute 'trian'"):
        _ = glassnet.trian


def test_ones_own_module_gets_the_best_weights(tmp_path, capfd):
    net = Net()
    run = glassnet.train(net, "fashion-mini", epochs=0.1, out=tmp_path / "one")
    other = Net()
    other.load_state_dict(load_file(run.weights("best")))
    assert not net.training
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))
    assert capfd.readouterr().out == ""
    again = glassnet.evaluate(run, net=other)
    assert again.accuracy == run.info["result"]["test_accuracy"]
    assert other.training


def test_the_same_bits_twice_and_nothing_left_changed(tmp_path):
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)
    state = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    settings = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic
    runs = [
        glassnet.train("lenet", epochs=0.1, out=tmp_path / name, options=glassnet.Recipe(strict=True))
        for name in "ab"
    ]
    first, second = (run.weights("last").read_bytes() for run in runs)
    assert first == second
    assert torch.equal(state[0], torch.get_rng_state())
    assert state[1:] == (random.getstate(), np.random.get_state()[1].tolist())
    assert handlers == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    assert settings == (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic)


def test_ones_own_loop():
    state = glassnet.begin(Net(), "fashion-mini", epochs=1, batch=600, options=glassnet.Recipe(val=0.2))
    kinds = [type(event) for event in glassnet.events(state)]
    assert kinds.count(glassnet.Step) == 8
    assert kinds.count(glassnet.Epoch) == 1
    assert kinds[-1] is glassnet.Finished
    assert glassnet.Judging in kinds
    assert len(state.val) == 1200


def test_pictures_and_dicts_as_a_source(tmp_path):
    splits = glassnet.load("fashion-mini")
    run = glassnet.train("lenet", splits, epochs=0.05, out=tmp_path / "one")
    by_name = glassnet.train("lenet", "fashion-mini", epochs=0.05, out=tmp_path / "two")
    assert run.weights("last").read_bytes() == by_name.weights("last").read_bytes()
    assert glassnet.evaluate(run, splits["test"]).accuracy == run.info["result"]["test_accuracy"]
    for use in (glassnet.evaluate, lambda run: glassnet.train(resume=run)):
        with pytest.raises(glassnet.GlassnetError) as caught:
            use(run)
        assert caught.value.what == "the run was trained on picture objects"
    only_test = {"test": splits["test"]}
    with pytest.raises(glassnet.GlassnetError) as caught:
        glassnet.train("lenet", only_test)
    assert caught.value.what == "the source has no training pictures"
    nine = splits["test"].take(np.flatnonzero(splits["test"].labels < 9), split="test")
    fewer = splits | {"test": replace(nine, classes=nine.classes[:9])}
    with pytest.raises(glassnet.GlassnetError) as caught:
        glassnet.train("lenet", fewer)
    assert caught.value.what == "the splits do not have the same classes"


def test_in_a_thread(tmp_path):
    runs = []
    thread = threading.Thread(
        target=lambda: runs.append(glassnet.train("lenet", epochs=0.05, out=tmp_path / "one"))
    )
    thread.start()
    thread.join()
    assert runs[0].info["status"] == "finished"


def test_in_a_script_without_a_main_guard(tmp_path, animals):
    script = tmp_path / "script.py"
    script.write_text(
        "import glassnet\n"
        "from torch import nn\n"
        "net = nn.Sequential(nn.Flatten(), nn.Linear(20 * 16 * 3, 3))\n"
        f"run = glassnet.train(net, {str(animals)!r}, epochs=1, batch=8)\n"
        "print(run.info['status'])\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout == "finished\n"
    assert len(list((tmp_path / "runs").iterdir())) == 1


@pytest.fixture
def at_step(monkeypatch) -> Callable[[int, Callable[[], None]], None]:
    """Do something while a step is taken; steps of the check before the training count from the first."""
    from glassnet.training import loop

    real = loop._take_step

    def do(number: int, action: Callable[[], None]) -> None:
        steps = itertools.count(1)

        def take_step(*arguments):
            if next(steps) == number:
                action()
            return real(*arguments)

        monkeypatch.setattr(loop, "_take_step", take_step)

    return do


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


STOPPED = (InterruptedTrainingError, KeyboardInterrupt)  # pytest itself must not get one, it would end


def test_ctrl_c_in_python(tmp_path, at_step):
    """The signal comes while a step is taken; the training ends after it, and goes on to the same bits."""
    whole = glassnet.train("lenet", epochs=0.2, out=tmp_path / "whole")
    at_step(NUM_TRIAL_STEPS + 3, interrupt)
    with pytest.raises(STOPPED) as caught:
        glassnet.train("lenet", epochs=0.2, out=tmp_path / "one")
    assert isinstance(caught.value, InterruptedTrainingError)
    assert caught.value.parts["where"] == "step 3 of 9"
    run = glassnet.train(resume=tmp_path / "one")
    assert run.weights("last").read_bytes() == whole.weights("last").read_bytes()


def test_ctrl_c_before_the_first_step(tmp_path, at_step):
    """Nothing has been written, so that the same folder can be used again."""
    handler = signal.getsignal(signal.SIGINT)
    at_step(1, interrupt)
    with pytest.raises(STOPPED) as caught:
        glassnet.train("lenet", epochs=0.05, out=tmp_path / "one")
    assert isinstance(caught.value, KeyboardInterrupt)
    assert signal.getsignal(signal.SIGINT) is handler
    assert glassnet.train("lenet", epochs=0.05, out=tmp_path / "one").info["status"] == "finished"


def test_a_second_ctrl_c_ends_at_once(tmp_path, at_step):
    def impatient():
        interrupt()
        time.sleep(0.01)  # the first is handled before the second comes
        interrupt()

    at_step(NUM_TRIAL_STEPS + 1, impatient)
    with pytest.raises(STOPPED) as caught:
        glassnet.train("lenet", epochs=0.2, out=tmp_path / "one")
    assert isinstance(caught.value, InterruptedTrainingError)
    assert caught.value.what == "stopped at once; it goes on from the last checkpoint"
    assert glassnet.open_run(tmp_path / "one").info["status"] == "interrupted"


def test_stopped_while_it_is_judged(tmp_path, monkeypatch):
    from glassnet.verbs import finish

    def impatient(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(finish, "score", impatient)
        with pytest.raises(InterruptedTrainingError):
            glassnet.train("lenet", epochs=0.1, out=tmp_path / "one")
    run = glassnet.train(resume=tmp_path / "one")
    assert run.info["result"]["steps"] == 4
    assert run.info["result"]["test_accuracy"] is not None


def test_weights_to_start_from(tmp_path, shared_run):
    run = glassnet.train(
        "lenet", epochs=0.05, lr=0.0, weights=shared_run.weights("best"), out=tmp_path / "one"
    )
    assert run.info["result"]["test_accuracy"] == shared_run.info["result"]["test_accuracy"]
    with pytest.raises(glassnet.GlassnetError) as caught:
        glassnet.train(Net(), weights=shared_run.weights("best"))
    assert caught.value.what == "weights are for a NET by name"


def test_a_changed_file_of_a_network_on_resume(tmp_path):
    text = "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n"
    text += "        super().__init__(nn.Flatten(), nn.Linear(784, 10))\n"
    (tmp_path / "net.py").write_text(text)
    glassnet.train(f"{tmp_path}/net.py:Net", epochs=0.05, out=tmp_path / "one")
    (tmp_path / "net.py").write_text(text + "# another thought\n")
    with pytest.raises(glassnet.GlassnetError) as caught:
        glassnet.train(f"{tmp_path}/net.py:Net", resume=tmp_path / "one")
    assert caught.value.parts["got"] == f"network, code: {tmp_path}/net.py has changed"
    assert "--accept-changes" in caught.value.parts["hint"]
    run = glassnet.train(f"{tmp_path}/net.py:Net", resume=tmp_path / "one", accept_changes=True)
    assert run.info["status"] == "finished"
    assert (run.path / "net" / "net.py").read_text().endswith("# another thought\n")
