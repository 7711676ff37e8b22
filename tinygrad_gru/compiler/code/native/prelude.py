"""What stands before the loops of a native program: tanh, flushing, and matrix products by a micro-kernel."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from ...environment import vectors_of_64_bytes

__all__ = ["head", "prelude", "vector_of"]

# tanh x ≈ x P(x²)/Q(x²) for |x| ≤ 9, beyond which float32 knows only ±1. The coefficients minimise the largest relative
# error, 7e-9 (least squares, reweighted); with rounding it is 4e-7. A quotient of polynomials, unlike the tanh of the
# mathematics library, is computed for eight numbers at once. NaN stays NaN, since it is neither above 9 nor below −9.
P = (0.9999999933860823, 0.1308401021171747, 0.003103956331438361, 1.1154309254346934e-05, -2.022522835656678e-08,
     5.277949000010921e-11, -8.488710637490851e-14)  # fmt: skip
Q = (1.0, 0.46417337313716434, 0.024495178883317852, 0.00025461453770884903)


def _horner(coefficients: tuple[float, ...]) -> str:
    text = f"real({coefficients[-1]!r})"
    for c in coefficients[-2::-1]:
        text = f"(real({c!r}) + s * {text})"
    return text


TANH = {
    "float32": f"""
    x = real(9) if x > real(9) else x
    x = real(-9) if x < real(-9) else x
    s = x * x
    y = x * {_horner(P)} / {_horner(Q)}
    y = real(1) if y > real(1) else y
    return real(-1) if y < real(-1) else y
""",
    "float64": """
    return np.tanh(x)
""",
}

# The functions that the loops call. `vanishing` is core.support.accumulate.vanishing.
PRELUDE = """import numpy as np
from numba import njit
from tinygrad_gru.compiler.code.native.kernel import strip, tile, wide  # {kernel}

real = np.{dtype}
V, ROWS = {vector}, {rows}  # numbers in a vector, and rows of a tile
PANEL = 2 * V  # columns of a tile
BLOCK = 256  # of the inner axis: a panel of it stays in the cache
FAR = {far}  # numbers of which the rows of a panel lie on too many pages of memory
tiny = real({tiny!r})
matrix, vector, integers, pair = "{dtype}[:, ::1]", "{dtype}[::1]", "int64, int64, int64", "int64, int64"
real4 = "{dtype}[:, :, :, ::1]"
read, read3, read4 = [f"Array({dtype}, {{n}}, 'C', readonly=True)" for n in (2, 3, 4)]  # what is only read
options = dict(cache=True, nogil=True, error_model="numpy", fastmath={{"contract"}})


# Views: calls are compiled in half the time of as many slices. With types where there may be constants among the
# arguments, for each of which Numba would compile it again.
@njit(**options)
def step_of(a, t, lo, hi):
    return a[t, lo:hi]


@njit([f"{{to}}({{a}}, int64, int64, int64, int64)" for to, a in ((matrix, real4), (read, read4))], **options)
def matrix_of(a, t, k, lo, hi):
    return a[t, k, lo:hi]


@njit(**options)
def rows_of(a, first, past):
    return a[first:past]


@njit("{dtype}({dtype})", forceinline=True, **options)
def tanh(x):{tanh}

@njit(**options)
def vanishing(g):
    if g.shape[0] == 0 or abs(g[0, 0]) >= tiny:
        return False
    for b in range(g.shape[0]):
        for j in range(g.shape[1]):
            if not abs(g[b, j]) < tiny:
                return False
    return True


@njit(**options)
def arrive(g, outside):
    for b in range(g.shape[0]):
        for j in range(g.shape[1]):
            g[b, j] += outside[b, j]


@njit(**options)
def first_step(outside, lo, hi):
    for t in range(outside.shape[0]):
        for b in range(lo, hi):
            for j in range(outside.shape[2]):
                if outside[t, b, j] != 0:
                    return t
    return outside.shape[0]


