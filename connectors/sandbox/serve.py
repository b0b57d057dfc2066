"""Runs a sandbox on loopback under gunicorn's threaded worker."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

HOST = "127.0.0.1"
THREADS = 32  # a fault may hold many of them


class PortInUse(Exception):
    """Somebody else listens there."""


def check_port(port: int) -> None:
    """Raise ``PortInUse`` rather than let gunicorn try again for seconds."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                raise PortInUse(
                    f"Port {port} on {HOST} cannot be used ({error.strerror}); choose another "
                    "with --port."
                ) from None
            raise


class Server(BaseApplication):  # type: ignore[misc]
    """One worker process with threads; the app is made inside it, after the fork."""

    def __init__(self, port: int, make: Callable[[], Flask], banner: str) -> None:
        self._port, self._make, self._banner = port, make, banner
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn needs; its own options and environment are not read."""
        for name, value in self._settings().items():
            self.cfg.set(name, value)

    def _settings(self) -> dict[str, Any]:
        return {
            "bind": f"{HOST}:{self._port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "accesslog": None,
            "loglevel": "warning",
            "timeout": 0,  # a fault may hold a request for long
            "graceful_timeout": 1,
            "keepalive": 5,
            "proc_name": "understudy-sandbox",
            "control_socket_disable": True,
            "post_worker_init": lambda _: self._listening(),
        }

    def _listening(self) -> None:
        sys.stdout.write(self._banner + "\n")
        sys.stdout.flush()

    def load(self) -> Flask:
        """Make the app, in the worker process."""
        return self._make()
