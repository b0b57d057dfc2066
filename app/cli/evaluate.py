"""``understudy evaluate``: how good it is on your own data, in a space that is thrown away."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from app.cli import example, group
from app.cli.common import Progress, said_plainly, searching
from app.ledger.migrate import migrate
from app.logs import set_up_logs
from app.services import Services
from app.settings import load_settings, make_data_dir, read_environ
from connectors.errors import Misconfigured

if TYPE_CHECKING:
    from app.evaluation.data import EvalSet
    from app.evaluation.ours import Space
    from app.evaluation.systems import Evaluation

# Nothing else of the settings counts here: the stores are our own, and there is no helpdesk.
_SETTINGS = ("EMBEDDINGS", "DATA_DIR")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@group(
    "evaluate",
    "Measure on your own data, beside what anybody could build.",
    "understudy evaluate retrieval --articles kb.jsonl --questions questions.jsonl",
)
def command() -> None:
    """Hold the commands that measure."""


@command.command(
    short_help="Is the right article found? Beside BM25, cosine, their fusion, LangChain.",
    epilog=example(
        "understudy evaluate retrieval --articles kb.jsonl --questions questions.jsonl.gz",
        "understudy evaluate retrieval --articles kb.jsonl --questions questions.jsonl.gz"
        " --examples past.jsonl --json",
    ),
)
@click.option(
    "--articles",
    type=_FILE,
    required=True,
    help="JSON lines {id, title, body, format?: text|markdown|html, url?, metadata?}; any of "
    "these files may be .gz.",
)
@click.option(
    "--questions",
    type=_FILE,
    required=True,
    help="JSON lines {id, text, relevant: [article ids]}; an empty list says unanswerable.",
)
@click.option(
    "--examples",
    type=_FILE,
    help="JSON lines {text, article_id}: questions of the past, given to every system.",
)
@click.option(
    "--baseline",
    "baselines",
    type=click.Choice(["all", "bm25", "dense", "rrf", "langchain", "none"]),
    multiple=True,
    default=("all",),
    show_default=True,
    help="What to compare with (again for a further one); rrf brings bm25 and dense along.",
)
@click.option("--limit", type=click.IntRange(1), help="Ask only the first so many questions.")
@click.option("--examples-limit", type=click.IntRange(0), help="Give only the first so many.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of the bootstrap: the same seed gives the same intervals.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option(
    "--run",
    "run_file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write each question's rankings there, to score them yourself: JSON lines {id, ranking: "
    "[[article id, score], ...], answerability, baselines: {name: [[article id, score], ...]}}, "
    "best first, ten of each.",
)
@click.pass_obj
def retrieval(
    env_file: Path,
    *,
    articles: Path,
    questions: Path,
    examples: Path | None,
    baselines: tuple[str, ...],
    limit: int | None,
    examples_limit: int | None,
    seed: int,
    as_json: bool,
    run_file: Path | None,
) -> None:
    """Measure whether the right article is found, beside systems that anybody can build.

    All of them are asked the same questions in the same run: this product's own retrieval; BM25
    (stems, stop words); cosine of the embedding model; reciprocal rank fusion of both; the plain
    LangChain recipe. Shown are recall (is a relevant article among the first 1, 5, 10?), MRR and
    nDCG at 10, how well the top score tells answerable questions from others (AUROC), milliseconds
    a question, our lead over the best baseline with 95 % intervals (paired bootstrap), and for how
    many questions a wrong article comes first.

    It runs in a folder that is thrown away and touches no data of yours. Of the settings, only
    EMBEDDINGS counts, and the cache in DATA_DIR that keeps the model's graph.
    """
    from app.evaluation import report
    from app.evaluation.data import load_set

    with said_plainly():
        _require_writable(run_file)
        data = load_set(articles, questions, examples, limit=limit, examples_limit=examples_limit)
        for warning in data.warnings:
            click.echo(f"Warning: {warning}", err=True)
        progress = Progress()
        with throw_away_space(env_file) as space:
            evaluation = evaluate_in(space, data, baselines, progress)
        progress.close()
        figures = report.report_on(evaluation, seed)
        for line in report.lines_of(figures):
            click.echo(line, err=as_json)
        if run_file is not None:
            with run_file.open("w", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(line)}\n" for line in report.run_lines(evaluation))
        if as_json:
            click.echo(json.dumps(report.as_json(figures)))


def evaluate_in(
    space: Space, data: EvalSet, baselines: Collection[str], progress: Progress
) -> Evaluation:
    """Ask all systems a set's questions; a space serves one set only."""
    from app.evaluation import systems
    from app.evaluation.baselines import baselines as build
    from app.evaluation.ours import Understudy

    names = {*systems.BASELINES} if "all" in baselines else {*baselines} - {"none"}
    asked: Mapping[str, systems.System] = {
        systems.OURS: Understudy(space),
        **build(names, space.embedder, space.folder),
    }
    return systems.evaluate(data, asked, time.perf_counter, progress)


@contextmanager
def throw_away_space(env_file: Path | None) -> Iterator[Space]:
    """Open stores in a temporary folder, a vector store's process included."""
    from app.evaluation.ours import Space
    from app.knowledge.embed import load_embedder

    environ = read_environ(os.environ, env_file)
    settings = load_settings({name: environ[name] for name in _SETTINGS if name in environ})
    set_up_logs("warning", "auto")
    make_data_dir(settings)
    embedder = load_embedder(settings.embeddings, settings.cache_dir)
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="understudy-evaluate-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        migrate(own.ledger_url)
        with searching(Services(own, {})) as services:
            try:
                yield Space(services.ledger, services.vectors, Path(folder), embedder, time.time)
            finally:
                services.let_go()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Clear up on SIGTERM, too: by itself it would leave the folder."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _require_writable(file: Path | None) -> None:
    if file is None:
        return
    folder = file.absolute().parent
    if not folder.is_dir():
        raise Misconfigured([f"--run: there is no folder {folder}; make it first"])
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise Misconfigured([f"--run: {file} cannot be written"])