# Loops, since an assignment to a slice takes Numba ten times as long to compile.
@njit(**options)
def clear(a, steps, lo, hi):
    for t in range(steps):
        for b in range(lo, hi):
            for j in range(a.shape[2]):
                a[t, b, j] = 0


@njit(**options)
def clear_blocks(a, steps, lo, hi):
    for k in range(a.shape[0]):
        clear(a[k], steps, lo, hi)


@njit(**options)
def clear_steps(a, steps, lo, hi):
    for t in range(steps):
        for k in range(a.shape[1]):
            zero_out(a[t, k, lo:hi])


@njit(**options)
def zero_out(a):
    for b in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[b, j] = 0


@njit(f"void({{matrix}}, int64, {{read}}, int64, int64)", **options)
def copy_columns(to, at, a, column, n):
    for b in range(to.shape[0]):
        for j in range(n):
            to[b, at + j] = a[b, column + j]


@njit(**options)
def copy_into(to, a):
    for b in range(to.shape[0]):
        for j in range(to.shape[1]):
            to[b, j] = a[b, j]


many, two, one_row = tile(ROWS, V, real), tile(2, V, real), tile(1, V, real)
rows_of_panel, columns_of_tile = strip(PANEL, real), strip(ROWS, real)
wide_vectors = wide({wide})


@njit(**options)
def padded(n):
    return (n + PANEL - 1) // PANEL * PANEL


