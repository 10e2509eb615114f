"""Many tenants: synthesised together, compared with each other, deployed in waves."""
