"""The micro-kernel of matrix products: a tile of the result in registers, in LLVM's vectors, for loops of Numba.

A tile has some rows, and two vectors of columns. For each k it takes two vectors of the packed weights and a number of
each row, and makes twice as many multiplications and additions as there are rows, all of them independent. `strip`
packs: it copies a few columns of a matrix into a matrix of their own. `wide` asks for vectors of 64 bytes in the loops
around them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["strip", "tile", "wide"]


def tile(rows: int, V: int, real: Any) -> Any:
    """C[rows, 2V] = A[rows, K] P[K, 2V], or C += A P if `more`, as a function that Numba compiles.

    It takes each array with the place of its first number; A with the distances of its rows and of its columns, P and C
    with that of their rows; and K.
    """
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    number, size, suffix = (ir.FloatType(), 4, "f32") if real is np.float32 else (ir.DoubleType(), 8, "f64")
    vector, long = ir.VectorType(number, V), ir.IntType(64)
    places = [(r, n) for r in range(rows) for n in (0, 1)]

    @intrinsic
    def kernel(typing_context, a, a_at, a_row, a_k, p, p_at, p_k, c, c_at, c_row, K, more):
        i8 = types.int64
        signature = types.void(a, i8, i8, i8, p, i8, i8, c, i8, i8, i8, types.boolean)

        def code(context, b, signature, args):
            def pointer(n, at):
                return b.gep(context.make_array(signature.args[n])(context, b, args[n]).data, [args[at]])

            def vector_at(start, n):
                return b.bitcast(b.gep(start, [long(n * V)]), vector.as_pointer())

            A, P, C, K = pointer(0, 1), pointer(4, 5), pointer(7, 8), args[10]
            a_rows = [b.gep(A, [b.mul(args[2], long(r))]) for r in range(rows)]
            c_rows = [b.gep(C, [b.mul(args[9], long(r))]) for r in range(rows)]
            zeros = ir.Constant(vector, [0.0] * V)
            more = b.icmp_unsigned("!=", args[11], args[11].type(0))
            start = {(r, n): b.select(more, b.load(vector_at(c_rows[r], n), align=size), zeros) for r, n in places}
            before, loop, done = b.block, b.append_basic_block("k"), b.append_basic_block("done")
            b.branch(loop)

            b.position_at_end(loop)
            k, sums = b.phi(long), {place: b.phi(vector) for place in places}
            k.add_incoming(long(0), before)
            row, column = b.gep(P, [b.mul(k, args[6])]), b.mul(k, args[3])
            weights = [b.load(vector_at(row, n), align=size) for n in (0, 1)]
            fma = cgutils.get_or_insert_function(
                b.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{V}{suffix}"
            )
            unset, first = ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), V), [0] * V)
            for r in range(rows):
                x = b.load(b.gep(a_rows[r], [column]), align=size)
                everywhere = b.shuffle_vector(b.insert_element(unset, x, ir.IntType(32)(0)), unset, first)
                for n in (0, 1):
                    sums[r, n].add_incoming(start[r, n], before)
                    sums[r, n].add_incoming(b.call(fma, [everywhere, weights[n], sums[r, n]]), loop)
            after = b.add(k, long(1))
            k.add_incoming(after, loop)
            b.cbranch(b.icmp_signed("<", after, K), loop, done)

            b.position_at_end(done)
            for r, n in places:
                b.store(sums[r, n].incomings[1][0], vector_at(c_rows[r], n), align=size)
            return context.get_dummy_value()

        return signature, code

    return kernel


def strip(width: int, real: Any) -> Any:
    """P[K, width] = A[K, width], of which P has no other columns, as a function that Numba compiles.

    It takes each array with the place of its first number; A with the distance of its rows; and K, at least 1.
    """
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    number, size = (ir.FloatType(), 4) if real is np.float32 else (ir.DoubleType(), 8)
    vector, long = ir.VectorType(number, width), ir.IntType(64)

    @intrinsic
    def kernel(typing_context, a, a_at, a_row, p, p_at, K):
        i8 = types.int64
        signature = types.void(a, i8, i8, p, i8, i8)

        def code(context, b, signature, args):
            def vector_at(n, at, distance):
                start = b.gep(context.make_array(signature.args[n])(context, b, args[n]).data, [args[at]])
                return b.bitcast(b.gep(start, [distance]), vector.as_pointer())

            before, loop, done = b.block, b.append_basic_block("k"), b.append_basic_block("done")
            b.branch(loop)

            b.position_at_end(loop)
            k = b.phi(long)
            k.add_incoming(long(0), before)
            row = b.load(vector_at(0, 1, b.mul(k, args[2])), align=size)
            b.store(row, vector_at(3, 4, b.mul(k, long(width))), align=size)
            after = b.add(k, long(1))
            k.add_incoming(after, loop)
            b.cbranch(b.icmp_signed("<", after, args[5]), loop, done)

            b.position_at_end(done)
            return context.get_dummy_value()

        return signature, code

    return kernel


def wide(on: bool) -> Any:
    """A function that Numba compiles to nothing: with `on`, the function that calls it gets vectors of 64 bytes.

    LLVM has them on a processor with AVX-512, but prefers 32 bytes, lest the clock slow down; the tiles slow it anyway.
    """
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def kernel(typing_context):
        def code(context, b, signature, args):
            attributes = b.function.attributes
            if on and isinstance(attributes, set):  # by set's own method: llvmlite's takes only attributes it knows
                set.add(attributes, '"prefer-vector-width"="512"')
            return context.get_dummy_value()

        return types.void(), code

    return kernel
