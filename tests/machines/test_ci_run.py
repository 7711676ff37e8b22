"""`.ci/run`: README's test command comes first, Chromium is installed later, what fails is said."""

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
TOOLS = ("env", "id", "chmod", "dirname", "mktemp", "cat", "rm", "cp", "mkdir", "sleep")


def function(name):
    """One function of the script."""
    text = RUN.read_text(encoding="utf-8")
    start = text.index(f"\n{name}() {{")
    return text[start : text.index("\n}\n", start) + 3]


@pytest.fixture
def machine(tmp_path):
    """A PATH with nothing but a few tools and the programs of a test; runs a function there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = next((Path(p) / tool for p in ("/usr/bin", "/bin") if (Path(p) / tool).exists()), None)
        if found is not None:
            (folder / tool).symlink_to(found)

    def program(name, text):
        (folder / name).unlink(missing_ok=True)  # it may be a link to the real one
        (folder / name).write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    def call(*names):
        text = "set -euo pipefail\n" + "".join(map(function, names)) + names[-1]
        done = subprocess.run(
            ["/bin/bash", "-c", text],
            env={**os.environ, "PATH": str(folder), "HERE": str(folder)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    program("sudo", 'shift; exec "$@"')
    return program, call


def test_without_chromium_the_group_fails_with_one_clear_line(machine):
    program, call = machine
    program("make", "echo the tests ran")
    assert call("browser") == (
        1,
        "error: Chromium is missing and could not be installed. try: apt install chromium chromium-driver\n",
    )


def test_with_it_the_tests_run_and_their_failure_is_the_groups(machine):
    program, call = machine
    program("chromium", "")
    program("chromedriver", "")
    program("make", "echo ran $1")
    assert call("browser") == (0, "ran browser\nran notebook\n")
    program("make", "exit 2")
    assert call("browser")[0] != 0


def test_what_is_missing_is_installed_and_what_is_there_is_not(machine, tmp_path):
    program, call = machine
    install = (
        'echo "$@" >>$HERE/log; case "$*" in *install*) for p in chromium chromedriver; do '
        'echo "#!/bin/bash" >$HERE/$p; chmod +x $HERE/$p; done;; esac'
    )
    program("apt-get", install)
    code, said = call("fetch_chromium")
    assert code == 0 and "chromedriver" in said
    code, _ = call("fetch_chromium")
    assert code == 0
    log = (tmp_path / "bin" / "log").read_text(encoding="utf-8").splitlines()
    assert len(log) == 2 and log[0] == "-qq update" and log[1].endswith("chromium chromium-driver")


def test_a_lock_is_waited_for_and_a_failure_is_told(machine):
    program, call = machine
    program("sleep", "")
    program("sleep", "")
    program("apt-get", 'echo "E: Could not get lock /var/lib/apt/lists/lock"; exit 100')
    code, said = call("fetch_chromium")
    assert code != 0 and "Could not get lock" in said
    program("apt-get", 'echo "no route to the archive"; exit 100')
    code, said = call("fetch_chromium")
    assert code != 0 and "no route" in said


@pytest.fixture
def script(machine, tmp_path):
    """Runs the whole script where every program is a stand-in that writes down when it began and when it ended."""
    program, _ = machine

    def noted(text):
        name = "${0##*/}"
        return f'echo "begin {name} $*" >>{tmp_path}/log; {text}; echo "end {name} $*" >>{tmp_path}/log'

    installs = "for p in chromium chromedriver; do cp $HERE/id $HERE/$p; done"
    makes = 'case "$*" in "-m venv "*) mkdir -p $3/bin; cp $0 $3/bin/python; cp $0 $3/bin/tinygrad-gru;; esac'
    program("apt-get", noted(f'case "$*" in *install*) {installs};; esac'))
    program("a-python", noted(makes))

    def call(fails=""):
        program("make", noted(f'sleep 0.3; [ "$1" != "{fails}" ] || exit 2'))
        done = subprocess.run(
            ["/bin/bash", RUN],
            env={**os.environ, "PATH": str(tmp_path / "bin"), "HERE": str(tmp_path / "bin"), "PYTHON": "a-python"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done, (tmp_path / "log").read_text(encoding="utf-8").splitlines()

    return call


def test_readmes_test_command_comes_before_anything_is_installed_by_others(script):
    done, log = script()
    assert done.returncode == 0 and "all groups passed in" in done.stdout, done.stdout + done.stderr
    ended = log.index("end make test")
    before = {line.removeprefix("begin ") for line in log[:ended] if line.startswith("begin ")}
    assert "make test" in before and before <= {
        "make test",
        "make newest",
        "make lowest",
    }  # both have a place
    after = " ".join(log[ended:])
    for group in ("parity", "coverage", "jit", "lint", "cluster", "browser", "notebook"):
        assert f"begin make {group}" in after
    assert after.index("begin apt-get") > 0


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("test", "tests"),
        ("lowest", "another Python, lowest versions"),
        ("newest", "another Python, lowest versions"),
        ("parity", "parity, coverage of the engine"),
        ("jit", "machine code, lint, types, storeys, cluster, browser, notebook"),
        ("notebook", "machine code, lint, types, storeys, cluster, browser, notebook"),
        ("browser", "machine code, lint, types, storeys, cluster, browser, notebook"),
    ],
)
def test_a_group_that_fails_is_named_and_the_others_run(fails, said, script):
    done, log = script(fails)
    assert done.returncode == 1 and done.stdout.rstrip().endswith(f"failed: {said}")
    for group in ("test", "newest", "lowest", "parity", "coverage", "jit", "lint", "cluster", "browser", "notebook"):
        assert f"begin make {group}" in log
