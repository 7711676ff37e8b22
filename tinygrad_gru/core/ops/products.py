"""Products of matrices and of more axes: matmul, einsum, tensordot, inner, outer, kron; and the trace."""

import math
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError
from ..op import Op, apply
from ..support.arguments import brief, brief_shape, integer, integers
from ..support.flushing import flushes
from ..support.functions import documented_by, function
from ..support.operands import value_of
from ..support.sums import accurate_sum
from ..support.transposes import fast_operands
from .arithmetic import multiply
from .indexing import diagonal
from .shapes import expand_dims, reshape, squeeze

__all__ = ["einsum", "inner", "kron", "matmul", "outer", "tensordot", "trace"]


class Matmul(Op):
    """out = x @ y;  ∂L/∂x = g yᵀ,  ∂L/∂y = xᵀ g.

    Vectors count as one row (left) or one column (right), and stacks of matrices are broadcast.

    >>> tg.matmul([[1.0, 2.0], [3.0, 4.0]], [[10.0], [1.0]]).tolist()
    [[12.0], [34.0]]
    """

    symbol = "@"
    promotes_dtype = True
    multilinear = True

    def forward(self, x, y):
        if x.ndim > 2 and y.ndim == 2:  # a stack times one matrix: a single product of all its rows
            return np.matmul(rows(x), y).reshape(*x.shape[:-1], y.shape[-1])
        return np.matmul(x, y)

    @fast_operands
    def vjp(self, g, out, x, y):
        if x.ndim == y.ndim == 2 and x.shape[0] > 1:
            return lambda: g @ y.mT, lambda: x.mT @ g  # as functions: one is often not wanted
        return vjp_of_vectors_and_stacks(g, x, y)

    def explain(self, *arrays):
        x, y = arrays
        if 0 in (x.ndim, y.ndim):
            return "wants at least one axis on each side"
        if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
            return "inner sizes differ"
        return "stacks do not broadcast"


matmul = function(Matmul)


def vjp_of_vectors_and_stacks(g, x, y):
    """g yᵀ and xᵀ g where x or y is a vector, a stack of matrices, or a matrix of one row."""
    if x.ndim == 1 and y.ndim == 1:
        return g * y, g * x
    if x.ndim == 1:  # one row
        g = expand_dims(g, -2)  # (..., 1, n)
        return lambda: squeeze(g @ y.mT, -2), lambda: expand_dims(x, -1) * g
    if y.ndim == 1:  # one column
        g = expand_dims(g, -1)  # (..., m, 1)
        return lambda: g * y, lambda: squeeze(x.mT @ g, -1)
    if x.ndim > 2 and y.ndim == 2:  # the sum over the stack is a product of all rows
        return lambda: g @ y.mT, lambda: rows(x).mT @ rows(g)
    if x.shape[-2] == 1:  # a column times a row: broadcasting makes it several times faster than matmul does
        return lambda: g @ y.mT, lambda: x.mT * g
    return lambda: g @ y.mT, lambda: x.mT @ g


def rows(x):
    """A stack of matrices as one matrix of all their rows."""
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


