"""Whatever writes a file replaces a file, follows a link, refuses a folder, and writes into what is none."""

import os
import stat
import threading
import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.files.test_writing import Reader, device
from tinygrad_gru import errors, nn
from tinygrad_gru.interop import export_onnx, save_safetensors
from tinygrad_gru.keras import callbacks, layers, models, optimizers
from tinygrad_gru.playback.frames import save_frames
from tinygrad_gru.playback.page import loss_of_layer
from tinygrad_gru.training import Checkpoint, Config, new_model, save_checkpoint

X, Y = np.zeros((4, 3, 2), np.float32), np.zeros((4, 1), np.float32)


def model():
    with tg.seed(0):
        made = models.Sequential([layers.GRU(2), layers.Dense(1)])
        made.build((None, 3, 2))
    made.compile(optimizers.SGD(0.1), "mse")
    return made


def fitted(callback):
    """Two epochs, so that the file is written twice."""
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[callback])


def drawn():
    x = tg.Tensor([3.0], requires_grad=True, name="x")
    return tg.draw((x * x).sum().named("L"))


def checkpoint(path):
    config = Config.of("adding", hidden=2)
    task = config.create()
    save_checkpoint(path, Checkpoint(new_model(config, task), config, task.facts, 1))


def linear():
    with tg.seed(0):
        return nn.Linear(2, 3)


ONCE = {
    "tg.save": (".npz", lambda path: tg.save(linear(), path)),
    "save_safetensors": (".safetensors", lambda path: save_safetensors(path, {"a": X})),
    "export_onnx": (".onnx", lambda path: export_onnx(linear(), X[0], path)),
    "Picture.save dot": (".dot", lambda path: drawn().save(path)),
    "Picture.save txt": (".txt", lambda path: drawn().save(path)),
    "Picture.save svg": (".svg", lambda path: drawn().save(path)),
    "Picture.save html": (".html", lambda path: drawn().save(path)),
    "model.save": (".npz", lambda path: model().save(path)),
    "model.save_weights": (".npz", lambda path: model().save_weights(path)),
    "save_checkpoint": (".npz", checkpoint),
}
TWICE = {
    "ModelCheckpoint": (".npz", lambda path: fitted(callbacks.ModelCheckpoint(path, monitor="loss"))),
    "CSVLogger": (".csv", lambda path: fitted(callbacks.CSVLogger(path))),
}
WRITERS = ONCE | TWICE


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@pytest.mark.parametrize("name", ONCE)
def test_a_pipe_gets_the_bytes_of_the_file(name, tmp_path):
    suffix, write = ONCE[name]
    write(tmp_path / f"file{suffix}")
    os.mkfifo(tmp_path / f"pipe{suffix}")
    reader = Reader(tmp_path / f"pipe{suffix}")
    write(tmp_path / f"pipe{suffix}")
    assert reader.all() == (tmp_path / f"file{suffix}").read_bytes()
    assert (tmp_path / f"pipe{suffix}").is_fifo()


@pytest.mark.parametrize("name", TWICE)
def test_a_pipe_that_is_written_to_after_each_epoch_stays_a_pipe(name, tmp_path):
    suffix, write = TWICE[name]
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)  # a reader that stays, whatever is closed in between
    got, done = [], threading.Event()

    def read():
        os.set_blocking(descriptor, False)
        while True:
            at_its_end = done.is_set()
            try:
                got.append(os.read(descriptor, 1 << 16))
            except BlockingIOError:
                if at_its_end:
                    return
                done.wait(0.01)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    write(path)
    done.set()
    thread.join()
    os.close(descriptor)
    assert path.is_fifo() and got


@pytest.mark.parametrize("name", WRITERS)
def test_a_device_stays_one(name, tmp_path):
    suffix, write = WRITERS[name]
    path = device(tmp_path / f"null{suffix}")
    write(path)
    assert path.is_char_device() and [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_is_refused_and_stays(name, tmp_path):
    suffix, write = WRITERS[name]
    path = tmp_path / f"mine{suffix}"
    path.mkdir()
    with pytest.raises(errors.FileError, match=r"cannot write .*/mine\."):
        write(path)
    assert path.is_dir() and [p.name for p in tmp_path.rglob("*")] == [path.name]


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_is_kept_and_the_file_behind_it_keeps_its_permissions(name, tmp_path):
    suffix, write = WRITERS[name]
    (tmp_path / "behind").write_bytes(b"old")
    (tmp_path / "behind").chmod(0o600)
    (tmp_path / f"link{suffix}").symlink_to("behind")
    write(tmp_path / f"link{suffix}")
    assert (tmp_path / f"link{suffix}").is_symlink()
    behind = tmp_path / "behind"
    assert behind.read_bytes() != b"old" and stat.S_IMODE(behind.stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 2


def test_frames_go_into_a_new_or_empty_folder_and_nowhere_else(tmp_path):
    with tg.seed(0):
        loss = loss_of_layer(nn.RNN(1, 1), np.zeros((1, 1, 1), np.float32))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    (tmp_path / "link").symlink_to("mine")
    (tmp_path / "dangling").symlink_to("nowhere/at/all")
    (tmp_path / "file").write_text("mine")
    for name in ("mine", "link", "dangling", "file"):
        with pytest.raises(errors.FileError):
            save_frames(loss, tmp_path / name, last=1)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years" and (tmp_path / "file").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["dangling", "file", "link", "mine", "thesis.txt"]
