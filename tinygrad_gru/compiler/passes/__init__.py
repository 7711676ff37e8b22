"""The passes: each turns a program into one that computes the same with less work inside the loop over time.

None of them knows a cell. `PASSES` lists them in order; each alone preserves what a program computes.
"""

from .algebra import factor, fold, interpolate, order_sums, scale_weights, split_products
from .batching import batch_gradients, batch_products, batch_sums, vectorise
from .rewrite import Firing, Pass, Rule

__all__ = ["PASSES", "Firing", "Pass", "Rule"]

PASSES: list[Pass] = [
    split_products, fold, scale_weights, order_sums, interpolate, factor, batch_products, batch_gradients, vectorise,
    batch_sums,
]  # fmt: skip
