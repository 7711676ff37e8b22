"""The cache of programs: a cell's step is recorded on first use, and compiled once for all equal cells."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..core.support.arguments import brief, count, flag
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..errors import ArgumentError, FileError
from .emission import emit
from .listing import Program
from .machine_code import functions, insisted_on, loops_of, uses_numba
from .memory import Memory, Pool
from .passes import PASSES
from .plan import Unplannable, plan
from .recording import Recording, Refused, record

__all__ = ["Compiled", "compiled", "program", "why"]

CACHE = 1 << 20  # bytes that the arrays of a chunk should fit into

PLAIN = (Tensor, bool, int, float, str, type(None), FunctionType)
NUMBERS = {bool, int, float, str, tuple}  # types of class attributes that a step may read

_of_cell: WeakKeyDictionary[Any, dict[Any, Compiled | str]] = WeakKeyDictionary()
_of_text: dict[tuple[str, str], Code] = {}


class Code:
    """A compiled program: `forward`, `backward` and `stepper` as functions, and a pool of memory for them."""

    def __init__(self, program: Program, states: tuple[str, ...], dtype: Any) -> None:
        self.states = states
        self.plan = plan(program, states)
        self.source = emit(self.plan)
        names = program.names()
        self.variables = [names[program.inputs[state]] for state in states]  # their names in the text
        space: dict[str, Any] = {"np": np}
        exec(compile(self.source, f"<program of {', '.join(states)}>", "exec"), space)  # text of ours, see emission.py
        self.forward = space["forward"]
        self.backward = space["backward"]
        self.stepper = space["stepper"]
        self._native: tuple[Any, Any] | None = None
        self.pool = Pool(dtype)
        self.width = sum(line.width for line in program.lines() if line.per_step)  # elements per sequence and step

    def loops(self) -> tuple[str, str]:
        """The texts of the loops that become machine code, for people to read; Unplannable if there are none."""
        return loops_of(self.plan, self.pool.dtype)[:2]

    def directions(self) -> tuple[Any, Any]:
        """`forward` and `backward`: with their loops in machine code if Numba is used, see `jit`."""
        if not uses_numba():
            return self.forward, self.backward
        if self._native is None:
            try:
                compiled_functions = functions(self.plan, self.pool.dtype)
                self._native = compiled_functions["forward"], compiled_functions["backward"]
            except Unplannable:  # an operation without an elementwise form
                self._native = self.forward, self.backward
            except (FileError, OSError) as error:  # no folder for the machine code, or no room in it
                if insisted_on():
                    raise
                warnings.warn(f"layers run as NumPy programs, without Numba: {error}", stacklevel=2)
                self._native = self.forward, self.backward
        return self._native

    def chunk(self, steps: int, batch: int, itemsize: int) -> int:
        """The number of steps per chunk of the backward pass."""
        return max(1, min(steps, CACHE // max(1, self.width * batch * itemsize)))


class Compiled:
    """The program of one cell: its code, and the tensors that are its fixed inputs, parameters first.

    `modes` says which of the cell's modules were in training.
    """

    def __init__(self, code: Code, fixed: Sequence[Tensor], parameters: int, modes: Sequence[bool]) -> None:
        self.code = code
        self.modes = tuple(modes)
        self.fixed = tuple(fixed)
        self.parameters = parameters
        outputs = code.plan.program.outputs
        # the inputs of a step that get a gradient
        self.reached = {name for name in ("x", *code.states) if f"grad {name}" in outputs}

    def forward(
        self, x: Array, every: Array, states: Sequence[Array], fixed: Sequence[Array], frozen: Sequence[Any],
        saving: bool,
    ) -> tuple[list[Array], Any]:  # fmt: skip
        """Fill `every` with the first state at all times (T+1, B, H); returns the other states after the last step, and
        with `saving` the buffers that backward reads."""
        code, (steps, batch, _) = self.code, x.shape
        memory = code.pool.take()
        memory.saving, memory.steps_and_batch, memory.first = saving, (steps, batch), every
        results = code.directions()[0](steps, batch, x, *states, *fixed, frozen, memory)
        last = [memory.last(name) for name in code.variables[1:]]
        if saving:
            return last, (memory, results)
        last = [array.copy() for array in last]
        code.pool.give_back(memory)
        return last, None

    def backward(
        self, x: Array, results: Any, fixed: Sequence[Array], outside: Array, last: Sequence[Array | None],
        frozen: Sequence[Any], want_x: bool,
    ) -> tuple[Array | None, list[Array], list[Array | None]]:  # fmt: skip
        """The gradients of x, of the first states and of the parameters, for those of the first state at all times and
        of the other states after the last step."""
        code, (steps, batch, _) = self.code, x.shape
        memory: Memory = code.pool.take()
        memory.start_back()
        carried = []
        for i, every in enumerate(results[: len(code.states)]):
            g = np.zeros(every.shape[1:], every.dtype)
            if i and (g_last := last[i - 1]) is not None:
                g += g_last
            carried.append(g)
        chunk = code.chunk(steps, batch, x.itemsize)
        gradients = code.directions()[1](
            steps, batch, x, *results, *fixed, outside, *carried, frozen, want_x, chunk, memory
        )
        code.pool.give_back(memory)
        return gradients  # type: ignore[no-any-return]

    def stepper(self, batch: int) -> Any:
        """A function of x (B, I), and of each state before and after a step, which writes the states after it."""
        memory = Memory(self.code.pool.dtype)
        return self.code.stepper(batch, *[t._array for t in self.fixed], memory)


def compiled(cell: Any, masked: bool = False) -> Compiled | str:
    """The compiled program of a cell, or the reason that there is none, as a sentence."""
    _refuse_what_is_no_cell("compiled", cell)
    programs = _of_cell.setdefault(cell, {})
    key = (flag("compiled: masked", masked), *_signature(cell))
    if key not in programs:
        programs.clear() if len(programs) > 8 else None
        programs[key] = _compile(cell, masked)
    return programs[key]


def _refuse_what_is_no_cell(who: str, cell: Any) -> None:
    if isinstance(cell, type) or not hasattr(cell, "step") or not hasattr(cell, "state_sizes"):
        hint = "try: layer.cell" if hasattr(cell, "cell") else "try: nn.GRUCell(2, 3)"
        raise ArgumentError(f"{who}: got {brief(cell)}, wanted a recurrent cell. {hint}")


def _compile(cell: Any, masked: bool) -> Compiled | str:
    try:
        recording = _record(cell, masked)
        text = (str(recording.program), str(np.dtype(cell.dtype)))
        if text not in _of_text:
            _of_text[text] = Code(_optimised(recording.program), recording.states, np.dtype(cell.dtype))
    except (Refused, Unplannable) as error:
        return str(error)
    parameters = sum(1 for t in recording.fixed.values() if t.requires_grad)
    modes = [module.training for module in cell.modules()]
    return Compiled(_of_text[text], list(recording.fixed.values()), parameters, modes)


def _record(cell: Any, masked: bool) -> Recording:
    """The recording of a cell's step, which leaves no trace in the cell."""
    before = [(module, dict(vars(module))) for module in cell.modules()]
    try:
        return record(cell, masked)
    finally:
        for module, attributes in before:
            vars(module).clear()
            vars(module).update(attributes)


