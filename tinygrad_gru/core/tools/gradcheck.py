"""Is this derivative right? Finite differences against the vjp, in random directions, to any order.

For a function with Jacobian J, and random u and v, the number ⟨u, J v⟩ can be had in two ways: pushing x a little way
along v and watching f, (f(x + εv) − f(x − εv)) / 2ε; and carrying u back through the graph, ⟨Jᵀu, v⟩. A wrong element
anywhere in J makes the two differ, whatever its size, at the cost of three evaluations. The design is that of
`check_grads` in HIPS/autograd.

The gradient is a function, too, of x and of u: checking it in the same way checks the second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, GradcheckError
from ..backward import grad
from ..op import Op
from ..support.arguments import MOST_AXES, brief, flag, function, integer, number
from ..support.arrays import Array, as_numpy
from ..support.modes import enable_grad
from ..tensor import Tensor

__all__ = ["Finding", "findings", "gradcheck"]

MOST_ORDERS = 6  # each takes several times as long as the one before
FLOAT64 = np.dtype(np.float64)


def gradcheck(
    f: Callable[..., Any],
    *xs: Any,
    order: int = 2,
    eps: float = 6e-6,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    full: bool = False,
    seed: int = 0,
) -> bool:
    """Check the derivatives of `f` at `xs`, up to `order`, against central finite differences.

    `f` takes tensors and returns a tensor or a tuple of them. The `xs` are float64 arrays, tensors or Python numbers;
    integer and boolean arrays are passed on as they are. A leaf that requires a gradient, such as a parameter, is moved
    where it is, and put back: `f` may use it without taking it. `order` is at most 6, `eps` the length of the step.
    `full` compares every element of the Jacobian instead of one random combination of them. Nothing is written to any
    `.grad`. ArgumentError if an argument has no part in the result: there would be nothing to compare.

    Returns True, or raises GradcheckError where |got − expected| > atol + rtol·|expected|, naming the worst element.

    >>> import numpy as np
    >>> import tinygrad_gru as tg
    >>> tg.gradcheck(tg.tanh, np.array([0.5, -2.0]))
    True
    """
    for finding in findings(f, *xs, order=order, eps=eps, rtol=rtol, atol=atol, full=full, seed=seed):
        if not finding.error <= rtol:
            raise GradcheckError(finding.report())
    return True


def findings(
    f: Callable[..., Any],
    *xs: Any,
    order: int = 2,
    eps: float = 6e-6,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    full: bool = False,
    seed: int = 0,
) -> Iterator[Finding]:
    """Every comparison that `gradcheck` makes, good or bad; the same arguments."""
    function("gradcheck", f)
    if integer("gradcheck: order", order, 1) > MOST_ORDERS:
        raise ArgumentError(f"gradcheck: order: got {order}, wanted at most {MOST_ORDERS}. try: order=2")
    seed = integer("gradcheck: seed", seed, 0)
    eps, rtol, atol = (number(f"gradcheck: {k}", v) for k, v in (("eps", eps), ("rtol", rtol), ("atol", atol)))
    full = flag("gradcheck: full", full)
    if not (0 < eps < np.inf and 0 < rtol < np.inf and 0 <= atol < np.inf):
        raise ArgumentError(f"gradcheck: wants eps and rtol > 0, atol >= 0, got {eps=}, {rtol=}, {atol=}")
    name = f.name if isinstance(f, Op) else getattr(f, "__name__", type(f).__name__)
    arguments = [_argument(x, i) for i, x in enumerate(xs)]
    labels = [f"{x.name} (argument {i})" if getattr(x, "name", None) else f"argument {i}" for i, x in enumerate(xs)]
    twice = [_is_leaf(x) and sum(x is other for other in xs) > 1 for x in xs]  # an argument each, which are not moved
    leaves = [x if _is_leaf(x) and not again else None for x, again in zip(xs, twice, strict=True)]
    probe = _Probe("the function" if name == "<lambda>" else name, f, arguments, leaves, labels, 1, eps, atol / rtol)
    if not probe.argnums:
        raise ArgumentError(f"gradcheck: {probe.name} was given nothing to differentiate. try: a float64 array")
    probe.same_again()
    probe.each_has_a_part({k: x for k, (x, again) in enumerate(zip(xs, twice, strict=True)) if again})
    rng = np.random.default_rng(seed)
    while True:
        us = [np.asarray(rng.standard_normal(y.shape)) for y in probe.values()]
        yield from probe.every_element() if full else probe.random_directions(us, rng)
        if probe.order >= order:
            return
        higher = probe.gradient(us)
        yield from probe.both_readings(us, higher)
        probe = higher


@dataclass(frozen=True)
class Finding:
    """One comparison: two arrays that should be equal, and `label`, the function and argument they are for."""

    label: str
    order: int
    expected: Array
    got: Array
    floor: float  # atol / rtol
    elements: Callable[[], tuple[Array, Array]] | None = None  # those behind a combination of them

    @property
    def error(self) -> float:
        """The largest |got − expected| / (|expected| + atol/rtol): tolerated if it is at most rtol."""
        return float(np.max(self._errors(self.expected, self.got), initial=0.0))

    def report(self) -> str:
        """The error message: function, argument, order, the worst element, expected and got."""
        expected, got = self.elements() if self.elements is not None else (self.expected, self.got)
        errors = self._errors(expected, got)
        worst = tuple(int(i) for i in np.unravel_index(np.argmax(errors), errors.shape))
        at = f" at index {list(worst)}" if worst else ""
        hint = ", or full=True for the Jacobian itself instead of a random combination" if self.elements else ""
        return (
            f"{self.label}: derivative of order {self.order} is wrong{at}: expected {expected[worst]:.8g}, "
            f"got {got[worst]:.8g} (relative error {errors[worst]:.1e}). try: compare its vjp with its "
            f"forward{hint}"
        )

    def _errors(self, expected: Array, got: Array) -> Array:
        """The relative error of each element, infinite for NaN and infinities."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            off = np.abs(got - expected)
            errors = np.where(off == 0, 0.0, off / (np.abs(expected) + self.floor))
        return np.where(np.isfinite(errors), errors, np.inf)


