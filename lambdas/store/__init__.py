"""How casework objects are kept: PynamoDB models and the repository over them."""
