"""`tinygrad-gru import`: weights from PyTorch, Keras or ONNX, looked at, checked, and kept as ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import AsJson, Debug, Force
from ..output import is_stdout, refuse_to_overwrite, tell, with_ending, written_to
from .export import checkpoint_path

__all__ = ["import_file"]

SHOWN = 8  # names in a message
KINDS = (".safetensors", ".npz", ".onnx")
SAVING = {
    (".pt", ".pth", ".bin", ".pkl", ".ckpt"): "where PyTorch is, "
    "from safetensors.torch import save_file; save_file(model.state_dict(), 'model.safetensors')",
    (".h5", ".hdf5", ".keras"): "where Keras is, numpy.savez('model.npz', *model.get_weights())",
}


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
    from ...errors import ConfigError, FileError

    suffix = file.suffix.lower()
    if suffix not in KINDS:
        hint = next((hint for endings, hint in SAVING.items() if suffix in endings), "a .safetensors, .npz or .onnx")
        raise ConfigError(f"file: {file} is not opened, only .safetensors, .npz and .onnx are. try: {hint}")
    as_npz = output is not None and (output.suffix.lower() == ".npz" or _takes_bytes(output))
    if as_json and output is not None and is_stdout(output):
        raise ConfigError("output: stdout holds the JSON already. try: -o model.npz")
    if output is not None and like is None and not as_npz:
        raise ConfigError(f"output: got {output}, wanted an .npz. try: -o {with_ending(output, '.npz')}, or --like RUN")
    if output is not None and as_npz:
        refuse_to_overwrite(output, force)

    try:
        found = _like(file, like) if like is not None else _deduced(file, partial)
    except FileError as error:
        raise error if "try: " in str(error) else type(error)(f"{error}. try: another file") from None
    written = _write(found, file, output, as_npz)
    facts = {"file": str(file), "dialect": found["dialect"], "layers": found["layers"]}
    facts |= {"parameters": found["model"].num_parameters, "dtype": found["dtype"]}
    if as_json:
        streams.write(json.dumps(facts | {"written": None if written is None else str(written)}))
        return
    say = streams.write if written is None else streams.talk
    say(f"{file}: {facts['dialect']}, {facts['parameters']:,} parameters, {facts['dtype']}")
    for layer in found["layers"]:
        note = f"  ({layer['note']})" if layer["note"] else ""
        say(f"  {layer['place'] or 'all of it'}: {layer['layer']}, {layer['parameters']:,} parameters{note}")
    if written is not None:
        tell(written)


# --- reading ---------------------------------------------------------------------------------------------------------


def _deduced(file: Path, partial: bool = False) -> dict[str, Any]:
    """The module that the file seems to hold, with its weights."""
    from ...interop import from_keras, from_torch
    from ...interop.weights.infer_architecture import keras_parts, module_of, torch_parts
    from ...interop.weights.torch import without_wrappers

    suffix = file.suffix.lower()
    if suffix == ".onnx":
        return _onnx(file, partial)
    header = _header(file)
    names = _keras_names(header)
    if names is not None:
        parts = keras_parts([header[name][1] for name in names])
        model = from_keras(module_of(parts), _keras_arrays(file, header, names))
    elif suffix == ".npz":
        raise _no_names(file)
    else:
        parts = torch_parts({name: shape for name, (_, shape) in without_wrappers(header).items()})
        model = from_torch(module_of(parts), file)
    modules = _modules(model, [part.place for part in parts])
    layers = [
        {"place": part.place, "layer": str(part), "parameters": module.num_parameters, "note": part.note}
        for part, module in zip(parts, modules, strict=True)
    ]
    return _found("torch" if names is None else "keras", layers, model)


def _like(file: Path, like: str) -> dict[str, Any]:
    """The model of a run with the weights of the file instead of its own; they must fit it exactly."""
    import numpy as np

    from ...errors import ArgumentError, CheckpointError
    from ...interop import from_keras, from_torch
    from ...interop.onnx.contents import onnx_model_into
    from ...training import load_checkpoint

    checkpoint = load_checkpoint(checkpoint_path(like))
    model = checkpoint.model
    try:
        if file.suffix.lower() == ".onnx":
            dialect = "onnx"
            onnx_model_into(model, file)
        else:
            header = _header(file)
            names = _keras_names(header)
            dialect = "torch" if names is None else "keras"
            if names is not None:
                from_keras(model, _keras_arrays(file, header, names))
            elif file.suffix.lower() == ".npz":
                raise _no_names(file)
            else:
                from_torch(model, file)
    except ArgumentError as error:
        reason = str(error).partition(" try: ")[0]
        raise ArgumentError(f"{reason} try: without --like, and -o model.npz") from None
    if any(p.dtype != np.float32 for p in model.parameters()):
        raise CheckpointError(f"{file} holds float64, and a run float32. try: without --like, and -o model.npz")
    layers = [
        {"place": key, "layer": type(child).__name__, "parameters": child.num_parameters, "note": ""}
        for key, child in vars(model).items()
    ]
    return _found(dialect, layers, model) | {"checkpoint": checkpoint}


def _onnx(file: Path, partial: bool) -> dict[str, Any]:
    """The recurrent nodes of a file; what else it has learned is named, and left out only if that is asked for."""
    from ... import nn
    from ...errors import CheckpointError
    from ...interop.onnx.contents import onnx_layers, onnx_unread
    from ...interop.weights.validate import printable

    nodes = onnx_layers(file)
    if unread := onnx_unread(file):
        names = ", ".join(unread[:SHOWN]) + (f" and {len(unread) - SHOWN} more" if len(unread) > SHOWN else "")
        if not partial:
            raise CheckpointError(f"{file}: only recurrent nodes are read, not {names}. try: --partial, or --like RUN")
        streams.talk(f"not read: {names}")
    layers = [
        {
            "place": printable(name) if len(nodes) > 1 else "",
            "layer": f"{type(layer).__name__} {layer.input_size} to {layer.hidden_size}"
            f"{', both directions' if layer.bidirectional else ''}{_reset(layer)}",
            "parameters": layer.num_parameters,
            "note": f"node {printable(name)}",
        }
        for name, layer in nodes.items()
    ]
    if len(nodes) == 1:
        return _found("onnx", layers, next(iter(nodes.values())))
    model = nn.Module()
    model.nodes = dict(nodes)
    return _found("onnx", layers, model)


def _reset(layer: Any) -> str:
    after = getattr(layer.cell, "reset_after", None)
    return "" if after is None else f", reset_after={after}"


def _found(dialect: str, layers: list[dict[str, Any]], model: Any) -> dict[str, Any]:
    return {"dialect": dialect, "layers": layers, "model": model, "dtype": str(model.parameters()[0].dtype)}


def _modules(model: Any, places: list[str]) -> list[Any]:
    """The modules at the ends of these ways."""
    found = []
    for place in places:
        item = model
        for name in place.split(".") if place else ():
            item = vars(item)[name]
        found.append(item)
    return found


def _header(file: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The names, dtypes and shapes in a file, which must have some."""
    from ...errors import CheckpointError
    from ...interop.weights.safetensors import safetensors_header
    from ...nn.files import npz_header

    header = npz_header(file) if file.suffix.lower() == ".npz" else safetensors_header(file)
    if not header:
        raise CheckpointError(f"{file} holds no arrays. try: another file")
    return header


