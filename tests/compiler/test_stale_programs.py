"""A program is used again while its cell computes the same; what a step reads may change, and then it is made anew.

Each way to read a number is tried alone: the eager step after the change is what the compiled layer must give.
"""

import functools
import os
import types
from collections import UserDict, deque
from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import compiler, nn

X = np.random.default_rng(0).uniform(-1, 1, (3, 2, 2))

WAYS = {}


def way(function):
    """A case: a function of a fixture `patch` that returns a cell, and what changes the number that its step reads."""
    WAYS[function.__name__.replace("_", " ")] = function
    return function


def cell_of(step, **of_class):
    """A cell with this step, and with other things in its class."""
    kind = types.new_class("Own", (nn.Cell,), exec_body=lambda space: space.update(step=step, **of_class))
    return in_double(kind(2, 2))


def in_double(cell):
    """The cell, whose numbers are float64 as those of its one parameter are."""
    cell.W = nn.Parameter(np.eye(2))
    return cell


def scaled(x, h, k):
    """What every step here computes of the number k."""
    return (tg.tanh(x * k + 0.5 * h),)


# --- attributes of the class -----------------------------------------------------------------------------------------


def of_class(before, after):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.k), k=before)
    return cell, lambda: setattr(type(cell), "k", after)


@way
def a_number_of_the_class(patch):
    return of_class(0.5, 2.0)


@way
def a_number_of_NumPy_in_the_class(patch):
    return of_class(np.float64(0.5), np.float64(2.0))


@way
def a_number_of_float32_in_the_class(patch):
    return of_class(np.float32(0.5), np.float32(2.0))


@way
def a_number_of_NumPy_instead_of_one_of_Python(patch):
    """The dtype is that of the strong number."""
    return of_class(0.1, np.float32(0.7))


@way
def a_dictionary_of_the_class(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.options["k"]), options={"k": 0.5})
    return cell, lambda: cell.options.update(k=2.0)


@way
def a_list_of_the_class(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.ks[-1]), ks=[1.0, 0.5])
    return cell, lambda: cell.ks.append(2.0)


@way
def a_tuple_of_the_class_with_a_list_in_it(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.ks[0][0]), ks=([0.5], 1))
    return cell, lambda: cell.ks[0].insert(0, 2.0)


@way
def a_class_above_it(patch):
    class Base(nn.Cell):
        k = 0.5

    class Derived(Base):
        def step(self, x, h):
            return scaled(x, h, self.k)

    return in_double(Derived(2, 2)), lambda: setattr(Base, "k", np.float64(2.0))


@way
def a_property(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.k), k=property(lambda self: 0.5))
    return cell, lambda: setattr(type(cell), "k", property(lambda self: 2.0))


@way
def a_static_method(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.k()), k=staticmethod(lambda: 0.5))
    return cell, lambda: setattr(type(cell), "k", staticmethod(lambda: 2.0))


@way
def a_scalar_tensor_of_the_class(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.k), k=tg.Tensor(np.array(0.5)))
    return cell, lambda: cell.k.assign(np.array(2.0))


# --- attributes of the cell ------------------------------------------------------------------------------------------


def of_cell(value, read, change):
    cell = cell_of(lambda self, x, h: scaled(x, h, read(self.k)))
    cell.k = value
    return cell, lambda: change(cell)


@way
def a_number_of_NumPy(patch):
    return of_cell(np.float64(0.5), lambda k: k, lambda cell: setattr(cell, "k", np.float64(2.0)))


@way
def a_slot(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.k), __slots__=("k",))
    cell.k = 0.5
    assert "k" not in vars(cell)
    return cell, lambda: setattr(cell, "k", 2.0)


@way
def an_item_of_a_list(patch):
    return of_cell([0.5], lambda k: k[0], lambda cell: cell.k.__setitem__(0, 2.0))


@way
def an_item_of_a_list_in_a_dictionary(patch):
    return of_cell({"a": [0.5]}, lambda k: k["a"][0], lambda cell: cell.k["a"].__setitem__(0, 2.0))


@way
def an_item_of_a_long_array_in_a_list(patch):
    """Its text is shortened."""
    array = np.full(5000, 0.5)
    return of_cell([array], lambda k: float(k[0][2500]), lambda cell: array.__setitem__(2500, 2.0))


