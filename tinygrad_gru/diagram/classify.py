"""Classification of tensors: a box of its own, a small operation, a tag, or a piece of a formula.

Level `op` shows every operation. Level `gate` keeps what has a name and the pointwise steps between such tensors, and
contracts the rest, such as `concat([h, x]) @ W_r + b_r`, into the formula of the tensor it ends in. Nothing here knows
a cell: only operations, names, scopes and creation order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

from ..core.backward import toposort
from ..core.ops.activations import Gelu, GeluExact, Relu, Sigmoid, Silu, Softplus, Tanh
from ..core.ops.indexing import Getitem
from ..core.ops.joining import Concat, Stack
from ..core.ops.products import Matmul
from ..core.ops.reductions import Reduction
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..core.tools.fused import unfuse
from ..nn.module import Parameter
from ..symbolic.short import is_guard, is_number

__all__ = ["Classification", "Use", "classify", "path_of", "role_of", "step_of"]

BOX, SPLIT, OP, INSIDE, TAG, MENTION = "box", "split", "op", "inside", "tag", "mention"
ACTIVATIONS = (Gelu, GeluExact, Relu, Sigmoid, Silu, Softplus, Tanh)
FANNED_OUT = 8  # a leaf used more often is drawn once per use
GATES = 3  # as many that read the same [h, x] have one line each from it, and not one from h and one from x
MANY = 24  # what hides more than this gets a box of its own
MOST_SHARES = 2000  # but not the sum of a weight's gradient over all steps

Use = tuple[Tensor, Tensor, int]  # a tensor, its consumer, and which input of the consumer it is


@dataclass(eq=False)
class Classification:
    """The part of each tensor in creation order, and the sources of those that are drawn."""

    tensors: list[Tensor]  # leaves first, then each after its inputs
    roots: set[Tensor]
    part: dict[Tensor, str] = field(default_factory=dict)
    sources: dict[Tensor, tuple[Tensor, ...]] = field(default_factory=dict)  # the drawn tensors it is computed from
    tags: dict[Tensor, tuple[Use, ...]] = field(
        default_factory=dict
    )  # the parameters and constants it is computed from
    uses: dict[Tensor, list[Use]] = field(default_factory=lambda: defaultdict(list))  # at level op, of leaves
    stop: Collection[Tensor] = ()  # taken as leaves

    def inputs(self, t: Tensor) -> tuple[Tensor, ...]:
        """The inputs of a tensor; a leaf has none."""
        return () if t in self.stop else t.inputs

    def is_leaf(self, t: Tensor) -> bool:
        """Whether it is a leaf of the graph that is drawn."""
        return t.op is None or t in self.stop


@cache  # forgotten with each new picture: as many scopes as one graph has
def path_of(place: scope) -> tuple[scope, ...]:
    """The path of a scope, cached: all tensors of a gate ask for the same."""
    return place.path


@cache
def _step_at(place: scope) -> scope | None:
    return next((around for around in reversed(path_of(place)) if around.index is not None), None)


@cache
def _role_at(place: scope) -> str:
    return next((around.role for around in reversed(path_of(place)) if around.role and around.role != "backward"), "")


def step_of(t: Tensor) -> scope | None:
    """The innermost numbered scope of a tensor: its time step."""
    return _step_at(t.scope)


def role_of(t: Tensor) -> str:
    """The role of the innermost scope that has one; in the backward pass, that of the forward pass."""
    return _role_at(t.scope)


def classify(roots: Sequence[Tensor], level: str, stop: Collection[Tensor] = ()) -> Classification:
    """Give every tensor of the graph its part; the tensors in `stop` are taken as leaves."""
    for remembered in (path_of, _step_at, _role_at):
        remembered.cache_clear()
    unfuse(roots)
    tensors = toposort(roots, everything=True, stop=stop)[::-1]
    classes = Classification(tensors, set(roots), stop=stop)
    tensors.sort(key=lambda t: not classes.is_leaf(t))  # a leaf may be younger than its uses: it has another array now
    uses = classes.uses
    for t in tensors:
        for position, i in enumerate(_inputs(t, classes, level)):
            if level != "op" or i.op is None or i in stop:  # at level op those of other tensors are never asked for
                uses[i].append((i, t, position))
    only_summed = _only_summed(classes) if level != "op" else set()
    for t in tensors:
        if classes.is_leaf(t):
            classes.part[t] = _leaf_part(t, classes, level)
            continue
        _collect(t, classes, level)
        part = OP if level == "op" else _gate_part(t, classes, t in only_summed)
        classes.part[t] = part
    return classes


def _inputs(t: Tensor, classes: Classification, level: str) -> tuple[Tensor, ...]:
    """The inputs; at level gate, that of `stack(h₁, h₂, h₃)[-1]` is h₃ alone."""
    if level == "gate" and isinstance(t.op, Getitem) and type(t.op.key) is int and not classes.is_leaf(t):
        (x,) = t.inputs
        if isinstance(x.op, Stack) and x.op.axis == 0:
            return (x.inputs[t.op.key],)
    if level == "gate" and classes.stop and not classes.is_leaf(t):
        if not is_guard(t):
            return tuple(_guarded(i, classes) for i in t.inputs)
        return () if t.name is None and t not in classes.roots else (_guarded(t.inputs[2], classes),)
    return classes.inputs(t)


def _guarded(t: Tensor, classes: Classification) -> Tensor:
    """The gradient behind unnamed guards, which no one would write down."""
    while t.name is None and is_guard(t) and not classes.is_leaf(t):
        t = t.inputs[2]
    return t


def _only_summed(classes: Classification) -> set[Tensor]:
    """Unnamed tensors that only a reduction uses in the end: the inside of a loss."""
    summed: set[Tensor] = set()
    for t in reversed(classes.tensors):
        if t.name is None and t not in classes.roots:
            if all(isinstance(u.op, Reduction) or (u in summed and u.name is None) for _, u, _ in classes.uses[t]):
                summed.add(t)
    return summed


def _leaf_part(t: Tensor, classes: Classification, level: str) -> str:
    users = classes.uses[t]
    if classes.stop and not users and t not in classes.roots:
        return MENTION  # the condition of a guard
    if is_number(t) or (t.name is not None and users and all(_takes_a_step(user) for _, user, _ in users)):
        return MENTION  # the 1 of 1 − z, the x of x₁ = x[0]
    if t in classes.stop and users:
        return TAG  # the graph was cut off here
    if isinstance(t, Parameter) or (t.name is None and users):
        return TAG
    if len({id(step_of(user)) for _, user, _ in users}) > 1 or len(users) > FANNED_OUT:
        return TAG  # one line to each step would tangle the picture
    weight = t.requires_grad and any(
        (isinstance(user.op, Matmul) and position == 1) or t.ndim < user.ndim for _, user, position in users
    )
    return TAG if weight else BOX


def _takes_a_step(t: Tensor) -> bool:
    return isinstance(t.op, Getitem) and t.name is not None and step_of(t) is not None


def _collect(t: Tensor, classes: Classification, level: str) -> None:
    """The sources and tags of a tensor, with those of the formulas inside it."""
    sources: dict[Tensor, None] = {}
    tags: dict[Use, None] = {}
    for position, i in enumerate(_inputs(t, classes, level)):
        match classes.part[i]:
            case "tag":
                tags[(i, t, position)] = None
            case "inside":
                sources.update(dict.fromkeys(classes.sources[i]))
                tags.update(dict.fromkeys(classes.tags[i]))
            case "box" | "split" | "op":
                sources[i] = None
    classes.sources[t], classes.tags[t] = tuple(sources), tuple(tags)


def _gate_part(t: Tensor, classes: Classification, only_summed: bool) -> str:
    assert t.op is not None
    back = bool(classes.stop) and t.scope.role == "backward"  # the backward pass is drawn alone
    weighted = any(use[0].requires_grad for use in classes.tags[t])  # a parameter is in its formula
    pointwise = t.op.elementwise and not weighted
    if t.name is not None or t in classes.roots:
        between = pointwise and all(_stands_alone(i, classes) for i in t.inputs) and len(classes.sources[t]) > 1
        return SPLIT if between and role_of(t) != "loss" and not back else BOX
    if len(classes.tags[t]) + len(classes.sources[t]) > (MOST_SHARES if back and t.op.symbol == "+" else MANY):
        return BOX
    if back:  # what passes a gradient on to one other is a part of its formula
        return BOX if len({user for _, user, _ in classes.uses[t]}) > 1 else INSIDE
    if role_of(t) == "loss":
        return INSIDE
    if isinstance(t.op, Concat) and not weighted and len(classes.uses[t]) >= GATES:
        return OP
    if weighted:
        users = [user for _, user, _ in classes.uses[t]]
        leaves_its_scope = path_of(t.scope) and any(t.scope not in path_of(user.scope) for user in users)
        activation = isinstance(t.op, ACTIVATIONS)
        return BOX if leaves_its_scope or len(users) > 1 or activation else INSIDE
    return OP if pointwise and not only_summed and not _is_factor(t, classes) else INSIDE


def _stands_alone(t: Tensor, classes: Classification) -> bool:
    """Whether an input is a node, a number, or a factor such as (1 − z)."""
    return classes.part[t] in (BOX, SPLIT, OP, MENTION) or (classes.part[t] == INSIDE and _is_factor(t, classes))


def _is_factor(t: Tensor, classes: Classification) -> bool:
    """Whether it is written into the multiplications it is used in: the (1 − z) of (1 − z) ⊙ h."""
    return (
        t.op is not None
        and t.op.elementwise
        and len(classes.sources[t]) == 1
        and classes.sources[t][0].name is not None
        and any(is_number(i) for i in t.inputs)
        and all(user.op is not None and user.op.symbol == "⊙" and at == 0 for _, user, at in classes.uses[t])
    )
