"""Settings that fit the task, and one line about those that cannot be used."""

import math
import shlex
import tomllib

import pytest

from tinygrad_gru.errors import ConfigError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config


def test_the_tasks_own_defaults_fill_in_what_is_not_given():
    config = Config.of("adding", lr=None, hidden=7)
    assert config.hidden == 7
    assert config.lr == TASKS["adding"].defaults["lr"]


@pytest.mark.parametrize("name", ["hidden", "updates", "batch", "length"])
@pytest.mark.parametrize("value", [0, -1, 10**10, 1.5, True])
def test_sizes_are_whole_numbers_of_at_least_1(name, value):
    with pytest.raises(
        ConfigError, match=rf"^{name}: got {value}, wanted a whole number from 1 to .* try: --{name} \d+$"
    ):
        Config.of("adding", **{name: value})


@pytest.mark.parametrize("value", [0.0, -0.1, math.nan, math.inf, -math.inf, "0.1"])
def test_the_learning_rate_is_finite_and_above_0(value):
    with pytest.raises(ConfigError, match=r"^lr: got .*, wanted a finite number above 0. try: --lr 0.015$"):
        Config.of("adding", lr=value)


@pytest.mark.parametrize("seed", [-1, 2**63, 2**70])
def test_the_seed_is_one_that_every_generator_takes(seed):
    with pytest.raises(ConfigError, match="^seed: got"):
        Config.of("adding", seed=seed)
    assert Config.of("adding", seed=2**63 - 1).seed == 2**63 - 1


def test_long_sequences_have_settings_of_their_own():
    short, long = Config.of("adding", length=99), Config.of("adding", length=100)
    assert (short.updates, short.keep_bias) == (1000, None)
    assert (long.updates, long.keep_bias) == (2400, 2.0)
    assert Config.of("adding", "rnn", length=100).keep_bias is None
    assert Config.of("adding", length=100, updates=5, keep_bias=1.0).command.count("--keep-bias 1.0") == 1


def test_a_misspelt_name_brings_the_nearest():
    with pytest.raises(ConfigError, match="got 'addng', wanted .* did you mean adding?"):
        Config.of("addng")
    with pytest.raises(ConfigError, match="got 'GRUU', wanted rnn, gru, gru-after or lstm. did you mean gru?"):
        Config.of("adding", "GRUU")
    with pytest.raises(ConfigError, match="unknown setting 'hiden'. did you mean hidden?"):
        Config.of("adding", hiden=3)


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        Config.of("adding").hidden = 3


@pytest.mark.parametrize("file", [None, "a b/ü.txt", 'quote".txt', "back\\slash.txt", "two\nlines.txt"])
def test_settings_survive_toml(file):
    config = Config.of("chars", file=file, patience=3, keep_bias=1.5)
    assert Config.of(**tomllib.loads(config.as_toml())) == config


def test_the_command_repeats_the_run():
    config = Config.of("chars", "lstm", file="my text.txt", seed=3, keep_bias=2.0)
    words = shlex.split(config.command)
    assert words[:3] == ["tinygrad-gru", "train", "chars"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options["--file"] == "my text.txt" and options["--keep-bias"] == "2.0"
    usual = ("task", "final_lr", "clip")  # they go without saying
    assert options == {f"--{k.replace('_', '-')}": str(v) for k, v in config.as_dict().items() if k not in usual}
    assert "--clip 0.5" in Config.of("adding", clip=0.5).command


def test_what_only_one_task_knows_is_given_by_name_like_all_others():
    config = Config.of("table", file="load.csv", horizon=3, targets=["load", "wind"])
    assert config.options == {"horizon": 3, "targets": ["load", "wind"]}
    assert config.as_dict()["horizon"] == 3 and "--horizon 3 --targets load,wind" in config.command.replace(
        "--targets load,wind --horizon 3", "--horizon 3 --targets load,wind"
    )
    assert Config.of(**config.as_dict()) == config
    with pytest.raises(ConfigError, match="^horizon is a setting of table, not of adding"):
        Config.of("adding", horizon=3)
    for name, value, wanted in [("horizon", "3", "a whole number"), ("targets", "a", "a list"), ("label", 3, "a word")]:
        with pytest.raises(ConfigError, match=f"^{name}: got .*, wanted {wanted}"):
            Config.of("table", **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("clip", 0, "clip: got 0, wanted a finite number above 0. try: --clip 1"),
        ("final_lr", 1.5, "final_lr: got 1.5, wanted a number above 0, at most 1. try: --final-lr 0.1"),
        ("keep_bias", -1, "keep_bias: got -1, wanted a number above 0, at most 100. try: --keep-bias 2"),
        ("every", 0, "every: got 0, wanted a whole number"),
        ("patience", 1.5, "patience: got 1.5, wanted a whole number"),
    ],
)
def test_the_other_settings_are_checked_too(name, value, complaint):
    with pytest.raises(ConfigError) as told:
        Config.of("adding", **{name: value})
    assert str(told.value).startswith(complaint)


def test_an_rnn_has_no_gate_to_keep_with():
    with pytest.raises(ConfigError, match="no gate"):
        Config.of("adding", "rnn", keep_bias=2)


def test_ten_measurements_are_made_unless_that_is_too_seldom():
    assert [Config.of("adding", updates=n).measure_every for n in (5, 50, 1000, 5000)] == [1, 5, 100, 100]
    assert Config.of("adding", every=7).measure_every == 7
