"""Evaluation: how good retrieval is on anybody's data, beside systems that anybody can build."""
