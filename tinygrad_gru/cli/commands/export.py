"""`tinygrad-gru export`: a trained model, taken to PyTorch, Keras or whatever runs ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import Debug, Force, Quiet
from ..output import is_stdout, refuse_to_overwrite, tell, with_ending, written_to

__all__ = ["checkpoint_path", "export_run"]

SUFFIXES = {"torch": (".safetensors",), "keras": (".npz", ".safetensors"), "onnx": (".onnx",)}
DIALECTS = {".onnx": "onnx", ".safetensors": "torch", ".npz": "keras"}  # where none is asked for
LOADING = {
    "torch": "model.load_state_dict(safetensors.torch.load_file({path!r}))",
    "keras .npz": "model.set_weights(list(numpy.load({path!r}).values()))",
    "keras .safetensors": "arrays = safetensors.numpy.load_file({path!r}); "
    "model.set_weights([arrays[name] for name in sorted(arrays)])",
    "onnx": "onnxruntime.InferenceSession({path!r})",
}


def export_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, last, or an npz of it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file: .onnx, .safetensors or .npz; - is stdout.")],
    dialect: Annotated[
        str | None, typer.Option(help="torch, keras or onnx; by itself as the file's name says.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the weights of a run as PyTorch or Keras has them, or its whole model as ONNX."""
    from ...interop import export_onnx, save_safetensors, to_keras, to_torch
    from ...nn.files import write_arrays
    from ...training import load_checkpoint

    asked = _dialect(dialect, output)
    suffix = SUFFIXES[asked][0] if (named := _suffix(output)) is None else named
    refuse_to_overwrite(output, force, f"model{suffix}")
    checkpoint = load_checkpoint(checkpoint_path(run))
    model, config = checkpoint.model, checkpoint.config
    with written_to(output) as path:
        if asked == "onnx":
            export_onnx(model, _example(model, checkpoint.facts), path)
        elif asked == "torch":
            save_safetensors(path, _to_torch(to_torch, model))
        else:
            arrays = {f"{i:04}": array for i, array in enumerate(to_keras(model))}  # in the order of get_weights()
            (write_arrays if suffix == ".npz" else save_safetensors)(path, arrays)
    if not quiet:
        key = f"keras {suffix}" if asked == "keras" else asked
        streams.talk(
            f"{config.task}, {config.cell.upper()}, hidden {config.hidden}, {model.num_parameters:,} parameters, "
            f"for {asked}; there: {LOADING[key].format(path=str(output))}"
        )
    tell(output)


def checkpoint_path(run: str) -> Path:
    """The checkpoint that RUN stands for: an npz file itself, or the best one of a run."""
    from ...training import checkpoint_of, find_run

    return Path(run) if Path(run).suffix == ".npz" else checkpoint_of(find_run(run))


def _dialect(dialect: str | None, output: Path) -> str:
    """The dialect asked for, or that of the file's name; both must fit each other."""
    from ...errors import ConfigError, did_you_mean

    suffix = _suffix(output)
    if dialect is not None and dialect not in SUFFIXES:
        raise ConfigError(f"dialect: got {dialect!r}, wanted torch, keras or onnx. {did_you_mean(dialect, SUFFIXES)}")
    if suffix is None and dialect is None:
        raise ConfigError(f"output: {output} has no suffix that tells what to write. try: --dialect onnx")
    if dialect is None and suffix not in DIALECTS:
        raise ConfigError(f"output: got {output}, wanted .onnx, .safetensors or .npz. try: -o model.safetensors")
    found = dialect if dialect is not None else DIALECTS[str(suffix)]
    if suffix is not None and suffix not in SUFFIXES[found]:
        wanted = " or ".join(SUFFIXES[found])
        raise ConfigError(
            f"output: got {output}, wanted {wanted} for {found}. try: -o {with_ending(output, SUFFIXES[found][0])}"
        )
    return found


def _suffix(output: Path) -> str | None:
    """What the name asks for; None for stdout, a device or a pipe whose name asks for nothing."""
    from ...nn.files.writing import is_written_into

    suffix = output.suffix.lower()
    return suffix if suffix in DIALECTS or not (is_stdout(output) or is_written_into(output)) else None


def _to_torch(to_torch: Any, model: Any) -> Any:
    """The arrays for PyTorch; where it has no such GRU, the reason and what has one."""
    from ...errors import ArgumentError

    try:
        return to_torch(model)
    except ArgumentError as error:
        reason = str(error).partition(" try: ")[0]
        raise ArgumentError(f"{reason} try: --dialect keras -o model.npz, or --dialect onnx -o model.onnx") from None


def _example(model: Any, facts: dict[str, Any]) -> Any:
    """Something the model of a run can read, T and B apart so that they are told apart."""
    import numpy as np

    T, B = 5, 3
    symbols = facts.get("vocabulary", facts.get("words"))
    if symbols is not None:
        return {"codes": np.arange(T * B).reshape(T, B) % len(symbols)}
    return {"x": np.random.default_rng(0).random((T, B, model.recurrent.input_size), dtype=np.float32)}
