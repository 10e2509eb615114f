"""The vendor's own account: registry of its tenants, signing key, dashboard."""
