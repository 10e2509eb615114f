"""Invoices by an offer's price list, with the fields of a qualified invoice (適格請求書)."""
