"""The rules of casework: pure Python. Time and identity come in as arguments; no AWS, no HTTP."""
