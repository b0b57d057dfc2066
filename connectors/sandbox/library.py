"""What the team wrote down: the help centre's articles, and the replies that agents keep ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.sandbox.edits import second
from connectors.sandbox.records import (
    Article,
    ArticleVisibility,
    Audience,
    PageKind,
    PageTurned,
    Reply,
    Translation,
)
from connectors.sandbox.store import Store

Reader = Callable[[Sequence[PageTurned]], None]


@dataclass(frozen=True, slots=True)
class NewTranslation:
    """An article in another language, about to be kept; its HTML is clean already."""

    locale: str
    title: str
    html: str
    published: bool = True
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be put into the help centre; its HTML is clean already."""

    given: str
    title: str
    html: str
    sections: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    visibility: ArticleVisibility = "public"
    audience: Audience | None = None
    outdated: bool = False
    locale: str = ""
    translations: tuple[NewTranslation, ...] = ()
    url: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewReply:
    """A reply for agents to keep ready; its HTML is clean already."""

    given: str
    name: str
    html: str
    folder: str = ""
    public: bool = True
    group_id: int | None = None


class Library:
    """Articles and saved replies; what happens to one article is announced to the reader."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], new_id: Callable[[], int]
    ) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id
        self.reader: Reader = lambda _: None

    # Articles

    def articles(self) -> list[Article]:
        """All articles, by id."""
        return self._store.all(Article)

    def article(self, given: str) -> Article | None:
        """Find an article by the id under which it was handed in."""
        return next((each for each in self.articles() if each.given == given), None)

    def replace_articles(self, wanted: Sequence[NewArticle]) -> dict[str, int]:
        """Make these the whole help centre; tells under which id each is now found.

        Like an import at a vendor's, it is not announced.
        """
        with self._store.transaction():
            old = {article.given: article for article in self.articles()}
            kept = [self._written(new, old.get(new.given)) for new in wanted]
            numbers = {article.given: article.id for article in kept}
            for given, article in old.items():
                if given not in numbers:
                    self._store.remove(Article, article.id)
            self._changed()
            return numbers

    def write(self, new: NewArticle) -> Article:
        """Put one article in place of the one with its id, or beside all others."""
        with self._store.transaction():
            old = self.article(new.given)
            article = self._written(new, old)
            kind = _turned(old, article)
            self._changed()
            if kind is not None:
                self.reader([PageTurned(kind, article)])
            return article

    def remove(self, article: Article) -> None:
        """Delete an article."""
        with self._store.transaction():
            self._store.remove(Article, article.id)
            self._changed()
            self.reader([PageTurned("deleted", article)])

    def _written(self, new: NewArticle, old: Article | None) -> Article:
        at = second(self._now())
        article = Article(
            id=old.id if old else self._new_id(),
            given=new.given,
            title=new.title,
            html=new.html,
            created_at=old.created_at if old else at,
            updated_at=old.updated_at if old else at,
            sections=new.sections,
            labels=new.labels,
            visibility=new.visibility,
            audience=new.audience,
            outdated=new.outdated,
            locale=new.locale,
            translations=_translations(new, old, at),
            url=new.url,
        )
        if new.updated_at is not None:
            article = replace(article, updated_at=new.updated_at)
        elif article != old:
            article = replace(article, updated_at=at)
        if article != old:
            self._store.put(article)
        return article

    # Saved replies

    def replies(self) -> list[Reply]:
        """All saved replies, by id."""
        return self._store.all(Reply)

    def reply(self, given: str) -> Reply | None:
        """Find a saved reply by the id under which it was handed in."""
        return next((each for each in self.replies() if each.given == given), None)

    def replace_replies(self, wanted: Sequence[NewReply]) -> dict[str, int]:
        """Make these all the saved replies; tells under which id each is now found."""
        with self._store.transaction():
            kept = {new.given: self.keep(new).id for new in wanted}
            for reply in self.replies():
                if reply.given not in kept:
                    self._store.remove(Reply, reply.id)
            return kept

    def keep(self, new: NewReply) -> Reply:
        """Put one saved reply in place of the one with its id, or beside all others."""
        with self._store.transaction():
            old = self.reply(new.given)
            at = second(self._now())
            reply = Reply(
                id=old.id if old else self._new_id(),
                given=new.given,
                name=new.name,
                html=new.html,
                created_at=old.created_at if old else at,
                updated_at=old.updated_at if old else at,
                folder=new.folder,
                public=new.public,
                group_id=new.group_id,
            )
            if reply != old:
                reply = replace(reply, updated_at=at)
                self._store.put(reply)
            return reply

    def drop(self, reply: Reply) -> None:
        """Delete a saved reply."""
        with self._store.transaction():
            self._store.remove(Reply, reply.id)

    def _changed(self) -> None:
        self._store.next("sequence")  # pages that show articles are old now


def _translations(new: NewArticle, old: Article | None, at: datetime) -> tuple[Translation, ...]:
    known = {each.locale: each for each in old.translations} if old else {}
    made = []
    for each in new.translations:
        before = known.get(each.locale)
        translation = Translation(
            each.locale,
            each.title,
            each.html,
            before.updated_at if before else at,
            each.published,
            each.outdated,
        )
        if translation != before:
            translation = replace(translation, updated_at=at)
        made.append(translation)
    return tuple(made)


def _turned(old: Article | None, new: Article) -> PageKind | None:
    """Tell what became of an article for those who can see it; ``None`` where nothing did."""
    if old == new:
        return None
    was = old is not None and old.published
    if new.published:
        return "changed" if was else "published"
    return "unpublished" if was else "changed"
