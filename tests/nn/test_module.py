"""Modules: what they hold, under which keys, and how it is given back."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn


class Both(nn.Module):
    """Everything at once: parameters and modules, alone and in lists, tuples and dictionaries."""

    def __init__(self):
        self.a = nn.Parameter([1.0])
        self.size = 3
        self.inner = nn.Linear(2, 1)
        self.many = [nn.Parameter([2.0, 2.0]), {"left": nn.Parameter([3.0]), "right": (nn.Linear(1, 1, bias=False),)}]
        self.shared = self.inner


def test_parameters_are_found_in_the_order_of_the_attributes_each_once():
    module = Both()

    assert [key for key, _ in module.named_parameters()] == [
        "a",
        "inner.W",
        "inner.b",
        "many.0",
        "many.1.left",
        "many.1.right.0.W",
    ]
    assert module.num_parameters == 1 + 2 + 1 + 2 + 1 + 1
    assert [p.name for p in module.parameters()] == ["a", "W", "b", "many.0", "many.1.left", "W"]


def test_the_keys_of_a_recurrent_layer_name_layer_and_direction():
    keys = [key for key, _ in nn.GRU(2, 3).named_parameters()]

    assert keys == [f"layers.0.forward.{name}" for name in ("W_r", "W_z", "W_h", "b_r", "b_z", "b_h")]


def test_a_parameter_is_a_leaf_that_requires_a_gradient_and_is_named_when_it_is_assigned():
    module = nn.Module()
    module.W = nn.Parameter([1.0])
    module.V = nn.Parameter([1.0], name="my own")

    assert module.W.requires_grad and module.W.op is None
    assert (module.W.name, module.V.name) == ("W", "my own")
    assert not hasattr(module.W, "__dict__")
    with pytest.raises(errors.DtypeError, match="only float32 and float64"):
        nn.Parameter(np.array([1, 2]))


def test_a_replaced_attribute_is_replaced():
    module = Both()
    module.inner = module.shared = None

    assert [key for key, _ in module.named_parameters()][:2] == ["a", "many.0"]


def test_a_module_may_hold_its_parent_and_a_list_itself():
    parent, child = nn.Module(), nn.Module()
    parent.child, child.parent, child.W = child, parent, nn.Parameter([1.0])
    parent.loop = [child]
    parent.loop.append(parent.loop)

    assert [key for key, _ in parent.named_parameters()] == ["child.W"]
    assert "shared" in repr(parent)


def test_modules_nested_ten_thousand_deep_are_walked_and_shown_without_recursion():
    root = deepest = nn.Module()
    for _ in range(10_000):
        deepest.x = nn.Module()
        deepest = deepest.x
    deepest.W = nn.Parameter([1.0])

    ((key, _),) = root.named_parameters()
    assert key == "x." * 10_000 + "W"
    root.eval()
    assert not deepest.training

    chain, parts = root.x, []
    while True:  # taken apart by hand: Python frees a nest of objects by recursion
        parts.append(chain)
        if not hasattr(chain, "x"):
            break
        chain = vars(chain).pop("x")


def test_train_and_eval_reach_every_module():
    module = Both()

    assert module.eval() is module
    assert not any(m.training for m in module.modules())
    assert all(m.training for m in module.train().modules())
    assert len(module.modules()) == 3


def test_astype_turns_every_parameter_and_forgets_gradients():
    module = nn.Linear(2, 1)
    module(np.ones((1, 2), np.float32)).sum().backward()
    before = module.W.data

    assert module.astype(np.float64) is module
    assert module.W.dtype == module.b.dtype == np.float64 and module.W.grad is None
    assert (module.W.data == before).all()
    assert module(np.ones((1, 2))).dtype == np.float64
    with pytest.raises(errors.DtypeError, match="is float32 or float64, got int64"):
        module.astype(int)


def test_zero_grad_forgets_gradients():
    module = nn.Linear(2, 1)
    module(np.ones((1, 2), np.float32)).sum().backward()
    module.zero_grad()

    assert [p.grad for p in module.parameters()] == [None, None]


def test_a_module_without_forward_says_what_it_needs():
    with pytest.raises(NotImplementedError, match=r"Both needs a forward\(self, \.\.\.\) method"):
        Both()(1)


# --- state -----------------------------------------------------------------------------------------------------------


def test_state_dict_holds_copies_and_load_state_dict_gives_them_back():
    one, other = Both(), Both()
    state = one.state_dict()
    for array in state.values():
        array += 1

    assert one.a.data.tolist() == [1.0]
    assert other.load_state_dict(state) is other
    state["a"][0] = 99
    assert other.a.data.tolist() == [2.0]
    assert all((p.data == q.data + 1).all() for p, q in zip(other.parameters(), one.parameters(), strict=True))


def test_load_state_dict_takes_tensors_too():
    module = nn.Linear(1, 1)
    module.load_state_dict({"W": tg.Tensor([[5.0]]), "b": tg.Tensor([6.0])})

    assert (module.W.item(), module.b.item()) == (5.0, 6.0)


def test_everything_that_does_not_fit_is_listed_together_and_nothing_is_changed():
    module = nn.Linear(2, 3)
    before = module.state_dict()
    state = {"W": np.zeros((3, 2), np.float32), "B": np.zeros(3)}

    with pytest.raises(errors.CheckpointError) as failure:
        module.load_state_dict(state)

    assert str(failure.value) == (
        "the state does not fit Linear: b is missing; B is unexpected; W is float32 (3, 2), wanted float32 (2, 3)"
    )
    with pytest.raises(errors.CheckpointError, match=r"b is float64 \(3,\), wanted float32 \(3,\)"):
        module.load_state_dict({"W": np.ones((2, 3), np.float32), "b": np.ones(3)})
    assert all((module.state_dict()[key] == before[key]).all() for key in before)


def test_a_graph_recorded_before_the_load_is_stale():
    module = nn.Linear(1, 1, bias=False)
    y = module(np.ones((1, 1), np.float32)) ** 2
    module.load_state_dict(module.state_dict())

    with pytest.raises(
        errors.StaleGraphError,
        match=r"W \(1, 1\) was given another array after matmul used it in linear, at test_module",
    ):
        y.sum().backward()


def test_two_parameters_with_one_key_are_refused():
    module = nn.Module()
    module.both = {"0": nn.Parameter([1.0]), 0: nn.Parameter([2.0])}

    with pytest.raises(errors.ArgumentError, match=r"two parameters have the key both\.0"):
        module.state_dict()
    with pytest.raises(errors.ArgumentError, match=r"two parameters have the key both\.0"):
        module.load_state_dict({"both.0": np.zeros(1, np.float32)})


def test_copies_and_pickles_hold_the_same_parameters():
    module = nn.GRU(2, 3)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert type(other.cell.W_r) is nn.Parameter and other.cell.W_r is not module.cell.W_r
        assert other.cell.W_r.name == "W_r" and other.cell.W_r.requires_grad
        assert (other.cell.W_r.data == module.cell.W_r.data).all()


# --- repr ------------------------------------------------------------------------------------------------------------


def test_the_repr_is_a_tree_with_shapes_and_counts():
    module = nn.Sequential(nn.Embedding(1000, 2), nn.GRU(2, 3, reset_after=True), nn.Dropout(0.1))
    module.again = module[0]

    assert repr(module) == (
        "Sequential()                                                          2,063 parameters\n"
        "├── layers.0: Embedding(1000, 2)                                      2,000\n"
        "│   └── W (1000, 2)                                                   2,000\n"
        "├── layers.1: GRU(2, 3, reset_after=True)                                63\n"
        "│   └── layers.0.forward: ResetAfterGRUCell(2, 3, reset_after=True)      63\n"
        "│       ├── W_r (5, 3)                                                   15\n"
        "│       ├── W_z (5, 3)                                                   15\n"
        "│       ├── W_hx (2, 3)                                                   6\n"
        "│       ├── W_hh (3, 3)                                                   9\n"
        "│       ├── b_xr (3,)                                                     3\n"
        "│       ├── b_hr (3,)                                                     3\n"
        "│       ├── b_xz (3,)                                                     3\n"
        "│       ├── b_hz (3,)                                                     3\n"
        "│       ├── b_xh (3,)                                                     3\n"
        "│       └── b_hh (3,)                                                     3\n"
        "├── layers.2: Dropout(0.1)                                                0\n"
        "└── again: Embedding(1000, 2)                                        shared"
    )


def test_children_are_the_modules_right_inside_and_named_modules_all_of_them():
    class Model(nn.Module):
        def __init__(self):
            self.scale = nn.Parameter([1.0])
            self.body = nn.Sequential(nn.Linear(1, 2), nn.Tanh())
            self.heads = {"a": nn.Linear(2, 1)}
            self.again = self.heads["a"]

    model = Model()
    assert [key for key, _ in model.named_children()] == ["body", "heads.a"]
    assert model.children() == [model.body, model.heads["a"]]
    assert [key for key, _ in model.named_modules()] == ["", "body", "body.layers.0", "body.layers.1", "heads.a"]
