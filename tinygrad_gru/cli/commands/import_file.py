"""`tinygrad-gru import`: weights from PyTorch, Keras or ONNX, looked at, checked, and kept as ours."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...terminal import say
from .. import streams
from ..arguments import AsJson, Debug, Force
from ..loading import checkpoint_of_run
from ..output import is_stdout, refuse_to_overwrite, with_suffix, write_path, written_to

if TYPE_CHECKING:
    from ...interop.detect import Detected
    from ...training import Checkpoint

__all__ = ["import_file"]

SHOWN = 8  # names in a message


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .safetensors, .npz (Keras's arrays) or .onnx.")],
    like: Annotated[str | None, typer.Option(help="A run whose model these are weights of; makes a new run.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A new .npz for tg.load, or with --like a new run's folder.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Of an .onnx, keep the recurrent layers alone, and leave out the rest.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Look at a file of weights from elsewhere, check it, and keep it in our form.

    Sizes and cells are deduced from the arrays; with --like RUN they must be those of that run, and become a new one.
    """
    from ...errors import FileError
    from ...interop.detect import refuse_unknown_format

    refuse_unknown_format(file)
    _refuse_output(output, like, as_json, force)
    checkpoint = None if like is None else checkpoint_of_run(like)
    try:
        detected = _detected(file, partial) if checkpoint is None else _loaded_into(checkpoint, file)
    except FileError as error:
        raise error if "try: " in str(error) else type(error)(f"{error}. try: another file") from None
    written = _write(detected, checkpoint, file, output)
    parameters = detected.module.num_parameters
    if as_json:
        facts: dict[str, Any] = {
            "file": str(file),
            "dialect": detected.dialect,
            "layers": [asdict(layer) for layer in detected.layers],
        }
        facts |= {"parameters": parameters, "dtype": detected.dtype}
        streams.write(json.dumps(facts | {"written": None if written is None else str(written)}))
        return
    write_line = streams.write if written is None else say
    write_line(f"{file}: {detected.dialect}, {parameters:,} parameters, {detected.dtype}")
    for layer in detected.layers:
        note = f"  ({layer.note})" if layer.note else ""
        write_line(f"  {layer.place or 'all of it'}: {layer.layer}, {layer.parameters:,} parameters{note}")
    if written is not None:
        write_path(written)


def _refuse_output(output: Path | None, like: str | None, as_json: bool, force: bool) -> None:
    from ...errors import ConfigError

    if output is None:
        return
    if as_json and is_stdout(output):
        raise ConfigError("output: stdout holds the JSON already. try: -o model.npz")
    if _is_npz(output):
        refuse_to_overwrite(output, force)
    elif like is None:
        raise ConfigError(f"output: got {output}, wanted an .npz. try: -o {with_suffix(output, '.npz')}, or --like RUN")


def _is_npz(output: Path) -> bool:
    """Whether an .npz is written there: by its name, or into stdout, a device or a pipe."""
    from ...nn.files.writing import is_written_into

    return output.suffix.lower() == ".npz" or is_stdout(output) or is_written_into(output)


def _detected(file: Path, partial: bool) -> Detected:
    """The layers of a file; those that cannot be read are named, and left out only with --partial."""
    from ...errors import CheckpointError
    from ...interop.detect import detect

    detected = detect(file)
    if unread := detected.unread:
        names = ", ".join(unread[:SHOWN]) + (f" and {len(unread) - SHOWN} more" if len(unread) > SHOWN else "")
        if not partial:
            raise CheckpointError(f"{file}: only recurrent nodes are read, not {names}. try: --partial, or --like RUN")
        say(f"not read: {names}")
    return detected


def _loaded_into(checkpoint: Checkpoint, file: Path) -> Detected:
    """The model of a run with the weights of the file instead of its own; they must fit it exactly."""
    import numpy as np

    from ...errors import ArgumentError, CheckpointError
    from ...interop.detect import load_into

    try:
        detected = load_into(checkpoint.model, file)
    except ArgumentError as error:
        reason = str(error).partition(" try: ")[0]
        raise ArgumentError(f"{reason} try: without --like, and -o model.npz") from None
    if any(p.dtype != np.float32 for p in checkpoint.model.parameters()):
        raise CheckpointError(f"{file} holds float64, and a run float32. try: without --like, and -o model.npz")
    return detected


def _write(detected: Detected, checkpoint: Checkpoint | None, file: Path, output: Path | None) -> Path | None:
    """Write a module for tg.load, or a new run; or nothing, if nothing is asked for."""
    from ...nn import files
    from ...training.runs.imported import write_imported_run

    if output is not None and _is_npz(output):
        with written_to(output) as path:
            files.save(detected.module, path)
        return output
    if checkpoint is None:
        return None
    facts = {"imported": str(file), "dialect": detected.dialect, "parameters": detected.module.num_parameters}
    return write_imported_run(checkpoint, facts, output)
