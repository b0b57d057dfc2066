"""``python -m app.cli`` is ``understudy``."""

from app.cli import main

main(prog_name="understudy")
