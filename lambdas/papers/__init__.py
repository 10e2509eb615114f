"""Papers: what of a case, a meeting or a decision is printed, as PDF or as a workbook."""
