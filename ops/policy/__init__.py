"""The audit trail, verified from outside the tenant."""
