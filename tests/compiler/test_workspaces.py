"""Memory that calls share: no call disturbs another, loops allocate nothing, and inference keeps nothing."""

import ast
import gc
import threading
import tracemalloc

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, difference, known, results
from tinygrad_gru import compiler, nn, optim
from tinygrad_gru.compiler import compile as caching
from tinygrad_gru.compiler.ir.primitives import UFUNCS

EACH = pytest.mark.parametrize("kind", KNOWN)


def layer_of(kind="gru", I=3, H=4, engine="compiled", **options):
    return nn.Recurrent(known(kind, I, H), engine=engine, **options)


def random_x(seed, T=5, B=2, I=3):
    return np.random.default_rng(seed).uniform(-1, 1, (T, B, I))


def gradients(layer):
    return {name: p.grad.copy() for name, p in layer.named_parameters()}


def loss_of(layer, x):
    out, _ = layer(x)
    return tg.sum(out * out)


def gradients_of(layer, x):
    """Those of one call that nothing else comes between."""
    layer.zero_grad()
    loss_of(layer, x).backward()
    return gradients(layer)


def same(got, wanted):
    assert got.keys() == wanted.keys()
    assert all((got[name] == wanted[name]).all() for name in wanted)


@EACH
def test_two_forwards_before_one_backward(kind):
    layer, one, two = layer_of(kind), random_x(1), random_x(2)
    first, second = gradients_of(layer, one), gradients_of(layer, two)

    for order in ((0, 1), (1, 0)):
        losses = [loss_of(layer, one), loss_of(layer, two)]
        for i in order:
            layer.zero_grad()
            losses[i].backward()
            same(gradients(layer), (first, second)[i])


@EACH
def test_backward_twice(kind):
    layer, x = layer_of(kind), random_x(1)
    loss = loss_of(layer, x)

    loss.backward()
    once = gradients(layer)
    loss_of(layer, random_x(2)).backward()  # another call, in between
    layer.zero_grad()
    loss.backward()

    same(gradients(layer), once)


@EACH
def test_outputs_and_gradients_are_kept_by_whoever_has_them(kind):
    layer, x = layer_of(kind), tg.Tensor(random_x(1), requires_grad=True)
    out, last = layer(x)
    tg.sum(out).backward()
    held = [out.data, *(s.data for s in (last if isinstance(last, tuple) else (last,))), x.grad,
            *(p.grad for p in layer.parameters())]  # fmt: skip
    copies = [a.copy() for a in held]
    del out, last

    for seed in range(5):
        layer.zero_grad()
        loss_of(layer, random_x(seed)).backward()
        with tg.no_grad():
            layer(random_x(seed, T=9, B=4))

    assert all((a == b).all() for a, b in zip(held, copies, strict=True))


def test_a_longer_call_in_between():
    layer, x = layer_of(), random_x(1, T=3, B=1)
    wanted = gradients_of(layer, x)
    loss = loss_of(layer, x)

    gradients_of(layer, random_x(2, T=20, B=7))
    layer.zero_grad()
    loss.backward()

    same(gradients(layer), wanted)


def test_memory_goes_back_to_its_pool_when_the_node_dies():
    layer = layer_of("gru", 2, 5)  # sizes that no other test has
    pool = compiler.compiled(layer.cell).code.pool

    loss = loss_of(layer, random_x(0, I=2))
    assert len(pool._free) == 0
    loss.backward()
    del loss
    gc.collect()
    kept = list(pool._free)
    assert len(kept) == 2  # of the way there, and of the way back

    gradients_of(layer, random_x(1, I=2))
    gc.collect()
    assert {id(m) for m in pool._free} == {id(m) for m in kept}


@EACH
def test_compiled_once_for_all_lengths_and_batches(kind, monkeypatch):
    made = []

    class Counted(caching.Code):
        def __init__(self, *args):
            made.append(args)
            super().__init__(*args)

    monkeypatch.setattr(caching, "Code", Counted)
    monkeypatch.setattr(caching, "_of_text", {})
    layers = [layer_of(kind, engine=engine) for engine in ("compiled", "eager")]
    sizes = [(T, B) for T in (1, 2, 3, 8, 30) for B in (1, 2, 3, 11)]
    assert len(sizes) == 20

    for T, B in sizes:
        got, wanted = (results(layer, random_x(T, T, B)) for layer in layers)
        assert difference(got, wanted)[0] < 1e-11
    other = layer_of(kind)
    other(random_x(0))

    assert len(made) == 1


# --- several at once -------------------------------------------------------------------------------------------------


def train(seed, steps=25):
    """The parameters of a small model after training."""
    layer = nn.Recurrent(known("gru", 3, 4, seed), engine="compiled")
    optimizer = optim.SGD(layer.parameters(), lr=0.05)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        x = rng.uniform(-1, 1, (int(rng.integers(1, 8)), int(rng.integers(1, 5)), 3))
        optimizer.zero_grad()
        loss_of(layer, x).backward()
        optimizer.step()
    return {name: p.data.copy() for name, p in layer.named_parameters()}


