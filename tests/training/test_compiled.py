"""What the command line trains and loads runs compiled."""

from tinygrad_gru import nn
from tinygrad_gru.training import Config, new_model
from tinygrad_gru.training.runs.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def engines(model):
    return [module.engine for module in model.modules() if isinstance(module, nn.Recurrent)]


def test_a_new_model_is_compiled_and_so_is_one_from_a_checkpoint(tmp_path):
    config = Config.of("adding", "gru", hidden=4)
    task = config.create()
    model = new_model(config, task)
    assert engines(model) == ["compiled"]

    save_checkpoint(tmp_path / "best.npz", Checkpoint(model, config, task.facts, 0))
    assert engines(load_checkpoint(tmp_path / "best.npz").model) == ["compiled"]
