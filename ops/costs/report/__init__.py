"""The report of a month: its figures, and the forms they are shown in."""
