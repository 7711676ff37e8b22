"""Where our numbers at special values differ from PyTorch's, and why: read by test_special_values.py.

Each entry: the functions, which result (the value, a gradient, a second derivative; "in float32" if only there),
the labels of the special values (of a pair, a star for all of them), and the reason.
"""

AT_NAN = "what is chosen by comparing passes no gradient on at NaN, where no comparison holds: 0, as our relu and where"
LIMIT = "0·∞ or ∞/∞ is NaN in PyTorch; the limit exists, and ours is the limit"
ELU_AT_0 = (
    "the slope from below at 0, as for relu, and the second derivative from below with it; PyTorch's is that above"
)
POLE = "0ʸ is ∞ for every y < 0: it does not change along y. PyTorch takes the limit of xʸ·ln x for x from above"
POW_AT_0 = "∂²xʸ/∂x∂y does not exist at x = 0; ours is what remains when ∂/∂y is 0 there, PyTorch's mostly 0·∞ = NaN"
POW_MIXED = "∂²xʸ/∂x∂y at y = 0 is 1/x, from both orders of differentiation; PyTorch has it from one of them only"
POW_NAN = "NaN⁰ is 1, but a NaN base gives NaN derivatives here, 0·NaN; PyTorch takes them to be 0"
POW_NEGATIVE = "∂/∂y of xʸ is NaN for x < 0, and what is made of it; PyTorch's mask for y = 0 hides that"
ROOT = (
    "for an exponent of ±½ PyTorch takes the root, of which −0 and −∞ know other limits than C99's pow, which is ours"
)
DIVIDES = "PyTorch divides the whole product by each factor; ours divides by nothing, and has the product of the others"
OVERFLOW = "the true number is finite; in PyTorch something on the way overflows, as a sum or a square"
UNDERFLOW = "squares of subnormal numbers vanish in PyTorch; here they are scaled first"
NOTHING = "of nothing there is none, and it is refused by name; PyTorch gives NaN and goes on"
NO_AXIS = "a tensor without axes has no axis −1, and it is refused by name; PyTorch gives it one for this"
ORDER = "where a product overflows and another factor is 0 or small, the order of multiplying decides"
SQUARES = "r is finite here, and in PyTorch its square is not"
IN_FLOAT32 = "NaN, as in float64; PyTorch's float32 loop differs"
BELOW_1 = "NaN, as the value; PyTorch's formula goes on below 1"
CLIPS = "clip from an array on, clip up to an array"
INFINITE = "inf 5 -inf, inf 5 1, -inf 5 1, inf inf 1, -inf -inf -inf, nan 5 1, nan inf 1"
TINY_DIVISORS = "huge | tiny, -huge | tiny, 1 | tiny, -1 | tiny, 0.5 | tiny, -2 | tiny"
NAN_X = ", ".join(f"nan | {y}" for y in "inf -inf 0 -0 tiny huge -huge 1 -1 0.5 -2".split())

