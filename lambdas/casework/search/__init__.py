"""Finding past cases within what the caller may see (docs/decisions/0014-search.md).

`folding` makes search keys, `content` says what of a record is indexed, `catalogue` holds the
index of a whole tenant in memory and what one actor sees of it, `query` and `similar` ask it.
"""