# The matrices of W[G, K, n] side by side, panel by panel: rows of P, which has `height` of them, from `first` on.
@njit(f"void({{vector}}, {{read3}}, int64, int64)", **options)
def pack_into(P, W, height, first):
    G, K, n = W.shape
    for g in range(G):
        for k in range(K):
            for j in range(n):
                c = g * n + j
                P[(c // PANEL * height + first + k) * PANEL + c % PANEL] = W[g, k, j]


# The same alone, padded with zeros.
@njit(**options)
def pack(W):
    G, K, n = W.shape
    P = np.zeros(padded(G * n) * K, real)
    pack_into(P, W, K, 0)
    return P


# The matrices of W[G, K, n] one below the other, panel by panel.
@njit(**options)
def pack_rows(W):
    G, K, n = W.shape
    P = np.zeros(padded(n) * G * K, real)
    for g in range(G):
        for k in range(K):
            for j in range(n):
                P[(j // PANEL * G * K + g * K + k) * PANEL + j % PANEL] = W[g, k, j]
    return P


# A panel of C, from column c on: M rows of A at a, whose rows, columns and tiles are so far apart, times K rows of P.
@njit(f"void({{read}}, int64, {{integers}}, int64, {{vector}}, {{pair}}, {{matrix}}, {{pair}}, boolean)", **options)
def panel_of(A, a, a_row, a_k, a_tile, M, P, p, p_k, C, c, K, more):
    c_row = C.shape[1]
    m = 0
    while m + ROWS <= M:
        many(A, a, a_row, a_k, P, p, p_k, C, c, c_row, K, more)
        m, a, c = m + ROWS, a + a_tile, c + ROWS * c_row
    while m + 2 <= M:
        two(A, a, a_row, a_k, P, p, p_k, C, c, c_row, K, more)
        m, a, c = m + 2, a + 2 * a_row, c + 2 * c_row
    if m < M:
        one_row(A, a, a_row, a_k, P, p, p_k, C, c, c_row, K, more)


# C = A[:, column : column + K] P[first : first + K], P packed with `height` rows; with `add` C += …
@njit(f"void({{read}}, int64, int64, {{vector}}, int64, int64, {{matrix}}, boolean)", **options)
def product(A, column, K, P, height, first, C, add):
    whole_panels = (C.shape[1] - PANEL) * height + (first + K) * PANEL  # numbers up to the last one that is read
    if column + K > A.shape[1] or first + K > height or whole_panels > len(P) or len(C) < len(A):
        raise IndexError("a product beyond its matrices")  # the micro-kernel itself looks at no bounds
    a_row = A.shape[1]
    for k in range(0, K, BLOCK):
        p, length, more = (first + k) * PANEL, min(BLOCK, K - k), add or k > 0
        for c in range(0, C.shape[1], PANEL):
            panel_of(A, column + k, a_row, 1, ROWS * a_row, len(A), P, p, PANEL, C, c, length, more)
            p += height * PANEL


# C += A[at : at + K, column : column + C's rows]ᵀ D[at : at + K, from_column:]; A and D have a row more. Where rows of
# D are long, those of a panel lie far apart: its panels one after the other, and A, are copied into memory of their own
# first; of 256 rows of 512 that takes a quarter less time.
@njit(f"void({{read}}, int64, {{matrix}}, int64, int64, int64, {{matrix}}, {{vector}}, {{vector}})", **options)
def add_outer(A, column, D, from_column, at, K, C, panel, tiles_of_A):
    M, a_row, d_row = len(C), A.shape[1], D.shape[1]
    past = from_column + C.shape[1] - PANEL >= d_row or at + K >= min(len(A), len(D))
    if past or column + M > a_row or BLOCK * PANEL > len(panel) or BLOCK * (M + ROWS) > len(tiles_of_A):
        raise IndexError("a sum of products beyond its matrices")
    far, rows_of_D, among = M > ROWS and K * d_row > FAR, D.reshape(D.size), tiles_of_A.reshape(1, len(tiles_of_A))
    for k in range(0, K, BLOCK):
        a, d, length = (at + k) * a_row + column, (at + k) * d_row + from_column, min(BLOCK, K - k)
        if far:
            for m in range(0, M, ROWS):
                columns_of_tile(A, a + m, a_row, tiles_of_A, m * length, length)
        for c in range(0, C.shape[1], PANEL):
            if far:
                rows_of_panel(D, d + c, d_row, panel, 0, length)
                panel_of(among, 0, 1, ROWS, ROWS * length, M, panel, 0, PANEL, C, c, length, True)
            else:
                panel_of(A, a, 1, a_row, ROWS, M, rows_of_D, d + c, d_row, C, c, length, True)


# total += the sum of rows of D: in blocks, and these in float64, so that no digits are lost.
@njit(**options)
def add_rows(D, from_column, total):
    block = np.empty(len(total), real)
    for start in range(0, len(D), 64):
        for j in range(len(total)):
            block[j] = 0
        for m in range(start, min(start + 64, len(D))):
            for j in range(len(total)):
                block[j] += D[m, from_column + j]
        for j in range(len(total)):
            total[j] += block[j]
"""


def vector_of(dtype: str) -> tuple[int, int]:
    """The numbers in a vector, and the rows of a tile: with two vectors each they fill the registers."""
    wide = vectors_of_64_bytes()  # 32 registers of 64 bytes, against 16 of 32
    return (16 if dtype == "float32" else 8) // (1 if wide else 2), 8 if wide else 6


def prelude(dtype: str) -> str:
    """The text that stands before the loops of a program."""
    vector, rows = vector_of(dtype)
    far = 2**18 // np.dtype(dtype).itemsize  # 64 pages, as many as a processor keeps at hand
    kernel = hashlib.sha256(Path(__file__).with_name("kernel.py").read_bytes()).hexdigest()[:12]
    return PRELUDE.format(dtype=dtype, tanh=TANH[dtype], tiny=1e-30, vector=vector, rows=rows, kernel=kernel, far=far,
                          wide=vectors_of_64_bytes())  # fmt: skip


def head(module: str, dtype: str) -> str:
    """The lines with which the text of two loops begins: what it calls is in the module of the prelude."""
    names = ["options", "real", "BLOCK", "PANEL", "ROWS", "wide_vectors"]
    names += re.findall(r"^def (\w+)\(", PRELUDE, re.MULTILINE)
    return f"import numpy as np\nfrom numba import njit\nfrom {module} import {', '.join(names)}\n"
