"""What the program of a cell depends on, so that a cell that has changed is compiled anew.

A step reads attributes of its cell and of the cell's classes; its functions read globals, variables of the functions
around them, and defaults; and what is there may be a list, a table, or an object with attributes of its own. The
signature follows all that code mentions, which is slow. A glance is quick: it remembers the places that were looked
at. If each has the very same object in it as before, and none of these can change inside, nothing has changed.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections import deque
from collections.abc import Collection, Mapping
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)  # fmt: skip
from typing import Any

import numpy as np

from ..core.tensor import Tensor

__all__ = ["Glance", "signature"]

NUMBERS = {bool, int, float, complex, str, bytes, type(None), type(...), range}
TABLES = (dict, MappingProxyType)
ITEMS = (*TABLES, list, tuple, set, frozenset, deque)
FIXED = (BuiltinFunctionType, np.ufunc, np.dtype)  # what has nothing in it that could change
WITHIN = {  # what calls something else, and where it has that
    property: ("fget",), staticmethod: ("__func__",), classmethod: ("__func__",), MethodType: ("__func__", "__self__"),
    functools.cached_property: ("func",), functools.partial: ("func", "args", "keywords"),
    functools.partialmethod: ("func", "args", "keywords"), type(functools.cache(repr)): ("__wrapped__",),
}  # fmt: skip
# Special methods that a step does not call.
UNCALLED = {"__init__", "__new__", "__init_subclass__", "__repr__", "__str__", "__setattr__", "__delattr__"}
LOOKS_EVERYWHERE = {"getattr", "vars", "__dict__", "__getattr__", "__getattribute__", "globals", "attrgetter"}
OURS = {"tinygrad_gru", "numpy"}
MODULES_HOME = "tinygrad_gru.nn.module"


def signature(cell: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """The class of a cell and its attributes, and what else its step reads; of a tensor that is an input of the program
    its identity, shape and dtype, not its values.

    Beside it the objects that it knows by their identity: who keeps it must hold them, or another object gets theirs.
    """
    reader = _Reader(cell)
    return tuple(reader.parts), reader.held


class Glance:
    """The objects in all places that a cell's step reads, held so that no other object gets their identity."""

    def __init__(self, cell: Any) -> None:
        self._reader = _Reader(cell)
        self.quick = self._reader.quick
        self.names = [[*vars(module)] for module in (cell, *self._reader.inner)]
        self.objects = self._objects(cell) if self.quick else []
        self.ids = [*map(id, self.objects)]
        self.tensors = [t for t in self.objects if isinstance(t, Tensor)]
        self.traits = [*map(_traits, self.tensors)]

    def same(self, cell: Any) -> bool:
        """Whether the cell is as it was, as far as a glance can tell: False if it must be looked at closely."""
        return (
            self.quick
            and self.ids == [*map(id, self._objects(cell))]
            and self.names == [[*vars(module)] for module in (cell, *self._reader.inner)]
            and self.traits == [*map(_traits, self.tensors)]
        )

    def _objects(self, cell: Any) -> list[Any]:
        objects: list[Any] = []
        for module in (cell, *self._reader.inner):
            objects += (type(module), module.training, *vars(module).values())
        for kind in self._reader.kinds:
            objects.extend(vars(kind).values())
        for table in self._reader.tables:
            objects += (*table, *table.values())
        for items in self._reader.items:
            objects.extend(items)
        objects += [space.get(name) for space, name in self._reader.places]
        for f in self._reader.functions:
            objects += (f.__code__, f.__defaults__, *(f.__kwdefaults__ or {}).values())
            objects.extend(map(_contents, f.__closure__ or ()))
        return objects


