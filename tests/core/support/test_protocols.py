"""What Python asks of a tensor."""

import ast
import copy
import inspect
import pickle

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import core
from tinygrad_gru.core.support import protocols
from tinygrad_gru.errors import ArgumentError, DtypeError, GraphError

t = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="t")
one = tg.Tensor(2.5)


def test_a_tensor_has_a_length_and_rows():
    assert len(t) == 2 and [row.data.tolist() for row in t] == [[1.0, 2.0], [3.0, 4.0]]
    for ask in (len, iter):
        with pytest.raises(DtypeError, match="a tensor without axes"):
            ask(one)


def test_one_element_is_a_number():
    assert (float(one), int(one), bool(one), f"{one:.2f}") == (2.5, 2, True, "2.50")
    assert [10, 20, 30][tg.Tensor(np.array(1))] == 20
    with pytest.raises(ArgumentError, match="the truth of t .* is ambiguous"):
        bool(t)
    with pytest.raises(ArgumentError, match="format: "):
        f"{one:nonsense}"


def test_its_elements_cannot_be_assigned():
    with pytest.raises(GraphError, match="try: tg.where"):
        t[0] = 1.0


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_a_copy_holds_the_data_and_never_the_graph(again):
    y = (t * 2).named("y")
    other = again(y)
    assert np.array_equal(other.data, y.data) and other.name == "y" and other.op is None


def test_a_tensor_says_what_it_is():
    assert repr(one) == "Tensor(2.5, dtype=float32)"
    assert "".join(repr(t).split()) == "Tensor([[1.,2.],[3.,4.]],dtype=float32,name='t',requires_grad=True)"
    assert repr(t.sum()).endswith("op=sum)")


def test_type_checkers_know_every_method_and_operator_that_is_attached():
    (kind,) = ast.parse(inspect.getsource(protocols.Protocols)).body
    (for_checkers,) = [node for node in kind.body if isinstance(node, ast.If)]
    declared = {node.name for node in for_checkers.body if isinstance(node, ast.FunctionDef)}
    assigned = [node for node in for_checkers.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    declared |= {t.id for node in assigned for t in (getattr(node, "targets", None) or [node.target])}
    attached = core.METHODS.keys() | core.OPERATORS.keys()
    assert "erf" in attached and attached - declared == set()
    assert {name for name in declared if not hasattr(tg.Tensor, name)} == set()
