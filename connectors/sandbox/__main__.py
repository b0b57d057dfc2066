"""``python -m connectors.sandbox``: run a sandbox helpdesk on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from flask import Flask

from connectors import KINDS
from connectors.sandbox.app import build, facade_of
from connectors.sandbox.serve import HOST, PortInUse, Server, check_port
from connectors.sandbox.store import FolderInUse, held

_EXAMPLE = """\
for example:
  python -m connectors.sandbox --helpdesk zendesk --port 8070 --data sandboxes/one \\
    --webhook-url http://127.0.0.1:8000/webhooks/zendesk

and beside it a second account of the same kind, with secrets of its own:
  python -m connectors.sandbox --helpdesk zendesk --port 8071 --data sandboxes/two \\
    --webhook-url http://127.0.0.1:8000/webhooks/zendesk-eu --secrets sandboxes/two.env
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 2 means that it could not start."""
    asked = _parser().parse_args(arguments)
    try:
        environ = {**os.environ, **_secrets(asked.secrets)}
        check_port(asked.port)
        with held(asked.data, asked.helpdesk):
            _serve(asked, environ)
    except (PortInUse, FolderInUse, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _serve(asked: argparse.Namespace, environ: Mapping[str, str]) -> None:
    banner = f"Sandbox {asked.helpdesk} listens on http://{HOST}:{asked.port}"
    Server(asked.port, lambda: _make(asked, environ), banner).run()


def _make(asked: argparse.Namespace, environ: Mapping[str, str]) -> Flask:
    sandbox = build(
        asked.helpdesk,
        facade_of(asked.helpdesk, environ),
        asked.data,
        asked.webhook_url,
        pace=asked.pace,
    )
    sandbox.couriers.start()
    return sandbox.app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m connectors.sandbox",
        description="Run a sandbox helpdesk on 127.0.0.1: a vendor's API, its webhooks, an inbox.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--helpdesk", choices=sorted(KINDS), default="zendesk")
    parser.add_argument("--port", type=int, default=8070)
    parser.add_argument("--data", type=Path, required=True, help="folder for its state alone")
    parser.add_argument("--webhook-url", default="", help="where events go; without it, nowhere")
    parser.add_argument(
        "--pace", type=float, default=1.0, help="stretches the waits before webhooks are repeated"
    )
    parser.add_argument(
        "--secrets", type=Path, help="file of SANDBOX_NAME=value lines; else the environment's"
    )
    return parser


def _secrets(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.strip().startswith("SANDBOX_"):
            raise ValueError(f"{path}: every line must be like SANDBOX_CLIENT_SECRET=value.")
        found[name.strip()] = value.strip()
    return found


if __name__ == "__main__":
    sys.exit(main())