class Einsum(Op):
    """out = the sum of products that the letters describe;  each gradient is an einsum of g and the other inputs.

    The letters are NumPy's. The operation holds those of each input in `terms` and those of the output in `result`.

    >>> tg.einsum("ij,ij->i", [[1.0, 2.0], [3.0, 4.0]], [[10.0, 1.0], [10.0, 1.0]]).tolist()
    [12.0, 34.0]
    """

    symbol = "einsum"
    promotes_dtype = True
    multilinear = True

    def __init__(self, terms: tuple[str, ...], result: str):
        self.terms = terms
        self.result = result

    def forward(self, *xs):
        terms = list(self.terms)
        arrays = list(xs)
        for i, term in enumerate(terms):  # what one input alone is summed over, accurately
            alone = [c for c in term if "".join(self.terms).count(c) == 1 and c not in self.result]
            if alone and arrays[i].ndim == len(term):
                arrays[i] = accurate_sum(arrays[i], tuple(term.index(c) for c in alone))
                terms[i] = "".join(c for c in term if c not in alone)
        return np.einsum(f"{','.join(terms)}->{self.result}", *arrays, optimize=True)

    @flushes
    def vjp(self, g, out, *xs):
        return tuple(lambda i=i: self.gradient(i, g, xs) for i in range(len(xs)))

    def gradient(self, i, g, xs):
        """The gradient of input i: g times the other inputs, summed over the letters that input i has not."""
        x = value_of(xs[i])
        terms = [self.result, *self.terms[:i], *self.terms[i + 1 :]]
        factors = [g, *xs[:i], *xs[i + 1 :]]
        sizes: dict[str, int] = {}
        for term, factor in zip(terms, factors, strict=True):
            for letter, n in zip(term, factor.shape, strict=True):
                sizes[letter] = n if n != 1 else sizes.get(letter, 1)
        unused = iter(c for c in string.ascii_letters if c not in sizes and c not in self.terms[i])
        target = ""
        for letter, n in zip(self.terms[i], x.shape, strict=True):
            if letter in target:  # "ii" reads a diagonal: its gradient is on the diagonal of zeros
                twin = next(unused)
                terms.append(letter + twin)
                factors.append(np.eye(n, dtype=x.dtype))
                letter = twin
            elif sizes.get(letter) != n:  # summed from this input alone: g is the same all along it
                terms.append(letter)
                factors.append(np.ones(n, x.dtype))
            target += letter
        return Einsum(tuple(terms), target)(*factors)

    def explain(self, *arrays):
        return f"the sizes do not fit {','.join(self.terms)}->{self.result}"


@documented_by(Einsum)
def einsum(subscripts: str, *operands):
    if not isinstance(subscripts, str):
        raise ArgumentError(
            'einsum: wants letters first, as in einsum("ij->ji", x): NumPy\'s lists of numbers are not read'
        )
    if len(subscripts) > 1000:
        raise ArgumentError(
            f"einsum: {len(subscripts)} letters, wanted one for each axis. try: einsum('ij,jk->ik', x, y)"
        )
    terms, result = spelled_out(subscripts, [np.ndim(value_of(x)) for x in operands])
    return Einsum(terms, result)(*operands)