def _keras_names(header: dict[str, Any]) -> list[str] | None:
    """The names 0000, 0001 ... or arr_0, arr_1 ... in their order, if all names are such."""
    numbers = {name.removeprefix("arr_"): name for name in header}
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        return None
    return [numbers[number] for number in sorted(numbers, key=int)]


def _keras_arrays(file: Path, header: dict[str, Any], names: list[str]) -> list[Any]:
    from ...interop import read_safetensors
    from ...nn.files import read_arrays

    if file.suffix.lower() == ".npz":
        arrays = read_arrays(file, {name: (shape, dtype) for name, (dtype, shape) in header.items()})
    else:
        arrays = read_safetensors(file)
    return [arrays[name] for name in names]


def _no_names(file: Path) -> Exception:
    from ...errors import CheckpointError

    return CheckpointError(
        f"{file} has names of its own: it is ours already, or a model's of another kind. "
        "try: tg.load(module, path), or numpy.savez('model.npz', *model.get_weights()) where Keras is"
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def _takes_bytes(output: Path) -> bool:
    """Whether this is stdout, a device or a pipe, whose name says nothing of what is written."""
    from ...nn.files.writing import is_written_into

    return is_stdout(output) or is_written_into(output)


def _write(found: dict[str, Any], file: Path, output: Path | None, as_npz: bool) -> Path | None:
    """Write a module for tg.load, or a new run; or nothing, if nothing is asked for."""
    from dataclasses import replace

    from ...nn import files
    from ...training import new_run, save_checkpoint
    from ...training.runs.lock import only_one_on
    from ...training.runs.versions import versions
    from ...training.settings import numbered

    if as_npz and output is not None:
        with written_to(output) as path:
            files.save(found["model"], path)
        return output
    if "checkpoint" not in found:
        return None
    checkpoint = replace(found["checkpoint"], update=0)  # none of ours
    run = new_run(checkpoint.config.task, output)
    facts = {"imported": str(file), "dialect": found["dialect"], "parameters": found["model"].num_parameters}
    with only_one_on(run):
        save_checkpoint(run / "best.npz", checkpoint)  # with config.toml, the last, it is a run
        with files.write_atomically(run / "run.json") as target:
            target.write((json.dumps(versions() | facts, indent=2) + "\n").encode())
        with files.write_atomically(run / "config.toml") as target:
            target.write(numbered(checkpoint.config.as_toml(run)).encode())
    return run