class _Reader:
    """Everything that the step of a cell may read, found from the names that its code mentions."""

    def __init__(self, cell: Any) -> None:
        self.parts: list[Any] = []
        self.held: list[Any] = []
        self.quick = True  # nothing is in it that can change where a glance does not look
        self.kinds: list[type] = []  # classes
        self.functions: list[FunctionType] = []
        self.places: list[tuple[Mapping[str, Any], str]] = []  # globals
        self.tables: list[Mapping[Any, Any]] = []  # and attributes of objects
        self.items: list[Collection[Any]] = []  # of lists and the like
        self._home = _root(type(cell).__module__)
        self._names = {"step"}
        self._spaces: list[tuple[Mapping[str, Any], set[str]]] = []  # of classes and the like, and what was read there
        self._pending: list[Any] = []
        self._numbers: dict[int, int] = {}  # of what was read before
        modules = cell.modules()
        self.inner = modules[1:]  # not the cell: what is kept in its name must not keep it
        inputs = [t for module in modules for t in vars(module).values() if isinstance(t, Tensor)]
        self._inputs = {id(t) for t in [*inputs, *(p for p in cell.parameters() if p.requires_grad)]}
        self._numbers |= {id(module): n for n, module in enumerate(modules)}
        for module in modules:
            self.parts += [type(module), module.training]
            for kind in type(module).__mro__:
                if kind.__module__ == MODULES_HOME:
                    break
                self._class(kind)
            self._slots(module)
            for name, value in vars(module).items():
                self.parts.append(name)
                self._read(value)
        self._read_all()
        if not self._names.isdisjoint({"environ", "getenv"}):
            self.parts.append(tuple(os.environ.items()))
            self.quick = False

    def _read_all(self) -> None:
        """Read what is pending, and then what is mentioned by the code that has been read."""
        names = scanned = 0
        while self._pending or len(self._spaces) > scanned or len(self._names) > names:
            while self._pending:
                self._read(self._pending.pop())
            spaces = self._spaces[scanned if len(self._names) == names else 0 :]
            names, scanned = len(self._names), len(self._spaces)
            everywhere = not self._names.isdisjoint(LOOKS_EVERYWHERE)
            for space, past in spaces:
                for name, value in [*space.items()]:
                    special = name[:2] == "__"  # such as __call__ and __mul__, which no code mentions
                    called = special and isinstance(value, FunctionType) and name not in UNCALLED
                    if name not in past and (called or (not special and (everywhere or name in self._names))):
                        past.add(name)
                        self.parts.append(name)
                        self._pending.append(value)

    def _read(self, value: Any) -> None:
        """What is to be known of one object."""
        kind = type(value)
        if kind in NUMBERS or isinstance(value, np.generic):
            self.parts += [kind, repr(value)]  # −0.0 equals 0.0
        elif isinstance(value, np.ndarray) and value.dtype != object:
            self.parts += [value.shape, value.dtype.str, value.tobytes()]
            self.quick = False
        elif id(value) in self._numbers:
            self.parts.append(self._numbers[id(value)])
        else:
            self._numbers[id(value)] = len(self._numbers)
            self.held.append(value)
            self._read_object(value)

    def _read_object(self, value: Any) -> None:
        if isinstance(value, Tensor):
            self.parts += [id(value), *_traits(value)]
            if value.ndim == 0 and id(value) not in self._inputs:  # a number of the program
                self.parts.append(value._array.tobytes())
                self.quick = False
        elif isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, ITEMS) or (isinstance(value, np.ndarray) and value.ndim):
            self.parts += [type(value), len(value)]
            if isinstance(value, TABLES):
                self._pending += [*value.keys(), *value.values()]
                self.tables.append(value)
            else:
                self._pending.extend(value)
                self.items.append(value)
        elif isinstance(value, type):
            self.parts.append(id(value))
            self._classes(value)
        elif isinstance(value, ModuleType):
            self.parts.append(id(value))
            if not self._is_foreign(value.__name__):
                self._attributes(value)
        elif isinstance(value, FIXED):
            self.parts.append(id(value))
        else:
            self._instance(value)

    def _function(self, f: FunctionType) -> None:
        self.parts += [id(f), id(f.__code__)]
        self.held.append(f.__code__)
        names = _mentioned(f.__code__)
        self._names |= names
        if self._is_foreign(f.__globals__.get("__name__", "")):
            return
        self.functions.append(f)
        self._pending += [f.__defaults__, f.__kwdefaults__ and tuple(f.__kwdefaults__.items())]
        self._pending += map(_contents, f.__closure__ or ())
        self._attributes(f)
        for name in sorted(names):
            self.places.append((f.__globals__, name))
            if name in f.__globals__:
                self.parts.append(name)
                self._pending.append(f.__globals__[name])

    def _instance(self, value: Any) -> None:
        """An object: its attributes, and the functions and attributes of its classes."""
        self.parts += [id(value), type(value)]
        if type(value) in WITHIN:
            self._pending += [getattr(value, name) for name in WITHIN[type(value)]]
            return
        if _root(type(value).__module__) in OURS and hasattr(type(value), "__get__"):
            return  # a descriptor of ours
        self._classes(type(value))
        self._slots(value)
        if hasattr(value, "__dict__"):
            self._attributes(value)
            if type(value) not in self.kinds:  # of a library, whose code has not been looked at
                data = (*NUMBERS, *ITEMS, np.ndarray, np.generic)
                self._pending += [each for each in vars(value).values() if isinstance(each, data)]
        else:
            self.parts.append(repr(value))
            self.quick = False

    def _attributes(self, value: Any) -> None:
        self._spaces.append((vars(value), set()))
        self.tables.append(vars(value))

    def _classes(self, kind: type) -> None:
        for each in kind.__mro__:
            home = sys.modules.get(each.__module__)
            of_it = hasattr(home, each.__qualname__.partition(".")[0])  # types.new_class lets all be of `types`
            if not (of_it and self._is_foreign(each.__module__)):
                self._class(each)

    def _class(self, kind: type) -> None:
        if kind not in self.kinds:
            self.kinds.append(kind)
            plain = _root(kind.__module__) in OURS  # its tables are nobody's to change
            space = {n: v for n, v in vars(kind).items() if not isinstance(v, dict | list)} if plain else vars(kind)
            self._spaces.append((space, set()))

    def _slots(self, value: Any) -> None:
        slots = [
            n for kind in type(value).__mro__ for n, d in vars(kind).items() if isinstance(d, MemberDescriptorType)
        ]
        if slots:
            self.quick = False
            self._pending += [getattr(value, name, None) for name in slots]

    def _is_foreign(self, module: str) -> bool:
        """Whether the code of a module is nobody's to change: of a library, unless the cell is of it, too."""
        root = _root(module)
        return root in OURS or (root != self._home and _is_library(root))


def _root(module: str) -> str:
    return module.partition(".")[0]


@functools.cache
def _is_library(root: str) -> bool:
    path = getattr(sys.modules.get(root), "__file__", None)
    libraries = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
    builtin = path is None and root in sys.stdlib_module_names
    return builtin or (path is not None and path.startswith(libraries))


@functools.lru_cache(maxsize=4096)
def _mentioned(code: CodeType) -> frozenset[str]:
    """The names of globals and attributes in a function, and in those within it; and its strings, for getattr."""
    names = {*code.co_names}
    for constant in code.co_consts:
        names |= {constant} if isinstance(constant, str) and constant.isidentifier() else set()
        names |= _mentioned(constant) if isinstance(constant, CodeType) else set()
    return frozenset(names)


def _contents(variable: Any) -> Any:
    """What a variable of a function around it has in it now."""
    try:
        return variable.cell_contents
    except ValueError:  # nothing yet
        return None


def _traits(t: Tensor) -> tuple[Any, ...]:
    return t.requires_grad, t._array.shape, t._array.dtype
