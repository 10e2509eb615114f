"""Scheduled work of a tenant."""
