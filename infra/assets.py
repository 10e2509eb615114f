"""Where a function's code lies. The directories are made by `make assets`, not at synthesis."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_lambda as lambda_

BUILD = Path(__file__).resolve().parents[1] / ".build"


class MissingAssetError(Exception):
    """A function's directory is not there; the text says which command makes it."""


def function_code(*, concern: str, environment: str, build: Path = BUILD) -> lambda_.AssetCode:
    """Code of the function "api" or "jobs", as an asset named by its content alone.

    The local cloud runs functions with the host's interpreter, AWS on arm64: native wheels differ.
    """
    platform = "lambda-host" if environment == "local" else "lambda-aarch64"
    directory = build / platform / concern
    if not directory.is_dir():
        raise MissingAssetError(
            f"関数のプログラム {directory} がありません。先に `make assets` を実行してください。"
        )
    return lambda_.Code.from_asset(str(directory))
