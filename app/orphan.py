"""Run a command that ends when its parent does: ``python -m app.orphan PARENT_PID COMMAND ...``.

A supervisor that is killed can end nobody. On Linux the kernel then does it for us (prctl(2),
PR_SET_PDEATHSIG); elsewhere the command simply runs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """Become the command; never returns."""
    parent, command = int(argv[0]), argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # The parent may have ended before the line above: then no signal will ever come.
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell: this process becomes the command


if __name__ == "__main__":
    main(sys.argv[1:])