def _optimised(program: Program) -> Program:
    for _, apply_pass in PASSES:
        program = apply_pass(program)
    return program


def _signature(cell: Any) -> tuple[Any, ...]:
    """The cache key of a cell: its class and attributes; of a tensor its identity, shape and dtype, not its values."""
    parts: list[Any] = []
    modules = [cell]
    if not all(_is_plain(value) for value in vars(cell).values()):
        modules = cell.modules()
    for module in modules:
        parts += [type(module), module.training]
        for kind in type(module).__mro__:
            if kind.__module__ == _MODULES_HOME:
                break  # the base classes from here on have nothing that a step reads
            parts += [repr(value) for name, value in vars(kind).items() if type(value) in NUMBERS and name[:2] != "__"]
        for name, value in vars(module).items():
            if isinstance(value, Tensor):
                parts += [name, id(value), value.requires_grad, value._array.shape, value._array.dtype]
            elif _is_plain(value):
                parts += [name, _mark(value)]
            elif isinstance(value, np.ndarray) and value.dtype != object:
                parts += [name, value.shape, value.dtype.str, value.tobytes()]  # it may be changed in place
            else:
                parts += [name, id(value), repr(value)]
    return tuple(parts)


_MODULES_HOME = "tinygrad_gru.nn.module"


def _mark(value: Any) -> Any:
    """The cache key of a plain value: a function's identity; a number's text, as −0.0 equals 0.0."""
    return id(value) if isinstance(value, FunctionType | Tensor) else repr(value)


def _is_plain(value: Any) -> bool:
    """Whether no module can hide in an attribute."""
    return isinstance(value, PLAIN) or (type(value) is tuple and all(isinstance(v, PLAIN) for v in value))


def program(cell: Any, stage: int | None = None) -> Program:
    """The program of a cell's step and its derivatives, after the first `stage` passes, or after all of them.

    Raises ArgumentError for a cell that has none; `why` says why, without raising.
    """
    _refuse_what_is_no_cell("program", cell)
    if stage is not None:
        count("program: stage", stage, 0)
    try:
        program = _record(cell, masked=False).program
        for _, apply_pass in PASSES[:stage]:
            program = apply_pass(program)
        return program
    except Refused as error:
        raise ArgumentError(f"{type(cell).__name__} cannot be compiled: {error}") from None


def why(cell: Any) -> str:
    """The reason that a cell cannot be compiled, in a sentence; "" if it can."""
    code_or_reason = compiled(cell)
    return code_or_reason if isinstance(code_or_reason, str) else ""