@way
def the_last_digit_of_a_number_of_an_array_in_a_list(patch):
    """Its text has eight digits."""
    array = np.full(2, 0.5)
    return of_cell([array], lambda k: 1e9 * (float(k[0][0]) - 0.5), lambda cell: array.__setitem__(0, 0.5 + 2e-9))


@way
def an_attribute_of_an_object(patch):
    return of_cell(SimpleNamespace(a=0.5), lambda k: k.a, lambda cell: setattr(cell.k, "a", 2.0))


@way
def an_attribute_of_an_object_of_an_object(patch):
    inner = SimpleNamespace(a=0.5)
    return of_cell(Plain(inner), lambda k: k.a.a, lambda cell: setattr(inner, "a", 2.0))


@way
def a_slot_of_an_object(patch):
    return of_cell(Slotted(0.5), lambda k: k.a, lambda cell: setattr(cell.k, "a", 2.0))


@way
def an_attribute_of_an_object_in_a_list(patch):
    return of_cell([Plain(0.5)], lambda k: k[0].a, lambda cell: setattr(cell.k[0], "a", 2.0))


@way
def a_data_class(patch):
    return of_cell(Options(), lambda k: k.table["a"] + k.b, lambda cell: cell.k.table.update(a=2.0))


@way
def an_attribute_of_the_class_of_an_object(patch):
    kind = type("Kind", (), {"a": 0.5})
    return of_cell(kind(), lambda k: k.a, lambda cell: setattr(kind, "a", 2.0))


@way
def a_method_of_the_class_of_an_object(patch):
    kind = type("Kind", (), {"a": lambda self: 0.5})
    return of_cell(kind(), lambda k: k.a(), lambda cell: setattr(kind, "a", lambda self: 2.0))


@way
def an_operator_of_an_object(patch):
    table = [0.5]
    kind = type("Kind", (), {"__rmul__": lambda self, other: other * table[0]})
    return of_cell(kind(), lambda k: 1.0 * k, lambda cell: table.insert(0, 2.0))


@way
def a_bound_method(patch):
    plain = Plain(0.5)
    return of_cell(plain.read, lambda k: k(), lambda cell: setattr(plain, "a", 2.0))


@way
def a_partial_function(patch):
    table = [0.5]
    return of_cell(functools.partial(first_of, table), lambda k: k(), lambda cell: table.insert(0, 2.0))


@way
def a_wrapped_function(patch):
    table = [0.5]

    @functools.wraps(first_of)
    def wrapper():
        return first_of(table)

    return of_cell(wrapper, lambda k: k(), lambda cell: table.insert(0, 2.0))


@way
def a_function_that_poses_as_that_of_a_library(patch):
    table = [0.5]

    @functools.wraps(np.tanh)
    def wrapper():
        return table[0]

    wrapper.__module__ = "numpy"
    return of_cell(wrapper, lambda k: k(), lambda cell: table.insert(0, 2.0))


@way
def a_cached_function(patch):
    table = [0.5]
    return of_cell(functools.cache(lambda: table), lambda k: k()[0], lambda cell: table.insert(0, 2.0))


@way
def an_attribute_that_hides_one_of_the_class(patch):
    kind = type("Kind", (), {"a": 0.5})
    return of_cell(kind(), lambda k: k.a, lambda cell: setattr(cell.k, "a", 2.0))


@way
def a_deque(patch):
    return of_cell(deque([0.5]), lambda k: k[0], lambda cell: cell.k.appendleft(2.0))


@way
def a_set(patch):
    return of_cell({0.5}, lambda k: sum(k), lambda cell: cell.k.add(2.0))


@way
def a_table_of_the_library(patch):
    return of_cell(UserDict(a=0.5), lambda k: k["a"], lambda cell: cell.k.update(a=2.0))


@way
def an_array_of_objects(patch):
    return of_cell(np.array([Plain(0.5)]), lambda k: k[0].a, lambda cell: setattr(cell.k[0], "a", 2.0))


@way
def the_value_of_a_member_of_an_enumeration(patch):
    kind = Enum("Kind", {"A": 0.5, "B": 2.0})
    return of_cell(kind.A, lambda k: k.value, lambda cell: setattr(cell, "k", kind.B))


