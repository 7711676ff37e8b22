import itertools

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import ArgumentError, CheckpointError, ShapeError
from tinygrad_gru.interop.weights.gate_layouts import DIALECTS, Dialect, dialect_for, pack, shapes, unpack

CELLS = {"RNN": nn.RNNCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}
BY_NAME = {f"{d.library} {d.kind} {d.reset}".strip(): d for d in DIALECTS}
SIZES = [(1, 1), (1, 3), (2, 3), (4, 2)]


def cell_for(
    dialect: Dialect, input_size: int, hidden_size: int, bias: str | bool, dtype: type = np.float64
) -> nn.Cell:
    reset = {"reset_after": dialect.reset == "after"} if dialect.reset else {}
    return CELLS[dialect.kind](input_size, hidden_size, bias, dtype=dtype, **reset)


def fill(cell: nn.Cell, arrays: dict[str, np.ndarray]) -> nn.Cell:
    cell.load_state_dict(arrays)
    return cell


def random_arrays(cell: nn.Cell, dialect: Dialect, seed: int) -> dict[str, np.ndarray]:
    """Numbers of the other library, signed zeros and subnormals among them."""
    rng = np.random.default_rng(seed)
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes(cell, dialect).items()}
    for array in arrays.values():
        array.flat[rng.random(array.size) < 0.2] = -0.0
        array.flat[rng.random(array.size) < 0.2] = 5e-324
    return arrays


def bits(arrays: dict[str, np.ndarray]) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in arrays.items()}


# --- written out -----------------------------------------------------------------------------------------------------


def gru_written_out(reset_after: bool, bias: str) -> nn.GRUCell:
    """One input, two units; the row for x is the last."""
    cell = nn.GRUCell(1, 2, bias, reset_after, dtype=np.float64)
    W_r = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    W_z = [[11.0, 12.0], [13.0, 14.0], [15.0, 16.0]]
    W_h = [[21.0, 22.0], [23.0, 24.0], [25.0, 26.0]]
    state = {"W_r": W_r, "W_z": W_z}
    state |= {"W_hx": W_h[2:], "W_hh": W_h[:2]} if reset_after else {"W_h": W_h}
    if bias == "double":
        state |= {"b_xr": [31.0, 32.0], "b_hr": [33.0, 34.0], "b_xz": [35.0, 36.0], "b_hz": [37.0, 38.0]}
    else:
        state |= {"b_r": [31.0, 32.0], "b_z": [35.0, 36.0]}
    if reset_after or bias == "double":
        state |= {"b_xh": [41.0, 42.0], "b_hh": [43.0, 44.0]}
    else:
        state |= {"b_h": [41.0, 42.0]}
    return fill(cell, {name: np.array(value) for name, value in state.items()})


def test_pytorch_has_r_z_n_in_rows_with_the_sign_of_z_changed():
    got = pack(gru_written_out(True, "double"), BY_NAME["torch GRU after"])
    assert list(got) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert got["weight_ih"].tolist() == [[5], [6], [-15], [-16], [25], [26]]
    assert got["weight_hh"].tolist() == [[1, 3], [2, 4], [-11, -13], [-12, -14], [21, 23], [22, 24]]
    assert got["bias_ih"].tolist() == [31, 32, -35, -36, 41, 42]
    assert got["bias_hh"].tolist() == [33, 34, -37, -38, 43, 44]


def test_of_a_single_bias_the_second_vector_is_zero_but_for_the_candidate():
    got = pack(gru_written_out(True, "single"), BY_NAME["torch GRU after"])
    assert got["bias_ih"].tolist() == [31, 32, -35, -36, 41, 42]
    assert got["bias_hh"].tolist() == [0, 0, 0, 0, 43, 44]
    assert not np.signbit(got["bias_hh"]).any()


def test_keras_has_z_r_h_in_columns():
    got = pack(gru_written_out(False, "single"), BY_NAME["keras GRU before"])
    assert list(got) == ["kernel", "recurrent_kernel", "bias"]
    assert got["kernel"].tolist() == [[-15, -16, 5, 6, 25, 26]]
    assert got["recurrent_kernel"].tolist() == [[-11, -12, 1, 2, 21, 22], [-13, -14, 3, 4, 23, 24]]
    assert got["bias"].tolist() == [-35, -36, 31, 32, 41, 42]


def test_keras_stacks_two_vectors_when_the_reset_comes_after():
    got = pack(gru_written_out(True, "double"), BY_NAME["keras GRU after"])
    assert got["bias"].tolist() == [[-35, -36, 31, 32, 41, 42], [-37, -38, 33, 34, 43, 44]]