DIFFERENCES = [
    # NaN
    ("sign", "value", "nan", "NaN, as in NumPy; PyTorch's is 0"),
    ("abs", "gradient", "nan", "sign(NaN), which is NaN, as in NumPy; PyTorch's is 0"),
    ("loss mae", "gradient of x, gradient of y", "nan 5 1, nan inf 1", "the derivative of |x| at NaN is NaN, not 0"),
    ("relu", "gradient", "nan", AT_NAN),
    ("maximum, minimum", "gradient of x, gradient of y", "nan | *, * | nan", AT_NAN),
    ("softsign", "gradient, second", "nan", "x is held below 10³⁰ by clip, through which no gradient comes at NaN"),
    (
        "gelu by tanh",
        "second",
        "nan",
        "x is held below 10 by clip, through which no gradient comes at NaN: the first is NaN",
    ),
    ("elu, selu", "gradient in float32, second in float32", "nan", IN_FLOAT32),
    ("activation mish", "gradient, second", "nan", "x is held by clip, through which no gradient comes at NaN"),
    ("activation hard_silu", "gradient", "nan", AT_NAN),
    ("activation hard_shrink, activation soft_shrink", "gradient", "nan", "what is NaN is passed on as x: slope 1"),
    # limits at infinity
    ("silu", "value", "-inf", LIMIT),
    ("silu", "gradient", "inf, -inf", LIMIT),
    ("silu", "second", "inf, -inf, huge", LIMIT),
    ("activation mish", "value", "-inf", LIMIT),
    ("activation mish", "gradient", "inf, -inf", LIMIT),
    ("activation mish", "second", "inf, -inf, huge, 1e4", LIMIT),
    ("activation hard_silu", "value", "-inf", LIMIT),
    ("activation hard_silu", "value", "huge", "x·1, where PyTorch's x·(x + 3)/6 overflows on the way"),
    ("activation log_sigmoid", "second", "30, -30", "σ(1 − σ) where 1 − σ cancels in PyTorch, or here"),
    ("gelu by tanh", "value", "-inf", LIMIT),
    ("gelu by tanh", "gradient, second", "inf, -inf, huge, -huge", LIMIT),
    ("softsign", "value, gradient, second", "inf, -inf", LIMIT),
    (
        "logsumexp, logsumexp along an axis",
        "gradient, second",
        "-inf -inf -inf",
        "0, so that a row masked out as a whole does no harm; PyTorch: −∞ + ∞ = NaN",
    ),
    (
        "loss binary_cross_entropy_with_logits",
        "value",
        "inf 5 -inf, -inf 5 1, -inf -inf -inf",
        "∞ for a soft target; PyTorch subtracts ∞ from ∞",
    ),
    (
        "loss binary_cross_entropy_with_logits",
        "second of y",
        "inf 5 -inf, inf 5 1, -inf 5 1, inf inf 1, -inf -inf -inf, nan inf 1",
        "through a sigmoid, σ″ is the difference of two terms, both infinite here: NaN",
    ),
    # numbers far below 0
    ("expm1", "gradient, second", "-30", "the derivative eˣ is computed as such; PyTorch's y + 1 has lost its digits"),
    ("softplus", "second in float64", "30", "PyTorch calls softplus linear from 20 on"),
    ("softsign", "second in float32", "1e4", "1/y − |x|/y² cancels: both have lost digits, 6e-4 of it apart"),
    # kinks
    ("elu, selu", "second", "0, -0", ELU_AT_0),
    ("vector_norm", "second", "0 0 0, -0 0 -0", "0 to every order, as the first; PyTorch's second is 0·∞ = NaN"),
    # powers
    ("0 to the power x", "gradient", "-inf, -tiny, -huge, -1e4, -30, -1, -2", POLE),
    (
        "0 to the power x",
        "second",
        "inf, -inf, nan, 0, -0, tiny, -tiny, huge, -huge, 1e4, -1e4, 30, -30, 1, -1, 0.5, -2, 0-d",
        POLE + ", and its second derivative is NaN even for y > 0, where 0ʸ is 0",
    ),
    ("pow", "gradient of y", "0 | -inf, 0 | -huge, 0 | -1, 0 | -2, -0 | -inf, -0 | -huge, -0 | -1, -0 | -2", POLE),
    ("x to the power 0", "gradient, second", "nan", POW_NAN),
    ("x to the power 1", "second", "nan", POW_NAN),
    ("pow", "gradient of x", "nan | 0, nan | -0", POW_NAN),
    ("x to the power 0.5", "gradient", "-inf, -0", ROOT),
    ("x to the power 1.5", "second", "-inf, -0", ROOT),
    ("x to the power -0.5", "value", "-inf, -0", ROOT),
    (
        "pow",
        "second of x",
        "0 | 0, 0 | -0, 0 | tiny, 0 | 1, 0 | 0.5, -0 | 0, -0 | -0, -0 | tiny, -0 | 1, -0 | 0.5, "
        "-0 | -inf, -0 | -huge, -0 | -1, -0 | -2",
        POW_AT_0,
    ),
    (
        "pow",
        "second of y",
        "0 | -inf, 0 | 0, 0 | -0, 0 | tiny, 0 | -huge, 0 | 1, 0 | 0.5, -0 | -inf, -0 | 0, -0 | -0, "
        "-0 | tiny, -0 | -huge, -0 | 1, -0 | -1, -0 | 0.5, -0 | -2",
        POW_AT_0,
    ),
    ("pow", "second of x in float32, second of y in float32", "0 | huge, -0 | huge", POW_AT_0),
    ("pow", "second of x", "tiny | 0, tiny | -0", POW_MIXED),
    ("pow", "second of y", "tiny | 0, tiny | -0, 1 | 0, 1 | -0, 0.5 | 0, 0.5 | -0", POW_MIXED),
    (
        "pow",
        "second of x",
        "inf | 0, inf | -0, -inf | 0, -inf | -0",
        "0·∞ in the mixed derivative: NaN; PyTorch masks it",
    ),
    ("pow", "second of x", "-1 | 0, -1 | -0, -2 | 0, -2 | -0, -huge | 0, -huge | -0", POW_NEGATIVE),
    ("pow", "second of x", "1 | inf, 1 | -inf", "y·(y − 1)·xʸ⁻² is ∞ at x = 1; PyTorch has ∞ − ∞ on the way"),
    # inverse functions at the ends of their range, and beyond
    (
        "arcsin, arccos, arctanh",
        "second",
        "1, -1",
        "infinite: as 1 − x² it is (1 − x)(1 + x) here, for its digits near ±1, of which one is 0, and 0·∞ is NaN",
    ),
    ("arccosh", "gradient", "-inf, -huge, -1e4, -30, -1, -2", BELOW_1),
    ("arccosh", "second", "-huge, -1e4, -30, -1, -2", BELOW_1),
    ("arccosh", "second", "1", "infinite: √(x − 1)·√(x + 1) has a factor of 0, and 0·∞ is NaN"),
    ("arctanh, arcsinh", "second in float64", "huge, -huge", OVERFLOW),
    # angles, the error function, exponentials of two
    ("arctan2, arctan2 of the other", "second", "inf, -inf", LIMIT),
    (
        "hypot, hypot of the other",
        "second in float32",
        "30, 1e4",
        "1/r − x²/r³ cancels: both have lost digits, 3e-11 of it apart",
    ),
    ("hypot, hypot of the other", "gradient in float64, second in float64", "huge", SQUARES),
    ("erf, erfc", "second in float64", "huge, -huge", LIMIT),
    ("gelu", "value, gradient", "-inf", LIMIT),
    ("gelu", "value in float32, gradient", "inf", LIMIT),
    ("gelu", "second", "inf, -inf, huge, -huge", LIMIT),
    ("gelu", "second", "nan", "x is held below 40 by clip, through which no gradient comes at NaN"),
    (
        "gelu",
        "value in float64, gradient in float64",
        "-30",
        "½ erfc keeps the digits that 1 + erf has lost",
    ),
    ("logaddexp, logaddexp of the other", "second", "-inf, -huge, -1e4", LIMIT),
    (
        "logaddexp, logaddexp of the other",
        "second",
        "30",
        "σ(1 − σ) has few digits where σ is near 1, as docs/kinks.md says",
    ),
    # remainders and bounds
    ("remainder", "value", TINY_DIVISORS, "fmod, which is exact; PyTorch's x − ⌊x/y⌋·y overflows"),
    ("remainder", "value in float64", "huge | 0.5, -huge | 0.5", "fmod, which is exact; PyTorch's ⌊x/y⌋ overflows"),
    (CLIPS, "gradient of x", NAN_X, "NaN is not held: it is x, with its gradient"),
    (CLIPS, "gradient of y", "* | nan", "a bound of NaN is taken, with its gradient"),
    # norms of other orders
    ("vector_norm of order 0", "value", "nan 5 1, nan inf 1", "NaN, which is not counted as a number that is not 0"),
    (
        "vector_norm of order 1, vector_norm of order inf, vector_norm of order -inf",
        "gradient",
        "nan 5 1, nan inf 1",
        "sign(NaN), which is NaN, and for the extremes NaN for all, as for max; PyTorch's is 0",
    ),
    ("vector_norm of order 3", "value", "huge 1 0", OVERFLOW),
    ("vector_norm of order 3", "gradient, second", "huge huge huge, huge -huge 1, huge 1 0", OVERFLOW),
    ("vector_norm of order 3", "gradient", "tiny 0 -tiny, tiny tiny tiny", UNDERFLOW),
    (
        "vector_norm of order 3",
        "second",
        "tiny 0 -tiny, tiny tiny tiny",
        "about 1/tiny, with ∞ − ∞ on the way; PyTorch: 0",
    ),
    ("vector_norm of order -1", "gradient", "huge huge huge, tiny tiny tiny", OVERFLOW),
    (
        "vector_norm of order 0.5, vector_norm of order -1",
        "second",
        "0 0 0, -0 0 -0, 0 2 3, 0 0 3, 1e4 -1e4 0",
        "at 0 the convention is a derivative of 0, to every order; PyTorch's second is 0·∞ = NaN",
    ),
    (
        "vector_norm of order 0.5",
        "second",
        "huge 1 0, tiny 0 -tiny, tiny tiny tiny",
        "powers of the ratio to the norm overflow in both, at different steps",
    ),
    ("vector_norm of order -1", "second", "huge 1 0, huge huge huge, tiny 0 -tiny", OVERFLOW + ", or 0·∞"),
    ("vector_norm of order -1", "value", "empty", "the sum of nothing is 0, and 1/0 is ∞; PyTorch refuses"),
    # products
    ("prod", "gradient", f"{INFINITE}, huge -huge 1", DIVIDES),
    ("prod", "second", f"{INFINITE}, tiny tiny tiny, huge huge huge, huge -huge 1", DIVIDES),
    ("cumulative_prod", "gradient", f"{INFINITE}, huge huge huge, huge -huge 1", DIVIDES),
    ("cumulative_prod", "second", f"{INFINITE}, tiny tiny tiny, huge huge huge, huge -huge 1, huge 1 0", DIVIDES),
    # the ends of the range
    ("mean", "value", "huge huge huge", OVERFLOW),
    ("var", "value, gradient", "huge huge huge", OVERFLOW),
    ("std", "value", "huge huge huge", OVERFLOW),
    ("std", "value in float64", "huge -huge 1, huge 1 0", OVERFLOW + "; its float32 is computed in float64"),
    ("std", "gradient", "huge huge huge, huge -huge 1", OVERFLOW),
    ("std", "gradient in float64", "huge 1 0", OVERFLOW),
    ("std", "second", "huge huge huge, huge -huge 1, huge 1 0", OVERFLOW),
    ("std", "gradient", "tiny 0 -tiny", UNDERFLOW),
    (
        "std",
        "second in float64",
        "tiny 0 -tiny",
        "about 1/tiny: it overflows, and ∞ − ∞ is NaN; PyTorch's std is 0 there",
    ),
    ("vector_norm", "gradient", "tiny 0 -tiny, tiny tiny tiny", UNDERFLOW),
    ("vector_norm", "value, gradient", "huge 1 0", OVERFLOW),
    ("loss mae", "value", "huge huge huge, huge -huge 1", OVERFLOW),
    ("loss binary_cross_entropy_with_logits", "value", "huge huge huge", OVERFLOW),
    ("loss mse with weights", "gradient of x, gradient of y", "huge huge huge, huge -huge 1, huge 1 0", ORDER),
    ("loss cross_entropy of probabilities", "second of y", "huge 1 0", ORDER),
    ("outer, einsum", "gradient of y", "huge -huge 1", ORDER),
    ("square, x to the power 2", "gradient in float64", "-huge", ORDER),
    # shapes
    ("mean, var, std", "value", "empty", NOTHING),
    ("loss mse, loss mae, loss binary_cross_entropy_with_logits", "value", "empty", NOTHING),
    ("cumulative_sum, cumulative_prod, cumulative_max, cumulative_min, sort, argsort", "value", "0-d", NO_AXIS),
    ("pad by the edge", "value", "0-d", "nothing is added where there is no axis; PyTorch refuses"),
    ("matrix_transpose", "value", "0-d", "it is no matrix, and is refused by name; PyTorch returns it as it is"),
    ("pad", "value", "0-d", "nothing is added where there is no axis; PyTorch refuses"),
]
