"""Loops in machine code: the same numbers as the NumPy program, for every cell. `make jit` runs this, with Numba."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import RandomCell, both, difference
from tests.compiler.test_refusals import HOSTILE, Hostile, X
from tests.nn.reference import error
from tinygrad_gru import nn
from tinygrad_gru.compiler import compiled, environment, jit
from tinygrad_gru.errors import FileError

pytestmark = pytest.mark.jit

ROOT = Path(__file__).parents[2]
T, B, I, H = 7, 5, 3, 4
LENGTHS = [7, 3, 1, 5, 0]


class Minimal(nn.Cell):
    """The minimal gated unit, with a second matrix product behind the first and a gate of width one."""

    def __init__(self, dtype):
        super().__init__(I, H)
        uniform, rng = nn.initialisers.uniform, tg.generator()
        self.W_f = nn.Parameter(uniform((H + I, H), rng, dtype))
        self.W_h = nn.Parameter(uniform((H + I, H), rng, dtype))
        self.v = nn.Parameter(uniform((H, 1), rng, dtype))

    def step(self, x, h):
        f = tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W_f)
        much = tg.exp(-tg.abs(h @ self.v))  # (B, 1)
        candidate = tg.tanh(tg.concat([f * h, x], axis=-1) @ self.W_h) * much
        return ((1 - f) * h + f * tg.maximum(candidate, -0.5),)


class Swapping(nn.Cell):
    """Two states that change places, and a mean over the columns."""

    def __init__(self, dtype):
        super().__init__(I, H, states=("a", "b"))
        self.W = nn.Parameter(nn.initialisers.uniform((I, H), tg.generator(), dtype))

    def step(self, x, a, b):
        centred = a - tg.mean(a, axis=-1, keepdims=True)
        return b * 0.5, tg.tanh(x @ self.W + centred)


CELLS = {
    "rnn": lambda dtype: nn.RNN(I, H, dtype=dtype, engine="compiled"),
    "relu": lambda dtype: nn.RNN(I, H, nonlinearity="relu", dtype=dtype, engine="compiled"),
    "gru": lambda dtype: nn.GRU(I, H, dtype=dtype, engine="compiled"),
    "gru after": lambda dtype: nn.GRU(I, H, reset_after=True, dtype=dtype, engine="compiled"),
    "lstm": lambda dtype: nn.LSTM(I, H, dtype=dtype, engine="compiled"),
    "two layers, both directions": lambda dtype: nn.LSTM(I, H, 2, bidirectional=True, dtype=dtype, engine="compiled"),
    "recurrent dropout": lambda dtype: nn.GRU(I, H, recurrent_dropout=0.3, dtype=dtype, engine="compiled"),
    "activations": lambda dtype: nn.GRU(
        I, H, activation="softsign", gate_activation="hard_sigmoid", dtype=dtype, engine="compiled"
    ),
    "minimal": lambda dtype: nn.Recurrent(Minimal(dtype), engine="compiled"),
    "swapping": lambda dtype: nn.Recurrent(Swapping(dtype), engine="compiled"),
}


def results(layer, x, on: bool, lengths=None) -> list[np.ndarray]:
    """Outputs, states, every gradient, and outputs and states again without recording."""
    with jit(on), tg.seed(1):
        for p in layer.parameters():
            p.grad = None
        x = tg.Tensor(x, requires_grad=True)
        out, last = layer(x, lengths=lengths)
        states = last if isinstance(last, tuple) else (last,)
        (tg.sum(out * out) + sum(tg.sum(s * s * s) for s in states)).backward()
    with jit(on), tg.seed(1), tg.no_grad():
        again, last = layer(x, lengths=lengths)
    found = [out, *states, again, *(last if isinstance(last, tuple) else (last,))]
    return [*(t.data for t in found), x.grad, *(p.grad for p in layer.parameters())]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 5e-6)])
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["all", "lengths"])
def test_the_loops_in_machine_code_give_the_same_numbers(name, dtype, tolerance, lengths):
    with tg.seed(0):
        layer = CELLS[name](dtype)
    code = compiled(layer.layers[0]["forward"], masked=name == "recurrent dropout").code
    x = np.random.default_rng(0).normal(size=(T, B, I)).astype(dtype)
    with jit(True):
        assert code.directions() != (code.forward, code.backward), "nothing was compiled"
    numpy, native = results(layer, x, False, lengths), results(layer, x, True, lengths)
    for a, b in zip(native, numpy, strict=True):
        assert a.dtype == dtype and error(a, b) < tolerance


@pytest.mark.parametrize("name", CELLS)
def test_a_batch_of_no_sequences_has_gradients_of_zeros(name):
    layer = CELLS[name](np.float32)
    found = results(layer, np.ones((T, 0, I), np.float32), True, np.zeros(0, int))
    out, gradients = found[0], found[-len(layer.parameters()) :]
    assert out.shape[:2] == (T, 0)
    for p, g in zip(layer.parameters(), gradients, strict=True):
        assert g.shape == p.shape and not g.any()


@pytest.mark.parametrize("name", CELLS)
def test_sequences_that_all_have_no_steps_end_where_they_began_with_gradients_of_zeros(name):
    layer = CELLS[name](np.float64)
    found = results(layer, np.full((T, 3, I), np.nan), True, [0, 0, 0])
    assert not any(array.any() for array in found)


@pytest.mark.parametrize("name", ["gru", "lstm", "two layers, both directions", "swapping"])
@pytest.mark.parametrize("anything", [np.nan, np.inf, 1e300])
def test_what_stands_past_the_end_is_not_seen(name, anything):
    layer = CELLS[name](np.float64)
    x = np.random.default_rng(0).normal(size=(T, B, I))
    past = np.arange(T)[:, None] >= LENGTHS
    clean, spoilt = (results(layer, np.where(past[:, :, None], value, x), True, LENGTHS) for value in (0.0, anything))
    assert all(np.array_equal(a, b) for a, b in zip(spoilt, clean, strict=True))
    assert (spoilt[-1 - len(layer.parameters())][past] == 0).all()


def test_gradients_that_have_vanished_end_the_way_back_as_in_the_numpy_program():
    with tg.seed(0):
        layer = nn.RNN(1, 8, engine="compiled")
    layer.cell.W_h.assign(layer.cell.W_h.data * 0.05)
    x = np.zeros((400, 2, 1), np.float32)
    found = []
    for on in (False, True):
        with jit(on):
            xs = tg.Tensor(x, requires_grad=True)
            tg.sum(layer(xs)[0][-1]).backward()
            found.append(xs.grad)
    assert (found[0][:300] == 0).all() and (found[1][:300] == 0).all()
    assert error(found[1], found[0]) < 1e-6


@pytest.mark.parametrize("lengths", [None, [*range(1, 8)] * 6], ids=["all", "lengths"])
def test_threads_share_a_batch_and_repeat_to_the_bit(monkeypatch, lengths):
    with tg.seed(0):
        layer = nn.LSTM(I, H, dtype=np.float64, engine="compiled")
    x = np.random.default_rng(0).normal(size=(T, 42, I))
    one = results(layer, x, True, lengths)
    monkeypatch.setattr("tinygrad_gru.compiler.code.memory.threads", lambda: 2)
    two, again = results(layer, x, True, lengths), results(layer, x, True, lengths)
    for a, b, c in zip(one, two, again, strict=True):
        assert error(b, a) < 1e-12
        assert b.tobytes() == c.tobytes()


def test_nan_stays_nan():
    layer = nn.GRU(1, 2, engine="compiled")
    x = np.ones((3, 1, 1), np.float32)
    x[1] = np.nan
    with jit(True):
        out = layer(x)[0].data
    assert np.isfinite(out[0]).all() and np.isnan(out[1:]).all()


def test_the_tanh_of_float32_is_right_to_a_few_units_in_the_last_place():
    x = np.concatenate([np.linspace(-12, 12, 200_001), np.geomspace(1e-30, 1, 10_001), [0.0, np.inf, -np.inf]])
    x = x.astype(np.float32)
    layer = nn.RNN(1, 1, bias=False, engine="compiled")
    layer.cell.W_h.assign(np.array([[0.0], [1.0]], np.float32))
    with jit(True):
        y = layer(x[None, :, None], mask=None)[0].data.ravel()
    wanted = np.tanh(x.astype(np.float64))
    assert np.abs(y).max() <= 1
    assert np.abs(y - wanted).max() < 4e-7
    assert (np.abs(y - wanted) <= 5e-7 * np.abs(wanted)).all()


class Forgetful(nn.Cell):
    """h' = tanh(x W): neither state is read."""

    def __init__(self):
        super().__init__(I, H, states=("h", "c"))
        self.W = nn.Parameter(np.linspace(-1, 1, I * H).reshape(I, H))

    def step(self, x, h, c):
        y = tg.tanh(x @ self.W)
        return y, y * 2.0


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_states_that_no_step_reads_get_no_gradient_but_where_they_stay(lengths):
    layer = nn.Recurrent(Forgetful(), engine="compiled")
    x = np.random.default_rng(0).uniform(-1, 1, (T, B, I))
    h0 = [tg.Tensor(np.full((1, B, H), 0.5), requires_grad=True) for _ in "hc"]
    W = layer.cell.W
    with jit(True):
        out, last = layer(x, tuple(h0), lengths=lengths)
        dW, *dh0 = tg.grad((out * out).sum() + last[0].sum() + last[1].sum(), [W, *h0])
    ends = np.full(B, T) if lengths is None else np.array(lengths)
    counts = (np.arange(T)[:, None] < ends)[:, :, None]
    at_the_end = (np.arange(T)[:, None] == ends - 1)[:, :, None]
    y = np.tanh(x @ W.data)
    g = counts * 2 * y + at_the_end * 3.0  # of y: y², and at the end y + 2y
    np.testing.assert_allclose(dW, np.einsum("tbi,tbh->ih", x, g * (1 - y * y)), rtol=1e-12)
    for dh in dh0:
        wanted = np.broadcast_to(np.where(ends == 0, 1.0, 0.0)[:, None], (B, H))
        np.testing.assert_array_equal(np.zeros((B, H)) if dh is None else dh[0], wanted)


