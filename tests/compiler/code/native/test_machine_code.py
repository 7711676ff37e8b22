"""Machine code: when Numba is used, what it is told of types, and files under the hash of their text.

That it gives the numbers of the NumPy program is tested in tests/compiler/test_native.py.
"""

import stat
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.compiler.cells import KNOWN, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler import jit
from tinygrad_gru.compiler.code.native import machine_code
from tinygrad_gru.compiler.code.native.announce import announced_by
from tinygrad_gru.compiler.code.native.loop import Loop, Sizes
from tinygrad_gru.compiler.plan import planned
from tinygrad_gru.errors import FileError

# --- when Numba is used ----------------------------------------------------------------------------------------------


def test_the_innermost_block_decides(monkeypatch):
    monkeypatch.setattr(machine_code, "_installed", lambda: True)
    used = machine_code.uses_numba

    with jit(True):
        assert used() and machine_code.insisted_on()
        with jit(False):
            assert not used() and not machine_code.insisted_on()
        assert used()
    assert not used()  # the block of all tests here


@pytest.mark.parametrize(
    ("installed", "variable", "used", "by_default"),
    [(True, "", True, True), (True, "1", True, False), (True, "0", False, False), (False, "", False, False),
     (False, "1", False, False)],
)  # fmt: skip
def test_outside_of_all_blocks_it_is_used_where_it_is_installed(installed, variable, used, by_default, monkeypatch):
    """`native_by_default`: nobody asked for it, so that a run which is too short to gain may do without."""
    monkeypatch.setattr(machine_code, "_installed", lambda: installed)
    monkeypatch.setenv("TINYGRAD_GRU_JIT", variable)
    token = machine_code._choices.set(())
    try:
        assert machine_code.uses_numba() is used and machine_code.native_by_default() is by_default
        assert not machine_code.insisted_on()
    finally:
        machine_code._choices.reset(token)


# --- what Numba is told ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "dtype", "type_"),
    [("real0", "float32", "float32"), ("real0", "float64", "float64"), ("real1", "float32", "float32[::1]"),
     ("real3", "float64", "float64[:, :, ::1]"), ("bool2", "float32", "boolean[:, ::1]"),
     ("bool0", "float32", "boolean"), ("double2", "float32", "float64[:, ::1]"), ("int64", "float32", "int64")],
)  # fmt: skip
def test_an_argument_has_its_type(kind, dtype, type_):
    loop = Loop("loop", Sizes([]), arguments={"a": (kind, "a")})
    first = machine_code._decorated(loop, dtype).splitlines()[0]

    assert first == (
        f'@njit("void(int64, int64, int64, int64, boolean, boolean, boolean[:, ::1], {type_})", **options)'
    )


