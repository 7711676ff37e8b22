"""Linear algebra on a matrix, or on each matrix of a stack: `tg.linalg`.

Names and results are NumPy's, but for svd, whose matrices are the reduced ones. Where a matrix is not what an operation
wants (singular, not symmetric, not positive definite), that is an error; where a derivative does not exist, it is NaN.
"""

from ...support.hints import functions_in_our_words
from .norms import *
from .norms import __all__ as _norms
from .solving import *
from .solving import __all__ as _solving
from .spectral import *
from .spectral import __all__ as _spectral

FAMILIES = {"linalg.solving": _solving, "linalg.spectral": _spectral, "linalg.norms": _norms}

__all__ = sorted(name for names in FAMILIES.values() for name in names)

functions_in_our_words(globals(), __all__)
