"""The recorder: sees every PyTorch function that runs while it is on, and every module that is called.

It is a `TorchFunctionMode` with hooks on all modules. A mode is off inside its own handler, so a composite
function such as `F.multi_head_attention_forward` is one operation. A tensor is known by its identity and its
version, which every in-place operation raises, so that each value has one maker.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self

import torch
from torch import nn
from torch._C._functorch import (  # pyright: ignore[reportMissingImports]
    peek_interpreter_stack,
)
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from glassnet.trace.activity import activity_of
from glassnet.trace.multiply_adds import multiply_adds
from glassnet.trace.names import short_name, whole_name
from glassnet.trace.nested import tensors_in, with_refs
from glassnet.trace.paths import Paths, loose_tensors
from glassnet.trace.source_line import source_line
from glassnet.trace.tensors import READERS, Tensors, memory_of, version_of
from glassnet.trace.trace import Escape, ModuleCall, Op, Source, Unseen, shape_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from glassnet.trace.trace import Activity

# attributes of a tensor that are tensors; all others only tell something of it
TENSOR_PROPERTIES = {"T", "mT", "H", "mH", "data", "real", "imag"}
# they return a tensor and compute nothing
NOT_OPERATIONS = {"requires_grad_", "retain_grad", "register_hook", "share_memory_", "as_subclass"}
NUMPY = "NumPy takes over: what is computed there cannot be seen"
NUMBER = "a number leaves the network: what Python does with it cannot be seen"
ESCAPES = {
    "numpy": NUMPY,
    "array": NUMPY,
    "data_ptr": "an address in memory is taken: what is done with it cannot be seen",
    "item": NUMBER,
    "tolist": NUMBER,
    "float": NUMBER,
    "int": NUMBER,
    "index": NUMBER,
    "bool": "Python decides by a value: another picture may go another way",
}
BROKEN = "the recording was given up"
SHOWN = {"repr", "format", "str"}  # a person reads the numbers
SCRIPTED = "TorchScript computes this in one piece: only what goes in and comes out is known"
TRANSFORMED = "torch.func (vmap, grad, …): what runs inside cannot be seen"
STRANGE = (
    "a tensor that no operation of this pass made (a global, or from NumPy, TorchScript, another library): "
    "what made it cannot be seen"
)
OPAQUE = "something other than a PyTorch function made its result: only what goes in and comes out is known"


@dataclass(slots=True)
class OpenCall:
    """A module call that has begun."""

    module: nn.Module
    call: ModuleCall


@dataclass(slots=True)
class Ran:
    """A function that has run."""

    function: Callable
    name: str
    args: tuple
    kwargs: dict[str, Any]
    result: object
    results: list[torch.Tensor]
    written: list[torch.Tensor]  # arguments that are not what they were
    inputs: dict[int, tuple[torch.Tensor, int, int]]  # by identity: tensor, its value and version before
    seconds: float


@dataclass(slots=True)
class Failure:
    """The operation that raised an error."""

    error: BaseException
    what: str  # conv2d(1×3×32×32, 6×1×5×5)
    path: str
    source: Source | None


class Recorder(TorchFunctionMode):
    """Sees what runs between entering and leaving it.

    Args:
        network: Its modules, parameters and buffers get their names.
        keep: `all`, `nothing`, or the paths of modules whose outputs are kept.
        gradients: Whether every value is watched for its gradient.
        activity: Whether the outputs of activations are measured unit by unit.
        hooked: Whether hooks tell when a module is called; else the caller does, by `begins` and `ends`.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        keep: Collection[str] | Literal["all", "nothing"],
        gradients: bool,
        activity: bool = False,
        hooked: bool = True,
    ) -> None:
        super().__init__()
        self._hooked = hooked
        self.tensors = Tensors(network, keep=keep == "all", gradients=gradients)
        self.activity: dict[int, Activity] | None = {} if activity else None  # by value
        self.paused = False  # nothing is noted
        self.forgiving, self.broken = (
            activity,
            False,
        )  # in a person's own run an error of ours ends the recording
        self.ops: list[Op] = []
        self.calls: list[ModuleCall] = []
        self.unseen: list[Unseen] = []
        self.escapes: list[Escape] = []
        self.stage: Literal["forward", "loss", "backward"] = "forward"
        self.nodes: dict[Any, int] = {}  # node of the backward graph -> operation
        self.own_nodes: set[Any] = set()  # those that copy the input
        self.failure: Failure | None = None
        self.running: str | None = None  # the function that PyTorch computes just now
        self.own_work = False  # whether what runs just now is the recorder's
        self._keep = () if isinstance(keep, str) else frozenset(keep)
        self._open: list[OpenCall] = []
        self._labels: Counter[str] = Counter()
        self._repeats: Counter[str] = Counter()
        self._paths = Paths(network)
        self._on_gpu = any(parameter.is_cuda for parameter in network.parameters())
        self._hooks: list = []

    def __enter__(self) -> Self:
        """Begin."""
        if self._hooked:
            self._hooks = [
                register_module_forward_pre_hook(self.begins),
                register_module_forward_hook(self.ends, with_kwargs=True, always_call=True),
            ]
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """End, also after an error."""
        super().__exit__(*error)
        for hook in self._hooks:
            hook.remove()

    # -- functions -------------------------------------------------------------------------------------------

    def __torch_function__(
        self, func: Callable, types: object, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run a function and note what it did."""
        kwargs = kwargs or {}
        if self.paused:
            return func(*args, **kwargs)
        name = short_name(func)
        if (func.__name__ == "__get__" and name not in TENSOR_PROPERTIES) or name in NOT_OPERATIONS:
            return func(*args, **kwargs)
        if peek_interpreter_stack() is not None:
            self._add_unseen(TRANSFORMED, source_line())
            return func(*args, **kwargs)
        noted = args[:1] if name == "deepcopy" else args  # what else was copied is no argument
        self.own_work = True
        try:
            given = tensors_in(noted)
            given += tensors_in(kwargs) if kwargs else []
            if any(is_lazy(tensor) for tensor in given):
                self.own_work = False
                return func(*args, **kwargs)  # a lazy layer makes its parameters
            inputs = {id(tensor): (tensor, self._read(tensor), version_of(tensor)) for tensor in given}
            if name not in READERS or "out" in kwargs:
                self.tensors.protect(given)
        except Exception as error:  # noqa: BLE001
            self.give_up(error)
            return func(*args, **kwargs)
        self.own_work, self.running = False, name
        start = time.perf_counter()
        try:
            result = func(*args, **kwargs)
            if self._on_gpu:
                torch.cuda.synchronize()
        except Exception as error:
            shapes = ", ".join(shape_text(tensor.shape) for tensor in given)
            self.failure = Failure(error, f"{name}({shapes})", self._here(), source_line())
            raise
        finally:
            seconds = time.perf_counter() - start
            self.own_work, self.running = True, None
        try:
            self._note(Ran(func, name, noted, kwargs, result, [], [], inputs, seconds), given)
        except Exception as error:  # noqa: BLE001
            self.give_up(error)
        self.own_work = False
        return result

    def _note(self, ran: Ran, given: list[torch.Tensor]) -> None:
        """Note what a function made, wrote into, or told of a tensor."""
        ran.results = tensors_in(ran.result)
        ran.written = [tensor for tensor, _, version in ran.inputs.values() if version_of(tensor) != version]
        if ran.results or ran.written:
            self._add_op(ran)
        elif ran.name in ESCAPES and given:
            self._add_unseen(ESCAPES[ran.name], source_line())
        if given and not ran.results and (ran.name in ESCAPES or ran.name in SHOWN):
            self.escapes.append(Escape(self.tensors.read(given[0]), ran.name, source_line()))

    def give_up(self, error: Exception) -> None:
        """Stop recording after an error of the recorder itself, where what runs must go on.

        Args:
            error: Raised again unless the recorder is forgiving.
        """
        if not self.forgiving:
            raise error
        self.paused = self.broken = True
        self.unseen.append(Unseen(f"{BROKEN}: {type(error).__name__}: {error}", self._here(), source_line()))

    def _read(self, tensor: torch.Tensor) -> int:
        """Give a tensor's value; say so where nothing that was seen made it."""
        if self.stage == "forward" and not self.tensors.known(tensor):
            self._add_unseen(STRANGE, source_line())
        return self.tensors.read(tensor)

    def _add_op(self, ran: Ran) -> None:
        label = self._label(f"{self._here()}.{ran.name}".lstrip("."))
        number_of = {identity: value for identity, (_, value, _) in ran.inputs.items()}
        values = tuple(dict.fromkeys(number_of.values()))
        outputs = self._outputs(ran, label, number_of)

        def number(tensor: torch.Tensor) -> int:
            known = number_of.get(id(tensor))
            return self.tensors.read(tensor) if known is None else known  # a list may have grown meanwhile

        self.ops.append(
            Op(
                number=len(self.ops),
                name=ran.name,
                function=whole_name(ran.function),
                label=label,
                args=with_refs(ran.args, number),
                kwargs=with_refs(ran.kwargs, number),
                inputs=values,
                outputs=outputs,
                call=self._open[-1].call.number if self._open else None,
                source=source_line(),
                stage="loss" if self.stage == "loss" else "forward",
                parameters=tuple(
                    self.tensors.values[value].name
                    for value in values
                    if self.tensors.values[value].kind == "parameter"
                ),
                macs=multiply_adds(ran.name, ran.args, ran.kwargs, ran.result),
                seconds=ran.seconds,
                in_place=bool(ran.written),
                view=bool(outputs) and not ran.written and self.tensors.values[outputs[0]].bytes == 0,
                backward=next((t.grad_fn.name() for t in ran.results if t.grad_fn is not None), None),
            )
        )
        for tensor in ran.written:
            self.tensors.written(tensor, len(self.ops) - 1)
        if self.activity is not None and outputs:
            measured = activity_of(ran.name, (ran.results or ran.written)[0])
            if measured is not None:
                self.activity[outputs[0]] = measured

    def _outputs(self, ran: Ran, label: str, number_of: dict[int, int]) -> tuple[int, ...]:
        """Begin the values that an operation made: what it returned, then what it wrote into."""
        memories = {memory_of(tensor): value for tensor, value, _ in ran.inputs.values()}
        written = {id(tensor) for tensor in ran.written}
        outputs: dict[int, int] = {}
        for place, tensor in enumerate((*ran.results, *ran.written)):
            if id(tensor) in outputs:
                continue
            name = label if place == 0 else f"{label}[{place}]"
            if place >= len(ran.results) and place > 0:
                name = f"{label}: {self.tensors.values[number_of[id(tensor)]].name}"
            like = None if id(tensor) in written else memories.get(memory_of(tensor))
            outputs[id(tensor)] = self.tensors.add(
                tensor, "result", name, made_by=len(self.ops), like=like,
                shares=like is not None or id(tensor) in written,
            )  # fmt: skip
            self._note_nodes(tensor.grad_fn, len(self.ops))
        return tuple(outputs.values())

    def _note_nodes(self, node: Any, op: int) -> None:
        """Note which nodes of the backward graph an operation added; a composite one adds several."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node is None or node in self.nodes or node in self.own_nodes or hasattr(node, "variable"):
                continue
            self.nodes[node] = op
            waiting.extend(following for following, _ in node.next_functions)

    def _here(self) -> str:
        """Give the path of the innermost module that runs."""
        return self._open[-1].call.path if self._open else ""

    def _label(self, name: str) -> str:
        """Make a label unique."""
        self._labels[name] += 1
        count = self._labels[name]
        return name if count == 1 else f"{name}_{count - 1}"

    # -- modules ---------------------------------------------------------------------------------------------

    def add_network(self, network: nn.Module, prefix: str) -> None:
        """Give names to the modules, parameters and buffers of a further network.

        Args:
            network: It will be called, or its parts.
            prefix: Stands before its paths: "" or `Discriminator.`.
        """
        self._paths.add(network, prefix.removesuffix("."))
        self.tensors.name_all(network, prefix.removesuffix("."), registered=True)

    def all_ops(self) -> tuple[Op, ...]:
        """Give the operations, with the values that were found later: what shares memory they wrote into.

        Returns:
            All operations so far.
        """
        later: dict[int, list[int]] = {}
        for value in self.tensors.values:
            if value.made_by is not None and value.number not in self.ops[value.made_by].outputs:
                later.setdefault(value.made_by, []).append(value.number)
        return tuple(
            replace(op, outputs=(*op.outputs, *later[op.number])) if op.number in later else op
            for op in self.ops
        )

    def begins(self, module: nn.Module, args: tuple) -> None:
        """Note that a module is called.

        Args:
            module: Any.
            args: What it gets.
        """
        if self.paused:
            return
        with torch._C.DisableTorchFunction():  # noqa: SLF001 — reading must not be recorded
            self.own_work = True
            found = self._paths.find(module)
            if found is None:
                around = self._open[-1].module if self._open else None
                found = self._paths.add_late(module, around) if around is not None else None
                found = found or (self._paths.add_loose(module, around, self._here()), False)
                self.tensors.name_all(module, found[0], registered=found[1])
            path, registered = found
            number = len(self.calls)
            call = ModuleCall(
                number=number,
                path=path,
                type=type(module).__name__,
                parent=self._open[-1].call.number if self._open else None,
                repeat=self._repeats[path],
                first_op=len(self.ops),
                end_op=len(self.ops),
                inputs=tuple(dict.fromkeys(self.tensors.read(tensor) for tensor in tensors_in(args))),
                outputs=(),
                source=source_line(),
                training=module.training,
                registered=registered,
            )
            self._repeats[path] += 1
            if isinstance(module, torch.jit.ScriptModule):
                self.tensors.protect(module.parameters())
            self.calls.append(call)
            self._open.append(OpenCall(module, call))
            self.tensors.outside = False
            for place, tensor in loose_tensors(module):
                self.tensors.name(tensor, f"{path}.{place}".lstrip("."))
            self.own_work = False

    def ends(self, module: nn.Module, args: tuple, *rest: Any) -> None:
        """Note that a module has ended.

        Args:
            module: Any.
            args: What it got.
            rest: What it got by name, and what it gave; without both, it raised.
        """
        # after an error PyTorch leaves out the keyword arguments, and the result is None
        kwargs, result = rest if len(rest) == 2 else ({}, None)  # noqa: PLR2004
        if self.paused or not any(opened.module is module for opened in self._open):
            return
        with torch._C.DisableTorchFunction():  # noqa: SLF001
            self.own_work = True
            while self._open and self._open[-1].module is not module:  # an error passed through it
                self._open.pop()
            call = self._open[-1].call
            results = tensors_in(result)
            strange = [tensor for tensor in results if not self.tensors.known(tensor)]
            inputs = dict.fromkeys((*call.inputs, *(self.tensors.read(t) for t in tensors_in(kwargs))))
            if strange:
                self._add_opaque(module, call, tuple(inputs), strange)
            outputs = tuple(dict.fromkeys(self.tensors.read(tensor) for tensor in results))
            self.calls[call.number] = replace(
                call, inputs=tuple(inputs), outputs=outputs, end_op=len(self.ops)
            )
            if call.path in self._keep:
                for tensor in results:
                    self.tensors.keep(tensor, self.tensors.read(tensor))
            self._open.pop()
            self.tensors.outside = not self._open
            self.own_work = False

    def _add_opaque(
        self, module: nn.Module, call: ModuleCall, inputs: tuple[int, ...], results: list[torch.Tensor]
    ) -> None:
        """Note a module whose result no recorded operation made as one operation."""
        number, name = len(self.ops), type(module).__name__
        label = self._label(f"{call.path}.{name}" if call.path else name)
        outputs = []
        for place, tensor in enumerate(results):
            own_name = f"{label}[{place}]" if place else label
            outputs.append(self.tensors.add(tensor, "result", own_name, made_by=number))
            self._note_nodes(tensor.grad_fn, number)
        scripted = isinstance(module, torch.jit.ScriptModule)
        self.ops.append(
            Op(
                number=number,
                name=name,
                function="unseen",
                label=label,
                args=(),
                kwargs={},
                inputs=inputs,
                outputs=tuple(outputs),
                call=call.number,
                source=call.source,
                stage="loss" if self.stage == "loss" else "forward",
                parameters=tuple(f"{call.path}.{p}".lstrip(".") for p, _ in module.named_parameters()),
                macs=0,
                seconds=0.0,
                in_place=False,
                view=False,
            )
        )
        self._add_unseen(SCRIPTED if scripted else OPAQUE, call.source)

    def _add_unseen(self, what: str, source: Source | None) -> None:
        self.unseen.append(Unseen(what, self._here(), source))
