"""Hundreds of random graphs at level op, against an account made by a walk of its own over `Tensor.inputs`.

The account knows nothing of the drawer: it goes from the result to the inputs, and notes of each operation which
tensors it takes, in which order, and how often. What the picture holds must be that, no more and no less; its values
are the tensors' own, and its gradients, with their signs, those of `tg.grad`.
"""

from collections import Counter

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.diagram.model import Edge, Kind
from tinygrad_gru.symbolic.short import is_number

SHAPE = (2, 2)
UNARY = (tg.tanh, tg.sigmoid, tg.exp, tg.square, lambda x: -x, lambda x: x.mT, lambda x: x * 0.5, lambda x: 1 - x,
         lambda x: tg.softmax(x, axis=-1), lambda x: x[0], lambda x: x.mean(axis=1, keepdims=True))  # fmt: skip
BINARY = (lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, lambda x, y: x @ y, lambda x, y: x / (2 + y * y),
          tg.maximum, lambda x, y: tg.concat([x, y], axis=0)[:2], lambda x, y: tg.stack([x, y])[1])  # fmt: skip


def random_loss(seed):
    """A loss of a few leaves and up to twenty operations; some results have names, scopes, or both."""
    rng = np.random.default_rng(seed)

    def leaf(i):
        kind = rng.integers(4)
        name = f"leaf{i}" if rng.random() < 0.7 else None
        data = rng.normal(size=SHAPE)
        return (
            tg.nn.Parameter(data, name=name) if kind == 0 else tg.Tensor(data, requires_grad=bool(kind > 1), name=name)
        )

    with tg.record():
        there = [tg.Tensor(rng.normal(size=SHAPE), requires_grad=True, name="x"), *map(leaf, range(rng.integers(1, 4)))]
        for i in range(rng.integers(2, 20)):
            x, y = (there[n] for n in rng.integers(len(there), size=2))
            with tg.scope(*[("step", i), ("gate",)][rng.integers(2)]):
                out = (
                    UNARY[rng.integers(len(UNARY))](x)
                    if rng.random() < 0.4
                    else BINARY[rng.integers(len(BINARY))](x, y)
                )
            if out.shape != SHAPE:
                out = out + tg.Tensor(np.zeros(SHAPE))
            there.append(out.named(f"t{i}") if rng.random() < 0.4 else out)
        return sum(tg.tanh(t).sum() for t in [*there[-3:], there[0]]).named("L")


def account(loss):
    """Every tensor behind the loss, and the inputs of each operation in their order: a walk of this test's own."""
    inputs, pending = {}, [loss]
    while pending:
        t = pending.pop()
        if t not in inputs:
            inputs[t] = list(t.inputs)
            pending += t.inputs
    return inputs


def faults(graph, gradients, loss):
    """What the graph of a picture says otherwise than the account, in words; nothing if all is right."""
    inputs = account(loss)
    said = []
    drawn = Counter(node.tensor for node in graph.nodes if node.kind != Kind.TAG)
    made = {t for t in inputs if t.op is not None}
    if any(drawn[t] != 1 for t in made):
        said.append("an operation is not drawn exactly once")
    if any(t not in inputs for t in (node.tensor for node in graph.nodes)):
        said.append("something is drawn that is not in the graph")
    tagged = {node.tensor for node in graph.nodes if node.kind == Kind.TAG}
    if any(t not in tagged and t not in drawn and not is_number(t) for t in inputs):
        said.append("a leaf is missing")
    entering = {}
    for edge in graph.edges:
        entering.setdefault(edge.target.tensor, []).append(edge)
    for t in made:
        wanted = [(id(i), at) for at, i in enumerate(inputs[t]) if not is_number(i)]
        if [(id(e.source.tensor), e.operand) for e in entering.get(t, [])] != wanted:
            said.append("the edges into an operation are not its inputs in their order")
    if len({node.key for node in graph.nodes}) != len(graph.nodes):
        said.append("two nodes have one key")
    titles = {}
    for node in graph.nodes:
        if node.kind != Kind.OP and titles.setdefault(node.title, node.tensor) is not node.tensor:
            said.append("two tensors have one title")
    wanted = [t for t in inputs if t.requires_grad]
    for t, g in zip(wanted, tg.grad(loss, wanted), strict=True):
        there = gradients.of.get(t)
        if (g is None) != (there is None) or (g is not None and not np.allclose(g, there, rtol=1e-10, atol=1e-12)):
            said.append("a gradient is not that of tg.grad")
    return said


