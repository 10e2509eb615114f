"""One vendor's offer as written down: YAML in, `Offer` out, every fault with its place and cure.

The form is `schemas/offer.schema.json`; what a schema cannot say (dates, tiers, references) is
judged here.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from infra.manifest import SCHEMAS
from infra.written import Problem, Written, WrittenError, read_yaml, shape_problems, whole
from ops.offers.functions import function_list
from ops.paths import ROOT

OFFERS = ROOT / "offers"
UNVERIFIED = "unverified"
LEVELS = ("low", "mid", "high")


class OfferError(WrittenError):
    """Raised with every problem found."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A figure with its band; where one number is known, all three are it."""

    low: Decimal
    mid: Decimal
    high: Decimal

    def at(self, level: str) -> Decimal:
        """The figure at "low", "mid" or "high"."""
        return {"low": self.low, "mid": self.mid, "high": self.high}[level]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A tier: up to this quantity, `None` without end. `amount` None: not published."""

    up_to: int | None
    amount: Amount | None


@dataclass(frozen=True, kw_only=True)
class Price:
    """A line of the price list, in `currency` before or with tax as the offer says.

    Of `amount` and `steps` one counts: with `mode` "" the amount, whose None means 未公表.
    """

    id: str
    item: str
    name: str
    unit: str
    period: str
    charge: str
    currency: str
    mode: str
    amount: Amount | None
    steps: tuple[Step, ...]
    included: int
    minimum: int
    section: str
    source: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Discount:
    """`percent` off the lines `prices` when a contract has at least as many municipalities, years
    and users."""

    id: str
    name: str
    percent: int
    prices: tuple[str, ...]
    municipalities: int
    years: int
    users: int


@dataclass(frozen=True, kw_only=True)
class OwnHours:
    """Hours of the municipality's own staff per unit; None: unknown."""

    id: str
    name: str
    unit: str
    period: str
    hours: Amount | None
    source: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What an offer says about one function: included, option, partial, missing or unknown."""

    status: str
    price: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A complete offer. `functions` holds every function of the list, unknown where not named."""

    id: str
    kind: str
    vendor: str
    product: str
    version: str
    note: str
    doors: tuple[str, ...]
    cloud: str
    exchange: str
    tax_included: bool
    tax_rate: int
    valid_from: date
    valid_to: date
    prices: tuple[Price, ...]
    discounts: tuple[Discount, ...]
    split: str | None
    own_hours: tuple[OwnHours, ...]
    functions: Mapping[str, Offered]
    service_levels: Mapping[str, Any]
    data_location: str
    export: Mapping[str, Any]
    exit: Mapping[str, Any]

    @property
    def mark(self) -> str:
        """The word that must stand beside the name wherever it is shown."""
        return {"offer": "", "sample": "【見本・架空】", "alternative": "【代替手段】"}[self.kind]

    @property
    def lines(self) -> tuple[Price | OwnHours, ...]:
        """Everything that has a figure, a source and a confidence."""
        return (*self.prices, *self.own_hours)

    @property
    def unverified(self) -> tuple[str, ...]:
        """Names of the lines whose figures nobody has confirmed."""
        return tuple(line.name for line in self.lines if line.confidence == UNVERIFIED)


@cache
def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "offer.schema.json").read_text("utf-8"))
    return loaded


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema())


def load(path: Path, *, today: date | None = None) -> Offer:
    """Read one offer. With `today`, one that is out of date is refused. Raises OfferError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise OfferError(
            [whole(str(path), "ファイルを読めません。", "ファイルの場所を確かめてください。")]
        ) from error
    return parse(raw, file=str(path), today=today)


def load_all(paths: Sequence[Path], *, today: date | None = None) -> tuple[Offer, ...]:
    """Read several offers that are to stand side by side. Raises OfferError."""
    problems: list[Problem] = []
    found: dict[str, Offer] = {}
    for path in paths:
        try:
            offer = load(path, today=today)
        except OfferError as error:
            problems.extend(error.problems)
            continue
        if offer.id in found:
            wrong = f"id: {offer.id} は別のファイルにもあります。"
            problems.append(whole(str(path), wrong, "どちらかの id を変えてください。"))
        found[offer.id] = offer
    if problems:
        raise OfferError(problems)
    return tuple(found.values())


def parse(raw: bytes, *, file: str, today: date | None = None) -> Offer:
    """Turn an offer's bytes into an `Offer`. Raises OfferError with all its problems."""
    try:
        written = read_yaml(raw, file=file, empty="offers/ の見本を写して書いてください。")
    except WrittenError as error:
        raise OfferError(error.problems) from error
    problems = list(shape_problems(written, _validator(), _schema())) or list(
        _meaning_problems(written, today)
    )
    if problems:
        raise OfferError(sorted(problems, key=lambda p: (p.line, p.column, p.wrong)))
    return _build(written.values)