def test_onnx_joins_two_vectors_end_to_end():
    got = pack(gru_written_out(False, "single"), BY_NAME["onnx GRU before"])
    assert list(got) == ["W", "R", "B"]
    assert got["W"].tolist() == [[-15], [-16], [5], [6], [25], [26]]
    assert got["R"].tolist() == [[-11, -13], [-12, -14], [1, 3], [2, 4], [21, 23], [22, 24]]
    assert got["B"].tolist() == [-35, -36, 31, 32, 41, 42, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "order"),
    [("torch LSTM", [1, 2, 3, 4]), ("keras LSTM", [1, 2, 3, 4]), ("onnx LSTM", [1, 4, 2, 3])],
)
def test_the_gates_of_the_lstm_stand_in_each_librarys_order(name: str, order: list[int]):
    cell = nn.LSTMCell(1, 1, dtype=np.float64)
    numbers = {"i": 1.0, "f": 2.0, "g": 3.0, "o": 4.0}
    fill(
        cell,
        {f"W_{g}": np.array([[10 * n], [n]]) for g, n in numbers.items()}
        | {f"b_{g}": np.array([n]) for g, n in numbers.items()},
    )
    kernel, recurrent, bias = list(pack(cell, BY_NAME[name]).values())[:3]
    assert kernel.ravel().tolist() == order
    assert recurrent.ravel().tolist() == [10 * n for n in order]
    assert bias.ravel()[:4].tolist() == order


# --- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [False, "single", "double"])
@pytest.mark.parametrize("name", BY_NAME)
def test_ours_to_theirs_and_back_is_every_bit(name: str, bias: str | bool):
    dialect = BY_NAME[name]
    for (i, h), dtype in itertools.product(SIZES, (np.float32, np.float64)):
        cell = cell_for(dialect, i, h, bias, dtype)
        for p in cell.parameters():
            p.assign(np.where(np.arange(p.size).reshape(p.shape) % 3 == 1, -p.data * 0, p.data))  # zeros of both signs
        if dialect.bias == "one" and bias == "double":  # there is room for the first vector only
            for key, p in cell.named_parameters():
                if key.startswith("b_h"):
                    p.assign(np.zeros(h))
        packed = pack(cell, dialect)
        assert {key: a.shape for key, a in packed.items()} == shapes(cell, dialect)
        assert all(a.flags.c_contiguous and a.dtype == dtype for a in packed.values())
        back = unpack(packed, cell, dialect)
        assert bits({key: back[key] for key in cell.state_dict()}) == bits(cell.state_dict())
        assert set(back) == set(cell.state_dict())


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", BY_NAME)
def test_theirs_to_ours_and_back_is_every_bit(name: str, bias: bool):
    dialect = BY_NAME[name]
    for seed, (i, h) in enumerate(SIZES):
        cell = cell_for(dialect, i, h, bias and {1: "single", 2: "double"}[dialect.biases])
        arrays = random_arrays(cell, dialect, seed)
        before = bits(arrays)
        fill(cell, unpack(arrays, cell, dialect))
        assert bits(pack(cell, dialect)) == before == bits(arrays)


def test_a_pair_whose_second_vector_is_zero_goes_into_a_single_one_and_back():
    for name in ("torch GRU after", "torch LSTM", "onnx GRU before", "onnx LSTM", "torch RNN", "keras GRU after"):
        dialect = BY_NAME[name]
        first = cell_for(dialect, 2, 3, "single")
        arrays = pack(first, dialect)
        second = fill(cell_for(dialect, 2, 3, "single"), unpack(arrays, first, dialect))
        assert bits(second.state_dict()) == bits(first.state_dict())
        assert bits(pack(second, dialect)) == bits(arrays)


def test_what_is_unpacked_shares_no_memory_with_what_was_given():
    for dialect in DIALECTS:
        cell = cell_for(dialect, 2, 3, {1: "single", 2: "double"}[dialect.biases])
        arrays = random_arrays(cell, dialect, 0)
        own = unpack(arrays, cell, dialect)
        assert not any(np.shares_memory(a, b) for a in arrays.values() for b in own.values())
        assert not any(np.shares_memory(a, p.data) for a in pack(cell, dialect).values() for p in cell.parameters())


