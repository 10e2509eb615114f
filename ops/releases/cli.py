"""`soudan release …`: what a release is made of, and what is known against it."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.version import version
from ops.local import assets
from ops.releases.advisories import AdvisoryError, Judged, judge
from ops.releases.materials import MaterialsError, materials
from ops.releases.sbom import bill, read

app = typer.Typer(
    help="1つの版が何からできているか、既知の弱点があるかを示します。", no_args_is_help=True
)

_progress = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]

# Read by scripts: a verdict that is not known must not look like a clean one.
EXIT_CODES = {"nothing-found": 0, "affected": 1, "unknown": 2}


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (MaterialsError, AdvisoryError) as error:
        _progress.print(str(error), style="red", markup=False, soft_wrap=True)
        # Neither "affected" nor "not known".
        raise typer.Exit(3) from error


@app.command()
def sbom(
    out: Annotated[Path, typer.Option(help="書くファイル")],
    as_json: AsJson = False,
) -> None:
    """部品表(CycloneDX 1.6、JSON)を書きます。同じソースからは、いつも同じ内容になります。

    環境に入るもの(関数の部品、画面の部品、字形)だけを載せます。
    """
    with _told():
        found = materials()
        text = bill(found)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(text, "utf-8")
        except OSError as error:
            raise MaterialsError(f"{out} に書き込めません。") from error
    counts = Counter(one.kind for one in found)
    content = {"file": str(out), "version": version(), "release": assets.release(), **counts}
    if as_json:
        typer.echo(json.dumps(content, ensure_ascii=False))
    else:
        typer.echo(
            f"{out} を書きました(版 {content['release']}、関数の部品 {counts['pypi']}、"
            f"画面の部品 {counts['npm']}、字形 {counts['font']})。"
        )


@app.command()
def licences(as_json: AsJson = False) -> None:
    """環境に入るものと、その使用許諾を示します。"""
    with _told():
        found = materials()
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    table = Table("種類", "名前", "版", "使用許諾", "入るところ")
    for one in found:
        table.add_row(one.kind, one.name, one.version, one.licence, "、".join(one.where))
    Console().print(table)


@app.command()
def vulnerabilities(
    bill_file: Annotated[Path, typer.Argument(help="部品表(release sbom が書いたファイル)")],
    advisories: Annotated[
        list[Path] | None,
        typer.Option(help="OSV の資料: JSON、フォルダー、zip(何度でも)。通信はしません"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="結果(JSON)を書くファイル")] = None,
    as_json: AsJson = False,
) -> None:
    """部品表を、手元に置いた OSV の資料と照らします。

    終了コード 0: 資料の範囲では該当なし、1: 該当あり、2: 判定できない、3: 読めない。
    資料を指定しないとき、版を比べられないときは 2 です。
    """
    with _told():
        content = read(bill_file)
        found = judge(content, advisories or [])
        answer = {
            "release": content.get("serialNumber"),
            "verdict": found.verdict,
            "hits": [asdict(hit) for hit in found.hits],
            "advisories": dict(found.read),
            "packages": dict(found.judged),
            "withoutData": found.without_data,
            "latestAdvisory": found.latest,
        }
        text = json.dumps(answer, ensure_ascii=False, indent=1)
        if out is not None:
            try:
                out.write_text(text + "\n", "utf-8")
            except OSError as error:
                raise MaterialsError(f"{out} に書き込めません。") from error
    if as_json:
        typer.echo(text)
    else:
        _show(found)
    raise typer.Exit(EXIT_CODES[found.verdict])


def _show(found: Judged) -> None:
    for hit in found.hits:
        word = "該当" if hit.sure else "版を比べられない"
        cure = f"直った版 {'、'.join(hit.fixed)}" if hit.fixed else "直った版は資料にない"
        typer.echo(
            f"{word}: {hit.package} {hit.version} {hit.advisory} {hit.summary}"
            f"({cure}、入るところ {'、'.join(hit.where)})"
        )
    for ecosystem, count in found.judged.items():
        typer.echo(
            f"{ecosystem}: 部品 {count} を、資料 {found.read.get(ecosystem, 0)} 件と照らしました。"
        )
    for ecosystem in found.without_data:
        typer.echo(f"{ecosystem} の資料が与えられていません。弱点がないという意味ではありません。")
    if found.verdict == "nothing-found":
        typer.echo(
            f"与えられた資料(最新 {found.latest})には、該当するものがありません。"
            "資料にない弱点と、部品の中に組み込まれたものは分かりません。"
        )