@way
def a_module_that_is_an_attribute(patch):
    patch.setattr(MODULE, "k", 0.5)
    return of_cell(MODULE, lambda k: k.k, lambda cell: patch.setattr(MODULE, "k", 2.0))


@way
def a_class_as_an_attribute(patch):
    kind = type("Kind", (), {"a": 0.5})
    return of_cell(kind, lambda k: k.a, lambda cell: setattr(kind, "a", 2.0))


@way
def an_attribute_of_a_part(patch):
    class Part(nn.Module):
        options = {"k": 0.5}  # noqa: RUF012

        def __call__(self, x):
            return x * self.options["k"]

    cell = cell_of(lambda self, x, h: scaled(self.part(x), h, 1.0))
    cell.part = Part()
    return cell, lambda: Part.options.update(k=2.0)


@way
def a_ring_of_objects(patch):
    one, other = Plain(0.5), Plain(None)
    one.next, other.next = other, one
    return of_cell(one, lambda k: k.next.next.a, lambda cell: setattr(one, "a", 2.0))


@way
def an_object_behind_a_thousand_others(patch):
    last = Plain(0.5)
    chain = last
    for _ in range(3000):
        chain = Plain(chain)

    def read(k):
        while isinstance(k.a, Plain):
            k = k.a
        return k.a

    return of_cell(chain, read, lambda cell: setattr(last, "a", 2.0))


# --- what stands around it -------------------------------------------------------------------------------------------

FACTOR, TABLE, NESTED, OBJECT = 0.5, {"k": 0.5}, [[0.5]], SimpleNamespace(k=0.5)
MODULE = types.ModuleType("a_module_of_settings")
MODULE.k, MODULE.table = 0.5, [0.5]


class Holder:
    k = 0.5
    inner = SimpleNamespace(k=0.5)


@way
def a_global(patch):
    return cell_of(lambda self, x, h: scaled(x, h, FACTOR)), lambda: patch.setitem(globals(), "FACTOR", 2.0)


@way
def a_global_of_NumPy(patch):
    patch.setitem(globals(), "FACTOR", np.float64(0.5))
    return cell_of(lambda self, x, h: scaled(x, h, FACTOR)), lambda: patch.setitem(globals(), "FACTOR", np.float64(2.0))


@way
def a_global_table(patch):
    return cell_of(lambda self, x, h: scaled(x, h, TABLE["k"])), lambda: patch.setitem(TABLE, "k", 2.0)


@way
def a_global_list_of_lists(patch):
    patch.setitem(globals(), "NESTED", [[0.5]])
    return cell_of(lambda self, x, h: scaled(x, h, NESTED[0][0])), lambda: NESTED[0].insert(0, 2.0)


@way
def a_global_object(patch):
    return cell_of(lambda self, x, h: scaled(x, h, OBJECT.k)), lambda: patch.setattr(OBJECT, "k", 2.0)


@way
def a_global_scalar_tensor(patch):
    patch.setitem(globals(), "FACTOR", tg.Tensor(np.array(0.5)))
    return cell_of(lambda self, x, h: scaled(x, h, FACTOR)), lambda: FACTOR.assign(np.array(2.0))


@way
def a_global_function(patch):
    return (
        cell_of(lambda self, x, h: scaled(x, h, a_number())),
        lambda: patch.setitem(globals(), "a_number", lambda: 2.0),
    )


@way
def a_global_of_a_global_function(patch):
    return cell_of(lambda self, x, h: scaled(x, h, a_number())), lambda: patch.setitem(globals(), "FACTOR", 2.0)


@way
def a_global_in_a_comprehension(patch):
    def step(self, x, h):
        return scaled(x, h, sum(FACTOR for _ in range(2)))

    return cell_of(step), lambda: patch.setitem(globals(), "FACTOR", 2.0)


@way
def a_global_that_hides_a_builtin(patch):
    return cell_of(lambda self, x, h: scaled(x, h, len("ab"))), lambda: patch.setitem(globals(), "len", lambda _: 0.3)


@way
def a_global_of_a_method_that_the_step_calls(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, self.factor()), factor=lambda self: FACTOR)
    return cell, lambda: patch.setitem(globals(), "FACTOR", 2.0)


