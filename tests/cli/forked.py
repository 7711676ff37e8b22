"""A command in a process of its own that need not load the package: one that has loaded it forks for each command.

Loading takes 0.3 s, a fork 0.01. What a test sees is the same: own streams, directory, environment and exit code, and
an interpreter that ends as any. What only the start of an interpreter heeds, but PYTHONUNBUFFERED, is not heeded here.
"""

import atexit
import contextlib
import functools
import gc
import io
import json
import os
import select
import signal
import socket
import sys

LONGEST = 100_000  # bytes of a request: words, directory, environment


def ask(requests, words, cwd, environment, streams):
    """The id of the process that runs these words, and a pipe from which its return code can be read."""
    ours, theirs = os.pipe()
    request = json.dumps([words, str(cwd), dict(environment)]).encode()
    assert len(request) < LONGEST
    try:
        socket.send_fds(requests, [request], [*streams, theirs])
    finally:
        os.close(theirs)
    answer = os.fdopen(ours)
    return int(answer.readline()), answer


def serve(requests):
    """Fork for each request, until nobody is there to ask; returns in the fork, which is to run the command."""
    while True:
        request, passed, _, _ = socket.recv_fds(requests, LONGEST, 4)
        if not request:
            sys.exit()
        if os.fork() == 0:
            break
        for descriptor in passed:
            os.close(descriptor)
        with contextlib.suppress(ChildProcessError):  # those who waited for a command, and have told its end
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    requests.close()
    *streams, answer = passed
    if command := os.fork():
        for descriptor in streams:
            os.close(descriptor)
        os.write(answer, f"{command}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        os.write(answer, f"{code}\n".encode())
        os._exit(0)
    os.close(answer)
    words, cwd, environment = json.loads(request)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, (name, descriptor) in enumerate(zip(("stdin", "stdout", "stderr"), streams, strict=True)):
        os.dup2(descriptor, number)
        os.close(descriptor)
        setattr(sys, name, opened(number, getattr(sys, name)))
    sys.argv[1:] = words
    sys.path[0] = cwd  # as python -m has it


def opened(number, before):
    """A standard stream of this number as Python opens it: the last one may have been of another kind."""
    unbuffered = number > 0 and bool(os.environ.get("PYTHONUNBUFFERED"))
    file = open(number, "wb" if number else "rb", buffering=0 if unbuffered else -1, closefd=False)
    lines = number == 2 or file.isatty()
    return io.TextIOWrapper(file, before.encoding, before.errors, line_buffering=lines, write_through=unbuffered)


@functools.cache
def server():
    """The socket at which the process that forks is asked; it ends when all who have the socket have ended."""
    import subprocess

    from tests.cli.command import ROOT, environment

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        words = [sys.executable, "-m", "tests.cli.forked", str(number)]
        null = {name: subprocess.DEVNULL for name in ("stdin", "stdout")}
        process = subprocess.Popen(words, cwd=ROOT, env=environment(), pass_fds=[number], **null)
    atexit.register(process.wait)  # which runs after the next
    atexit.register(ours.close)
    return ours


def run(words, cwd, environment, timeout, stdout=None, encoding="utf-8"):
    """The finished process, with its text, or its bytes without an encoding; stdout may be a file instead."""
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

    pipes = [os.pipe() for _ in range(1 if stdout else 2)]
    with open(os.devnull) as null:  # noqa: PTH123
        writing = [writer for _, writer in pipes]
        out, err = [stdout.fileno(), *writing] if stdout else writing
        pid, answer = ask(server(), words, cwd, environment, [null.fileno(), out, err])
    for writer in writing:
        os.close(writer)

    def read(descriptor):
        with open(descriptor, "r" if encoding else "rb", encoding=encoding) as file:  # noqa: PTH123
            return file.read()

    with answer, ThreadPoolExecutor(3) as pool:
        code = pool.submit(answer.readline)
        texts = [pool.submit(read, reader) for reader, _ in pipes]
        try:
            returncode = int(code.result(timeout))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(words, timeout) from None
        *first, err = [text.result() for text in texts]
    return subprocess.CompletedProcess(words, returncode, *(first or [None]), err)


class Started:
    """A command that goes on without streams, to be killed or waited for."""

    def __init__(self, words, cwd, environment):
        with open(os.devnull, "r+") as null:  # noqa: PTH123
            self.pid, self.answer = ask(server(), words, cwd, environment, [null.fileno()] * 3)

    def poll(self):
        """Whether it has ended."""
        return bool(select.select([self.answer], [], [], 0)[0])

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """Its return code, negative if a signal ended it."""
        with self.answer:
            return int(self.answer.readline())


@functools.cache
def for_a_shell():
    """The environment of a shell whose `tinygrad-gru` is a fork, and the descriptor that it must inherit for that."""
    import shutil
    import tempfile
    from pathlib import Path

    from tests.cli.command import ROOT

    folder = Path(tempfile.mkdtemp(prefix="tinygrad_gru-command-"))
    atexit.register(shutil.rmtree, folder)
    command = folder / "tinygrad-gru"
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.cli.forked import client; client()"
    command.write_text(f"#!{sys.executable} -IS\n{code}\n")
    command.chmod(0o755)
    number = server().fileno()
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "TESTS_CLI_FORKED": str(number)}, number


def client():
    """This very process as a command of a shell, whose streams and exit code are those of the fork."""
    requests = socket.socket(fileno=int(os.environ["TESTS_CLI_FORKED"]))
    _, answer = ask(requests, sys.argv[1:], os.getcwd(), os.environ, [0, 1, 2])  # noqa: PTH109
    code = int(answer.readline())
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    import typer

    from tinygrad_gru import cli, training  # noqa: F401  # loaded before the first fork
    from tinygrad_gru.__main__ import start

    typer.main.get_command = functools.cache(typer.main.get_command)  # built once, not for every command
    with contextlib.redirect_stderr(io.StringIO()):
        cli.main(["train", "adding", "--lr", "nan"])  # which loads what Typer needs to read words
    gc.freeze()  # else collecting garbage copies the pages that forks share
    serve(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(start())
