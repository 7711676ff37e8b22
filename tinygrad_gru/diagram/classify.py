"""Classification of tensors: a box of its own, a small operation, a tag, or a piece of a formula.

Level `op` shows every operation. Level `gate` keeps what has a name and the pointwise steps between such tensors, and
contracts the rest, such as `concat([h, x]) @ W_r + b_r`, into the formula of the tensor it ends in. Nothing here knows
a cell: only operations, names, scopes and creation order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from ..core.backward import toposort
from ..core.ops.activations import Gelu, GeluTanh, Relu, Sigmoid, Silu, Softplus, Tanh
from ..core.ops.indexing import Getitem
from ..core.ops.joining import Concat, Stack
from ..core.ops.products import Matmul
from ..core.ops.reductions import LogSoftmax, Reduction, Softmax
from ..core.support.arguments import ShortRepr
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..core.tools.fused import unfuse
from ..nn.module import Parameter
from ..symbolic.short import is_number

__all__ = ["Classification", "Part", "Use", "classify", "path_of", "role_of", "step_of"]


class Part(StrEnum):
    """What a tensor is in a picture."""

    BOX = "box"  # of its own, with its formula
    SPLIT = "split"  # a small operation, and a box behind it
    OP = "op"  # a small operation
    INSIDE = "inside"  # a piece of a formula
    TAG = "tag"  # a parameter or constant at its uses
    MENTION = "mention"  # a number, which formulas name


BOX, SPLIT, OP, INSIDE, TAG, MENTION = Part
ACTIVATIONS = (GeluTanh, Gelu, Relu, Sigmoid, Silu, Softplus, Tanh)
FANNED_OUT = 8  # a leaf used more often is drawn once per use
GATES = 3  # as many that read the same [h, x] have one line each from it, and not one from h and one from x
MANY = 24  # what hides more tensors than this gets a box of its own
MOST_HIDDEN = 16  # or more operations: its formula would be cut

Use = tuple[Tensor, Tensor, int]  # a tensor, its consumer, and which input of the consumer it is


@dataclass(eq=False, repr=False)
class Classification(ShortRepr):
    """The part of each tensor in creation order, and the sources of those that are drawn."""

    tensors: list[Tensor]  # leaves first, then each after its inputs
    roots: set[Tensor]
    part: dict[Tensor, Part] = field(default_factory=dict)
    sources: dict[Tensor, tuple[Tensor, ...]] = field(default_factory=dict)  # the drawn tensors it is computed from
    tags: dict[Tensor, tuple[Use, ...]] = field(
        default_factory=dict
    )  # the parameters and constants it is computed from
    uses: dict[Tensor, list[Use]] = field(default_factory=lambda: defaultdict(list))  # at level op, of leaves
    hidden: dict[Tensor, int] = field(default_factory=dict)  # how many operations its formula has inside
    holders: set[scope] = field(default_factory=set)  # scopes around steps, such as layer 2 and backward


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


def classify(roots: Sequence[Tensor], level: str) -> Classification:
    """Give every tensor of the graph its part."""
    for remembered in (path_of, _step_at, _role_at):
        remembered.cache_clear()
    unfuse(roots)
    tensors = toposort(roots, everything=True)[::-1]
    classes = Classification(tensors, set(roots))
    tensors.sort(key=lambda t: t.op is not None)  # a leaf may be younger than its uses: it has another array now
    classes.holders = {around for place in {t.scope for t in tensors} for around in _around_steps(place)}
    uses = classes.uses
    for t in tensors:
        for position, i in enumerate(_inputs(t, level)):
            if level != "op" or i.op is None:  # at level op those of other tensors are never asked for
                uses[i].append((i, t, position))
    only_summed = _only_summed(classes) if level != "op" else set()
    for t in tensors:
        if t.op is None:
            classes.part[t] = _leaf_part(t, classes)
            continue
        _collect(t, classes, level)
        classes.part[t] = OP if level == "op" else _gate_part(t, classes, t in only_summed)
    if level != "op" and _bring_out(classes):
        for t in tensors:
            if t.op is not None:
                _collect(t, classes, level)
    return classes


def _around_steps(place: scope) -> tuple[scope, ...]:
    """The scopes of a path that have a numbered one inside."""
    path = path_of(place)
    inner = max((depth for depth, around in enumerate(path) if around.index is not None), default=0)
    return path[:inner]


def _bring_out(classes: Classification) -> int:
    """Draw what nothing would show: what goes into a small operation, which has no formula. How many tensors."""
    out = 0
    for t in reversed(classes.tensors):
        if classes.part[t] == INSIDE and not _is_factor(t, classes):
            if any(
                classes.part[user] in (OP, SPLIT) and not isinstance(user.op, Concat) for _, user, _ in classes.uses[t]
            ):
                classes.part[t] = BOX if classes.tags[t] else OP
                out += 1
    return out


def _inputs(t: Tensor, level: str) -> tuple[Tensor, ...]:
    """The inputs; at level gate, that of `stack(h₁, h₂, h₃)[-1]` is h₃ alone, also in a concat."""
    if level == "gate" and isinstance(t.op, Getitem) and type(t.op.key) is int:
        (x,) = t.inputs
        if isinstance(x.op, Stack) and x.op.axis == 0:
            return (x.inputs[t.op.key],)
        if isinstance(x.op, Concat) and x.op.axis % x.ndim and all(_stacked(i) for i in x.inputs):
            return tuple(i.inputs[t.op.key] for i in x.inputs)
    return t.inputs


def _stacked(t: Tensor) -> bool:
    """Whether it is a stack of results along the first axis, such as the outputs of a layer."""
    return isinstance(t.op, Stack) and t.op.axis == 0 and t.name is None


def _only_summed(classes: Classification) -> set[Tensor]:
    """Unnamed tensors that only a reduction uses in the end: the inside of a loss."""
    summed: set[Tensor] = set()
    for t in reversed(classes.tensors):
        if t.name is None and t not in classes.roots:
            if all(_reduces(u) or (u in summed and u.name is None) for _, u, _ in classes.uses[t]):
                summed.add(t)
    return summed


def _reduces(t: Tensor) -> bool:
    return isinstance(t.op, Reduction) and not isinstance(t.op, Softmax | LogSoftmax)


def _leaf_part(t: Tensor, classes: Classification) -> Part:
    users = classes.uses[t]
    if t in classes.roots and not users:
        return BOX
    if is_number(t) or (t.name is not None and users and all(_takes_a_step(user) for _, user, _ in users)):
        return MENTION  # the 1 of 1 − z, the x of x₁ = x[0]
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
    for position, i in enumerate(_inputs(t, level)):
        match classes.part[i]:
            case Part.TAG:
                tags[(i, t, position)] = None
            case Part.INSIDE:
                sources.update(dict.fromkeys(classes.sources[i]))
                tags.update(dict.fromkeys(classes.tags[i]))
            case Part.BOX | Part.SPLIT | Part.OP:
                sources[i] = None
    classes.sources[t], classes.tags[t] = tuple(sources), tuple(tags)
    classes.hidden[t] = sum(1 + classes.hidden[i] for i in t.inputs if classes.part[i] is INSIDE)


def _gate_part(t: Tensor, classes: Classification, only_summed: bool) -> Part:
    assert t.op is not None
    weighted = any(use[0].requires_grad for use in classes.tags[t])  # a parameter is in its formula
    pointwise = t.op.elementwise and not weighted
    if t.name is not None or t in classes.roots:
        between = pointwise and all(_stands_alone(i, classes) for i in t.inputs) and len(classes.sources[t]) > 1
        return SPLIT if between and role_of(t) != "loss" else BOX
    if len(classes.tags[t]) + len(classes.sources[t]) > MANY or classes.hidden[t] > MOST_HIDDEN:
        return BOX
    if role_of(t) == "loss":
        return INSIDE
    if isinstance(t.op, Concat) and not weighted and len(classes.uses[t]) >= GATES:
        return OP
    if weighted:
        users = [user for _, user, _ in classes.uses[t]]
        leaves_its_scope = path_of(t.scope) and any(t.scope not in path_of(user.scope) for user in users)
        activation = isinstance(t.op, ACTIVATIONS)
        return BOX if leaves_its_scope or len(users) > 1 or activation else INSIDE
    if isinstance(t.op, Softmax):
        return BOX  # a matrix of attention, say
    several = len(classes.sources[t]) > 1 or len(set(t.inputs)) < len(t.inputs)  # a sum of boxes, or x ⊙ x
    alone = all(_stands_alone(i, classes) for i in t.inputs) or (several and t.op.symbol == "+")  # or in a long formula
    return OP if pointwise and alone and (several or not only_summed) and not _is_factor(t, classes) else INSIDE


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
