"""Version numbers of all files: older ones are read, newer ones refused in a line."""

import pytest

from tinygrad_gru.errors import CheckpointError, ConfigError
from tinygrad_gru.nn.files.formats import FORMATS, MARK, check_format, check_mark, check_title, title_of


@pytest.mark.parametrize("kind", FORMATS)
def test_a_version_up_to_ours_and_none_at_all_are_read(kind):
    check_format(kind, None, "a file")
    check_format(kind, FORMATS[kind], "a file")


def test_a_newer_version_says_what_to_install():
    with pytest.raises(ConfigError, match="a file was made by a newer tinygrad_gru .* try: pip install --upgrade"):
        check_format("settings", FORMATS["settings"] + 1, "a file", ConfigError)


@pytest.mark.parametrize("version", ["1", 0, -1, True, 1.0, [1]])
def test_what_is_no_version_is_refused(version):
    with pytest.raises(CheckpointError, match="wanted a number up to 1"):
        check_format("npz", version, "a file")


def test_a_title_names_a_kind_and_other_words_name_none():
    assert check_title(title_of("model"), "a file") == "model"
    assert check_title("something else", "a file") is None and check_title(3, "a file") is None
    with pytest.raises(CheckpointError, match="made by a newer"):
        check_title("tinygrad_gru model 99", "a file")


def test_our_mark_in_the_metadata_of_others_is_a_version():
    check_mark("onnx", {}, "a file")
    check_mark("onnx", {MARK: "1"}, "a file")
    with pytest.raises(CheckpointError):
        check_mark("onnx", {MARK: "2"}, "a file")
    with pytest.raises(CheckpointError):
        check_mark("onnx", {MARK: "one"}, "a file")
