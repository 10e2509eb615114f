"""Bundles on the operator's side: fetched, signed, checked, sent in."""
