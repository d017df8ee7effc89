"""See through your neural network.

The contents, in the order in which data flows; each is loaded when it is first used, so that this is light:

- `Pictures`, `load`: a source of pictures, its splits
- `NETS`, `build`: networks by name
- `Recipe`, `RECIPES`: every choice of a training
- `train`: pictures and a network to a run
- `begin`, `events`: the same for a loop of one's own; it gets `Step`, `Judging`, `Epoch`, `Finished`
- `Run`, `open_run`: the folder that a training wrote
- `evaluate`, `predict`, `board`: a run, judged, used, looked at
- `report`, `compare`: a run as one page for a colleague; several runs side by side
- `record`: a network run once, everything that it did written down: a `Trace`
- `look`: the same for people: shapes, cost, receptive fields, source lines
- `data`, `Audit`: what a source of pictures holds, and what is wrong with it
- `check`, `watch`: the mistakes of a network or of the training in a block, named: `Finding`s
- `explain`, `Explanation`: one number, its gradient or its update, worked by hand
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassnet.audit.audit import Audit as Audit
    from glassnet.checks.finding import Finding as Finding
    from glassnet.errors import GlassnetError as GlassnetError
    from glassnet.evaluation.forward import Judging as Judging
    from glassnet.nets import NETS as NETS
    from glassnet.nets.build import build as build
    from glassnet.pictures.pictures import Pictures as Pictures
    from glassnet.pictures.sources import load as load
    from glassnet.run import Run as Run
    from glassnet.run import open_run as open_run
    from glassnet.trace.record import record as record
    from glassnet.trace.trace import Trace as Trace
    from glassnet.training.events import Epoch as Epoch
    from glassnet.training.events import Finished as Finished
    from glassnet.training.events import Step as Step
    from glassnet.training.loop import train as events  # noqa: F401
    from glassnet.training.recipe import RECIPES as RECIPES
    from glassnet.training.recipe import Recipe as Recipe
    from glassnet.verbs.begin import begin as begin
    from glassnet.verbs.board import board as board
    from glassnet.verbs.check import check as check
    from glassnet.verbs.compare import compare as compare
    from glassnet.verbs.data import data as data
    from glassnet.verbs.evaluate import evaluate as evaluate
    from glassnet.verbs.explain import explain as explain
    from glassnet.verbs.explanation import Explanation as Explanation
    from glassnet.verbs.look import Look as Look
    from glassnet.verbs.look import look as look
    from glassnet.verbs.predict import predict as predict
    from glassnet.verbs.report import report as report
    from glassnet.verbs.train import train as train
    from glassnet.verbs.watch import watch as watch

__version__ = "0.1.0"

_CONTENTS = {
    "GlassnetError": "glassnet.errors:GlassnetError",
    "Pictures": "glassnet.pictures.pictures:Pictures",
    "load": "glassnet.pictures.sources:load",
    "NETS": "glassnet.nets:NETS",
    "build": "glassnet.nets.build:build",
    "Recipe": "glassnet.training.recipe:Recipe",
    "RECIPES": "glassnet.training.recipe:RECIPES",
    "train": "glassnet.verbs.train:train",
    "begin": "glassnet.verbs.begin:begin",
    "events": "glassnet.training.loop:train",
    "Step": "glassnet.training.events:Step",
    "Judging": "glassnet.evaluation.forward:Judging",
    "Epoch": "glassnet.training.events:Epoch",
    "Finished": "glassnet.training.events:Finished",
    "Run": "glassnet.run:Run",
    "open_run": "glassnet.run:open_run",
    "evaluate": "glassnet.verbs.evaluate:evaluate",
    "predict": "glassnet.verbs.predict:predict",
    "board": "glassnet.verbs.board:board",
    "report": "glassnet.verbs.report:report",
    "compare": "glassnet.verbs.compare:compare",
    "record": "glassnet.trace.record:record",
    "Trace": "glassnet.trace.trace:Trace",
    "look": "glassnet.verbs.look:look",
    "Look": "glassnet.verbs.look:Look",
    "data": "glassnet.verbs.data:data",
    "Audit": "glassnet.audit.audit:Audit",
    "check": "glassnet.verbs.check:check",
    "watch": "glassnet.verbs.watch:watch",
    "Finding": "glassnet.checks.finding:Finding",
    "explain": "glassnet.verbs.explain:explain",
    "Explanation": "glassnet.verbs.explanation:Explanation",
}
__all__ = ["__version__", *_CONTENTS]  # noqa: PLE0604 — one list of the names is enough


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _CONTENTS:
        raise AttributeError(f"module 'glassnet' has no attribute '{name}'")
    module, _, attribute = _CONTENTS[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return __all__
