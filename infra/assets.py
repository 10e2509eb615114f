"""Where a function's code lies. The directories are made by `make assets`, not at synthesis."""

from __future__ import annotations

import shutil
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra.faults import MissingAssetError

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
# Where the function looks for layouts of its municipality's own.
_OWN_LAYOUTS = Path("lambdas", "papers", "layouts", "own")


def function_code(*, concern: str, environment: str, build: Path = BUILD) -> lambda_.AssetCode:
    """Code of one of the FUNCTIONS, as an asset named by its content alone.

    The local cloud runs functions with the host's interpreter, AWS on arm64: native wheels differ.
    """
    return lambda_.Code.from_asset(str(_directory(concern, environment, build)))


def papers_code(layouts: str | None, environment: str, build: Path = BUILD) -> lambda_.AssetCode:
    """Code of the function that prints, with the municipality's own layouts (a directory as seen
    from the project's) where it has any. Raises MissingAssetError."""
    if layouts is None:
        return function_code(concern="papers", environment=environment, build=build)
    own = ROOT / layouts
    if not own.is_dir():
        raise MissingAssetError(
            f"帳票の体裁のフォルダー {layouts} がありません。"
            "設定の papers.layouts に書いた場所を確かめてください。"
        )
    directory = _directory("papers", environment, build)
    return lambda_.Code.from_asset(
        str(directory),
        asset_hash_type=AssetHashType.OUTPUT,
        bundling=BundlingOptions(
            # Never used: the bundling below needs no container.
            image=DockerImage.from_registry("none"),
            local=_WithLayouts(directory, own),
        ),
    )


@jsii.implements(ILocalBundling)
class _WithLayouts:
    """The function's directory with layouts put beside the built-in ones."""

    def __init__(self, directory: Path, layouts: Path) -> None:
        self._directory, self._layouts = directory, layouts

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        shutil.copytree(self._directory, output_dir, dirs_exist_ok=True)
        shutil.copytree(self._layouts, Path(output_dir) / _OWN_LAYOUTS, dirs_exist_ok=True)
        return True


def _directory(concern: str, environment: str, build: Path) -> Path:
    platform = "lambda-host" if environment == "local" else "lambda-aarch64"
    directory = build / platform / concern
    if not directory.is_dir():
        raise MissingAssetError(
            f"関数のプログラム {directory} がありません。先に `make assets` を実行してください。"
        )
    return directory
