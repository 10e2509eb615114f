"""Documents for people: HTML pages that stand alone, and PDF."""
