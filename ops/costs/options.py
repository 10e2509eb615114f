"""What a municipality may add, with its own price. None of it is in the tenant's stack."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Option:
    """`price` in words, with its row of the price book where there is one."""

    id: str
    name: str
    price: str
    row: tuple[str, str] | None


OPTIONS: tuple[Option, ...] = (
    Option(
        id="budget-by-tag",
        name="タグ別の予算と知らせ(soudan cost budget)",
        price="知らせだけなら 0 ドル(要確認)。動作を付けると1日 0.10 ドル(2件まで無料、要確認)",
        row=("AWSBudgets", "budget with alerts"),
    ),
    Option(
        id="data-events",
        name="記録の表とファイルの操作の記録(CloudTrail データイベント)",
        price="10万件ごとに 0.10 ドル(要確認)",
        row=("AWSCloudTrail", "data events"),
    ),
    Option(
        id="waf",
        name="専用の WAF",
        price="月 7.00 ドルと、100万要求ごとに 0.60 ドル",
        row=("AWSWAF", "web ACL"),
    ),
    Option(
        id="extra-alarm",
        name="警報の追加",
        price="見る指標1つにつき月 0.10 ドル",
        row=("AmazonCloudWatch", "standard alarm"),
    ),
)