def spelled_out(subscripts: str, ndims: list[int]) -> tuple[tuple[str, ...], str]:
    """The letters of each input and of the result, with "..." replaced by letters not in use."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ArgumentError(f"einsum: {subscripts!r} describes {len(terms)} inputs, got {len(ndims)}")
    free = [c for c in reversed(string.ascii_letters) if c not in subscripts]
    dots = [n - len(t.replace("...", "")) if "..." in t else 0 for t, n in zip(terms, ndims, strict=True)]
    most = max(dots, default=0)
    letters = "".join(free[:most])
    terms = [t.replace("...", letters[most - d :] if d > 0 else "") for t, d in zip(terms, dots, strict=True)]
    if not arrow:  # NumPy's rule: the letters that occur once, in alphabetical order
        every = left.replace(",", "").replace("...", "")
        result = "..." * ("..." in left) + "".join(sorted(c for c in set(every) if every.count(c) == 1))
    result = result.replace("...", letters)
    for t, n in zip(terms, ndims, strict=True):
        if len(t) != n or (t and not t.isalpha()):
            raise ShapeError(f"einsum: {subscripts!r} wants {len(t)} axes where an input has {n}")
    if len(set(result)) != len(result) or not set(result) <= set("".join(terms)):
        raise ArgumentError(f"einsum: the result of {subscripts!r} repeats a letter or uses an unknown one")
    return tuple(terms), result


def tensordot(x, y, axes: int | tuple[int | Sequence[int], int | Sequence[int]] = 2):
    """out = Σ x ⊙ y over pairs of axes;  each gradient is that of an einsum: g and the other one, multiplied likewise.

    `axes` is how many of x's last axes meet y's first ones, or two lists of axes.

    >>> tg.tensordot([[1.0, 2.0], [3.0, 4.0]], [10.0, 1.0], axes=1).tolist()
    [12.0, 34.0]
    """
    shape, other = value_of(x).shape, value_of(y).shape
    m, n = len(shape), len(other)
    if isinstance(axes, list | tuple):
        if len(axes) != 2:
            raise ArgumentError(f"tensordot: axes: got {brief(axes)}, wanted a number, or two lists. try: axes=1")
        ours, theirs = (list(integers("tensordot: axes", a)) for a in axes)
    else:
        axes = integer("tensordot: axes", axes)
        ours, theirs = (list(range(m - axes, m)), list(range(axes))) if 0 <= axes <= min(m, n) else ([m], [n])
    exist = all(-m <= i < m for i in ours) and all(-n <= j < n for j in theirs)
    once = exist and len({i % m for i in ours}) == len(ours) and len({j % n for j in theirs}) == len(theirs)
    fit = once and [shape[i] for i in ours] == [other[j] for j in theirs]  # einsum would spread a size of 1
    if not fit:
        shapes = f"{brief_shape(shape)} and {brief_shape(other)}"
        raise ShapeError(f"tensordot: axes {brief(axes)} do not fit shapes {shapes}")
    if m + n > len(string.ascii_letters):
        raise ShapeError(f"tensordot: {m} and {n} axes are more than there are letters for. try: x.reshape(...)")
    left = list(string.ascii_letters[:m])
    right = list(string.ascii_letters[m : m + n])
    for i, j in zip(ours, theirs, strict=True):
        right[j] = left[i]
    result = [c for c in left if c not in right] + [c for c in right if c not in left]
    return Einsum(("".join(left), "".join(right)), "".join(result))(x, y)


def outer(x, y) -> Any:
    """outᵢⱼ = xᵢ yⱼ of two vectors: (m,) and (n,) make (m, n);  ∂L/∂x = g y,  ∂L/∂y = gᵀ x.

    >>> tg.outer([1.0, 2.0], [10.0, 1.0]).tolist()
    [[10.0, 1.0], [20.0, 2.0]]
    """
    if value_of(x).ndim != 1 or value_of(y).ndim != 1:
        shapes = " and ".join(brief_shape(value_of(v).shape) for v in (x, y))
        raise ShapeError(f"outer: wants two vectors, got shapes {shapes}. try: x.reshape(-1)")
    return apply(Einsum(("i", "j"), "ij"), x, y)


def inner(x, y) -> Any:
    """out = Σ x ⊙ y over the last axis of each: (..., n) and (..., n);  ∂L/∂x = g y, ∂L/∂y = gᵀ x.

    >>> tg.inner([1.0, 2.0], [10.0, 1.0]).tolist()
    12.0
    """
    if value_of(x).ndim == 0 or value_of(y).ndim == 0:
        return multiply(x, y)
    shapes = value_of(x).shape, value_of(y).shape
    if shapes[0][-1] != shapes[1][-1]:
        got = " and ".join(brief_shape(shape) for shape in shapes)
        raise ShapeError(f"inner: the last sizes differ: {got}. try: x @ y, which takes y's last axis but one")
    return tensordot(x, y, axes=([-1], [-1]))


def kron(x, y) -> Any:
    """out = the Kronecker product, blocks of x's elements times y;  ∂L/∂x sums g ⊙ y in a block, ∂L/∂y x·g over them.

    (a, b) and (c, d) make (ac, bd); where one has fewer axes, axes of size 1 are put in front.

    >>> tg.kron([[1.0, 2.0]], [[10.0], [1.0]]).tolist()
    [[10.0, 20.0], [1.0, 2.0]]
    """
    m, n = value_of(x).shape, value_of(y).shape
    ndim = max(len(m), len(n))
    m, n = (1,) * (ndim - len(m)) + m, (1,) * (ndim - len(n)) + n
    blocks = reshape(x, [size for k in m for size in (k, 1)])  # (a, 1, b, 1)
    repeated = reshape(y, [size for k in n for size in (1, k)])  # (1, c, 1, d)
    return reshape(multiply(blocks, repeated), [j * k for j, k in zip(m, n, strict=True)])


def trace(x, offset: int = 0) -> Any:
    """out = the sum of the `offset`-th diagonal of each matrix;  ∂out/∂x = 1 on it, and no gradient elsewhere.

    >>> tg.trace([[1.0, 2.0], [3.0, 4.0]]).tolist()
    5.0
    """
    return einsum("...i->...", diagonal(x, offset))
