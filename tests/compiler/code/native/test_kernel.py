"""The micro-kernel: one tile of a product, against NumPy: odd lengths, transposed, added, anywhere in its arrays."""

import importlib.util
import sys

import numpy as np
import pytest

from tests.compiler import in_python
from tinygrad_gru.compiler.code.native import kernel

KINDS = [(np.float32, 4, 3, 1e-5), (np.float64, 2, 6, 1e-14), (np.float32, 16, 1, 1e-5)]  # dtype, V, rows, tolerance


@pytest.fixture(params=["python", pytest.param("numba", marks=pytest.mark.jit)], name="run")
def fixture_run(request):
    """`run(rows, V, dtype)` is a tile: of the micro-kernel, or of its stand-in, with which loops run without Numba."""
    if request.param == "python":
        return in_python.tile
    import numba

    def compiled(rows, V, dtype):
        tile = kernel.tile(rows, V, dtype)

        def call(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more):
            tile(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more)

        return numba.njit(call)

    return compiled


def test_a_tile_written_out(run):
    """[1 2; 3 4] times a panel of four columns."""
    A, P, C = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0, 2, 5], [0, 1, 3, 6]]), np.zeros((2, 4))
    tile = run(2, 2, np.float64)

    tile(A, 0, 2, 1, P, 0, 4, C, 0, 4, 2, False)
    assert C.tolist() == [[1, 2, 8, 17], [3, 4, 18, 39]]
    tile(A, 0, 2, 1, P, 0, 4, C, 0, 4, 2, True)
    assert C.tolist() == [[2, 4, 16, 34], [6, 8, 36, 78]], "added to what is there"
    tile(A, 0, 2, 1, P, 0, 4, C, 0, 4, 2, False)
    assert C.tolist() == [[1, 2, 8, 17], [3, 4, 18, 39]], "and written over it"
    tile(A, 0, 1, 2, P, 0, 4, C, 0, 4, 2, False)
    assert C.tolist() == [[1, 3, 11, 23], [2, 4, 16, 34]], "of Aᵀ: its rows are one number apart, its columns two"


@pytest.mark.parametrize(("dtype", "V", "rows", "tolerance"), KINDS)
def test_a_tile_anywhere_in_its_arrays(dtype, V, rows, tolerance, run):
    """Odd lengths and places that no vector is aligned to; nothing else is read or written."""
    tile, rng, panel = run(rows, V, dtype), np.random.default_rng(0), 2 * V
    for K in (1, 2, 5, 13):
        for transposed in (False, True):
            for more in (False, True):
                A = np.full((K + 3, rows + 2) if transposed else (rows + 2, K + 3), np.nan, dtype)
                P, C = np.full((K + 3, panel + 5), np.nan, dtype), np.full((rows + 2, panel + 3), 7, dtype)
                a = rng.uniform(-1, 1, (rows, K))
                (A.T if transposed else A)[1 : rows + 1, 2 : K + 2] = a
                P[1 : K + 1, 3 : panel + 3] = p = rng.uniform(-1, 1, (K, panel))
                distances = (1, A.shape[1]) if transposed else (A.shape[1], 1)
                tile(A, distances[0] + 2 * distances[1], *distances, P, P.shape[1] + 3, P.shape[1], C,
                     C.shape[1] + 1, C.shape[1], K, more)  # fmt: skip
                got = C[1 : rows + 1, 1 : panel + 1].copy()
                assert np.abs(got - (a @ p + 7 * more)).max() < tolerance * K
                C[1 : rows + 1, 1 : panel + 1] = 7
                assert (C == 7).all(), "written beside the tile"


def test_what_is_not_finite_goes_through(run):
    A, P, C = np.array([[1.0, np.inf], [np.nan, 0.0]]), np.array([[1.0, 2], [1.0, 0]]), np.zeros((2, 2))
    with np.errstate(invalid="ignore"):
        run(2, 1, np.float64)(A, 0, 2, 1, P, 0, 2, C, 0, 2, 2, False)

    assert C[0, 0] == np.inf and np.isnan(C[0, 1]) and np.isnan(C[1]).all()


def test_the_module_needs_neither_numba_nor_llvmlite_until_a_tile_is_made(monkeypatch):
    for name in ("numba", "llvmlite"):
        monkeypatch.setitem(sys.modules, name, None)  # as where it is not installed
    spec = importlib.util.spec_from_file_location("kernel_again", kernel.__file__)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)

    assert again.tile.__doc__
    with pytest.raises(ImportError):
        again.tile(1, 4, np.float32)