# --- the meaning -------------------------------------------------------------------------------


def _meaning_problems(written: Written, today: date | None) -> Iterator[Problem]:
    yield from _validity_problems(written, today)
    yield from _doubled_ids(written)
    for number, price in enumerate(written.values["prices"]):
        yield from _price_problems(written, ["prices", number], price)
    for number, line in enumerate(written.values.get("ownHours", [])):
        yield from _band_problems(written, ["ownHours", number, "hours"], line["hours"])
    yield from _discount_problems(written)
    yield from _function_problems(written)
    yield from _billing_problems(written)


def _validity_problems(written: Written, today: date | None) -> Iterator[Problem]:
    days: dict[str, date] = {}
    for end in ("from", "to"):
        text = written.values["valid"][end]
        try:
            days[end] = date.fromisoformat(text)
        except ValueError:
            yield written.at(
                ["valid", end], f"{text} という日はありません。", "ある日付を書いてください。"
            )
    if len(days) < 2:
        return
    if days["from"] > days["to"]:
        yield written.at(
            ["valid", "to"],
            "有効期間の終わりが始まりより前です。",
            f"{days['from'].isoformat()} 以後の日を書いてください。",
        )
    elif today is not None and not days["from"] <= today <= days["to"]:
        yield written.at(
            ["valid"],
            f"金額の有効期間({days['from'].isoformat()} から {days['to'].isoformat()} まで)に"
            f"{today.isoformat()} が入っていません。",
            "事業者に新しい金額を確かめ、prices と valid を書き直してください。",
        )


def _doubled_ids(written: Written) -> Iterator[Problem]:
    for group in ("prices", "discounts", "ownHours"):
        lines = written.values.get(group, [])
        counts = Counter(line["id"] for line in lines)
        for number, line in enumerate(lines):
            if counts[line["id"]] > 1:
                yield written.at(
                    [group, number, "id"],
                    f"id: {line['id']} が2度使われています。",
                    "行ごとに違う id を書いてください。",
                )


def _price_problems(
    written: Written, here: list[str | int], price: Mapping[str, Any]
) -> Iterator[Problem]:
    if price["unit"] == "case" and price["period"] != "year":
        yield written.at(
            [*here, "period"],
            "ケース1件ごとの料金は、年間の新規ケース1件についての金額です。",
            "period: year と書いてください。",
        )
    if price["item"] == "exit" and price["period"] != "once":
        yield written.at(
            [*here, "period"],
            "やめるときの費用は1回の費用です。",
            "period: once と書いてください。",
        )
    if price.get("charge") == "contract" and "jointUse" not in written.values:
        yield written.at(
            [*here, "charge"],
            "契約ごとの料金(charge: contract)なのに、共同利用での分け方がありません。",
            "jointUse: の下に split: equal のように書くか、charge を消してください。",
        )
    if "tiers" not in price:
        yield from _band_problems(written, [*here, "amount"], price["amount"])
        return
    steps = price["tiers"]["steps"]
    before = 0
    for number, step in enumerate(steps):
        place: list[str | int] = [*here, "tiers", "steps", number]
        yield from _band_problems(written, [*place, "amount"], step["amount"])
        if step["upTo"] is None:
            if number < len(steps) - 1:
                yield written.at(
                    [*place, "upTo"],
                    "上限のない段階(upTo: null)の後に、段階があります。",
                    "上限のない段階は最後に1つだけ書いてください。",
                )
        elif step["upTo"] <= before:
            yield written.at(
                [*place, "upTo"],
                f"段階の上限 {step['upTo']} が、前の段階の上限 {before} より大きくありません。",
                "小さい順に並べてください。",
            )
        else:
            before = step["upTo"]


def _band_problems(written: Written, here: Sequence[str | int], value: Any) -> Iterator[Problem]:
    if isinstance(value, dict):
        low, mid, high = (Decimal(str(value[level])) for level in LEVELS)
        if not low <= mid <= high:
            yield written.at(
                here, "幅が low ≦ mid ≦ high になっていません。", "小さい順に書いてください。"
            )


def _discount_problems(written: Written) -> Iterator[Problem]:
    known = [price["id"] for price in written.values["prices"]]
    for number, discount in enumerate(written.values.get("discounts", [])):
        for place, name in enumerate(discount["prices"]):
            if name not in known:
                yield written.at(
                    ["discounts", number, "prices", place],
                    f"料金の行 {name} がありません。",
                    f"次のどれかを書いてください: {', '.join(known)}",
                )
        if discount["when"].get("municipalities", 1) > 1 and "jointUse" not in written.values:
            yield written.at(
                ["discounts", number, "when"],
                "複数の市区町村の割引なのに、共同利用での分け方がありません。",
                "jointUse: の下に split: equal のように書いてください。",
            )


