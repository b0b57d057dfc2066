"""The extractive answerer as a LangChain chat model: it speaks the same JSON as the others."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from app.extractive.choose import WEIGHTS, Candidate, SentenceRanker, Weights, choose


class ExtractiveModel(BaseChatModel):
    """Answers with the passages' own words; needs no account, no network and no GPU."""

    ranker: SentenceRanker
    weights: Weights = WEIGHTS

    @property
    def _llm_type(self) -> str:
        return "understudy-extractive"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = json.loads(str(messages[-1].content))
        passages = [
            Candidate(
                id=str(passage["id"]),
                title=str(passage.get("title", "")),
                text=str(passage.get("text", "")),
                heading=str(passage.get("heading", "")),
                earlier_answer=passage.get("kind") == "earlier answer",
            )
            for passage in asked["passages"]
        ]
        quotes, open_questions = choose(str(asked["question"]), passages, self.ranker, self.weights)
        reply = {
            "statements": [{"text": q.text, "passage_id": q.passage_id} for q in quotes if q.text],
            "not_covered": open_questions,
        }
        message = AIMessage(content=json.dumps(reply, ensure_ascii=False))
        return ChatResult(generations=[ChatGeneration(message=message)])