@way
def a_global_of_a_method_that_is_called_by_its_name(patch):
    cell = cell_of(lambda self, x, h: scaled(x, h, getattr(self, "fac" + "tor")()), factor=lambda self: FACTOR)
    return cell, lambda: patch.setitem(globals(), "FACTOR", 2.0)


@way
def a_class_elsewhere(patch):
    return cell_of(lambda self, x, h: scaled(x, h, Holder.k)), lambda: patch.setattr(Holder, "k", 2.0)


@way
def an_object_of_a_class_elsewhere(patch):
    return cell_of(lambda self, x, h: scaled(x, h, Holder.inner.k)), lambda: patch.setattr(Holder.inner, "k", 2.0)


@way
def a_name_of_a_module(patch):
    return cell_of(lambda self, x, h: scaled(x, h, MODULE.k)), lambda: patch.setattr(MODULE, "k", 2.0)


@way
def a_table_of_a_module(patch):
    patch.setattr(MODULE, "table", [0.5])
    return cell_of(lambda self, x, h: scaled(x, h, MODULE.table[0])), lambda: MODULE.table.insert(0, 2.0)


@way
def the_environment(patch):
    patch.setenv("A_NUMBER_OF_TESTS", "0.5")
    cell = cell_of(lambda self, x, h: scaled(x, h, float(os.environ["A_NUMBER_OF_TESTS"])))
    return cell, lambda: patch.setenv("A_NUMBER_OF_TESTS", "2.0")


@way
def a_variable_of_a_function_around_it(patch):
    k = 0.5

    def change():
        nonlocal k
        k = 2.0

    return cell_of(lambda self, x, h: scaled(x, h, k)), change


@way
def a_list_of_a_function_around_it(patch):
    ks = [0.5]
    return cell_of(lambda self, x, h: scaled(x, h, ks[0])), lambda: ks.insert(0, 2.0)


@way
def a_variable_around_a_function_that_is_an_attribute(patch):
    k = 0.5

    def change():
        nonlocal k
        k = 2.0

    cell, _ = of_cell(lambda: k, lambda f: f(), None)
    return cell, change


@way
def a_default(patch):
    def step(self, x, h, ks=[0.5]):  # noqa: B006
        return scaled(x, h, ks[0])

    return cell_of(step), lambda: step.__defaults__[0].insert(0, 2.0)


@way
def other_defaults(patch):
    def step(self, x, h, k=0.5):
        return scaled(x, h, k)

    return cell_of(step), lambda: setattr(step, "__defaults__", (2.0,))


@way
def a_default_by_name(patch):
    def step(self, x, h, *, k=0.5):
        return scaled(x, h, k)

    return cell_of(step), lambda: step.__kwdefaults__.update(k=2.0)


@way
def an_attribute_of_a_function(patch):
    def step(self, x, h):
        return scaled(x, h, step.k)

    step.k = 0.5
    return cell_of(step), lambda: setattr(step, "k", 2.0)


def a_number():
    return FACTOR


def first_of(table):
    return table[0]


class Plain:
    def __init__(self, a):
        self.a = a

    def read(self):
        return self.a


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


@dataclass
class Options:
    b: float = 0.1
    table: dict = field(default_factory=lambda: {"a": 0.5})


def output(cell, engine):
    return nn.Recurrent(cell, engine=engine)(X)[0].data


@pytest.mark.parametrize("name", WAYS)
def test_a_number_that_has_changed_is_read_again(name, monkeypatch):
    cell, change = WAYS[name](monkeypatch)
    before = output(cell, "eager")
    assert not compiler.why(cell) and np.abs(output(cell, "compiled") - before).max() < 1e-12
    for _ in range(2):  # at a glance the second time
        output(cell, "compiled")
    change()
    after = output(cell, "eager")

    assert np.abs(after - before).max() > 1e-3, "the change matters"
    assert after.dtype == output(cell, "compiled").dtype and np.abs(output(cell, "compiled") - after).max() < 1e-12


@pytest.mark.parametrize("name", WAYS)
def test_and_one_that_has_not_changed_is_not(name, monkeypatch):
    """A program for each call would be right as well, and a thousand times slower."""
    cell, _ = WAYS[name](monkeypatch)

    assert compiler.compiled(cell) is compiler.compiled(cell)
