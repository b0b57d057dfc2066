"""A soak: thousands of tickets on a sandbox in which everything goes wrong, judged by its record.

``python -m tests.chaos.soak --help`` says how to run it.
"""
