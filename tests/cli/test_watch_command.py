"""`glassnet watch` runs a script as Python does: each script here runs with and without it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRAIN = """\
import torch, sys, os
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
images, labels = torch.randn(16, 3), torch.arange(16) % 2
def step():
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
for _ in range(3): print(step())
"""
WATCHED = "glassnet  Sequential: "


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str


def ran(command: list[object], *, stdin: str = "", env: dict[str, str] | None = None) -> Ended:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLASSNET_LANG": "en", **(env or {})}
    done = subprocess.run(
        [sys.executable, *map(str, command)], input=stdin, capture_output=True, text=True, encoding="utf-8",
        timeout=500, check=False, env=environment,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def watched(*words: object, stdin: str = "", env: dict[str, str] | None = None) -> Ended:
    return ran(["-m", "glassnet.cli.app", "watch", *words], stdin=stdin, env=env)


@pytest.fixture(autouse=True)
def _alone(alone) -> None:
    pass


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Write a script."""

    def write(text: str, name: str = "train.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    return write


def alike(*words: object, stdin: str = "", env: dict[str, str] | None = None) -> str:
    """Run a script with and without `watch`; its output and its exit code must be the same.

    Returns:
        What `watch` wrote to standard error after what the script wrote there.
    """
    plain, under = ran([*words], stdin=stdin, env=env), watched(*words, stdin=stdin, env=env)
    assert under.out == plain.out
    assert under.err.startswith(plain.err)
    assert under.code == plain.code
    told = under.err.removeprefix(plain.err)
    assert told.count("glassnet  ") == 1
    return told


def test_what_a_script_sees_of_itself(script):
    script("VALUE = 7", "train/beside.py")
    script(
        """\
        import __main__, atexit, inspect, logging, os, pickle, sys, threading, time, warnings
        import beside
        class Own:
            pass
        print(sorted(set(globals()) - {"__main__"}), __main__.__dict__ is globals(), beside.VALUE)
        print(__file__, __name__, __package__, __spec__, type(__loader__), __doc__, __annotations__, __builtins__)
        print(sys.argv, sys.path, os.getcwd(), sys.flags, sys.executable)
        print(type(pickle.loads(pickle.dumps(Own()))), Own.__module__, inspect.getsource(Own), sys.stdin.read())
        print(sys.stdout.errors, sys.stderr.errors, sys.stdout.encoding, sys.excepthook, sys.getrecursionlimit())
        print(logging.getLogger().handlers, logging.getLogger().level, sorted(os.environ))
        print(threading.active_count(), threading.current_thread().name, sys.gettrace(), sys.getprofile())
        import torch
        print([kept[:3] for kept in warnings.filters], torch.get_num_threads(), torch.is_grad_enabled())
        warnings.warn("mine")
        warnings.warn("mine", DeprecationWarning)
        def late():
            time.sleep(0.5)
            print("late")
        threading.Thread(target=late).start()
        atexit.register(print, "at exit")
        os.chdir("/")
        print("猫", file=sys.stderr)
        """,
        "train/main.py",
    )
    told = alike("train/main.py", "a b", "--json", "--", "-m", "--steps", "x", stdin="given\n猫")
    assert (
        told
        == "\nglassnet  no network of PyTorch was called: there is nothing to judge\n\nno mistake found\n"
    )


ENDINGS = {
    "end": ("", ""),
    "code": ("sys.exit(7)", ""),
    "minus": ("sys.exit(-1)", ""),
    "none": ("sys.exit()", ""),
    "text": ("sys.exit('I stop')", ""),
    "thing": ("sys.exit(('a', 2))", ""),
    "exit now": ("sys.stdout.flush(); os._exit(5)", ""),
    "error": ("def inner():\n    step(), 1 / 0\ninner()", "  train.py:14: ZeroDivisionError: division by zero\n"),
    "caused": (
        "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('mine') from error",
        "  train.py:16: ValueError: mine\n",
    ),
    "group": (
        "raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])",
        "  train.py:13: ExceptionGroup: several (2 sub-exceptions)\n",
    ),
    "no Exception": ("class Odd(BaseException): pass\nraise Odd('mine')", "  train.py:14: Odd: mine\n"),
    "own hook": (
        "sys.excepthook = lambda kind, error, trace: print('hook', kind, error, trace.tb_lineno)\nraise ValueError('x')",
        "  train.py:14: ValueError: x\n",
    ),
    "broken hook": (
        "def hook(*error):\n    raise TypeError('hook')\nsys.excepthook = hook\nraise ValueError('x')",
        "  train.py:16: ValueError: x\n",
    ),
    "closed output": ("sys.stdout.flush(); sys.stdout.close()", ""),
    "other output": ("import io; sys.stdout = sys.stderr = io.StringIO(); print('x')", ""),
    "no threads are left": ("from concurrent.futures import *\nThreadPoolExecutor().submit(print, 'pool').result()", ""),
}  # fmt: skip

AFTER_A_TRAINING = {"end", "exit now", "error", "closed output"}  # the others do without, and load no PyTorch
NO_TRAINING = "import sys, os" + "\n" * TRAIN.count("\n")


@pytest.mark.parametrize("ending", ENDINGS)
def test_how_a_script_ends(script, ending):
    text, told = ENDINGS[ending]
    script((TRAIN if ending in AFTER_A_TRAINING else NO_TRAINING) + text + "\n")
    report = alike("train.py")
    if ending in AFTER_A_TRAINING:
        assert report.startswith(f"\n{WATCHED}{4 if ending == 'error' else 3} optimizer steps")
    else:
        assert report.startswith("\nglassnet  no network of PyTorch was called: there is nothing to judge\n")
    assert report.split("\n", 2)[2].startswith(told or "\n")


@pytest.mark.parametrize("step", [0, 40])
@pytest.mark.parametrize(
    "fault",
    [
        "net(torch.ones(2, 5))",
        "torch.nn.CrossEntropyLoss()(net(images), labels[:3])",
        "torch.nn.functional.cross_entropy(net(images), labels + 1)",
        "images @ images",
        "loss = net(images).sum(); loss.backward(); loss.backward()",
        "net(images).backward()",
        "net(images) + torch.ones(5)",
        "net.load_state_dict({'0.weight': torch.ones(1)})",
        "torch.optim.SGD([], lr=1)",
        "list(torch.utils.data.DataLoader([torch.ones(1), torch.ones(2)], batch_size=2))",
    ],
)
def test_the_traceback_is_pythons_own(tmp_path, monkeypatch, fault, step):
    """All in one process: what an uncaught error shows under a watch and without one."""
    from glassnet.watching.observe import observe
    from glassnet.watching.script import read_script, run_script
    from glassnet.watching.uncaught import clean

    (tmp_path / "train.py").write_text(
        TRAIN.replace("range(3)", f"range({step})") + f"def f():\n    {fault}\nf()\n"
    )
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    told = []
    for watches in (False, True):
        try:
            if watches:
                with observe():
                    run_script(read_script("train.py"), [])
            else:
                run_script(read_script("train.py"), [])
        except Exception as error:
            clean(error)
            trace, places = error.__traceback__, []
            while trace is not None:
                places.append(
                    (trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name)
                )
                trace = trace.tb_next
            told.append((type(error), str(error), [place for place in places if place[0] != __file__]))
    assert told[0] == told[1]
    assert told[0][2][0][0] == str(tmp_path / "train.py")


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(script, number):
    script(TRAIN + "print('ready', flush=True)\nwhile True: step()\n")
    command = [sys.executable, "-m", "glassnet.cli.app", "watch", "--json", "train.py"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    while running.stderr.readline() != "ready\n":
        pass
    time.sleep(0.5)
    running.send_signal(number)
    out, err = running.communicate(timeout=200)
    told = json.loads(out)
    assert out.count("\n") == 1
    assert f"\n{WATCHED}" in err
    assert "Traceback" not in err
    assert told["steps"] > 3
    if number == signal.SIGINT:
        assert (running.returncode, told["exit_code"], told["ended"]) == (130, 130, "interrupted")
    else:
        assert (running.returncode, told["exit_code"]) == (-signal.SIGTERM, 143)


def test_an_interrupt_that_the_script_catches(script):
    script(TRAIN + "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt:\n    print('saved')\n")
    assert WATCHED in alike("train.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_children(script):
    """Forked, by os and by multiprocessing; spawned; terminated; a loader's workers of both kinds."""
    script(
        TRAIN
        + textwrap.dedent("""\
        import multiprocessing, signal, time, warnings
        from torch.utils.data import DataLoader
        warnings.filterwarnings("ignore", "This DataLoader")
        class Data(torch.utils.data.Dataset):
            def __len__(self):
                return 4
            def __getitem__(self, place):
                return torch.full((2,), place), torch.utils.data.get_worker_info() is not None
        def work(number):
            print("child", number, step() if number else None, flush=True)
            sys.exit(number)
        def wait():
            time.sleep(100)
        def main():
            sys.stdout.flush()
            child = os.fork()
            if not child:
                print("forked", step())
                sys.exit(3)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            child = os.fork()
            if not child:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # CPython writes an object's address to it
                sys.stderr.close()
                raise ValueError("in the child")
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            for way in ("fork", "spawn"):
                context = multiprocessing.get_context(way)
                child = context.Process(target=work, args=(2 if way == "fork" else 0,))
                sys.stdout.flush()
                child.start()
                child.join()
                print(way, child.exitcode)
                loader = DataLoader(Data(), 2, num_workers=1, multiprocessing_context=way)
                print([batch for batch in loader])
            child = multiprocessing.get_context("fork").Process(target=wait)
            child.start()
            time.sleep(0.3)
            child.terminate()
            child.join()
            print("terminated", child.exitcode)
        """).replace("for _ in", "for _ in")
        + "if __name__ == '__main__':\n    main()\n"
    )
    assert WATCHED in alike("train.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_daemon(script, tmp_path):
    """It forks twice; the parents leave by os._exit; the grandchild trains and writes a file."""
    script(
        "import os, sys, time\n"
        "for _ in range(2):\n"
        "    if os.fork(): os._exit(0)\n"
        "    os.setsid()\n" + TRAIN + "open(sys.argv[1] + '~', 'w').write(str(step()))\n"
        "os.rename(sys.argv[1] + '~', sys.argv[1])\n"
    )
    found = []
    for name, run in (
        ("plain", lambda name: ran(["train.py", name])),
        ("watched", lambda name: watched("train.py", name)),
    ):
        ended = run(name)
        until = time.monotonic() + 100
        while not (tmp_path / name).exists() and time.monotonic() < until:
            time.sleep(0.1)
        found.append((ended.code, ended.out, (tmp_path / name).read_text()))
    assert found[0] == found[1]


def test_a_module_a_folder_and_an_archive(script, tmp_path):
    import zipfile

    text = (
        "import sys, pickle\nclass Own: pass\n"
        "print(__name__, __package__, __spec__.name, __file__, sys.argv, sys.path[0], pickle.dumps(Own()))\n"
    )
    script("print(__name__)", "box/__init__.py")
    script("from . import other\n" + text + "print(other.X)\n" + TRAIN, "box/inner.py")
    script("X = 7", "box/other.py")
    script(text, "box/__main__.py")
    with zipfile.ZipFile(tmp_path / "box.pyz", "w") as archive:
        archive.writestr("__main__.py", text)
    assert WATCHED in alike("-m", "box.inner", "-x", "--steps")
    for words in (["-m", "box"], ["./box/", "a"], ["box.pyz", "--json"]):
        alike(*words)


def test_one_json_object_and_nothing_else(script):
    script(
        "print('first')\nimport os, sys, atexit\nos.write(1, b'written\\n')\n"
        + TRAIN
        + "atexit.register(print, 'at exit')\nos.system('echo of a child')\nsys.exit(4)\n"
    )
    ended = watched("--json", "train.py", "--json")
    told = json.loads(ended.out)
    assert ended.out.count("\n") == 1
    assert (ended.code, told["exit_code"], told["steps"], told["ended"]) == (4, 4, 3, "done")
    assert {"first", "written", "at exit", "of a child"} <= set(ended.err.split("\n"))


def test_a_number_of_steps(script):
    script(TRAIN + "while True:\n    try:\n        step()\n    except Exception:\n        pass\n")
    ended = watched("--steps", "8", "--json", "train.py")
    told = json.loads(ended.out)
    assert (ended.code, told["steps"], told["ended"], told["exit_code"]) == (0, 8, "stopped", 0)


def test_what_is_printed_while_rules_try_things_is_not_shown(script):
    script(
        TRAIN.replace(
            "for _",
            "net[1].register_forward_hook(lambda *a: print('glassnet  forward', file=sys.stdout))\nfor _",
        )
    )
    alike("train.py")


def test_executed_code_and_a_long_loop(script):
    script(
        "text = open('train.py').read()\nexec(compile(text, 'train.py', 'exec'))\nfor _ in range(3000): step()\nprint(step())",
        "outer.py",
    )
    script(TRAIN)
    assert "Sequential: 3,004 optimizer steps" in alike("outer.py")


def test_a_training_in_another_thread_is_told_of(script):
    script(
        TRAIN.replace("for _ in range(3): print(step())", "")
        + "import threading\nthreading.Thread(target=step).start()\n"
    )
    assert "another thread" in alike("train.py")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["none.py"],
            "error: the script cannot be read\n  where: none.py\n  got: No such file or directory\n",
        ),
        (["folder"], "error: the script cannot be read\n  where: folder\n  got: Is a directory\n"),
        (["text.py"], "error: this is no Python\n  where: text.py:1\n  got: SyntaxError: invalid syntax\n"),
        (["bytes.py"], "error: this is no Python\n  where: bytes.py\n  got: "),
        (
            ["-m", "nowhere.at.all"],
            "error: there is no such module\n  where: nowhere.at.all\n  got: No module named",
        ),
        (["-m", "nowhere"], "error: there is no such module\n  where: nowhere\n"),
        (["-m", "folder"], "error: there is no such module\n  where: folder\n"),
        ([], "error: "),
        (["--steps", "x", "text.py"], "error: "),
        (["--what", "text.py"], "error: "),
    ],
)
def test_what_cannot_be_run(cli, script, tmp_path, words, told):
    script("these are words", "text.py")
    (tmp_path / "bytes.py").write_bytes(b"\x00\xff")
    (tmp_path / "folder").mkdir()
    ended = cli("watch", *words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(told)
    assert "Traceback" not in ended.err