@pytest.mark.parametrize("block", range(8))
def test_a_picture_at_level_op_holds_what_was_recorded_no_more_and_no_less(block):
    for seed in range(40 * block, 40 * block + 40):
        loss = random_loss(seed)
        picture = tg.draw(loss, "op", fold="none")
        assert not faults(picture.graph, picture.numbers, loss), seed


def drop_an_edge(graph, gradients):
    graph.edges.pop(len(graph.edges) // 2)


def drop_one_of_two_uses(graph, gradients):
    graph.edges.remove(next(e for e in graph.edges if e.operand == 1 and e.source.title == "x"))


def swap_operands(graph, gradients):
    a, b = (next(e for e in graph.edges if e.target.tensor.op.symbol == "−" and e.operand == n) for n in (0, 1))
    a.source, b.source = b.source, a.source


def drop_a_node(graph, gradients):
    graph.nodes.pop(len(graph.nodes) // 2)


def draw_a_node_twice(graph, gradients):
    graph.nodes.append(graph.nodes[-1])


def add_an_edge(graph, gradients):
    graph.edges.append(Edge(graph.nodes[0], graph.nodes[-1], operand=0))


def turn_a_sign(graph, gradients):
    t = next(t for t in gradients.of if t.name == "x")
    gradients.of[t] = -gradients.of[t]


def lose_a_gradient(graph, gradients):
    gradients.of.pop(next(t for t in gradients.of if t.op is not None))


def name_two_alike(graph, gradients):
    boxes = [node for node in graph.nodes if node.kind == Kind.BOX]
    boxes[0].title = boxes[-1].title


@pytest.mark.parametrize(
    "plant",
    [drop_an_edge, drop_one_of_two_uses, swap_operands, drop_a_node, draw_a_node_twice, add_an_edge, turn_a_sign,
     lose_a_gradient, name_two_alike],
)  # fmt: skip
def test_the_comparison_catches_a_planted_fault(plant):
    x = tg.Tensor([3.0, -2.0], requires_grad=True, name="x")
    y = tg.Tensor([1.0, 5.0], requires_grad=True, name="y")
    loss = (x * x - y).named("d").sum().named("L")
    picture = tg.draw(loss, "op")
    assert not faults(picture.graph, picture.numbers, loss)
    plant(picture.graph, picture.numbers)
    assert faults(picture.graph, picture.numbers, loss)


def test_values_and_signed_gradients_are_those_of_the_tensors():
    a, b = tg.Tensor(2.0, requires_grad=True, name="a"), tg.Tensor(-3.0, requires_grad=True, name="b")
    text = tg.draw((a * b).named("L"), "op").text()
    assert "a  = 2  grad −3" in text and "b  = −3  grad 2" in text and "= −6" in text


def vanished(graph, loss):
    """Operations that are neither drawn nor in the formula of a box: by a walk over `Tensor.inputs` of its own."""
    boxes = {node.tensor: node for node in graph.nodes if node.kind is Kind.BOX}
    small = {node.tensor: node for node in graph.nodes if node.kind is Kind.OP}
    inputs = account(loss)
    users = {}
    for t, those in inputs.items():
        for i in those:
            users.setdefault(i, []).append(t)
    gone = []
    for t in inputs:
        if t.op is None or t in boxes or t in small:
            continue
        for user in users[t]:
            through = user not in boxes and user not in small
            written = (
                user in boxes and user not in small and boxes[user].formula and not boxes[user].formula.endswith("…")
            )
            factor = (
                user in small and small[user].title.startswith("(") and t.op.elementwise
            )  # the (1 − z) of (1 − z) ⊙
            titled = user in small and t.op.symbol in small[user].title  # stack(a, b)[1]
            if not (through or written or factor or titled):
                gone.append((t.op.symbol, user.op.symbol))
    return gone


@pytest.mark.parametrize("block", range(4))
def test_at_level_gate_every_operation_is_drawn_or_stands_in_a_formula(block):
    for seed in range(40 * block, 40 * block + 40):
        loss = random_loss(seed)
        assert not vanished(tg.draw(loss, "gate", fold="none").graph, loss), seed


def test_an_operation_that_vanishes_is_found():
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    loss = (x - x.mean() * x).named("d").sum().named("L")
    graph = tg.draw(loss).graph
    assert not vanished(graph, loss)
    box = next(node for node in graph.nodes if node.title == "d")
    box.formula = ""
    assert vanished(graph, loss)
