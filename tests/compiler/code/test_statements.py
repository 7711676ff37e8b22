"""The statement trees of an RNN, written out: what each function computes, in which order, and where to."""

from tests.compiler.trees import written
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.code.build import backward, forward, single_step
from tinygrad_gru.compiler.code.statements import Copy
from tinygrad_gru.compiler.plan import planned


def plan_of(cell):
    plan = planned(compiler.program(cell), cell.state_names)
    return plan, plan.program.names()


def memory(tree, *parts):
    return {part: [b.name for b in getattr(tree, part)] for part in parts}


def test_the_way_there():
    tree = forward(*plan_of(nn.RNNCell(2, 4)))

    assert written(tree, tree.bulk) == ["t2 = x t1 → all_t3", "t3 = b_h + t2 → all_t3"]
    assert written(tree, tree.steps) == ["t5 = h t4 → new_h", "t6 = t3 + t5 → new_h", "h_2 = tanh(t6) → new_h"]
    assert memory(tree, "over_time", "scratch") == {"over_time": ["all_t3"], "scratch": []}


def test_a_single_step():
    tree = single_step(*plan_of(nn.RNNCell(2, 4)))

    assert tree.bulk == [] and written(tree, tree.steps) == [
        "t2 = x t1 → new_h", "t3 = b_h + t2 → new_h", "t5 = h t4 → t5", "t6 = t3 + t5 → new_h",
        "h_2 = tanh(t6) → new_h",
    ]  # fmt: skip
    assert memory(tree, "over_time", "scratch") == {"over_time": [], "scratch": ["t5"]}


def test_the_way_back_in_chunks():
    tree = backward(*plan_of(nn.RNNCell(2, 4)))

    assert written(tree, tree.pre) == ["t7 = h_2·h_2 → some_t8", "t8 = 1 − t7 → some_t8"]
    assert written(tree, tree.steps) == ["t9 = dh·t8 → all_t9", "t13 = t9 t12 → dh"]
    assert (tree.post, tree.late, written(tree, tree.late_for_x)) == ([], [], ["t11 = t9 t10 → d_x"])
    assert memory(tree, "over_time", "chunked", "scratch", "late_buffers") == {
        "over_time": ["all_t9"], "chunked": ["some_t8"], "scratch": [], "late_buffers": [],
    }  # fmt: skip
    names = tree.layout.names
    assert [(names[c.gradient], c.carry, names[c.now]) for c in tree.carried] == [("dh", "dh", "dh")]


def test_the_way_back_without_chunks_for_native_code():
    tree = backward(*plan_of(nn.RNNCell(2, 4)), chunks=False)

    assert written(tree, tree.steps) == [
        "t7 = h_2·h_2 → all_t9", "t8 = 1 − t7 → all_t9", "t9 = dh·t8 → all_t9", "t13 = t9 t12 → dh",
    ]  # fmt: skip
    assert (tree.pre, tree.post) == ([], []) and memory(tree, "chunked") == {"chunked": []}


def test_a_copy_of_nothing_is_a_copy_of_zeros():
    tree = forward(*plan_of(nn.RNNCell(2, 4)))
    product = tree.steps[0].instruction

    copies = [Copy("dh", None), Copy("dh", product), Copy("dh", product, aside=True)]
    assert written(tree, copies) == ["dh ← 0", "dh ← t5", "dh ← t5, aside"]
