"""The control API's part for articles and saved replies: tests and demos play the writers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, request

from connectors.sandbox import asks
from connectors.sandbox import asks_library as wanted
from connectors.sandbox.helpdesk import Helpdesk, Problem
from connectors.sandbox.library import NewArticle, NewReply, NewTranslation
from connectors.sandbox.records import Article, Audience, Group, Reply
from connectors.sandbox.text import html_of
from connectors.sandbox.views import when

Told = dict[str, Any]


class LibraryControl:
    """The routes; mistakes are ``Problem``."""

    def __init__(self, desk: Helpdesk) -> None:
        self._desk = desk
        self._library = desk.library

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        for method, path, view in (
            ("GET", "/articles", self.articles),
            ("PUT", "/articles", self.put_articles),
            ("POST", "/articles", self.add_article),
            ("PATCH", "/articles/<given>", self.edit_article),
            ("DELETE", "/articles/<given>", self.delete_article),
            ("GET", "/replies", self.replies),
            ("PUT", "/replies", self.put_replies),
            ("POST", "/replies", self.add_reply),
            ("PATCH", "/replies/<given>", self.edit_reply),
            ("DELETE", "/replies/<given>", self.delete_reply),
        ):
            blueprint.add_url_rule(path, f"{method}{path}", view, methods=[method])

    # Articles

    def articles(self) -> Told:
        """List the help centre."""
        return {"articles": [_article(each) for each in self._library.articles()]}

    def put_articles(self) -> Told:
        """Replace the help centre; tells under which id each article is now found."""
        asked = [asks.read(wanted.ArticleAsk, item) for item in _items("articles")]
        _apart([str(each.id) for each in asked], "articles")
        with self._desk.store.transaction():
            new = [self._new_article(each) for each in asked]
            return {"articles": self._library.replace_articles(new)}

    def add_article(self) -> tuple[Told, int]:
        """Write one article."""
        asked = asks.read(wanted.ArticleAsk, request.get_json(silent=True))
        with self._desk.store.transaction():
            return _article(self._library.write(self._new_article(asked))), 201

    def edit_article(self, given: str) -> Told:
        """Change some of an article: its text, who may read it, its translations."""
        asked = asks.read(wanted.ArticleEdit, request.get_json(silent=True))
        with self._desk.store.transaction():
            new = replace(_again(self._article(given)), **self._told(asked))
            return _article(self._library.write(new))

    def delete_article(self, given: str) -> Told:
        """Delete an article."""
        self._library.remove(self._article(given))
        return {"articles": []}

    def _article(self, given: str) -> Article:
        found = self._library.article(given)
        if found is None:
            raise Problem(f"There is no article {given}.")
        return found

    def _new_article(self, asked: wanted.ArticleAsk) -> NewArticle:
        return NewArticle(given=str(asked.id), **self._told(asked))

    def _told(self, asked: wanted.ArticleEdit) -> Told:
        told = asked.told
        if "audience" in asked.model_fields_set:
            told["audience"] = asked.audience and self._audience(asked.audience)
        if "translations" in asked.model_fields_set:
            told["translations"] = tuple(
                NewTranslation(
                    locale,
                    each.title,
                    html_of(each.body, asked.format),
                    each.published,
                    each.outdated,
                )
                for locale, each in asked.translations.items()
            )
        return told

    def _audience(self, asked: wanted.AudienceAsk) -> Audience:
        return Audience(
            person_ids=tuple(self._desk.person("customer", "", one).id for one in asked.people),
            organization_ids=tuple(self._desk.organization(one).id for one in asked.accounts),
            all_tags=asked.all_tags,
            any_tags=asked.any_tags,
            verified=asked.verified,
        )

    # Saved replies

    def replies(self) -> Told:
        """List the saved replies."""
        return {"replies": [self._shown(each) for each in self._library.replies()]}

    def put_replies(self) -> Told:
        """Replace all saved replies; tells under which id each is now found."""
        asked = [asks.read(wanted.ReplyAsk, item) for item in _items("replies")]
        _apart([str(each.id) for each in asked], "replies")
        with self._desk.store.transaction():
            new = [self._new_reply(each) for each in asked]
            return {"replies": self._library.replace_replies(new)}

    def add_reply(self) -> tuple[Told, int]:
        """Keep one more reply ready."""
        asked = asks.read(wanted.ReplyAsk, request.get_json(silent=True))
        with self._desk.store.transaction():
            return self._shown(self._library.keep(self._new_reply(asked))), 201

    def edit_reply(self, given: str) -> Told:
        """Change some of a saved reply."""
        asked = asks.read(wanted.ReplyEdit, request.get_json(silent=True))
        with self._desk.store.transaction():
            old = self._reply(given)
            now = NewReply(old.given, old.name, old.html, old.folder, old.public, old.group_id)
            return self._shown(self._library.keep(replace(now, **self._reply_told(asked))))

    def delete_reply(self, given: str) -> Told:
        """Delete a saved reply."""
        self._library.drop(self._reply(given))
        return {"replies": []}

    def _reply(self, given: str) -> Reply:
        found = self._library.reply(given)
        if found is None:
            raise Problem(f"There is no saved reply {given}.")
        return found

    def _new_reply(self, asked: wanted.ReplyAsk) -> NewReply:
        return NewReply(given=str(asked.id), **self._reply_told(asked))

    def _reply_told(self, asked: wanted.ReplyEdit) -> Told:
        told = asked.told
        if "group" in asked.model_fields_set:
            told["group_id"] = self._desk.group(asked.group).id if asked.group else None
        return told

    def _shown(self, reply: Reply) -> Told:
        group = self._desk.store.get(Group, reply.group_id) if reply.group_id else None
        return {
            "id": reply.given,
            "number": reply.id,
            "name": reply.name,
            "folder": reply.folder,
            "public": reply.public,
            "group": group.name if group else None,
            "updated_at": when(reply.updated_at),
        }


def _items(name: str) -> list[Any]:
    body = request.get_json(silent=True)
    items = body.get(name) if isinstance(body, dict) else body
    if not isinstance(items, list):
        raise Problem(f"The body must be a list of {name}.")
    return items


def _apart(given: Sequence[str], name: str) -> None:
    if len(set(given)) < len(given):
        raise Problem(f"Two {name} have the same id.")


def _again(article: Article) -> NewArticle:
    """The article as it would be handed in again."""
    return NewArticle(
        given=article.given,
        title=article.title,
        html=article.html,
        sections=article.sections,
        labels=article.labels,
        visibility=article.visibility,
        audience=article.audience,
        outdated=article.outdated,
        locale=article.locale,
        translations=tuple(
            NewTranslation(each.locale, each.title, each.html, each.published, each.outdated)
            for each in article.translations
        ),
        url=article.url,
    )


def _article(article: Article) -> Told:
    return {
        "id": article.given,
        "number": article.id,
        "title": article.title,
        "section": article.section,
        "visibility": article.visibility,
        "audience": article.audience and asdict(article.audience),
        "outdated": article.outdated,
        "translations": [each.locale for each in article.translations],
        "updated_at": when(article.updated_at),
    }
