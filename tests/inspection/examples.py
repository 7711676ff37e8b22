"""A sequence, and hostile labels of steps."""

import numpy as np

X = np.random.default_rng(0).normal(size=(4, 1, 2))
HOSTILE = ["</script><img src=x onerror=alert(1)>", "&", "\n", '"', "<!--<script>", "$x_{", "\u202e", "权"]
