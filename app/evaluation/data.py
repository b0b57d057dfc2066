"""What is evaluated: articles, questions and examples, as JSON lines that people bring along.

Fields that we do not know are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from app.domain import Metadata
from app.json_lines import DataError, Id, as_text, each_once, read_rows
from app.knowledge.documents import Document
from app.knowledge.metadata import metadata_of_labels

# What a person may call it in ``metadata`` -> what a label calls it.
_KEYS = {
    **{"area": "area", "areas": "area", "audience": "audience", "plan": "plan", "plans": "plan"},
    **{"page": "page", "pages": "page", "severity": "severity", "resolution": "resolution"},
}


def _empty_if_none(value: Any) -> Any:
    return "" if value is None else as_text(value)


def _plain_if_none(value: Any) -> Any:
    return "text" if value is None else value


def _only_a_mapping(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


Text = Annotated[str, BeforeValidator(_empty_if_none)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EvalArticle(_Row):
    """An article; ``metadata`` may say what labels say, and the article's locale."""

    id: Id
    title: Text
    body: Text
    format: Annotated[Literal["text", "markdown", "html"], BeforeValidator(_plain_if_none)] = "text"
    url: Text = ""
    metadata: Annotated[dict[str, Any], BeforeValidator(_only_a_mapping)] = {}


class _Asking(_Row):
    text: Text


class EvalQuestion(_Asking):
    """A question with the articles that answer it; without any it is unanswerable.

    One without words is asked like any other.
    """

    id: Id
    relevant: tuple[Id, ...]


class EvalExample(_Asking):
    """A question of the past that is known to lead to an article."""

    article_id: Id


@dataclass(frozen=True, slots=True)
class EvalSet:
    """All that one evaluation is about; ``warnings`` are sentences about what is odd in it."""

    articles: tuple[EvalArticle, ...]
    questions: tuple[EvalQuestion, ...]
    examples: tuple[EvalExample, ...] = ()
    warnings: tuple[str, ...] = ()


def load_set(
    articles: Path,
    questions: Path,
    examples: Path | None = None,
    *,
    limit: int | None = None,
    examples_limit: int | None = None,
) -> EvalSet:
    """Read a set, of the questions and examples the first so many; raises ``DataError``.

    A relevant article that there is not stays: it counts as never found, and a warning tells. An
    example without text, or of an article that there is not, is left out, with a warning.
    """
    read = tuple(row for _, row in each_once(articles, read_rows(articles, EvalArticle)))
    _require(read, articles, "article")
    asked = list(each_once(questions, read_rows(questions, EvalQuestion)))[:limit]
    _require(asked, questions, "question")
    given = list(read_rows(examples, EvalExample))[:examples_limit] if examples else []
    if examples and examples_limit != 0:
        _require(given, examples, "example")
    known = {article.id for article in read}
    wanted = [(number, one) for number, question in asked for one in question.relevant]
    pointing = [(number, example.article_id) for number, example in given]
    return EvalSet(
        articles=read,
        questions=tuple(question for _, question in asked),
        examples=tuple(
            example for _, example in given if example.text.strip() and example.article_id in known
        ),
        warnings=(
            *_blank(questions, asked, "question", "they are asked all the same"),
            *_blank(examples, given, "example", "these are left out"),
            *_strangers(questions, wanted, known, "they count as never found"),
            *_strangers(examples, pointing, known, "these examples are left out"),
        ),
    )


def document_of(article: EvalArticle) -> Document:
    """Turn an article into what the product reads."""
    locale = article.metadata.get("locale")
    return Document(
        id=article.id,
        title=article.title,
        body=article.body,
        form=article.format,
        url=article.url,
        locale=locale if isinstance(locale, str) else "",
        metadata=metadata_from(article.metadata),
    )


def metadata_from(mapping: Mapping[str, Any]) -> Metadata:
    """Read what somebody wrote about an article; what makes no sense is passed over."""
    labels = [*_texts(mapping.get("labels"))]
    for name, value in mapping.items():
        key = _KEYS.get(name.strip().lower())
        labels += [f"{key}:{text}" for text in _texts(value)] if key else []
    return metadata_of_labels(labels)


def _texts(value: Any) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    yield from (one for one in values if isinstance(one, str) and one.strip())


def _require(rows: Sequence[object], path: Path, what: str) -> None:
    if not rows:
        raise DataError(f"{path}: has no {what} in it.")


def _blank(
    path: Path | None, rows: Sequence[tuple[int, _Asking]], what: str, so: str
) -> Iterator[str]:
    blank = [number for number, row in rows if not row.text.strip()]
    if blank:
        yield (
            f"{path}: {len(blank)} of the {what}s have no text "
            f"(line {blank[0]} is the first); {so}."
        )


def _strangers(
    path: Path | None, named: Iterable[tuple[int, str]], known: Set[str], so: str
) -> Iterator[str]:
    strange = [(number, one) for number, one in named if one not in known]
    if strange:
        number, first = strange[0]
        yield (
            f"{path}: {len(strange)} of the article ids named there belong to no article "
            f"({first!r} on line {number} is the first); {so}."
        )