def test_threads_that_train_at_once():
    alone = [train(seed) for seed in range(4)]
    together = [None] * 4

    def run(seed):
        with compiler.jit(False):
            together[seed] = train(seed)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()

    for got, wanted in zip(together, alone, strict=True):
        same(got, wanted)


def test_the_model_used_again_inside_a_hook_of_its_own_backward():
    layer, x = layer_of(), random_x(1)
    wanted = gradients_of(layer, x)
    inside = []

    def hook(g):
        other = layer_of()
        other.layers[0]["forward"] = layer.cell
        t = tg.Tensor(random_x(2, T=7, B=3), requires_grad=True)
        out, _ = other(t)
        inside.append(tg.grad(tg.sum(out), [t])[0].copy())
        return g

    layer.zero_grad()
    out, _ = layer(tg.Tensor(x))
    out.register_hook(hook)
    tg.sum(out * out).backward()

    assert difference(gradients(layer), wanted)[0] < 1e-12  # with hooks, the walk is another
    t = tg.Tensor(random_x(2, T=7, B=3), requires_grad=True)
    assert len(inside) == 1
    assert (inside[0] == tg.grad(tg.sum(layer(t)[0]), [t])[0]).all()


@pytest.mark.parametrize("half", ["forward", "backward"])
def test_an_exception_in_mid_program_leaves_nothing_broken(half, monkeypatch):
    layer, x = layer_of(), random_x(1)
    wanted = gradients_of(layer, x)
    code = compiler.compiled(layer.cell).code
    held = loss_of(layer, x)

    def interrupted(*args):
        memory = args[-1]
        for array in memory._arrays.values():
            array[...] = np.nan if array.dtype != bool else True
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(code, half, interrupted)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                gradients_of(layer, random_x(3))

    layer.zero_grad()
    held.backward()
    same(gradients(layer), wanted)
    same(gradients_of(layer, x), wanted)


# --- what is allocated -----------------------------------------------------------------------------------------------

SMALL = {"abs", "memory.flush", "copyto"}
ARGUMENTS = {**{name: count + 1 for name, count in UFUNCS.items()}, "dot": 3, "matmul": 3}  # the last is the output


def allocating(source):
    """The calls inside loops over steps that make a new array: those of NumPy without an output."""
    found = []
    for loop in ast.walk(ast.parse(source)):
        if not (isinstance(loop, ast.For) and ast.unparse(loop.iter).startswith("zip(")):
            continue
        for statement in loop.body:
            if ast.unparse(statement).startswith("if stay is not None"):
                continue  # only where sequences have different lengths
            for node in ast.walk(statement):
                if isinstance(node, ast.Call):
                    name = ast.unparse(node.func)
                    with_out = any(k.arg == "out" for k in node.keywords) or len(node.args) == ARGUMENTS.get(name)
                    if not (with_out or name in SMALL or name.endswith(".item")):
                        found.append(ast.unparse(node))
                elif isinstance(node, ast.BinOp):
                    found.append(ast.unparse(node))
    return found


@EACH
def test_loops_allocate_nothing(kind):
    source = compiler.compiled(known(kind)).code.source

    assert source.count("zip(") == 2  # there, and back
    assert allocating(source) == []


def test_an_allocation_in_a_loop_is_found():
    source = compiler.compiled(known("gru")).code.source
    inside = "tanh(z_r, z_r)"
    assert inside in source
    for allocation in ("z_r[...] = tanh(z_r)", "z_r[...] = z_r + 1", "z_r[...] = np.maximum(z_r, z_r)"):
        assert allocating(source.replace(inside, allocation))


def sizes_of(layer, x):
    """The bytes of the memory that the last call worked in."""
    pool = compiler.compiled(layer.cell).code.pool
    gc.collect()
    pool._free.clear()
    with tg.no_grad():
        layer(x)
    (memory,) = pool._free
    return {name: array.nbytes for (name, _), array in memory._arrays.items()}


@EACH
def test_inference_keeps_what_the_input_gives_and_nothing_else_of_each_step(kind):
    layer = layer_of(kind)
    program = compiler.compiled(layer.cell).code.plan
    names = program.program.names()
    from_input = {f"all_{names[i]}" for i in program.bulk}

    short, long = sizes_of(layer, random_x(0, T=10)), sizes_of(layer, random_x(0, T=100))

    assert {name for name in long if long[name] != short[name]} <= from_input


def test_training_keeps_more_with_every_step():
    layer = layer_of("gru", 3, 6)
    pool = compiler.compiled(layer.cell).code.pool
    totals = []
    for T in (10, 100):
        gc.collect()
        pool._free.clear()
        loss = loss_of(layer, random_x(0, T=T))
        del loss
        gc.collect()
        totals.append(sum(a.nbytes for m in pool._free for a in m._arrays.values()))

    assert totals[1] > 9 * totals[0]


def test_a_second_training_step_takes_little_new_memory():
    layer = layer_of("gru", 3, 32)
    x = random_x(0, T=200, B=16)
    gradients_of(layer, x)
    gc.collect()

    tracemalloc.start()
    gradients_of(layer, x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    outputs = 201 * 16 * 32 * 8
    assert (
        peak < 6 * outputs
    )  # outputs, their squares and gradients: nothing of the gates, which would be as much again
