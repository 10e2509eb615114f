"""The commands of `soudan cost`, one module per matter."""
