"""Measure the quote stripper on real mails: ``python -m tests.benchmarks.quotes [FOLDER]``.

The last line is JSON. ``test`` is only measured, never fitted to; its misses are not shown.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from app.pipeline.clean import clean_text

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "email"


def read(path: Path) -> list[dict[str, Any]]:
    """Read the mails of a split."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def exact(mail: dict[str, Any]) -> bool:
    """Tell whether ours is what the person wrote, white space aside."""
    return bool(clean_text(mail["text"]).text.split() == mail["expected"].split())


def main(folder: Path) -> None:
    """Print the share of exact matches of each split."""
    shares: dict[str, float] = {}
    for split in ("dev", "test"):
        mails = read(folder / f"quotes.{split}.jsonl.gz")
        misses = [mail["name"] for mail in mails if not exact(mail)]
        shares[split] = round(1 - len(misses) / len(mails), 3)
        print(f"{split}: {len(mails) - len(misses)} of {len(mails)} exact")
        if split == "dev":
            print("  not:", ", ".join(misses) or "none")
    print(json.dumps({"benchmark": "quotes", "exact": shares}))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
