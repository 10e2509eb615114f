"""`soudan cost …`: what a tenant will cost, did use, and was billed."""

from ops.costs.commands import bills, estimates, invoices, ledgers, prices
from ops.costs.commands.app import app

# Importing a module of commands registers them.
MODULES = (bills, estimates, invoices, ledgers, prices)

__all__ = ["MODULES", "app"]
