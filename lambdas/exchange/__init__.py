"""A tenant as a bundle that leaves for another vendor, and such a bundle brought in.

The bundle is described in schemas/exchange/. Everything here runs inside the tenant, in a function
of its own: the key lets nobody else read or write the tables.
"""
