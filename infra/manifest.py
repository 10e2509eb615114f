"""One municipality's environment as written down by its vendor: YAML in, `Manifest` out.

The form is `schemas/tenant.schema.json`; what a schema cannot say (check digits, doors, tags) is
judged here. Every fault is reported at once with file, line, column and what to write instead.
"""

from __future__ import annotations

import calendar
import csv
import ipaddress
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from infra.written import Problem, Written, WrittenError, read_yaml, shape_problems, whole

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
SYSTEM = "soudan"


class ManifestError(WrittenError):
    """Raised with every problem found; its text is for people."""


@dataclass(frozen=True, kw_only=True)
class InternetDoor:
    """`waf` is "none", "own" or the ARN of a web ACL shared in the account."""

    allowed_cidrs: tuple[str, ...]
    waf: str


@dataclass(frozen=True, kw_only=True)
class PrivateDoor:
    vpc_endpoint_ids: tuple[str, ...]


# The municipality approves for so long at most; who needs longer is approved anew.
MOST_EMERGENCY_DAYS = 31


@dataclass(frozen=True, kw_only=True)
class EmergencyAccess:
    """The municipality's approval of a role by which the vendor's staff may read records.

    Days are ISO texts; `until` is the last day (JST) on which it opens. `principals` are ARNs of
    IAM users or roles.
    """

    approved_by: str
    approved_on: str
    until: str
    reason: str
    principals: tuple[str, ...]
    notify: str

    @property
    def closes_at(self) -> str:
        """The moment from which it opens no more (UTC, as IAM's conditions write it)."""
        # Midnight in Japan is at 15 o'clock of the day before.
        return f"{self.until}T15:00:00Z"

    def is_over(self, moment: str) -> bool:
        """Whether it opens no more at a moment, written as `closes_at` is."""
        return moment >= self.closes_at


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A municipality's environment. `tags` are complete: configured keys and extra values.
    `scanner` is the ARN of the function that looks for malware in files, `digest_sender` the
    address from which staff are told how much waits, `papers_layouts` the directory of the
    municipality's own layouts of papers, where there are any."""

    lg_code: str
    municipality: str
    vendor: str
    offer: str
    environment: str
    account: str
    region: str
    isolation: str
    internet: InternetDoor | None
    private: PrivateDoor | None
    records_years: int
    audit_years: int
    log_days: int
    cognito_plan: str
    mfa_required: bool
    alarm_email: str
    rate: int
    burst: int
    key_rotation_days: int
    scanner: str | None
    digest_sender: str | None
    papers_layouts: str | None
    tags: Mapping[str, str]
    emergency: EmergencyAccess | None = None
    # How often the tables in use were replaced by restored ones.
    generation: int = 0


def check_digit(first_five: str) -> str:
    """Check digit of a 全国地方公共団体コード (DOMAIN §4.9, 総務省)."""
    total = sum(
        weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2), first_five, strict=True)
    )
    return str((11 - total % 11) % 10)


@cache
def municipalities() -> Mapping[str, str]:
    """Code → name of the 1,741 municipalities (schemas/municipalities.csv)."""
    with (SCHEMAS / "municipalities.csv").open(encoding="utf-8", newline="") as lines:
        return {row["lgcode"]: row["municipality"] for row in csv.DictReader(lines)}


@cache
def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "tenant.schema.json").read_text("utf-8"))
    return loaded


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema())


def load(path: Path) -> Manifest:
    """Read one manifest. Raises ManifestError with all its problems."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ManifestError(
            [whole(str(path), "ファイルを読めません。", "ファイルの場所を確かめてください。")]
        ) from error
    return parse(raw, file=str(path))


def load_all(paths: Iterable[Path]) -> tuple[Manifest, ...]:
    """Read several manifests and judge them together. Raises ManifestError with all problems."""
    problems: list[Problem] = []
    found: list[tuple[str, Manifest]] = []
    for path in paths:
        try:
            found.append((str(path), load(path)))
        except ManifestError as error:
            problems.extend(error.problems)
    problems.extend(_together(found))
    if problems:
        raise ManifestError(problems)
    return tuple(manifest for _, manifest in found)


def parse(raw: bytes, *, file: str) -> Manifest:
    """Turn a manifest's bytes into a `Manifest`. Raises ManifestError with all its problems."""
    try:
        written = read_yaml(raw, file=file, empty="`soudan tenant new` で雛形を作ってください。")
    except WrittenError as error:
        raise ManifestError(error.problems) from error
    problems = list(shape_problems(written, _validator(), _schema())) or list(
        _meaning_problems(written)
    )
    if problems:
        raise ManifestError(sorted(problems, key=lambda p: (p.line, p.column, p.wrong)))
    return _build(written.values)


# --- the meaning -------------------------------------------------------------------------------