@dataclass(frozen=True)
class _Probe:
    """A function, its arguments, and its derivative in two ways: pushed forward and pulled back."""

    name: str
    f: Callable[..., Any]
    xs: list[Array]
    leaves: list[Tensor | None]  # the argument itself, where it can be moved
    labels: list[str]
    order: int
    eps: float
    floor: float

    @property
    def argnums(self) -> list[int]:
        """The numbers of the arguments to differentiate: integers and booleans are only passed on."""
        return [k for k, x in enumerate(self.xs) if x.dtype == FLOAT64]

    def run(self, xs: list[Array]) -> tuple[list[Tensor], list[Tensor], list[Array]]:
        """The outputs for these arrays, the tensors that were differentiated, and the values of the outputs."""
        pairs = list(zip(self.leaves, xs, strict=True))
        tensors = [Tensor(x, requires_grad=x.dtype == FLOAT64) if leaf is None else leaf for leaf, x in pairs]
        moved = [(leaf, leaf.data, leaf.serial, x) for leaf, x in pairs if leaf is not None and leaf.data is not x]
        try:
            for leaf, _, _, x in moved:
                leaf.assign(x)
            with enable_grad():
                y = self.f(*tensors)
            ys = list(y) if isinstance(y, tuple | list) else [y]
            values = [y.data for y in ys if isinstance(y, Tensor)]  # now: an output may be a leaf that moves back
        finally:
            for leaf, before, serial, _ in moved:
                leaf._replace(before)  # the very array, and its serial: graphs recorded before are not stale
                leaf.serial = serial
        for y in ys:
            if not isinstance(y, Tensor) or y.dtype != FLOAT64:
                got = f"a Tensor of {y.dtype}" if isinstance(y, Tensor) else type(y).__name__
                raise DtypeError(f"gradcheck: {self.name} must return float64 Tensors, got {got}")
        return ys, [tensors[k] for k in self.argnums], values

    def values(self, xs: list[Array] | None = None) -> list[Array]:
        """The outputs as arrays."""
        return self.run(self.xs if xs is None else xs)[2]

    def same_again(self) -> None:
        """Raise if the same arguments give other numbers, as with dropout: differences would mean nothing."""
        pairs = zip(self.values(), self.values(), strict=True)
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in pairs):
            raise ArgumentError(
                f"gradcheck: {self.name} gives other numbers each time. try: module.eval(), or a fixed seed"
            )

    def each_has_a_part(self, given_twice: Mapping[int, Tensor]) -> None:
        """Raise if a result is not made of some argument: 0 would be compared with 0, whatever the vjps say.

        And if it is made of a leaf that was given twice, and not of the arguments for it: that one is not moved.
        """
        ys, tensors, _ = self.run(self.xs)
        used, rest = set(), ys
        while rest:
            t = rest.pop()
            if id(t) not in used:
                used.add(id(t))
                rest.extend(t.inputs)
        for k, t in zip(self.argnums, tensors, strict=True):
            if id(t) not in used:
                raise ArgumentError(
                    f"gradcheck: {self.labels[k]} has no part in what {self.name} returns. try: use the argument "
                    "itself in it, or give a parameter and not its array"
                )
        for k, leaf in given_twice.items():
            if id(leaf) in used:
                raise ArgumentError(
                    f"gradcheck: {self.labels[k]} is given twice, and {self.name} uses it beside its arguments. "
                    "try: give it once, or use only the arguments"
                )

    def push(self, k: int, v: Array) -> list[Array]:
        """Jv by central differences: how each output changes when argument k moves along v."""
        before, after = list(self.xs), list(self.xs)
        before[k], after[k] = self.xs[k] - self.eps * v, self.xs[k] + self.eps * v
        pairs = list(zip(self.values(before), self.values(after), strict=True))
        for a, b in pairs:
            if a.shape != b.shape:
                raise ArgumentError(
                    f"gradcheck: {self.name} changes its shape from {a.shape} to {b.shape} within a step of "
                    f"{self.eps} of {self.labels[k]}. try: other arguments"
                )
        with np.errstate(invalid="ignore"):
            return [(b - a) / (2 * self.eps) for a, b in pairs]

    def pull(self, us: list[Array]) -> list[Array]:
        """Jᵀu by the vjps: one array for each of `argnums`."""
        ys, leaves, _ = self.run(self.xs)
        return [g.data if isinstance(g, Tensor) else g for g in _gradients(ys, leaves, us, create_graph=False)]

    def gradient(self, us: list[Array]) -> _Probe:
        """The function of (x, u) that returns Jᵀu, in which all is recorded: one order up."""
        n = len(self.xs)

        def pulled(*tensors: Tensor) -> tuple[Any, ...]:
            y = self.f(*tensors[:n])
            ys = list(y) if isinstance(y, tuple | list) else [y]
            return tuple(_gradients(ys, [tensors[k] for k in self.argnums], tensors[n:], create_graph=True))

        labels = [*self.labels, *(f"the gradient of output {i}" for i in range(len(us)))]
        leaves = [*self.leaves, *(None for _ in us)]
        return replace(self, f=pulled, xs=[*self.xs, *us], leaves=leaves, labels=labels, order=self.order + 1)

    def random_directions(self, us: list[Array], rng: np.random.Generator) -> Iterator[Finding]:
        """⟨u, Jv⟩ against ⟨Jᵀu, v⟩, one for each of `argnums`."""
        pulled = self.pull(us)
        for i, k in enumerate(self.argnums):
            v = np.asarray(rng.standard_normal(self.xs[k].shape))
            expected = _dot(us, self.push(k, v))

            def elements(k: int = k, got: Array = pulled[i]) -> tuple[Array, Array]:
                return self.each_element(k, lambda e: _dot(us, self.push(k, e))), got

            yield self.finding(k, expected, _dot([pulled[i]], [v]), elements)

    def every_element(self) -> Iterator[Finding]:
        """The full Jacobian, one block per argument and output: indices of the output, then of the argument."""
        ys = self.values()
        for j, y in enumerate(ys):
            units = np.eye(y.size).reshape(y.size, *y.shape)
            rows = [self.pull([*(np.zeros(z.shape) for z in ys[:j]), u, *(np.zeros(z.shape) for z in ys[j + 1 :])])
                    for u in units]  # fmt: skip
            for i, k in enumerate(self.argnums):
                x = self.xs[k]
                if y.ndim + x.ndim > MOST_AXES:
                    raise ArgumentError(
                        f"gradcheck: {y.ndim} + {x.ndim} axes are more than {MOST_AXES}. try: full=False"
                    )
                got = np.array([row[i] for row in rows]).reshape(y.shape + x.shape)
                columns = self.each_element(k, lambda e, j=j, k=k: self.push(k, e)[j], y.shape)  # type: ignore[misc]
                yield self.finding(k, np.moveaxis(columns, range(x.ndim), range(y.ndim, y.ndim + x.ndim)), got)

    def both_readings(self, us: list[Array], higher: _Probe) -> Iterator[Finding]:
        """A vjp read with arrays against the same vjp read with tensors."""
        for k, expected, got in zip(self.argnums, self.pull(us), higher.values(), strict=True):
            yield self.finding(k, expected, got, how=", read with tensors instead of arrays")

    def each_element(self, k: int, slope: Callable[[Array], Array], shape: tuple[int, ...] = ()) -> Array:
        """`slope(e)` for the unit vector e of each element of argument k: its shape, then that of the slopes."""
        x = self.xs[k]
        units = np.eye(x.size).reshape(x.size, *x.shape)
        return np.array([slope(e) for e in units]).reshape(x.shape + shape)

    def finding(self, k: int, expected: Array, got: Array, elements: Any = None, how: str = "") -> Finding:
        return Finding(f"{self.name}, {self.labels[k]}{how}", self.order, expected, got, self.floor, elements)


def _is_leaf(x: Any) -> bool:
    return isinstance(x, Tensor) and x.op is None and x.requires_grad and x.dtype == FLOAT64


def _argument(x: Any, i: int) -> Array:
    """An argument as an array: float64, or integers and booleans."""
    array = x.data if isinstance(x, Tensor) else as_numpy(x)
    if array.dtype != FLOAT64 and array.dtype.kind not in "biu":
        raise DtypeError(
            f"gradcheck: argument {i} is {brief(array)}, and finite differences want float64. try: astype(np.float64)"
        )
    return array


def _gradients(ys: Any, xs: list[Tensor], us: Any, create_graph: bool) -> list[Any]:
    """Jᵀu; zeros where nothing arrives."""
    active = [(y, u) for y, u in zip(ys, us, strict=True) if y.requires_grad]
    gradients = grad([y for y, _ in active], xs, [u for _, u in active], create_graph) if active else [None] * len(xs)
    return [Tensor(np.zeros(x.shape)) if g is None else g for x, g in zip(xs, gradients, strict=True)]


def _dot(us: list[Array], vs: list[Array]) -> Array:
    return np.asarray(sum(float(np.vdot(u, v)) for u, v in zip(us, vs, strict=True)))
