"""The published suite: what an offer says it can do, tried on a running system, by function.

It speaks to nothing but the standard API (schemas/openapi.json), as members of staff who sign in.
"""
