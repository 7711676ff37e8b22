"""A process that runs one command and tells what memory it took beyond the imports: `python -m tests.faults.reading`.

The words after are those of the command line; `-` stands for many of them, a list as JSON on each line of stdin. A line
of JSON on stdout tells the exit code or an exception that came out, the megabytes, and what went to the streams.
"""

import contextlib
import importlib
import io
import json
import resource
import sys
import time
from pathlib import Path

SAFETY = 6 << 30  # bytes of address space: a reader that takes all there is fails here, and the machine goes on
HIGH_WATER = "VmHWM:"


def most_memory():
    """The most resident memory that this process had so far, in bytes.

    Linux's own figure of a process begins anew with its program; that of getrusage begins with the parent's.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(HIGH_WATER):
                return int(line.split()[1]) << 10
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used << 10


def main(words):
    """Run the words, and tell."""
    from tinygrad_gru import interop  # noqa: F401
    from tinygrad_gru.cli import main as command

    for package in ("onnx", "safetensors.numpy", "pydoc_data.topics", "tinygrad_gru.inspection.page"):
        importlib.import_module(package)
    resource.setrlimit(resource.RLIMIT_AS, (SAFETY, SAFETY))
    for line in sys.stdin if words == ["-"] else [json.dumps(words)]:
        before = most_memory()
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            words = json.loads(line)
            try:
                code = planted(words[1]) if words[0] == "planted" else command(words)
            except Exception as error:
                code = f"{type(error).__name__}: {error}"
        megabytes = (most_memory() - before) / 1e6
        told = {"code": code, "megabytes": megabytes, "out": out.getvalue(), "err": err.getvalue()}
        print(json.dumps(told), flush=True)


def planted(path):
    """The faults that the tests must see: a reader that waits, and one that takes a file's word for its size."""
    if Path(path).read_text() == "wait":
        time.sleep(600)
    bytearray(b"x") * int(Path(path).read_text())  # or an exception of its own, if that is no number
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