# --- strips ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["python", pytest.param("numba", marks=pytest.mark.jit)], name="strip")
def fixture_strip(request):
    """`strip(width, dtype)` copies columns: by LLVM's vectors, or by their stand-in."""
    if request.param == "python":
        return in_python.strip
    import numba

    def compiled(width, dtype):
        strip = kernel.strip(width, dtype)

        def call(a, a_at, a_row, p, p_at, K):
            strip(a, a_at, a_row, p, p_at, K)

        return numba.njit(call)

    return compiled


@pytest.mark.parametrize(("dtype", "width"), [(np.float64, 2), (np.float32, 6), (np.float32, 32), (np.float64, 1)])
def test_a_strip_is_some_columns_one_row_after_the_other(dtype, width, strip):
    copy, A = strip(width, dtype), np.arange(5.0 * (width + 4), dtype=dtype).reshape(5, width + 4)
    for K in (1, 4):
        P = np.full(K * width + 3, -1, dtype)
        copy(A, A.shape[1] + 3, A.shape[1], P, 2, K)

        assert P[2:-1].reshape(K, width).tolist() == A[1 : 1 + K, 3 : 3 + width].tolist()
        assert P[[0, 1, -1]].tolist() == [-1, -1, -1], "nothing else is written"


# --- the processor's instructions ------------------------------------------------------------------------------------


@pytest.mark.jit
@pytest.mark.parametrize("on", [False, True])
def test_loops_get_vectors_of_64_bytes_where_they_are_asked_for(on):
    import numba
    from llvmlite import binding

    wide = kernel.wide(on)

    def divide(a, b):
        wide()
        for i in range(len(a)):
            a[i] = a[i] / b[i]

    compiled = numba.njit("void(float32[::1], float32[::1])", error_model="numpy")(divide)
    (text,) = compiled.inspect_asm().values()
    a = np.arange(40, dtype=np.float32)
    compiled(a, np.full(40, 2, np.float32))

    assert a.tolist() == [i / 2 for i in range(40)]
    if binding.get_host_cpu_features().get("avx512f"):
        assert ("zmm" in text) is on, "LLVM prefers vectors of 32 bytes"


@pytest.mark.jit
def test_on_arm_a_tile_of_six_rows_stays_in_registers(monkeypatch):
    """Assembled, not run: 6 x 2 vectors of 32 bytes are 24 of the 32 registers of 16 bytes, and nothing is spilled."""
    import re

    import numba
    from llvmlite import binding
    from numba.core.codegen import CPUCodeLibrary

    texts, add = [], CPUCodeLibrary.add_ir_module
    monkeypatch.setattr(CPUCodeLibrary, "add_ir_module", lambda self, m: (texts.append(str(m)), add(self, m))[1])
    tile = kernel.tile(6, 8, np.float32)

    def call(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more):
        tile(a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more)

    matrix, whole = "float32[:, ::1]", "int64"
    arguments = [matrix, *[whole] * 3, "float32[::1]", *[whole] * 2, matrix, *[whole] * 3, "boolean"]
    numba.njit(f"void({', '.join(arguments)})", error_model="numpy")(call)
    (text,) = [t for t in texts if "llvm.fma.v8f32" in t and "define" in t][:1]

    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    arm = "aarch64-unknown-linux-gnu"
    machine = binding.Target.from_triple(arm).create_target_machine(cpu="neoverse-n1", opt=3)
    text = re.sub("target triple = .*", f'target triple = "{arm}"', text)
    text = re.sub("target datalayout = .*", f'target datalayout = "{machine.target_data}"', text)
    module = binding.parse_assembly(text)
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    lines = machine.emit_assembly(module).splitlines()

    last = max(n for n, line in enumerate(lines) if "\tfmla\t" in line)
    loop = lines[max(n for n, line in enumerate(lines[:last]) if line.startswith(".LBB")) : last + 1]
    assert machine.emit_object(module)[:4] == b"\x7fELF"
    assert sum("\tfmla\t" in line for line in loop) == 24, "four for each row: all that a round multiplies and adds"
    assert not [line for line in loop if "[sp" in line or "\tst" in line], "no sum leaves its register in the loop"
