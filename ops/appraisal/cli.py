"""`soudan appraise …`: what an offer costs and brings a municipality, and the nation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.table import Table

from infra.manifest import ManifestError, check_digit, municipalities
from lambdas.casework.clock import JST
from lambdas.casework.statistics.periods import fiscal_year
from ops.api_client import SignInError, TenantClient
from ops.appraisal import assumptions, measured, survey
from ops.appraisal.assumptions import STATED, AssumptionError, Assumptions
from ops.appraisal.decision import Appraisal, appraise
from ops.appraisal.model import GapError, Town
from ops.appraisal.report import report
from ops.appraisal.simulation import LEAST_DRAWS, MOST_DRAWS
from ops.cases.workbook import UnreadableError
from ops.live import NotDeployedError, find
from ops.offers.definition import OFFERS, Offer, OfferError, load
from ops.offers.tariff import TariffError
from ops.problems import print_problems
from ops.reports import paper as papers
from ops.reports.paper import FontsMissingError, Paper, as_html, as_pdf
from ops.signing_in import sign_in
from ops.statistics.baseline import BaselineError, read_sheet

app = typer.Typer(
    help="導入の費用と効果を、自治体ごと、また全国について試算します。", no_args_is_help=True
)

UNUSABLE, REFUSED = 2, 3

_out = Console()
_err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")]
Force = Annotated[bool, typer.Option("--force", help="同じ名前のファイルがあれば書き換える")]
OfferFile = Annotated[Path, typer.Option("--offer", help="提案のファイル")]
Years = Annotated[int, typer.Option(help="年数(1から20)")]
Seed = Annotated[int, typer.Option(help="乱数の種。同じ種は同じ結果になる")]
Own = Annotated[Path | None, typer.Option("--assumptions", help="仮定を置き換えるファイル(.csv)")]
Reports = Annotated[
    list[Path] | None, typer.Option("--report", help="作る報告書(.html、.pdf。何度でも)")
]
Day = Annotated[str | None, typer.Option("--date", help="作成日(省略: 今日)")]
_REFERENCE = OFFERS / "soudan-reference.yaml"


@app.command()
def municipality(
    code: Annotated[str, typer.Argument(help="全国地方公共団体コード(検査数字を含む6桁)")],
    cases: Annotated[int | None, typer.Option(help="年間の新規ケース数")] = None,
    staff: Annotated[int | None, typer.Option(help="利用する職員数(外部の機関を含む)")] = None,
    agencies: Annotated[int | None, typer.Option(help="関わる機関の数")] = None,
    offer_file: OfferFile = _REFERENCE,
    fee_per_month: Annotated[
        str | None, typer.Option(help="月額(税込み、円)。提案の毎月の料金に置き換える")
    ] = None,
    ended: Annotated[
        str | None, typer.Option("--ended-bills", help="なくなる支払い(年額、税込み、円)")
    ] = None,
    hours_per_case: Annotated[
        str | None, typer.Option(help="1件にかかる記録・共有・会議などの時間")
    ] = None,
    reduction: Annotated[str | None, typer.Option(help="業務時間削減割合(例 0.3)")] = None,
    wider: Annotated[
        int | None, typer.Option("--widened-cases", help="対象を広げた場合の年間の新規ケース数")
    ] = None,
    years: Years = 5,
    from_year: Annotated[
        int | None, typer.Option(help="最初の年度(例 2027。省略: 次の年度)")
    ] = None,
    draws: Annotated[int, typer.Option(help="試行の回数")] = 10_000,
    seed: Seed = 1,
    own: Own = None,
    tenant: Annotated[
        Path | None, typer.Option(help="利用中の自治体の設定ファイル(実測を使う)")
    ] = None,
    measured_year: Annotated[
        str | None, typer.Option(help="実測を使う年度(例 2026。省略: 今の年度)")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="記入済みの事前の記録(.xlsx)。削減割合の実測に使う")
    ] = None,
    user: Annotated[str | None, typer.Option(help="実測を読む利用者ID")] = None,
    survey_file: Annotated[
        Path | None,
        typer.Option("--survey", help="意向の調査票(.xlsx)。なければ作り、あれば回答を読む"),
    ] = None,
    reports: Reports = None,
    day: Day = None,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """1つの自治体について、導入の費用と効果を試算し、答えとその理由を示します。

    答えは、導入、近隣と共同で導入、対象を広げて導入、見送り(再検討の年度)、現行を継続のどれかです。

    終了コード

    0: 試算した(または調査票を作った)

    2: 指定かファイルが使えない

    3: 利用中の自治体の環境に入れない
    """
    name = _name(code)
    today = _day(day)
    _may_write(reports, force=force)
    if survey_file is not None and not survey_file.exists():
        _write_survey(survey_file, code, name)
        return
    offer = _offer(offer_file, today)
    given = _Given(cases=cases, users=staff, agencies=agencies, wider=wider)
    try:
        assumed = assumptions.read("assumptions.csv", own)
        ended_yen = _money(ended, "--ended-bills")
        if survey_file is not None:
            answers = survey.read(survey_file, code)
            given = given.or_else(answers.cases, answers.users, answers.agencies, answers.wider)
            ended_yen = answers.ended if ended_yen is None else ended_yen
        if tenant is not None:
            found = _measured(tenant, measured_year, baseline, user, code, today)
            assumed = measured.in_place_of(assumed, found)
            given = given.or_else(found.cases, None, None, None)
        assumed = _stated(assumed, hours_per_case, reduction)
        town = _town(code, name, given, offer, years, assumed)
        town = _with_money(town, _money(fee_per_month, "--fee-per-month"), ended_yen)
        made = appraise(
            town,
            assumed,
            first_year=_first_year(from_year, today),
            draws=_within(draws, "--draws", LEAST_DRAWS, MOST_DRAWS),
            seed=_within(seed, "--seed", 0, 2**32 - 1),
            wider_cases=given.wider,
        )
    except (AssumptionError, GapError, TariffError, UnreadableError) as error:
        _fail([str(error)])
    except survey.SurveyError as error:
        _fail(["調査票を直してください。", *error.faults])
    _write_reports(reports, lambda: report(made, today))
    if as_json:
        typer.echo(json.dumps(_json(made), ensure_ascii=False, indent=1))
    else:
        _print(made)


@app.command()
def nation(
    adoption: Annotated[
        str, typer.Option(help="導入する団体の数(コンマで区切る)")
    ] = "10,50,200,473,1741",
    offer_file: OfferFile = _REFERENCE,
    years: Years = 5,
    draws: Annotated[int, typer.Option(help="試行の回数")] = 1_000,
    seed: Seed = 1,
    own: Own = None,
    nation_own: Annotated[
        Path | None,
        typer.Option("--nation-assumptions", help="全国の仮定を置き換えるファイル(.csv)"),
    ] = None,
    reports: Reports = None,
    day: Day = None,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """全国の市区町村について、国・事業者・市区町村の費用と便益を試算します。

    終了コード

    0: 試算した

    2: 指定かファイルが使えない
    """
    from ops.appraisal import nation_report
    from ops.appraisal.nation import simulate

    today = _day(day)
    _may_write(reports, force=force)
    offer = _offer(offer_file, today)
    try:
        town_rows = assumptions.read("assumptions.csv", own)
        nation_rows = assumptions.read("nation.csv", nation_own)
        found = simulate(
            offer,
            town_rows,
            nation_rows,
            adoption=_adoption(adoption),
            years=_within(years, "--years", 1, 20),
            draws=_within(draws, "--draws", 100, 10_000),
            seed=_within(seed, "--seed", 0, 2**32 - 1),
        )
    except (AssumptionError, GapError, TariffError) as error:
        _fail([str(error)])
    paper = nation_report.report(found, offer, town_rows, nation_rows, today)
    _write_reports(reports, lambda: paper)
    if as_json:
        typer.echo(json.dumps(nation_report.as_json(found), ensure_ascii=False, indent=1))
        return
    _print_paper(paper, 3)


# --- what was asked ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Given:
    """What the person gave; the rest is filled from a survey or from a live tenant."""

    cases: int | None
    users: int | None
    agencies: int | None
    wider: int | None

    def or_else(
        self, cases: int | None, users: int | None, agencies: int | None, wider: int | None
    ) -> "_Given":
        return _Given(
            cases=cases if self.cases is None else self.cases,
            users=users if self.users is None else self.users,
            agencies=agencies if self.agencies is None else self.agencies,
            wider=wider if self.wider is None else self.wider,
        )


def _name(code: str) -> str:
    known = municipalities()
    if code not in known:
        _refuse_code(code)
    return known[code]


def _refuse_code(code: str) -> NoReturn:
    known = municipalities()
    if len(code) == 6 and code.isascii() and code.isdecimal():
        right = code[:5] + check_digit(code[:5])
        if right in known:
            _fail([f"自治体コード {code} の検査数字が合いません。{right}({known[right]})ですか。"])
    _fail(
        [f"自治体コード {code} は市区町村の一覧にありません。検査数字を含む6桁を書いてください。"]
    )


def _town(
    code: str, name: str, given: _Given, offer: Offer, years: int, assumed: Assumptions
) -> Town:
    if given.cases is None or given.users is None:
        _fail(["--cases(年間の新規ケース数)と --staff(利用する職員数)を指定してください。"])
    users = _within(given.users, "--staff", 1, 10_000)
    agencies = given.agencies
    if agencies is None:
        agencies = max(1, round(users / assumed["users-per-agency"].mid))
    if given.wider is not None:
        _within(given.wider, "--widened-cases", given.cases, 100_000)
    return Town(
        code=code,
        name=name,
        cases=_within(given.cases, "--cases", 0, 10_000),
        users=users,
        agencies=_within(agencies, "--agencies", 1, 1_000),
        offer=offer,
        years=_within(years, "--years", 1, 20),
    )


def _with_money(town: Town, fee: Decimal | None, ended: Decimal | None) -> Town:
    return replace(town, fee=fee, ended=ended or Decimal(0))


def _stated(assumed: Assumptions, hours: str | None, reduction: str | None) -> Assumptions:
    rows = dict(assumed)
    for key, option, text, most in (
        ("hours-per-case", "--hours-per-case", hours, Decimal(10_000)),
        ("reduction", "--reduction", reduction, Decimal(1)),
    ):
        if text is not None:
            value = _number(text, option, most)
            rows[key] = rows[key].known(value, "入力した値", STATED)
    return rows


def _measured(
    tenant: Path,
    year: str | None,
    baseline: Path | None,
    user: str | None,
    code: str,
    today: date,
) -> measured.Measured:
    year = year or str(fiscal_year(today))
    try:
        live = find(tenant)
        if live.manifest.lg_code != code:
            _fail([f"{tenant} は {live.manifest.municipality} の設定で、{code} と違います。"])
        with TenantClient(live.url) as client:
            sign_in(client, live, tenant, user)
            answer = client.request("GET", "statistics", params={"period": year, "for": "report"})
    except (ManifestError, NotDeployedError) as error:
        _fail([str(error)])
    except SignInError as error:
        _fail([str(error)], REFUSED)
    except httpx.RequestError:
        _fail(["自治体の環境に接続できません。"], REFUSED)
    if not answer.is_success:
        _fail(["実績の集計を読めません。主管課の利用者と、年度を確かめてください。"], REFUSED)
    told = answer.json()
    before = None
    if baseline is not None:
        first = told["firstRecordOn"]
        since = date.fromisoformat(first) if first else None
        try:
            before = read_sheet(baseline, today=today, first_record=since)
        except BaselineError as error:
            _fail(["事前の記録を直してください。", *error.faults])
    return measured.measured(told, before)


def _first_year(from_year: int | None, today: date) -> int:
    if from_year is not None:
        return _within(from_year, "--from-year", 2019, 2100)
    return fiscal_year(today) + 1


def _adoption(text: str) -> list[int]:
    total = len(municipalities())
    numbers = []
    for part in text.split(","):
        if not (part.strip().isascii() and part.strip().isdecimal()):
            _fail(["--adoption は 10,50,200 のように、整数をコンマで区切って書いてください。"])
        numbers.append(_within(int(part), "--adoption", 1, total))
    return sorted(set(numbers))


def _offer(file: Path, today: date) -> Offer:
    try:
        return load(file, today=today)
    except OfferError as error:
        print_problems(_err, error)
        raise typer.Exit(UNUSABLE) from error


def _money(text: str | None, option: str) -> Decimal | None:
    if text is None:
        return None
    value = _number(text.replace(",", ""), option, Decimal(10_000_000_000))
    if value != value.to_integral_value():
        _fail([f"{option} は円の整数で書いてください。"])
    return value


def _number(text: str, option: str, most: Decimal) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not (value.is_finite() and 0 <= value <= most):
        _fail([f"{option} は 0 から {most:,} までの数で書いてください。"])
    return value


def _within(value: int, option: str, least: int, most: int) -> int:
    if not least <= value <= most:
        _fail([f"{option} は {least:,} から {most:,} までの整数で書いてください。"])
    return value


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(JST).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        _fail(["--date は 2026-11-28 のように書いてください。"])


# --- what is answered --------------------------------------------------------------------------


def _json(found: Appraisal) -> dict[str, Any]:
    town, middle = found.town, found.balances["mid"]
    return {
        "municipality": {"code": town.code, "name": town.name},
        "offer": {"id": town.offer.id, "kind": town.offer.kind, "version": town.offer.version},
        "cases_per_year": town.cases,
        "staff": town.users,
        "years": town.years,
        "first_fiscal_year": found.first_year,
        "recommendation": found.recommendation,
        "answer": found.answer,
        "reconsider_fiscal_year": found.reconsider_year,
        "reasons": found.reasons,
        "probability_benefit_exceeds_cost": found.draws.probability,
        "benefit_jpy_per_year": round(middle.benefit),
        "cost_jpy_per_year": round(middle.cost),
        "break_even_cases_per_year": found.cases_break_even,
        "break_even_jpy_per_month": found.fee_break_even,
        "break_even_municipalities": found.partners_break_even,
        "cases_per_year_for_each_10000_jpy_per_month": _float(found.cases_per_ten_thousand),
        "levels": {
            level: {
                "time_effect_jpy_per_year": round(one.time),
                "ended_bills_jpy_per_year": round(one.ended),
                "spending_jpy_per_year": round(one.spent),
                "own_time_jpy_per_year": round(one.own),
                "saved_hours_per_year": float(one.hours),
                "benefit_if_all_working_hours_jpy_per_year": round(found.literal[level].yen),
            }
            for level, one in found.balances.items()
        },
        "spending_by_fiscal_year": [
            {
                "fiscal_year": found.first_year + n,
                "total_jpy": int(year.total),
                "sections_jpy": {name: int(part) for name, part in year.sections.items()},
            }
            for n, year in enumerate(found.spending["mid"])
        ],
        "benefit_cost_ratio_percentiles": found.draws.ratio(),
        "net_jpy_per_year_percentiles": found.draws.net(),
        "switching_values": {
            s.id: {"value": _float(s.value), "within_band": s.reached} for s in found.switches
        },
        "tornado": [
            {"name": b.name, "net_low": round(b.low), "net_high": round(b.high)}
            for b in found.tornado
        ],
        "joint_use": [
            {
                "municipalities": one.towns,
                "probability_benefit_exceeds_cost": one.probability,
                "cost_jpy_per_year": round(one.balance.cost),
                "priced_by_offer": one.priced,
            }
            for one in found.shared
        ],
        "wider_use": None
        if found.wider is None
        else {
            "cases_per_year": found.wider.cases,
            "probability_benefit_exceeds_cost": found.wider.probability,
        },
        "draws": len(found.draws.benefit),
        "seed": found.seed,
        "assumptions": [
            {
                "id": row.id,
                "low": float(row.low),
                "mid": float(row.mid),
                "high": float(row.high),
                "source": row.source,
                "confidence": row.confidence,
            }
            for row in found.assumed.values()
        ],
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _print(found: Appraisal) -> None:
    town = found.town
    _out.print(
        f"{town.name}({town.code}) 年 {town.cases} 件・{town.users} 人、"
        f"{town.offer.mark}{town.offer.product}",
        markup=False,
        soft_wrap=True,
    )
    _out.print(f"試算の答え: {found.answer}", style="bold", markup=False)
    for reason in found.reasons:
        _out.print(f"  {reason}", markup=False, soft_wrap=True)
    _print_paper(report(found, _day(None)), 3, tables_only=True)
    _out.print("報告書は --report ファイル.pdf で作れます。時間が減っても歳出は減りません。")


def _print_paper(paper: Paper, pages: int, *, tables_only: bool = False) -> None:
    for block in [block for blocks in paper.pages[:pages] for block in blocks]:
        if isinstance(block, papers.Table):
            table = Table(*block.headings, title=block.caption, title_justify="left")
            for column in table.columns:
                column.overflow = "fold"
            for row in block.rows:
                table.add_row(*row)
            _out.print(table)
        elif tables_only:
            continue
        elif isinstance(block, papers.Answer):
            _out.print(f"{block.label} {block.text}", style="bold", markup=False)
            for reason in block.reasons:
                _out.print(f"  {reason}", markup=False, soft_wrap=True)
        elif isinstance(block, papers.Heading | papers.Text):
            _out.print(block.text, markup=False, soft_wrap=True)


def _write_survey(file: Path, code: str, name: str) -> None:
    if file.suffix.lower() != ".xlsx":
        _fail(["調査票の名前を .xlsx で終わらせてください。"])
    try:
        survey.write(file, code, name)
    except OSError:
        _fail([f"{file} に書き込めません。フォルダーを確かめてください。"])
    typer.echo(f"{file} を作りました。記入した後、同じ --survey を付けて実行すると回答を読みます。")


def _may_write(files: Sequence[Path] | None, *, force: bool) -> None:
    for file in files or ():
        if file.suffix.lower() not in (".html", ".pdf"):
            _fail(["報告書の名前を .html か .pdf で終わらせてください。"])
        if file.exists() and not force:
            _fail([f"{file} はすでにあります。書き換えるときは --force を付けてください。"])


def _write_reports(files: Sequence[Path] | None, make: Callable[[], Paper]) -> None:
    for file in files or ():
        paper = make()
        try:
            if file.suffix.lower() == ".pdf":
                file.write_bytes(as_pdf(paper))
            else:
                file.write_text(as_html(paper), "utf-8")
        except FontsMissingError as error:
            _fail([str(error)])
        except OSError:
            _fail([f"{file} に書き込めません。フォルダーを確かめてください。"])
        typer.echo(f"{file} を作りました。", err=True)


def _fail(lines: Sequence[str], code: int = UNUSABLE) -> NoReturn:
    for line in lines:
        _err.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
