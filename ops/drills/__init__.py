"""Drills: restoring a tenant before it is needed."""