def test_a_state_that_is_a_product_of_the_input_alone_is_written():
    class Linear(nn.Cell):
        def __init__(self):
            super().__init__(2, 2)
            self.W = nn.Parameter(np.array([[1.0, 2.0], [3.0, 4.0]]))

        def step(self, x, h):
            return (x @ self.W,)

    with jit(True):
        out, _ = nn.Recurrent(Linear(), engine="compiled")(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    assert out.data.tolist() == [[[1.0, 2.0]], [[3.0, 4.0]]]


def test_two_forwards_before_one_backward_and_outputs_kept():
    layer = nn.GRU(I, H, engine="compiled")
    xs = [np.random.default_rng(i).normal(size=(T, B, I)).astype(np.float32) for i in (0, 1)]
    with jit(True):
        one, _ = layer(xs[0])
        kept = one.data.copy()
        two, _ = layer(xs[1])
        tg.sum(two).backward()
        first = {name: p.grad.copy() for name, p in layer.named_parameters()}
        layer.zero_grad()
        tg.sum(one).backward()
        layer.zero_grad()
        tg.sum(layer(xs[1])[0]).backward()
    assert (one.data == kept).all()
    assert all((p.grad == first[name]).all() for name, p in layer.named_parameters())


def test_without_numba_the_way_to_get_it_is_said(monkeypatch):
    monkeypatch.setattr("tinygrad_gru.compiler.code.native.machine_code._installed", lambda: False)
    with pytest.raises(tg.errors.MissingExtraError, match=r'try: pip install "tinygrad_gru\[jit\]"'):
        jit(True)


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8")


RUN = """
import numpy as np, tinygrad_gru as tg
from tinygrad_gru.compiler import jit
with tg.seed(0), jit(True):
    print(tg.compile(tg.nn.GRU(2, 3))(np.ones((2, 1, 2), np.float32))[0].data.sum())
"""


def test_compiled_code_is_kept_in_a_folder_of_the_owner_alone_and_healed_when_torn(tmp_path):
    first = python(RUN, XDG_CACHE_HOME=str(tmp_path))
    assert first.returncode == 0, first.stderr
    folder = tmp_path / "tinygrad_gru" / "jit"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = sorted(folder.glob("__pycache__/*.nbc"))
    assert kept
    times = [path.stat().st_mtime_ns for path in kept]
    assert python(RUN, XDG_CACHE_HOME=str(tmp_path)).stdout == first.stdout
    assert [path.stat().st_mtime_ns for path in kept] == times  # nothing was compiled again
    for path in kept:
        path.write_bytes(path.read_bytes()[:100])
    healed = python(RUN, XDG_CACHE_HOME=str(tmp_path))
    assert (healed.returncode, healed.stdout) == (0, first.stdout), healed.stderr


def test_a_folder_that_is_a_link_to_elsewhere_is_refused(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tinygrad_gru").mkdir()
    (tmp_path / "tinygrad_gru" / "jit").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with jit(True), pytest.raises(FileError, match="is not a folder of yours. try: XDG_CACHE_HOME"):
        nn.RNN(1, 3, nonlinearity="softsign", engine="compiled")(np.ones((1, 1, 1), np.float32))


FALLS_BACK = """
import numpy as np, tinygrad_gru as tg
with tg.seed(0):
    layer = tg.compile(tg.nn.GRU(2, 3))
    out = [layer(np.ones((2, 1, 2), np.float32))[0].data for _ in range(2)]
with tg.compiler.jit(False):
    print(all((o == layer(np.ones((2, 1, 2), np.float32))[0].data).all() for o in out))
"""


@pytest.mark.parametrize("home", ["missing", "a file", "read-only"])
def test_a_home_that_cannot_be_written_to_falls_back_and_says_so_once(tmp_path, home):
    place = tmp_path / "home"
    if home == "a file":
        place.write_text("")
    elif home == "read-only":
        place.mkdir(mode=0o500)
    there = "/proc/no_such_home" if home == "missing" else str(place)
    if home == "read-only" and os.access(place, os.W_OK):
        there = "/sys"  # root writes into any folder but a kernel's
    done = python(FALLS_BACK, HOME=there, XDG_CACHE_HOME="", TINYGRAD_GRU_JIT="1")
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert done.stderr.count("layers run as NumPy programs, without Numba: cannot use ") == 1
    assert "try: XDG_CACHE_HOME with a folder of yours, or TINYGRAD_GRU_JIT=0" in done.stderr


def test_the_environment_turns_it_off():
    code = "from tinygrad_gru.compiler.code.native.machine_code import uses_numba; print(uses_numba())"
    assert python(code, TINYGRAD_GRU_JIT="0").stdout == "False\n"
    assert python(code, TINYGRAD_GRU_JIT="1").stdout == "True\n"


@pytest.mark.parametrize("simd", ["avx2", "avx512"])
def test_either_size_of_vectors_gives_the_same_numbers(simd, monkeypatch):
    from llvmlite import binding

    if simd == "avx512" and not binding.get_host_cpu_features().get("avx512f"):
        pytest.skip("this machine has no AVX-512")
    monkeypatch.setenv("TINYGRAD_GRU_SIMD", simd)
    monkeypatch.setattr("tinygrad_gru.compiler.compile._of_text", {})
    for hidden, batch in ((5, 1), (33, 9), (70, 21)):  # rows and columns that fill no tile
        for dtype, tolerance in ((np.float64, 1e-13), (np.float32, 5e-6)):
            with tg.seed(0):
                layer = nn.LSTM(I, hidden, dtype=dtype, engine="compiled")
            x = np.random.default_rng(0).normal(size=(T, batch, I)).astype(dtype)
            for a, b in zip(results(layer, x, True), results(layer, x, False), strict=True):
                assert error(a, b) < tolerance


def test_what_is_no_set_of_vectors_is_refused_in_a_line(monkeypatch):
    monkeypatch.setenv("TINYGRAD_GRU_SIMD", "sse")
    with pytest.raises(tg.errors.ArgumentError, match="TINYGRAD_GRU_SIMD: got 'sse', wanted avx2"):
        environment.vectors_of_64_bytes()


def test_random_cells(soak_size):
    compiled_ones = 0
    for seed in range(soak_size(60)):
        cell = RandomCell(seed)
        if isinstance(found := compiled(cell), str):
            continue  # refused, with a reason: it runs eagerly
        with jit(True):
            compiled_ones += found.code.directions() != (found.code.forward, found.code.backward)
            x = np.random.default_rng(seed).uniform(-1, 1, (5, 3, cell.input_size))
            worst, name = difference(*both(cell, x, lengths=np.array([5, 2, 4])))
        assert worst < 1e-11, f"seed {seed}, {name}: {worst}"
    assert compiled_ones > 0


@pytest.mark.parametrize("place", range(0, len(HOSTILE), 9))
def test_hostile_names(place):
    cell = Hostile(*[HOSTILE[(place + step) % len(HOSTILE)] for step in (0, 7, 19, 31)])
    with jit(True):
        assert difference(*both(cell, X, [np.full((1, 3, 3), 0.1)]))[0] < 1e-11