@pytest.mark.parametrize("kind", KNOWN)
def test_every_loop_is_python_and_so_is_what_stands_around_it(kind):
    cell = known(kind)
    there, back, around = machine_code.loops_of(planned(compiler.program(cell), cell.state_names), np.float64)
    space = {"np": np, "njit": lambda *_, **__: lambda f: f, "options": {}}
    for text in (there, back, around):
        exec(text, space)

    assert {"forward_loop", "backward_loop", "forward", "backward"} <= space.keys()


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture(name="folder")
def fixture_folder(tmp_path, monkeypatch):
    """A cache folder of its own, and no module of a test left behind."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = {*sys.modules}
    yield tmp_path / "tinygrad_gru" / "jit"
    for name in {*sys.modules} - before:
        if name.startswith("tinygrad_gru_"):
            del sys.modules[name]


def test_one_text_is_one_module_and_a_changed_one_another(folder):
    """Under the hash of the text, so that no program runs the machine code of another one."""
    one, again, other = (machine_code.imported(text) for text in ("a = 1\n", "a = 1\n", "a = 2\n"))

    assert one is again and (one.a, other.a) == (1, 2)
    files = sorted(folder.glob("*.py"))
    assert len(files) == 2 and all(len(file.stem) == len("tinygrad_gru_") + 24 for file in files)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_that_says_something_else_is_written_anew(folder):
    machine_code.imported("a = 1\n")
    (file,) = folder.glob("*.py")
    file.write_text("a = 666\n", encoding="utf-8")
    del sys.modules[file.stem]

    assert machine_code.imported("a = 1\n").a == 1 and file.read_text(encoding="utf-8") == "a = 1\n"


def test_a_module_that_cannot_be_run_leaves_nothing_to_be_found_instead(folder):
    with pytest.raises(ZeroDivisionError):
        machine_code.imported("1 / 0\n")

    assert machine_code._name("1 / 0\n") not in sys.modules


def test_a_folder_that_others_may_enter_is_closed_to_them(folder):
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    machine_code.imported("a = 1\n")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_where_no_folder_can_be_made_it_is_said_in_a_line(tmp_path, monkeypatch):
    (tmp_path / "tinygrad_gru").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(FileError, match=r"cannot use .*: .*\. try: XDG_CACHE_HOME with a folder of yours"):
        machine_code.imported("a = 1\n")


# --- the module of two loops -----------------------------------------------------------------------------------------


@pytest.fixture(name="modules")
def fixture_modules(folder, monkeypatch):
    """What is imported by `_module_of`, with a prelude of one line; the texts that fail raise."""
    texts, failing = [], []

    def imported(text):
        texts.append(text)
        if text in failing and failing.remove(text) is None:
            raise ValueError("a torn cache")
        return SimpleNamespace(text=text)

    monkeypatch.setattr(machine_code, "imported", imported)
    monkeypatch.setattr(machine_code, "prelude", lambda dtype: f"prelude = {dtype!r}\n")
    return texts, failing


def test_the_prelude_is_loaded_first_and_the_loops_import_it_by_its_name(modules):
    texts, _ = modules
    module = machine_code._module_of("there", "back", "float32", "GRUCell")

    assert [module.text, "prelude = 'float32'\n"] == texts[::-1]
    assert module.text.endswith("\n\nthere\n\n\nback\n")
    assert f"from {machine_code._name(texts[0])} import options, real, " in module.text


def test_it_is_told_before_machine_code_is_made_and_not_where_it_is_kept(modules, folder):
    lines = []
    with announced_by(lines.append):
        module = machine_code._module_of("there", "back", "float32", "GRUCell")
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / f"{machine_code._name(module.text)}.forward_loop-1.py311.1.nbc").touch()
        machine_code._module_of("there", "back", "float32", "GRUCell")

    assert lines == ["compiling GRUCell for this machine, once: a few seconds …"]


def test_what_was_torn_is_removed_and_made_once_more(modules, folder):
    texts, failing = modules
    text = machine_code._module_of("there", "back", "float32", "GRUCell").text
    kept = folder / "__pycache__"
    kept.mkdir()
    (kept / f"{machine_code._name(text)}.nbi").touch()
    (kept / "tinygrad_gru_of_others.nbi").touch()
    failing.append(text)
    old = sys.modules[machine_code._name("prelude = 'float32'\n")] = SimpleNamespace()  # compiled by what is torn

    assert machine_code._module_of("there", "back", "float32", "GRUCell").text == text
    assert old not in sys.modules.values()
    assert [file.name for file in kept.iterdir()] == ["tinygrad_gru_of_others.nbi"]
    assert len(texts) == 2 + 4, "both modules again"


def test_a_second_failure_is_not_hidden(modules):
    failing = modules[1]
    text = machine_code._module_of("there", "back", "float32", "GRUCell").text
    failing += [text, text]

    with pytest.raises(ValueError, match="a torn cache"):
        machine_code._module_of("there", "back", "float32", "GRUCell")


# --- whoever asks for loops ------------------------------------------------------------------------------------------


def test_loops_for_people_to_read_are_those_that_are_compiled(loops_in_python, monkeypatch):
    given = []
    run = machine_code._module_of
    monkeypatch.setattr(machine_code, "_module_of", lambda *texts: given.append(texts) or run(*texts))
    code = compiler.compiled(nn.GRUCell(2, 4)).code

    assert code.directions()[0] is not code.forward
    assert given == [(*code.loops(), "float32", "GRUCell")]
    code.directions()
    assert len(given) == 1, "compiled once"


@pytest.mark.parametrize("insisted", [True, False])
def test_without_a_folder_the_numpy_program_runs_unless_machine_code_is_insisted_on(
    insisted, loops_in_python, monkeypatch
):
    def no_folder(*_):
        raise FileError("cannot use /nowhere")

    monkeypatch.setattr(machine_code, "_module_of", no_folder)
    code = compiler.compiled(nn.GRUCell(2, 4)).code
    if insisted:
        with pytest.raises(FileError, match="nowhere"):
            code.directions()
        return
    token = machine_code._choices.set(())
    monkeypatch.setenv("TINYGRAD_GRU_JIT", "1")
    try:
        with pytest.warns(UserWarning, match="layers run as NumPy programs, without Numba: cannot use /nowhere"):
            assert code.directions() == (code.forward, code.backward)
        assert code.directions() == (code.forward, code.backward)
    finally:
        machine_code._choices.reset(token)
