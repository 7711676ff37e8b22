"""Which tensor plays which part in a picture: a box of its own, a small operation, a tag, a piece of a formula.

Level `op` shows every operation. Level `gate` keeps what has a name and the pointwise steps between such tensors, and
contracts the rest, such as `concat([h, x]) @ W_r + b_r`, into the formula of the tensor it ends in. Nothing here knows
a cell: only operations, names, scopes and the order of making.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

from ..core.backward import toposort
from ..core.ops.activations import Gelu, Relu, Sigmoid, Silu, Softplus, Tanh
from ..core.ops.indexing import Getitem
from ..core.ops.joining import Concat, Stack
from ..core.ops.products import Matmul
from ..core.ops.reductions import Reduction
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..core.tools.fused import unfuse
from ..nn.module import Parameter
from ..symbolic.short import is_guard, is_number

__all__ = ["Casting", "Use", "cast", "path_of", "role_of", "step_of"]

BOX, SPLIT, OP, INSIDE, TAG, MENTION = "box", "split", "op", "inside", "tag", "mention"
ACTIVATIONS = (Gelu, Relu, Sigmoid, Silu, Softplus, Tanh)
FANNED_OUT = 8  # a leaf used more often is drawn once per use
GATES = 3  # as many that read the same [h, x] have one line each from it, and not one from h and one from x
MANY = 24  # what hides more than this gets a box of its own
MOST_SHARES = 2000  # but not the sum of a weight's gradient over all steps

Use = tuple[Tensor, Tensor, int]  # a tensor, its consumer, and which input of the consumer it is


@dataclass(eq=False)
class Casting:
    """Each tensor's part, in the order of making, and from where the shown ones are fed."""

    tensors: list[Tensor]  # leaves first, then each after its inputs
    roots: set[Tensor]
    part: dict[Tensor, str] = field(default_factory=dict)
    sources: dict[Tensor, tuple[Tensor, ...]] = field(default_factory=dict)  # the shown tensors it is made of
    tags: dict[Tensor, tuple[Use, ...]] = field(default_factory=dict)  # the parameters and constants it is made of
    uses: dict[Tensor, list[Use]] = field(default_factory=lambda: defaultdict(list))  # at level op, of leaves
    given: Collection[Tensor] = ()  # where the graph is cut off: taken as leaves

    def inputs(self, t: Tensor) -> tuple[Tensor, ...]:
        """What a tensor was made of; a leaf of nothing."""
        return () if t in self.given else t.inputs

    def is_leaf(self, t: Tensor) -> bool:
        """Whether the graph begins with it."""
        return t.op is None or t in self.given


@cache  # forgotten with each new picture: as many scopes as one graph has
def path_of(place: scope) -> tuple[scope, ...]:
    """The scopes around one, remembered: all tensors of a gate ask for the same."""
    return place.path


@cache
def _step_at(place: scope) -> scope | None:
    return next((around for around in reversed(path_of(place)) if around.index is not None), None)


@cache
def _role_at(place: scope) -> str:
    return next((around.role for around in reversed(path_of(place)) if around.role and around.role != "backward"), "")


def step_of(t: Tensor) -> scope | None:
    """The innermost numbered scope in which a tensor was made."""
    return _step_at(t.scope)


def role_of(t: Tensor) -> str:
    """The role of the innermost scope that has one; what was recorded on the way back has that of the way there."""
    return _role_at(t.scope)


def cast(roots: Sequence[Tensor], level: str, given: Collection[Tensor] = ()) -> Casting:
    """Give every tensor of the graph its part; no farther back than the tensors that are given."""
    for remembered in (path_of, _step_at, _role_at):
        remembered.cache_clear()
    unfuse(roots)
    tensors = toposort(roots, everything=True, stop=given)[::-1]
    casting = Casting(tensors, set(roots), given=given)
    tensors.sort(key=lambda t: not casting.is_leaf(t))  # a leaf may be younger than its uses: it has another array now
    uses = casting.uses
    for t in tensors:
        for position, i in enumerate(_inputs(t, casting, level)):
            if level != "op" or i.op is None or i in given:  # at level op those of other tensors are never asked for
                uses[i].append((i, t, position))
    only_summed = _only_summed(casting) if level != "op" else set()
    for t in tensors:
        if casting.is_leaf(t):
            casting.part[t] = _leaf_part(t, casting, level)
            continue
        _collect(t, casting, level)
        part = OP if level == "op" else _gate_part(t, casting, t in only_summed)
        casting.part[t] = part
    return casting


