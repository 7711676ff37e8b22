"""Files: a strict npz for modules and other arrays, the versions of our formats, and how a file is written safely."""

from .npz import load, npz_header, read_arrays, read_meta, save, write_arrays
from .writing import write_atomically

__all__ = ["load", "npz_header", "read_arrays", "read_meta", "save", "write_arrays", "write_atomically"]
