"""Attachments: what a file is, judged by its content alone, and what text it holds.

Pure: bytes in, an `Examined` or a `RefusedError` out. `kinds` says what a file is, `images`,
`office` and `pdf` walk its structure, `names` judges its name, `judgement` puts them together.
"""
