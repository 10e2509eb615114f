"""What runs inside a tenant. Imports point one way: api, jobs -> store -> casework."""
