"""The process that reads files for another one: it holds no secret, and its means are limited.

It is told its limits as its one argument and a path a line, both as JSON, and answers a line each.
"""

from __future__ import annotations

import json
import logging
import math
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from app.knowledge.files.readers import read_file
from app.knowledge.files.records import Answer, Limits, Unreadable


def main(limits: Limits) -> None:
    """Answer until there is nobody left to ask."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    logging.disable()
    _confine(limits)
    _tell(answers, Answer())  # ready
    for line in sys.stdin.buffer:
        _allow(limits.seconds)
        _tell(answers, answer(Path(json.loads(line)), limits))


def answer(path: Path, limits: Limits) -> Answer:
    """Read a file, or say why not."""
    try:
        return Answer(reading=read_file(path, limits))
    except Unreadable as error:
        return Answer(fault=error.fault)


def _tell(answers: IO[bytes], what: Answer) -> None:
    answers.write(what.model_dump_json().encode() + b"\n")
    answers.flush()


def _confine(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (most, most))


def _allow(seconds: int) -> None:
    """Let the system end this process where a file takes longer, even if nobody waits any more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soon = math.ceil(used.ru_utime + used.ru_stime) + seconds
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soon, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(Limits(**json.loads(sys.argv[1])))
