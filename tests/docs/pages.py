"""Runs the code of a page of documentation, as its reader would, and says on which line of the page it went wrong.

    ```python     is executed
    ```pycon      is a doctest: what it prints must be what the page shows
    ```console    `$ command` is run by the shell and must succeed; if output is shown, it must be the command's

One page is one story: its blocks run in order, share one namespace and one directory. In shown output `...` stands for
anything, and the amount of white space does not matter, both as in doctest. Other languages are shown, not run: `py` is
the source itself, which test_tour.py and test_sources.py compare with the files. A block whose language is not known
here is an error, or a misspelt `pyhton` would never be noticed.
"""

import doctest
import os
import subprocess
import textwrap
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cli.forked import for_a_shell

SHOWN = {"py", "text", "bash", "sh", "powershell", "toml", "json", "csv", "dot", "math", "diff", "make"}
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SECONDS = 300  # for one command


class PageError(AssertionError):
    """A page is wrong: `page.md:12: what is wrong`."""

    def __init__(self, page: Path, line: int, problem: str) -> None:
        super().__init__(f"{page}:{line}: {problem}")


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int  # of the first line of code, counted from 1


def read_blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order. A fence is three or more ` or ~, and is closed by one as long."""
    opening, opened, lines = "", 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not opening:
            if text.startswith(("```", "~~~")):
                language = text.lstrip(text[0])
                opening, opened, lines = text.removesuffix(language), number, []
                language = language.strip()
        elif text.startswith(opening) and not text.strip(opening[0]):
            yield Block(language, textwrap.dedent("\n".join(lines)) + "\n", opened + 1)
            opening = ""
        else:
            lines.append(line)
    if opening:
        raise PageError(page, opened, "this block is never closed")


def run_page(page: Path, directory: Path) -> None:
    """Run every block of a page in `directory`, which must be the current one. Raises PageError at the first fault."""
    __tracebackhide__ = True
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in read_blocks(page):
        match block.language:
            case "python":
                run_python(page, block, namespace)
            case "pycon":
                run_pycon(page, block, namespace)
            case "console":
                run_console(page, block, directory)
            case language if language not in SHOWN:
                raise PageError(page, block.line - 1, f"unknown language {language!r}. known: {sorted(SHOWN)}")


def run_python(page: Path, block: Block, namespace: dict[str, object]) -> None:
    __tracebackhide__ = True
    code = "\n" * (block.line - 1) + block.code  # so that the lines of a traceback are those of the page
    try:
        exec(compile(code, str(page), "exec", dont_inherit=True), namespace)
    except SyntaxError as error:
        raise PageError(page, error.lineno or block.line, f"SyntaxError: {error.msg}") from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next(frame.lineno for frame in reversed(frames) if frame.filename == str(page))
        raise PageError(page, line or block.line, f"{type(error).__name__}: {error}") from error


def run_pycon(page: Path, block: Block, namespace: dict[str, object]) -> None:
    __tracebackhide__ = True
    test = doctest.DocTestParser().get_doctest(block.code, {}, page.name, str(page), block.line - 1)
    if not test.examples:
        raise PageError(page, block.line, "this pycon block has no >>> prompt")
    test.globs = namespace  # not a copy, which is what doctest would make: the next block knows these names too
    try:
        doctest.DebugRunner(optionflags=LIKE).run(test, clear_globs=False)
    except doctest.DocTestFailure as failure:
        line = block.line + failure.example.lineno
        raise PageError(page, line, difference(failure.example.want, failure.got)) from None
    except doctest.UnexpectedException as failure:
        _, error, _ = failure.exc_info
        line = block.line + failure.example.lineno
        raise PageError(page, line, f"{type(error).__name__}: {error}") from error


def run_console(page: Path, block: Block, directory: Path) -> None:
    __tracebackhide__ = True
    # The commands of this very environment come first, whether or not it is activated: ours that need no loading.
    environment, requests = for_a_shell()
    for line, command, want in read_commands(page, block):
        done = subprocess.run(
            command,
            shell=True,
            cwd=directory,
            env=os.environ
            | environment
            | {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},  # both streams in a terminal's order
            pass_fds=[requests],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # a terminal shows both
            encoding="utf-8",
            timeout=SECONDS,
        )
        if done.returncode != 0:
            raise PageError(page, line, f"exit code {done.returncode} from: {command}\n{done.stdout}")
        if want.strip() and not doctest.OutputChecker().check_output(want, done.stdout, LIKE):
            raise PageError(page, line, difference(want, done.stdout))


def read_commands(page: Path, block: Block) -> Iterator[tuple[int, str, str]]:
    r"""Each command of a console block with its line and the output shown beneath it. A final \ continues a command."""
    lines = block.code.splitlines()
    if not lines or not lines[0].startswith("$ "):
        raise PageError(page, block.line, "a console block begins with `$ ` and a command")
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        last = start
        while lines[last].endswith("\\") and last + 1 < stop:
            last += 1
        command = "\n".join(lines[start : last + 1]).removeprefix("$ ")
        yield block.line + start, command, "\n".join(lines[last + 1 : stop]) + "\n"


def difference(want: str, got: str) -> str:
    return f"the page shows\n{textwrap.indent(want, '    ')}but it is\n{textwrap.indent(got, '    ')}"
