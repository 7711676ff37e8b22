"""All operations together: each is in one family, on the page, and explained by formula, derivative and example."""

import doctest
import inspect
import re
from operator import attrgetter

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core import ops
from tinygrad_gru.core.op import Op

ALL = [*ops.__all__, *(f"linalg.{name}" for name in ops.linalg.__all__)]


def test_every_public_operation_is_in_one_family_and_defined_in_the_file_of_that_name():
    for where, families in ((ops, ops.FAMILIES), (ops.linalg, ops.linalg.FAMILIES)):
        for family, names in families.items():
            for name in names:
                assert inspect.unwrap(getattr(where, name)).__module__.endswith(f".{family}"), name
        assert len(where.__all__) == len(set(where.__all__))


def test_the_short_name_of_linear_algebra_has_all_of_it():
    assert tg.linalg.__all__ == ops.linalg.__all__ and tg.linalg.solve is ops.linalg.solve


def faults(operation):
    """What `help` of an operation does not say: what it is, what becomes of the gradient, and an example that runs."""
    doc = inspect.getdoc(operation) or ""
    first_line = doc.partition("\n")[0]
    if not first_line.endswith("."):
        yield "the first line is no sentence"
    if not re.search(r"∂|gradient", first_line + doc.partition("\n\n")[2]):
        yield "no derivative"
    test = doctest.DocTestParser().get_doctest(doc, {"np": np, "tg": tg}, operation.__name__, None, 0)
    called = re.compile(rf"tg\.(linalg\.)?{operation.__name__}\(")
    if not any(called.search(example.source) and example.want for example in test.examples):
        yield "no example"
    report = []
    if doctest.DocTestRunner(verbose=False).run(test, out=report.append).failed:
        yield "".join(report)


@pytest.mark.parametrize("name", ALL)
def test_help_has_formula_derivative_and_an_example_that_runs(name):
    assert list(faults(attrgetter(name)(tg))) == []


@pytest.mark.parametrize(
    ("doc", "fault"),
    [
        (None, "no example"),
        ("out = x", "the first line is no sentence"),
        ("out = x.\n\n    >>> tg.planted(3.0)\n    3.0\n", "no derivative"),
        ("out = x;  ∂out/∂x = 1.", "no example"),
        ("out = x;  ∂out/∂x = 1.\n\n    >>> tg.tanh(0.0)\n", "no example"),
        ("out = x;  ∂out/∂x = 1.\n\n    >>> tg.planted(3.0)\n    3.0\n", "AttributeError"),
    ],
)
def test_a_planted_fault_is_caught(doc, fault):
    def planted(x):
        return x

    planted.__doc__ = doc
    assert any(fault in what for what in faults(planted))


def test_an_operation_is_documented_once():
    classes = {snake_case(operation.__name__): operation for operation in operations(Op)}
    compositions = {
        "moveaxis", "outer", "repeat", "split", "tensordot", "unstack", "elu", "selu", "leaky_relu", "softsign", "topk",
        "cumulative_max", "cumulative_min", "diff", "inner", "kron", "trace", "column_stack", "dstack", "hstack",
        "vstack", *ops.FAMILIES["predicates"], "linalg.eigh", "linalg.svd", "linalg.matrix_norm",
    }  # fmt: skip

    assert {name for name in ALL if name.rpartition(".")[2] not in classes} == compositions
    for name in set(ALL) - compositions:
        assert attrgetter(name)(tg).__doc__ is classes[name.rpartition(".")[2]].__doc__, name


def snake_case(name):
    return re.sub("(?!^)([A-Z])", r"_\1", name).lower()


def operations(base):
    """All classes of built-in operations."""
    for operation in base.__subclasses__():
        if operation.__module__.startswith("tinygrad_gru.core.ops."):
            yield operation
            yield from operations(operation)


@pytest.mark.parametrize("name", ALL)
def test_a_signature_names_every_argument(name):
    parameters = inspect.signature(attrgetter(name)(tg)).parameters.values()
    starred = [p.name for p in parameters if p.kind is not p.POSITIONAL_OR_KEYWORD]
    assert starred == (["operands"] if name == "einsum" else [])
    for p in parameters:
        if p.name in ("axis", "axes", "shape", "offset", "keepdims"):
            assert p.annotation is not p.empty and not isinstance(p.annotation, str), p


def test_the_signature_of_a_sum_is_shown_as_it_is_written():
    signature = str(inspect.signature(tg.sum))
    assert signature == "(x, axis: int | tuple[int, ...] | None = None, keepdims: bool = False)"
    assert str(inspect.signature(tg.tanh)) == "(x)"
    assert str(inspect.signature(tg.multiply)) == "(x, y)"
