"""The weights of the search, in one place.

``python -m tests.benchmarks.fit_retrieval ../shared/data/retrieval`` prints how they are found.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """How signals become one score; a score is in standard deviations over the articles.

    ``chunk``, ``sentence`` (cosines), ``words`` and ``grams`` (BM25) weigh the signals, and add up
    to 1. Found by the likelihood of the right article on the dev questions of three sets, drawn
    towards .35, .35, .15, .15, which others found best over seven collections; how strongly, sets
    that were left out in turn decided (recall@1 .866 there on average; .862 without any pull, with
    which the three themselves would gain .01 more; .850 at those others). Further grains
    (windows of three sentences, titles, words by sentence) gained nothing that held on a set that
    was left out.
    """

    chunk: float = 0.35
    sentence: float = 0.4
    words: float = 0.1
    grams: float = 0.15

    # Of a conversation: the customer's last message, and that with the one before it, mixed as
    # scores. On mtrag_a's dev dialogues: .899 and .884 alone, .913 mixed, .928 with the questions
    # of the last message beside them.
    last_message: float = 0.7

    # Questions of the past that are known to lead to an article (``retrieve.pointed``). They lift
    # an article only where they are nearer than any text of all articles without such questions
    # by the margin: of those nobody knows how near their questions would be, and a question is
    # mostly nearer to a question than to a text. So a few pointers do no harm where articles are
    # siblings (on seven sets, 5 to all examples, recall@1 never fell; a fixed gate at .8 cost up to
    # .004 and gained a quarter as much), and where all articles have some they weigh in full.
    pointer_gain: float = 30.0  # deviations for each 1.0 of cosine above the gate
    pointer_margin: float = 0.15
    pointer_floor: float = 0.3

    # How drafts from a passage fared moves it by this at most, and half as far after so many.
    record: float = 0.3
    record_half: float = 8.0

    # Is there an answer at all (``retrieve.answerability``): a logistic of the best article's
    # nearness (cosine) and lead (score over the logarithm of how many articles there are). AUROC
    # on sets left out in turn, against questions whose articles were hidden, unanswerable and
    # foreign ones: .888 on average, .869 for the cosine and .815 for the score alone; what share
    # of the question's words is known, the gap to the next and agreement added nothing.
    near: float = 7.7
    lead: float = 4.5
    answerable_at: float = 8.0


WEIGHTS = Weights()