def _inputs(t: Tensor, casting: Casting, level: str) -> tuple[Tensor, ...]:
    """The inputs; at level gate, `stack(h₁, h₂, h₃)[-1]` is made of h₃ alone."""
    if level == "gate" and isinstance(t.op, Getitem) and type(t.op.key) is int and not casting.is_leaf(t):
        (x,) = t.inputs
        if isinstance(x.op, Stack) and x.op.axis == 0:
            return (x.inputs[t.op.key],)
    if level == "gate" and casting.given and not casting.is_leaf(t):
        if not is_guard(t):
            return tuple(_guarded(i, casting) for i in t.inputs)
        return () if t.name is None and t not in casting.roots else (_guarded(t.inputs[2], casting),)
    return casting.inputs(t)


def _guarded(t: Tensor, casting: Casting) -> Tensor:
    """What stands behind nameless guards, which a person would not write down."""
    while t.name is None and is_guard(t) and not casting.is_leaf(t):
        t = t.inputs[2]
    return t


def _only_summed(casting: Casting) -> set[Tensor]:
    """Nameless tensors of which only a sum, mean or the like is taken in the end: the inside of a loss."""
    found: set[Tensor] = set()
    for t in reversed(casting.tensors):
        if t.name is None and t not in casting.roots:
            if all(isinstance(u.op, Reduction) or (u in found and u.name is None) for _, u, _ in casting.uses[t]):
                found.add(t)
    return found


def _leaf_part(t: Tensor, casting: Casting, level: str) -> str:
    users = casting.uses[t]
    if casting.given and not users and t not in casting.roots:
        return MENTION  # the condition of a guard
    if is_number(t) or (t.name is not None and users and all(_takes_a_step(user) for _, user, _ in users)):
        return MENTION  # the 1 of 1 − z, the x of x₁ = x[0]
    if t in casting.given and users:
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


def _collect(t: Tensor, casting: Casting, level: str) -> None:
    """From where a tensor is fed, looking through what is inside formulas."""
    sources: dict[Tensor, None] = {}
    tags: dict[Use, None] = {}
    for position, i in enumerate(_inputs(t, casting, level)):
        match casting.part[i]:
            case "tag":
                tags[(i, t, position)] = None
            case "inside":
                sources.update(dict.fromkeys(casting.sources[i]))
                tags.update(dict.fromkeys(casting.tags[i]))
            case "box" | "split" | "op":
                sources[i] = None
    casting.sources[t], casting.tags[t] = tuple(sources), tuple(tags)


def _gate_part(t: Tensor, casting: Casting, only_summed: bool) -> str:
    assert t.op is not None
    back = bool(casting.given) and t.scope.role == "backward"  # the way back is drawn alone
    weighted = any(use[0].requires_grad for use in casting.tags[t])  # a parameter is in its formula
    pointwise = t.op.elementwise and not weighted
    if t.name is not None or t in casting.roots:
        between = pointwise and all(_stands_alone(i, casting) for i in t.inputs) and len(casting.sources[t]) > 1
        return SPLIT if between and role_of(t) != "loss" and not back else BOX
    if len(casting.tags[t]) + len(casting.sources[t]) > (MOST_SHARES if back and t.op.symbol == "+" else MANY):
        return BOX
    if back:  # what passes a gradient on to one other is a part of its formula
        return BOX if len({user for _, user, _ in casting.uses[t]}) > 1 else INSIDE
    if role_of(t) == "loss":
        return INSIDE
    if isinstance(t.op, Concat) and not weighted and len(casting.uses[t]) >= GATES:
        return OP
    if weighted:
        users = [user for _, user, _ in casting.uses[t]]
        leaves_its_scope = path_of(t.scope) and any(t.scope not in path_of(user.scope) for user in users)
        activation = isinstance(t.op, ACTIVATIONS)
        return BOX if leaves_its_scope or len(users) > 1 or activation else INSIDE
    return OP if pointwise and not only_summed and not _is_factor(t, casting) else INSIDE


def _stands_alone(t: Tensor, casting: Casting) -> bool:
    """Whether an input is a node, a number, or a factor such as (1 − z)."""
    return casting.part[t] in (BOX, SPLIT, OP, MENTION) or (casting.part[t] == INSIDE and _is_factor(t, casting))


def _is_factor(t: Tensor, casting: Casting) -> bool:
    """Whether it is written into the multiplications it is used in: the (1 − z) of (1 − z) ⊙ h."""
    return (
        t.op is not None
        and t.op.elementwise
        and len(casting.sources[t]) == 1
        and casting.sources[t][0].name is not None
        and any(is_number(i) for i in t.inputs)
        and all(user.op is not None and user.op.symbol == "⊙" and at == 0 for _, user, at in casting.uses[t])
    )