def _meaning_problems(written: Written) -> Iterator[Problem]:
    tree = written.values
    yield from _municipality_problems(tree["municipality"], written.at)
    if tree["cognito"]["mfa"] == "off" and tree["environment"] != "local":
        yield written.at(
            ["cognito", "mfa"],
            "多要素認証を切れるのは手元の試用(local)だけです。",
            "mfa: required と書いてください。",
        )
    yield from _door_problems(tree, written.at)
    yield from _scanner_problems(tree, written.at)
    yield from _emergency_problems(tree, written.at)
    yield from _tag_problems(tree, written.at)


_At = Callable[[Sequence[str | int], str, str], Problem]


def _municipality_problems(municipality: Mapping[str, str], at: _At) -> Iterator[Problem]:
    code = municipality["code"]
    here = ["municipality", "code"]
    if code[5] != check_digit(code[:5]):
        yield at(
            here,
            f"自治体コード {code} の検査数字が合いません。",
            f'上5桁が正しければ "{code[:5]}{check_digit(code[:5])}" と書いてください。',
        )
    elif code not in municipalities():
        yield at(
            here,
            f"自治体コード {code} は市区町村の一覧にありません。",
            "都道府県や廃止された団体でないか確かめ、現在の市区町村のコードを書いてください。",
        )
    elif municipality.get("name", municipalities()[code]) != municipalities()[code]:
        yield at(
            ["municipality", "name"],
            f"自治体コード {code} は {municipalities()[code]} です。",
            f"name: {municipalities()[code]} と書くか、コードを直してください。",
        )


def _door_problems(tree: Mapping[str, Any], at: _At) -> Iterator[Problem]:
    door = tree["doors"].get("internet")
    if door is None:
        return
    cidrs = door.get("allowedCidrs", [])
    here = ["doors", "internet"]
    for number, written in enumerate(cidrs):
        place: list[str | int] = [*here, "allowedCidrs", number]
        try:
            network = ipaddress.ip_network(written)
        except ValueError:
            yield at(
                place,
                f"「{written}」はアドレスの範囲として読めません。",
                "203.0.113.0/24 のように、ホスト部を0にして書いてください。",
            )
            continue
        if network.prefixlen == 0:
            yield at(
                place,
                "全世界に開くことはできません。",
                "利用する機関のアドレスの範囲だけを書いてください。",
            )
    if not cidrs and door.get("waf", "none") == "none" and tree["environment"] == "production":
        yield at(
            here,
            "本番のインターネット側の入口が、アドレスの制限もWAFもなく開いています。",
            "allowedCidrs: に許す範囲を書くか、waf: own と書いてください。",
        )
    waf = door.get("waf", "none")
    if waf.startswith("arn:") and waf.split(":")[3:5] != [tree["region"], tree["account"]]:
        yield at(
            [*here, "waf"],
            "共用の web ACL が、この環境のリージョンかアカウントのものではありません。",
            f"{tree['region']} の {tree['account']} にある web ACL の ARN を書いてください。",
        )


def _scanner_problems(tree: Mapping[str, Any], at: _At) -> Iterator[Problem]:
    arn = tree.get("scanner", {}).get("functionArn", "")
    if arn and arn.split(":")[3] != tree["region"]:
        yield at(
            ["scanner", "functionArn"],
            "検査の関数が、この環境のリージョンのものではありません。",
            f"{tree['region']} にある関数の ARN を書いてください。",
        )


def _emergency_problems(tree: Mapping[str, Any], at: _At) -> Iterator[Problem]:
    access = tree.get("emergencyAccess")
    if access is None:
        return
    here = "emergencyAccess"
    days: dict[str, int] = {}
    for name in ("approvedOn", "until"):
        year, month, day = (int(part) for part in access[name].split("-"))
        if year > 0 and day <= calendar.monthrange(year, month)[1]:
            days[name] = calendar.timegm((year, month, day, 0, 0, 0)) // 86_400
        else:
            yield at(
                [here, name],
                f"「{access[name]}」という日はありません。",
                "実在する年月日を書いてください。",
            )
    if len(days) < 2:
        return
    if days["until"] < days["approvedOn"]:
        yield at(
            [here, "until"],
            "最後に使える日が、承認の日より前です。",
            "承認の日か、それより後の日を書いてください。",
        )
    elif days["until"] - days["approvedOn"] >= MOST_EMERGENCY_DAYS:
        yield at(
            [here, "until"],
            f"緊急用の役割を開けておけるのは、承認の日から {MOST_EMERGENCY_DAYS} 日までです。",
            "until: を早め、それより長く要るときは改めて承認を受けてください。",
        )


