"""The cache of programs: a cell's step is recorded on first use, and compiled once for all equal cells."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..core.support.arguments import brief, count, flag
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..errors import ArgumentError, FileError
from .code import source_of
from .code.memory import Memory, Pool
from .code.native.machine_code import functions, insisted_on, loops_of, uses_numba
from .ir import Program
from .passes import PASSES, Firing
from .plan import Phases, Unplannable, planned
from .signature import Glance, signature
from .trace import Recording, Refused, record

__all__ = ["Compiled", "compiled", "program", "why"]

CACHE = 1 << 20  # bytes that the arrays of a chunk should fit into
FEWEST = 4  # steps of a chunk: below, calls cost more than the cache saves

_of_cell: WeakKeyDictionary[Any, dict[Any, tuple[Compiled | str, list[Any]]]] = WeakKeyDictionary()
_at_a_glance: WeakKeyDictionary[Any, dict[bool, tuple[Glance, Compiled | str]]] = WeakKeyDictionary()
_of_text: dict[tuple[str, str], Code] = {}
_recording = threading.RLock()  # a step may leave things in its cell: one thread at a time


class Code:
    """A compiled program: its functions, and a pool of memory for them."""

    def __init__(self, program: Program, states: tuple[str, ...], dtype: Any, kind: str = "a cell") -> None:
        self.states = states
        self.kind = kind  # the class of the first cell that has this program
        self.plan: Phases = planned(program, states)
        self.texts = source_of(self.plan)
        self.source = "\n\n\n".join(self.texts.values()) + "\n"
        names = program.names()
        self.variables = [names[program.inputs[state]] for state in states]  # their names in the text
        space: dict[str, Any] = {"np": np}
        title = f"<program of {', '.join(self.variables)}>"
        exec(compile(self.source, title, "exec"), space)  # text of ours, see code/
        self.forward = space["forward"]
        self.backward = space["backward"]
        self.stepper = space["stepper"]
        self.prepare, self.prepare_back = space["prepare"], space["prepare_back"]
        self._native: tuple[Any, Any] | None = None
        self.pool = Pool(dtype)
        self.width = self.plan.width_of_a_step()

    def loops(self) -> tuple[str, str]:
        """The texts of the loops that become machine code, for people to read; Unplannable if there are none."""
        return loops_of(self.plan, self.pool.dtype)[:2]

    def directions(self) -> tuple[Any, Any]:
        """`forward` and `backward`: with their loops in machine code if Numba is used, see `jit`."""
        if not uses_numba():
            return self.forward, self.backward
        if self._native is None:
            try:
                compiled_functions = functions(self.plan, self.pool.dtype, self.kind)
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
        """The number of steps per chunk of the backward pass: at least a few, and what fits the cache."""
        return max(1, min(steps, max(FEWEST, CACHE // max(1, self.width * batch * itemsize))))


class Compiled:
    """The program of one cell: its code, and the tensors that are its fixed inputs, parameters first.

    `modes` says which of the cell's modules were in training.
    """

    def __init__(self, code: Code, fixed: Sequence[Tensor], parameters: int, modes: Sequence[bool]) -> None:
        self.code = code
        self.modes = tuple(modes)
        self.fixed = tuple(fixed)
        self._prepared: dict[str, tuple[tuple[Array, ...], Any]] = {}
        self.parameters = parameters
        outputs = code.plan.program.outputs
        # the inputs of a step that get a gradient
        self.reached = {name for name in ("x", *code.states) if f"grad {name}" in outputs}

    def _prepare(self, name: str, arrays: Sequence[Array]) -> Any:
        """What depends on the parameters alone, computed when one of them is another array than the last time."""
        before, values = self._prepared.get(name, ((), None))
        if len(before) != len(arrays) or any(a is not b for a, b in zip(before, arrays, strict=True)):
            values = getattr(self.code, name)(*arrays)
            self._prepared[name] = tuple(arrays), values
        return values

    def forward(
        self, x: Array, every: Array, states: Sequence[Array], fixed: Sequence[Array], frozen: Sequence[Any],
        saving: bool,
    ) -> tuple[list[Array], Any]:  # fmt: skip
        """Fill `every` with the first state at all times (T+1, B, H); returns the other states after the last step, and
        with `saving` the buffers that backward reads."""
        code, (steps, batch, _) = self.code, x.shape
        memory = code.pool.take()
        memory.saving, memory.steps_and_batch, memory.first = saving, (steps, batch), every
        results = code.directions()[0](steps, batch, x, *states, self._prepare("prepare", fixed), frozen, memory)
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
            steps,
            batch,
            x,
            *results,
            self._prepare("prepare_back", fixed),
            outside,
            *carried,
            frozen,
            want_x,
            chunk,
            memory,
        )
        code.pool.give_back(memory)
        return gradients  # type: ignore[no-any-return]

    def stepper(self, batch: int) -> Any:
        """A function of x (B, I), and of each state before and after a step, which writes the states after it."""
        memory = Memory(self.code.pool.dtype)
        return self.code.stepper(batch, self._prepare("prepare", [t._array for t in self.fixed]), memory)


def compiled(cell: Any, masked: bool = False) -> Compiled | str:
    """The compiled program of a cell, or the reason that there is none, as a sentence."""
    _refuse_what_is_no_cell("compiled", cell)
    masked = flag("compiled: masked", masked)
    last = _at_a_glance.get(cell, {}).get(masked)
    if last is not None and last[0].same(cell):
        return last[1]
    programs = _of_cell.setdefault(cell, {})
    parts, held = signature(cell)
    key = (masked, *parts)
    if key not in programs:
        programs.clear() if len(programs) > 8 else None
        programs[key] = _compile(cell, masked), held
    program, _ = programs[key]
    _at_a_glance.setdefault(cell, {})[masked] = Glance(cell), program
    return program


def _refuse_what_is_no_cell(who: str, cell: Any) -> None:
    if isinstance(cell, type) or not hasattr(cell, "step") or not hasattr(cell, "state_sizes"):
        hint = "try: layer.cell" if hasattr(cell, "cell") else "try: nn.GRUCell(2, 3)"
        raise ArgumentError(f"{who}: got {brief(cell)}, wanted a recurrent cell. {hint}")


def _compile(cell: Any, masked: bool) -> Compiled | str:
    try:
        recording = _record(cell, masked)
        text = (str(recording.program), str(np.dtype(cell.dtype)))
        if text not in _of_text:
            optimised, dtype = _optimised(recording.program), np.dtype(cell.dtype)
            _of_text[text] = Code(optimised, recording.states, dtype, type(cell).__name__)
    except (Refused, Unplannable) as error:
        return str(error)
    parameters = sum(1 for t in recording.fixed.values() if t.requires_grad)
    modes = [module.training for module in cell.modules()]
    return Compiled(_of_text[text], list(recording.fixed.values()), parameters, modes)


def _record(cell: Any, masked: bool) -> Recording:
    """The recording of a cell's step, which leaves no trace in the cell."""
    before = [(vars(module), dict(vars(module))) for module in cell.modules()]
    try:
        with _recording:
            return record(cell, masked)
    except RecursionError:
        raise Refused("its step is nested too deep to be recorded") from None
    finally:
        for attributes, old in before:  # only what differs: another thread may be in the midst of a step
            for name in set(attributes) - set(old):
                del attributes[name]
            attributes.update({name: value for name, value in old.items() if attributes.get(name) is not value})


def _optimised(program: Program) -> Program:
    for apply_pass in PASSES:
        program = apply_pass(program)
    return program


def program(cell: Any, stage: int | None = None, firings: list[Firing] | None = None) -> Program:
    """The program of a cell's step and its derivatives, after the first `stage` passes, or after all of them.

    What the rules of the last of these passes did is appended to `firings`. Raises ArgumentError for a cell that has no
    program; `why` says why, without raising.
    """
    _refuse_what_is_no_cell("program", cell)
    if stage is not None:
        count("program: stage", stage, 0)
    try:
        program = _record(cell, masked=False).program
        applied = PASSES[:stage]
        for each in applied:
            program = each(program, firings if each is applied[-1] else None)
        return program
    except Refused as error:
        raise ArgumentError(f"{type(cell).__name__} cannot be compiled: {error}") from None


def why(cell: Any) -> str:
    """The reason that a cell cannot be compiled, in a sentence; "" if it can."""
    code_or_reason = compiled(cell)
    return code_or_reason if isinstance(code_or_reason, str) else ""