# --- the mathematics -------------------------------------------------------------------------------------------------


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def step_in_torchs_words(a: dict[str, np.ndarray], x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The equations on PyTorch's page of nn.GRU, as they stand there."""
    i_r, i_z, i_n = np.split(a["weight_ih"] @ x + a["bias_ih"], 3)
    h_r, h_z, h_n = np.split(a["weight_hh"] @ h + a["bias_hh"], 3)
    r, z = sigmoid(i_r + h_r), sigmoid(i_z + h_z)
    n = np.tanh(i_n + r * h_n)
    return (1 - z) * n + z * h


def step_in_onnxs_words(a: dict[str, np.ndarray], x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The equations of the operator GRU with linear_before_reset=0."""
    (W_z, W_r, W_h), (R_z, R_r, R_h) = np.split(a["W"], 3), np.split(a["R"], 3)
    Wb_z, Wb_r, Wb_h, Rb_z, Rb_r, Rb_h = np.split(a["B"], 6)
    z = sigmoid(x @ W_z.T + h @ R_z.T + Wb_z + Rb_z)
    r = sigmoid(x @ W_r.T + h @ R_r.T + Wb_r + Rb_r)
    draft = np.tanh(x @ W_h.T + (r * h) @ R_h.T + Rb_h + Wb_h)
    return (1 - z) * draft + z * h


@pytest.mark.parametrize(
    ("name", "theirs"), [("torch GRU after", step_in_torchs_words), ("onnx GRU before", step_in_onnxs_words)]
)
def test_a_step_with_their_weights_is_their_step(name: str, theirs):
    dialect = BY_NAME[name]
    cell = cell_for(dialect, 2, 3, "double")
    rng = np.random.default_rng(4)
    arrays = {key: rng.standard_normal(shape) for key, shape in shapes(cell, dialect).items()}
    fill(cell, unpack(arrays, cell, dialect))
    x, h = rng.standard_normal(2), rng.standard_normal(3)
    (got,) = cell.step(x[None], h[None])
    np.testing.assert_allclose(got.data[0], theirs(arrays, x, h), rtol=1e-12)
    wrong = dict(arrays) | {list(arrays)[1]: -arrays[list(arrays)[1]]}  # the comparison notices
    assert abs(got.data[0] - theirs(wrong, x, h)).max() > 1e-3


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_reset_before_the_product_is_not_for_pytorch():
    with pytest.raises(
        ArgumentError, match="reset gate after the product.* no weights make the two equal. try: reset_after=True"
    ):
        dialect_for("torch", nn.GRUCell(2, 3))


def test_the_two_places_of_the_reset_are_told_apart_both_ways():
    after, before = nn.GRUCell(2, 3, reset_after=True), nn.GRUCell(2, 3)
    for library in ("keras", "onnx"):
        assert (dialect_for(library, after).reset, dialect_for(library, before).reset) == ("after", "before")
        for cell, other in ((after, before), (before, after)):
            with pytest.raises(ArgumentError, match="no weights make the two equal"):
                pack(cell, dialect_for(library, other))
            with pytest.raises(ArgumentError, match="no weights make the two equal"):
                unpack(pack(other, dialect_for(library, other)), cell, dialect_for(library, other))


@pytest.mark.parametrize("library", ["keras", "onnx"])
@pytest.mark.parametrize("reset_after", [False, True])
def test_gates_that_no_change_of_signs_turns_round_are_refused(library, reset_after):
    def own(a):
        return tg.tanh(a * 0.5) * 0.5 + 0.5

    for turned in ("sigmoid", "hard_sigmoid", own):
        dialect_for(library, nn.GRUCell(2, 3, reset_after=reset_after, gate_activation=turned))
    for name in ("softsign", "relu", "tanh", "exponential"):
        with pytest.raises(ArgumentError, match=rf"as {name}\(−a\) is not 1 − {name}\(a\), no weights make"):
            dialect_for(library, nn.GRUCell(2, 3, reset_after=reset_after, gate_activation=name))


def test_two_bias_vectors_are_not_put_into_one():
    cell = nn.LSTMCell(2, 3, "double")
    with pytest.raises(
        ArgumentError, match=r"keras's LSTM has one bias vector where this layer has two. try: nn.fold_biases"
    ):
        pack(cell, dialect_for("keras", cell))
    arrays = pack(cell, dialect_for("torch", cell))
    with pytest.raises(
        CheckpointError, match='two bias vectors, this layer one b_i, and .* try: bias="double", and nn.fold_biases'
    ):
        unpack(arrays, nn.LSTMCell(2, 3), dialect_for("torch", cell))


def test_activations_that_pytorch_has_not_are_refused():
    dialect_for("torch", nn.RNNCell(2, 3, nonlinearity="relu"))
    with pytest.raises(ArgumentError, match="torch's RNN has nonlinearity=tanh or relu, this layer softsign"):
        dialect_for("torch", nn.RNNCell(2, 3, nonlinearity="softsign"))
    with pytest.raises(ArgumentError, match="torch's LSTM has gate_activation=sigmoid, this layer hard_sigmoid"):
        dialect_for("torch", nn.LSTMCell(2, 3, gate_activation="hard_sigmoid"))
    dialect_for("keras", nn.LSTMCell(2, 3, gate_activation="hard_sigmoid"))


def test_a_cell_of_the_users_own_has_no_counterpart():
    class Mine(nn.ResetAfterGRUCell):
        pass

    with pytest.raises(ArgumentError, match="torch has no cell that computes what Mine does"):
        dialect_for("torch", Mine(2, 3))
    with pytest.raises(ArgumentError, match="torch's LSTM is not a GRUCell"):
        pack(nn.GRUCell(2, 3), BY_NAME["torch LSTM"])


def test_arrays_of_another_shape_or_name_are_refused():
    cell = nn.GRUCell(2, 3, reset_after=True)
    dialect = dialect_for("torch", cell)
    arrays = pack(cell, dialect)
    for wrong in (
        {**arrays, "bias_ih": np.zeros(8)},
        {**arrays, "more": np.zeros(1)},
        {"weight_ih": arrays["weight_ih"]},
    ):
        with pytest.raises(ShapeError, match=r"torch's GRU: got .*, wanted \{'weight_ih': \(9, 2\)"):
            unpack(wrong, cell, dialect)
