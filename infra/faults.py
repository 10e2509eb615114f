"""What can be wrong outside of a manifest. By itself, so that to know it loads no CDK."""


class MissingAssetError(Exception):
    """A function's directory is not there; the text says which command makes it."""
