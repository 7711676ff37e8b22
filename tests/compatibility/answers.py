"""What the package answers about the files of a version: the same questions to 0.1.0, when it made them, and to ours.

All of it works in the current folder, which is a copy of tests/fixtures/VERSION: several answers go on writing there.
It uses the command line and the public names, so that it can be asked of any version.
"""

import contextlib
import hashlib
import io
import json
import math
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.cli import main
from tinygrad_gru.interop import from_onnx
from tinygrad_gru.keras import layers as k
from tinygrad_gru.keras.models import Sequential, load_model
from tinygrad_gru.training import load_checkpoint, read_facts, settled

QUESTIONS = {  # what each task is asked to predict
    "adding": "0.5 0.31* 0.7 0.2*\n",
    "order": "BabXdcacYbE\n",
    "copy": "31572\n",
    "parity": "0110100\n",
    "reber": "BTBPVV\n",
    "sine": "0.1 0.35 0.6 0.79\n",
    "addition": "6+5\n",
    "sentiment": "the plot was not bad at all\n",
    "labelled": "such a dull film\n",
    "chars": "the old cat\n",
}


def asked(*words, copied=None):
    """What a command line prints, from JSON where it is some; with `copied`, asked of a copy of that folder."""
    with tempfile.TemporaryDirectory() as temporary:
        if copied is not None:
            shutil.copytree(copied, Path(temporary, "copy"))
            words = [Path(temporary, "copy") if word == copied else word for word in words]
        if "sweep" in words or "compare" in words:
            words = [*words, "--quiet", "--json"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main([str(word) for word in words]) == 0, words
    with contextlib.suppress(ValueError):
        return json.loads(printed.getvalue())
    return printed.getvalue()


def digest(arrays):
    """One SHA-256 for all arrays, names, shapes and dtypes included: what is stored must come back bit for bit."""
    whole = hashlib.sha256()
    for name in sorted(arrays):
        whole.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode() + arrays[name].tobytes())
    return whole.hexdigest()


def numbers(*shape):
    """Inputs that no generator of random numbers decides: sin 1, sin 2 …"""
    return np.sin(np.arange(1, 1 + math.prod(shape))).reshape(shape).astype(np.float32)


def value(t):
    """What a layer returned, a tuple of tensors perhaps, as nested lists."""
    return [value(each) for each in t] if isinstance(t, tuple) else t.numpy().astype(np.float64).tolist()


# --- runs ------------------------------------------------------------------------------------------------------------


def runs():
    """The folders of runs."""
    return sorted(Path("runs").iterdir())


def of_run(run):
    """Settings, state, weights and answers of a run; not of the one that diverged before there was a checkpoint."""
    row = asked("show", run, "--json")
    found = {"show": {name: row[name] for name in ("task", "cell", "state", "updates", "of", "best", "metric", "goal")}}
    config = read_facts(run).config
    found |= {"config": config.as_dict(), "curve": [list(point) for point in read_facts(run).curve]}
    if not (run / "best.npz").exists():
        return found
    found["checkpoints"] = {path.name: of_checkpoint(path) for path in sorted(run.glob("*.npz"))}
    evaluated = asked("eval", run, "--json")
    found["eval"] = {name: evaluated[name] for name in ("value", "baselines", "goal", "tables")}
    found["eval"]["tables"].pop("squared error that a baseline has more", None)  # told since
    question = Path(config.file) if config.task == "table" else Path("question.txt")
    if config.task != "table":
        question.write_text(QUESTIONS[config.task])
    lines = asked("predict", run, question, "--format", "jsonl")
    found["predict"] = [lines] if isinstance(lines, dict) else [json.loads(line) for line in lines.splitlines()]
    if config.task == "chars":
        found["sample"] = asked("sample", run, "--prompt", "the old", "--length", 20, "--temperature", 0)
    return found


def of_checkpoint(path):
    """What is stored in a checkpoint, and what its model makes of fixed inputs."""
    checkpoint = load_checkpoint(path)
    found = {"update": checkpoint.update, "config": checkpoint.config.as_dict(), "facts": checkpoint.facts}
    found["weights"] = digest(checkpoint.model.state_dict())
    if checkpoint.training is not None:
        found["training"] = digest(checkpoint.training.arrays)
    return found | {"outputs": value(checkpoint.model(example(checkpoint)))}


def example(checkpoint):
    """Something for the model of a run to read: numbers, or codes of its symbols."""
    symbols = checkpoint.facts.get("vocabulary", checkpoint.facts.get("words"))
    if symbols is not None:
        return np.arange(10).reshape(5, 2) % len(symbols)
    return numbers(5, 2, checkpoint.model.recurrent.input_size)


STOPPED = ["table-0010", "chars-0013", "adding-0014", "adding-0015"]  # the last one was killed


