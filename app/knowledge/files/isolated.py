"""Reading files in a child process: one that hangs, bursts or crashes on a file is replaced."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from app.knowledge.documents import SourceFailed
from app.knowledge.files.records import Answer, Limits, Reading, Unreadable

_ROOT = Path(__file__).resolve().parents[3]
_START_PATIENCE = 60.0  # seconds; it takes half of one on an idle machine
_NO_CHILD = "no process can be had that reads files"
# The child is handed files that strangers may have written, and none of our secrets.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


class Isolated:
    """Reads files one after the other in a child; a context manager."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Isolated:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def __call__(self, path: Path) -> Reading:
        """Read a file; the first one starts the child.

        Raises ``Unreadable``, or ``SourceFailed`` where no child can be had.
        """
        child = self._child or self._started()
        line = self._asked(child, path)
        if line is None:
            self._end()
            raise Unreadable(
                "too-costly",
                f"took longer than {self._limits.seconds} s to read, or more than "
                f"{self._limits.memory_bytes >> 20} MB of memory: split it, or save it anew",
            )
        answer = Answer.model_validate_json(line)
        if answer.fault is not None:
            if answer.fault.code == "too-costly":
                self._end()  # what it used up is used up
            raise Unreadable(answer.fault.code, answer.fault.text)
        if answer.reading is None:
            raise Unreadable("broken", "gave no answer: save it anew")
        return answer.reading

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-B", "-P", "-m", "app.knowledge.files.child"]
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            self._child = subprocess.Popen(
                [*command, json.dumps(asdict(self._limits))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**inherited, "PYTHONPATH": str(_ROOT)},
            )
        except OSError as error:
            raise SourceFailed(f"{_NO_CHILD} ({error.strerror})") from None
        # Without a word of it, every single file would seem to be at fault.
        if self._answer(self._child, _START_PATIENCE) is None:
            raise SourceFailed(f"{_NO_CHILD} (it ended at once)")
        return self._child

    def _asked(self, child: subprocess.Popen[bytes], path: Path) -> bytes | None:
        """Hand over a path and wait for the line of its answer; ``None`` where none comes."""
        try:
            if child.stdin is not None:
                child.stdin.write(json.dumps(str(path)).encode() + b"\n")
                child.stdin.flush()
        except OSError:
            return None
        return self._answer(child, self._limits.patience)

    def _answer(self, child: subprocess.Popen[bytes], patience: float) -> bytes | None:
        pipe = child.stdout
        if pipe is None:
            return None
        until = time.monotonic() + patience
        most = 16 * self._limits.text_bytes  # twice the text, and JSON writes a letter in six bytes
        answer = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                if len(answer) > most or not ready.select(max(until - time.monotonic(), 0)):
                    return None
                piece = os.read(pipe.fileno(), 1 << 20)
                if not piece:
                    return None
                answer += piece
        return bytes(answer)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        child.wait()
