"""Bills of the provider: read, checked, and taken apart without losing a fraction of a cent."""