def of_resumed(name):
    """Where a run that was stopped ends, and all that its last checkpoint then holds; it writes to the run."""
    run = Path("runs", name)
    assert not asked("resume", run, "--no-report", "--quiet", "--json")["early"]
    facts, checkpoint = read_facts(run), load_checkpoint(run / "last.npz")
    found = {"state": facts.state, "updates": facts.updates, "best": facts.best}
    return found | {"lines": [line["update"] for line in facts.metrics]}, (
        checkpoint.model.state_dict() | checkpoint.training.arrays
    )


# --- settings --------------------------------------------------------------------------------------------------------


def of_settings(path):
    """The settings in a file, those that it leaves away included."""
    return settled(path).as_dict()


# --- modules ---------------------------------------------------------------------------------------------------------


MODULES = {
    "rnn": lambda: tg.nn.RNN(2, 3, num_layers=2),
    "gru": lambda: tg.nn.GRU(2, 3, bidirectional=True),
    "gru-after": lambda: tg.nn.GRU(2, 3, num_layers=2, bidirectional=True, reset_after=True),
    "lstm": lambda: tg.nn.LSTM(2, 3, batch_first=True),
    "float64": lambda: tg.nn.GRU(2, 3, dtype=np.float64),
    "no-bias": lambda: tg.nn.GRU(2, 3, bias=False),
    "cell": lambda: tg.nn.GRUCell(2, 3),
    "linear": lambda: tg.nn.Linear(2, 3),
    "sequential": lambda: tg.nn.Sequential(tg.nn.Embedding(5, 2), tg.nn.LayerNorm(2), tg.nn.Linear(2, 3)),
}


def of_module(name):
    """The parameters of a module that tg.save wrote, and its outputs."""
    module = tg.load(MODULES[name](), f"modules/{name}.npz")
    x = np.array([[0, 1], [4, 2]]) if name == "sequential" else numbers(4, 2, 2)
    x = x[0] if name == "cell" else x.astype(np.float64) if name == "float64" else x
    outputs = module(x, numbers(2, 3)) if name == "cell" else module(x)
    return {"parameters": digest(module.state_dict()), "outputs": value(outputs)}


OPTIMIZERS = {
    "sgd": lambda parameters: tg.optim.SGD(parameters, lr=0.1),
    "momentum": lambda parameters: tg.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda parameters: tg.optim.RMSprop(parameters, lr=0.01),
    "adam": lambda parameters: tg.optim.Adam(parameters, lr=0.01),
    "adamw": lambda parameters: tg.optim.AdamW(parameters, lr=0.01),
}


def optimised(name):
    """A small module and its optimiser."""
    with tg.seed(3):
        module = tg.nn.Linear(2, 3)
    return module, OPTIMIZERS[name](module.parameters())


def step(module, optimizer):
    """One update."""
    optimizer.zero_grad()
    ((module(numbers(4, 2)) - numbers(4, 3)) ** 2).sum().backward()
    optimizer.step()


def of_optimizer(name):
    """The weights after two more updates with the optimiser's state from a file."""
    module, optimizer = optimised(name)
    tg.load(module, f"optimizers/{name}-module.npz")
    with np.load(f"optimizers/{name}.npz") as state:
        optimizer.load_state_dict(state)
    for _ in range(2):
        step(module, optimizer)
    return {name: value(parameter) for name, parameter in module.named_parameters()} | {"steps": optimizer.steps}


# --- models of the Keras face ----------------------------------------------------------------------------------------