def _function_problems(written: Written) -> Iterator[Problem]:
    known = function_list().functions
    options = [p["id"] for p in written.values["prices"] if p["item"] == "option"]
    for key, value in written.values["functions"].items():
        if key not in known:
            yield written.at(
                ["functions", key],
                f"機能 {key} は一覧(schemas/functions.json)にありません。",
                f"{min(known)} から {max(known)} までの番号を書いてください。",
            )
        elif isinstance(value, dict):
            priced = value.get("price")
            if (value["status"] == "option") != (priced in options):
                yield written.at(
                    ["functions", key],
                    f"{key} が別料金(option)であることと、料金の行が合いません。",
                    "status: option のときだけ price: に item: option の料金の行の id を"
                    f"書いてください({', '.join(options) or '今は1つもありません'})。",
                )


def _billing_problems(written: Written) -> Iterator[Problem]:
    billing = written.values["billing"]
    clouds = [n for n, p in enumerate(written.values["prices"]) if p["item"] == "cloud"]
    if billing["cloud"] == "state" and not clouds:
        yield written.at(
            ["billing", "cloud"],
            "国がクラウド利用料を請求するのに、その見込み額の行がありません。",
            "prices: に item: cloud の行を足してください(分からなければ amount: null)。",
        )
    if billing["cloud"] != "state":
        for number in clouds:
            yield written.at(
                ["prices", number, "item"],
                "クラウド利用料は利用料に含まれるのに、別の行にもあります。",
                "同じ金額を2度数えないよう、この行を消すか billing: cloud: state にしてください。",
            )
    foreign = [n for n, p in enumerate(written.values["prices"]) if p.get("currency") == "USD"]
    if foreign and billing["exchange"] != "municipality":
        yield written.at(
            ["prices", foreign[0], "currency"],
            "ドル建ての金額があるのに、為替の変動を市区町村が負担しないことになっています。",
            "billing: exchange: municipality と書くか、円の金額を書いてください。",
        )


# --- the value ---------------------------------------------------------------------------------


def _amount(value: Any) -> Amount | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        value = dict.fromkeys(LEVELS, value)
    return Amount(**{level: Decimal(str(value[level])) for level in LEVELS})


def _price(tree: Mapping[str, Any]) -> Price:
    tiers = tree.get("tiers", {"mode": "", "steps": []})
    return Price(
        id=tree["id"],
        item=tree["item"],
        name=tree["name"],
        unit=tree["unit"],
        period=tree["period"],
        charge=tree.get("charge", "municipality"),
        currency=tree.get("currency", "JPY"),
        mode=tiers["mode"],
        amount=_amount(tree.get("amount")),
        steps=tuple(
            Step(up_to=step["upTo"], amount=_amount(step["amount"])) for step in tiers["steps"]
        ),
        included=tree.get("included", 0),
        minimum=tree.get("minimum", 0),
        section=tree["section"],
        source=tree["source"],
        confidence=tree["confidence"],
    )


def _offered(value: Any) -> Offered:
    tree = {"status": value} if isinstance(value, str) else value
    return Offered(status=tree["status"], price=tree.get("price", ""), note=tree.get("note", ""))


def _build(tree: Mapping[str, Any]) -> Offer:
    functions = tree["functions"]
    return Offer(
        id=tree["id"],
        kind=tree["kind"],
        vendor=tree["vendor"],
        product=tree["product"],
        version=tree["version"],
        note=tree.get("note", ""),
        doors=tuple(tree["doors"]),
        cloud=tree["billing"]["cloud"],
        exchange=tree["billing"]["exchange"],
        tax_included=tree["tax"]["included"],
        tax_rate=tree["tax"]["rate"],
        valid_from=date.fromisoformat(tree["valid"]["from"]),
        valid_to=date.fromisoformat(tree["valid"]["to"]),
        prices=tuple(_price(line) for line in tree["prices"]),
        discounts=tuple(
            Discount(
                id=line["id"],
                name=line["name"],
                percent=line["percent"],
                prices=tuple(line["prices"]),
                municipalities=line["when"].get("municipalities", 0),
                years=line["when"].get("years", 0),
                users=line["when"].get("users", 0),
            )
            for line in tree.get("discounts", [])
        ),
        split=tree.get("jointUse", {}).get("split"),
        own_hours=tuple(
            OwnHours(
                id=line["id"],
                name=line["name"],
                unit=line["unit"],
                period=line["period"],
                hours=_amount(line["hours"]),
                source=line["source"],
                confidence=line["confidence"],
            )
            for line in tree.get("ownHours", [])
        ),
        functions={
            number: _offered(functions.get(number, "unknown"))
            for number in function_list().functions
        },
        service_levels=tree["serviceLevels"],
        data_location=tree["dataLocation"],
        export=tree["export"],
        exit=tree["exit"],
    )