def _tag_problems(tree: Mapping[str, Any], at: _At) -> Iterator[Problem]:
    tags = tree.get("tags", {})
    keys = _tag_keys(tree)
    doubled = {key for key, count in Counter(keys.values()).items() if count > 1}
    for name, key in keys.items():
        if key in doubled:
            yield at(
                ["tags", "keys", name],
                f"タグのキー「{key}」が2つの意味で使われています。",
                "別のキーにしてください。",
            )
    for key in tags.get("extra", {}):
        if key in keys.values():
            yield at(
                ["tags", "extra", key],
                f"タグのキー「{key}」は決まったタグと重なります。",
                "別のキーにするか、この行を消してください。",
            )


def _tag_keys(tree: Mapping[str, Any]) -> dict[str, str]:
    properties = _schema()["properties"]["tags"]["properties"]["keys"]["properties"]
    written = tree.get("tags", {}).get("keys", {})
    return {name: str(written.get(name, rule["default"])) for name, rule in properties.items()}


def _together(found: Sequence[tuple[str, Manifest]]) -> Iterator[Problem]:
    """Faults only several manifests have: doubles, and accounts shared that must not be."""
    first: dict[tuple[str, str], str] = {}
    by_account: dict[str, list[tuple[str, Manifest]]] = defaultdict(list)
    for file, manifest in found:
        identity = (manifest.lg_code, manifest.environment)
        if identity in first:
            yield whole(
                file,
                f"{manifest.municipality} の {manifest.environment} は {first[identity]} "
                "にもあります。",
                "どちらか一方を消してください。",
            )
        first.setdefault(identity, file)
        by_account[manifest.account].append((file, manifest))
    for account, sharing in by_account.items():
        if len({manifest.environment for _, manifest in sharing}) > 1:
            for file, _ in sharing:
                yield whole(
                    file,
                    f"アカウント {account} に違う種別の環境が混ざっています。",
                    "本番と検証のアカウントを分けてください。",
                )
        if len(sharing) > 1:
            for file, manifest in sharing:
                if manifest.isolation == "account":
                    yield whole(
                        file,
                        f"isolation: account なのに、アカウント {account} "
                        "をほかの環境も使っています。",
                        "専用のアカウントの番号を書いてください。",
                    )


# --- the value ---------------------------------------------------------------------------------


def _build(tree: Mapping[str, Any]) -> Manifest:
    code = str(tree["municipality"]["code"])
    internet = tree["doors"].get("internet")
    private = tree["doors"].get("private")
    throttle = tree.get("throttle", {})
    properties = _schema()["properties"]
    keys = _tag_keys(tree)
    values = {
        "municipality": code,
        "vendor": tree["vendor"],
        "offer": tree["offer"],
        "system": SYSTEM,
        "environment": tree["environment"],
    }
    extra = tree.get("tags", {}).get("extra", {})
    return Manifest(
        lg_code=code,
        municipality=municipalities()[code],
        vendor=str(tree["vendor"]),
        offer=str(tree["offer"]),
        environment=str(tree["environment"]),
        account=str(tree["account"]),
        region=str(tree["region"]),
        isolation=str(tree["isolation"]),
        internet=None
        if internet is None
        else InternetDoor(
            allowed_cidrs=tuple(str(cidr) for cidr in internet.get("allowedCidrs", [])),
            waf=str(internet.get("waf", "none")),
        ),
        private=None
        if private is None
        else PrivateDoor(vpc_endpoint_ids=tuple(str(one) for one in private["vpcEndpointIds"])),
        records_years=int(tree["retention"]["recordsYears"]),
        audit_years=int(tree["retention"]["auditYears"]),
        log_days=int(tree["retention"]["logDays"]),
        cognito_plan=str(tree["cognito"]["plan"]),
        mfa_required=tree["cognito"]["mfa"] == "required",
        alarm_email=str(tree["alarms"]["email"]),
        rate=int(throttle.get("rate", properties["throttle"]["properties"]["rate"]["default"])),
        burst=int(throttle.get("burst", properties["throttle"]["properties"]["burst"]["default"])),
        key_rotation_days=int(
            tree.get("keyRotationDays", properties["keyRotationDays"]["default"])
        ),
        scanner=tree.get("scanner", {}).get("functionArn"),
        digest_sender=tree.get("digest", {}).get("sender"),
        papers_layouts=tree.get("papers", {}).get("layouts"),
        generation=int(tree.get("restored", {}).get("generation", 0)),
        emergency=_emergency(tree.get("emergencyAccess")),
        tags={keys[name]: str(value) for name, value in values.items()}
        | {str(key): str(value) for key, value in extra.items()},
    )


def _emergency(written: Mapping[str, Any] | None) -> EmergencyAccess | None:
    if written is None:
        return None
    return EmergencyAccess(
        approved_by=str(written["approvedBy"]),
        approved_on=str(written["approvedOn"]),
        until=str(written["until"]),
        reason=str(written["reason"]),
        principals=tuple(str(one) for one in written["principals"]),
        notify=str(written["notify"]),
    )