KERAS = {
    "words": lambda: [
        k.Embedding(12, 3, mask_zero=True),
        k.Bidirectional(k.LSTM(2, return_sequences=True)),
        k.LayerNormalization(),
        k.GRU(3, return_sequences=True),
        k.TimeDistributed(k.Dense(2, activation="softmax")),
    ],
    "numbers": lambda: [
        k.Input((4, 2)),
        k.Masking(),
        k.SimpleRNN(3, return_sequences=True),
        k.Dropout(0.2),
        k.GRU(3, reset_after=False),
        k.Dense(1),
    ],
    "flat": lambda: [k.Input((4, 2)), k.Flatten(), k.Dense(3), k.Activation("tanh"), k.Dense(1, activation="sigmoid")],
}
COMPILED = {
    "words": (tg.keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"]),
    "numbers": (tg.keras.optimizers.SGD(0.01, momentum=0.9), "mse", ["mae"]),
    "flat": (tg.keras.optimizers.RMSprop(0.01), "binary_crossentropy", ["accuracy"]),
}


def keras_model(name):
    """A model that is built, and not trained."""
    model = Sequential(KERAS[name]())
    optimizer, loss, metrics = COMPILED[name]
    model.compile(optimizer, loss, metrics=metrics)
    if name == "words":
        model.build((None, 4))
    return model


def keras_data(name):
    """What it learns."""
    if name == "words":
        return np.arange(1, 13).reshape(3, 4) % 12, np.arange(12).reshape(3, 4) % 2
    return numbers(3, 4, 2), np.array([[0.0], [1.0], [1.0]], np.float32)


def of_keras(name):
    """What the whole model, its weights alone, and the one of a callback say; how it learns on, with its log."""
    x, y = keras_data(name)
    weights = keras_model(name)
    weights.load_weights(f"keras/{name}-weights.npz")
    model = load_model(f"keras/{name}.npz")
    best = load_model(f"keras/{name}-best.npz")
    found = {"weights": digest(model.state_dict()), "layers": [layer.name for layer in model.layers]}
    found["predict"] = [each.predict(x).astype(np.float64).tolist() for each in (model, weights, best)]
    found |= {"optimizer": repr(model.maker), "evaluate": model.evaluate(x, y)}
    if name != "numbers":  # whose Dropout draws
        log = tg.keras.callbacks.CSVLogger(f"keras/{name}.csv", append=True)
        found["loss"] = model.fit(x, y, epochs=2, verbose=0, callbacks=[log]).history["loss"]
        found["log"] = Path(f"keras/{name}.csv").read_text().splitlines()[:3]
    return found


# --- exports ---------------------------------------------------------------------------------------------------------

EXPORTED = {  # a run of each cell
    "rnn": "runs/reber-0005",
    "gru": "runs/adding-0001",
    "gru-after": "runs/copy-0003",
    "lstm": "runs/order-0002",
}


def of_export(cell):
    """What `import` deduces from each file, the outputs of a model with its weights, and the recurrent node of ONNX."""
    found = {}
    run = EXPORTED[cell]
    for path in sorted(
        path for path in Path("exports").iterdir() if path.stem in (cell, f"{cell}-torch", f"{cell}-keras")
    ):
        partial = (
            ["--partial"] if path.suffix == ".onnx" else []
        )  # from 0.2 on what is not read has to be left out aloud
        deduced = asked("import", path, *partial, "--json")
        imported = Path(f"from-{path.name}".replace(".", "-"))
        asked("import", path, "--like", run, "-o", imported)
        checkpoint = load_checkpoint(imported / "best.npz")
        outputs = value(checkpoint.model(example(checkpoint)))
        found[path.name] = {name: deduced[name] for name in ("dialect", "layers", "parameters")} | {"outputs": outputs}
    layer = from_onnx(Path(f"exports/{cell}.onnx"))
    return found | {"node": value(layer(numbers(4, 2, layer.input_size)))}


def of_imported():
    """What `import` wrote for tg.load."""
    parts = tg.nn.Module()
    model = load_checkpoint(Path(EXPORTED["lstm"], "best.npz")).model
    parts.recurrent = tg.nn.LSTM(model.recurrent.input_size, model.recurrent.hidden_size, bias="double")
    parts.output = model.output
    return digest(tg.load(parts, "exports/lstm-imported.npz").state_dict())


# --- several runs ----------------------------------------------------------------------------------------------------

COMPARED = ["--cells", "gru,lstm", "--seeds", 2, "--hidden", 3, "--length", 4, "--batch", 4, "--every", 10]


def of_comparison(name, updates):
    """The rows and the verdict, once all runs are at their ends."""
    found = asked("compare", "adding", *COMPARED, "--updates", updates, "--jobs", 1, "--out", f"compared/{name}")
    rows = [{key: cell for key, cell in row.items() if "seconds" not in key} for row in found["rows"]]
    # 0.1.0 left to the reader what few seeds can never give, and how far the best baseline is.
    said_since = (
        r", which \d+ seeds can never bring below [0-9.]+|; \d+ of \d+ runs of \w+ are below always answering .*"
    )
    return {"rows": rows, "verdict": re.sub(said_since, "", found["verdict"])}


def of_sweep():
    """The best trial, and all trials, once the one that was interrupted is at its end."""
    found = asked("sweep", "adding", "--out", "swept", "--trials", 4, "--jobs", 1)
    trials = [{key: cell for key, cell in trial.items() if key not in ("seconds", "run")} for trial in found["trials"]]
    return {"best": found["best"]["trial"], "command": found["command"], "counts": found["counts"], "trials": trials}


# --- all of it -------------------------------------------------------------------------------------------------------


def all_answers():
    """Everything but the weights of resumed runs, which `resumed_arrays` has."""
    return {
        "runs": {run.name: of_run(run) for run in runs()},
        "settings": {path.stem: of_settings(path) for path in sorted(Path("settings").iterdir())},
        "modules": {name: of_module(name) for name in MODULES},
        "optimizers": {name: of_optimizer(name) for name in OPTIMIZERS},
        "keras": {name: of_keras(name) for name in KERAS},
        "exports": {cell: of_export(cell) for cell in EXPORTED},
        "imported": of_imported(),
        "compared": {"finished": of_comparison("finished", 40), "stopped": of_comparison("stopped", 120)},
        "swept": of_sweep(),
        "resumed": {name: of_resumed(name)[0] for name in STOPPED},
    }


def resumed_arrays():
    """The arrays in last.npz of the runs that `all_answers` has resumed."""
    found = {}
    for name in STOPPED:
        checkpoint = load_checkpoint(Path("runs", name, "last.npz"))
        found[name] = checkpoint.model.state_dict() | checkpoint.training.arrays
    return found
