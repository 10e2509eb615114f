"""The local cloud: the same CDK app, functions and API on this machine alone."""
