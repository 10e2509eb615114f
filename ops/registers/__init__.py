"""The registers of agencies and staff of a tenant, as the vendor fills them for a municipality."""
