"""Duties under the data-protection law and the municipality's own rules: how long records are
kept, what was provided to whom, disclosure to the person, and what a leak has touched."""
