"""The life of a tenant: states in the vendor's registry, steps that can be taken up again."""
