"""The answerer that needs no language model: it quotes what answers the question.

``units`` cuts texts up, ``choose`` picks what to quote, ``model`` makes it a LangChain chat model.
"""
