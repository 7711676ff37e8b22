"""`tinygrad-gru export`: a trained model, taken to PyTorch, Keras or whatever runs ONNX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...terminal import say
from ..arguments import Debug, Force, Quiet, RunOrFile
from ..loading import checkpoint_of_run
from ..output import is_stdout, refuse_to_overwrite, with_suffix, write_path, written_to

__all__ = ["export_run"]

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
    run: RunOrFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file: .onnx, .safetensors or .npz; - is stdout.")],
    dialect: Annotated[
        Literal["torch", "keras", "onnx"] | None, typer.Option(help="By itself as the file's name says.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the weights of a run as PyTorch or Keras has them, or its whole model as ONNX."""
    from ...interop import export_onnx, save_safetensors, to_keras, to_torch
    from ...nn.files import write_arrays
    from ...tasks import TASKS
    from ...tasks.own_cell import is_own
    from ...tasks.served import in_steps

    chosen = _dialect(dialect, output)
    suffix = SUFFIXES[chosen][0] if (own := _suffix(output)) is None else own
    refuse_to_overwrite(output, force, f"model{suffix}")
    checkpoint = checkpoint_of_run(run)
    model, config = checkpoint.model, checkpoint.config
    with written_to(output) as path:
        if chosen == "onnx":
            served = TASKS[config.task].served(model, checkpoint.facts)
            example, axes = served.example, None
            if is_own(config.cell):  # no node of ONNX: step by step, for sequences of one length
                example, axes = in_steps(example, config.length)
            named = {name: json.dumps(value, ensure_ascii=False) for name, value in served.facts.items()}
            export_onnx(served.module, example, path, axes, {"task": json.dumps(config.task)} | named)
        elif chosen == "torch":
            save_safetensors(path, _to_torch(to_torch, model))
        else:
            arrays = {f"{i:04}": array for i, array in enumerate(to_keras(model))}  # in the order of get_weights()
            (write_arrays if suffix == ".npz" else save_safetensors)(path, arrays)
    if not quiet:
        key = f"keras {suffix}" if chosen == "keras" else chosen
        say(
            f"{config.task}, {config.cell_title}, hidden {config.hidden}, {model.num_parameters:,} parameters, "
            f"for {chosen}; there: {LOADING[key].format(path=str(output))}"
        )
    write_path(output)


def _dialect(dialect: str | None, output: Path) -> str:
    """The dialect asked for, or that of the file's name; both must fit each other."""
    from ...errors import ConfigError

    suffix = _suffix(output)
    if suffix is None and dialect is None:
        raise ConfigError(f"output: {output} has no suffix that tells what to write. try: --dialect onnx")
    if dialect is None and suffix not in DIALECTS:
        raise ConfigError(f"output: got {output}, wanted .onnx, .safetensors or .npz. try: -o model.safetensors")
    chosen = dialect if dialect is not None else DIALECTS[str(suffix)]
    if suffix is not None and suffix not in SUFFIXES[chosen]:
        wanted = " or ".join(SUFFIXES[chosen])
        raise ConfigError(
            f"output: got {output}, wanted {wanted} for {chosen}. try: -o {with_suffix(output, SUFFIXES[chosen][0])}"
        )
    return chosen


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
        ways = "--dialect keras -o model.npz, --dialect onnx -o model.onnx, or train with --cell gru-after"
        raise ArgumentError(f"{reason} try: {ways}") from None
