"""Statistics as Excel, and the baseline sheet that a reduction is measured against."""
