"""Tag coverage: which billable resources carry the tags, and what becomes of the rest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.manifest import Manifest
from infra.policy.rules import TAGGED, UNTAGGABLE, tags_of
from infra.policy.template import Template, resources
from ops.costs.pricing_rules import FREE

# What reaches the bill without a resource of the template, and so without its tags.
OUTSIDE: Mapping[str, str] = {
    "消費税": "各団体の税抜き額の割合で分ける(配分の決まり tax)",
    "通信量の一部": "タグの付かない行は、共用の費用として配分の決まりで分ける",
    "閉域側の共用の接続(VPCエンドポイント)": "共用の費用として配分の決まりで分ける",
    "料金の照会(Cost Explorer)": "共用の費用として配分の決まりで分ける",
}


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """`count` resources of a type, `tagged` of which carry every tag of their manifest."""

    type: str
    billable: bool
    count: int
    tagged: int
    rule: str

    @property
    def share(self) -> float:
        return self.tagged / self.count if self.count else 1.0


def cover(fleet: Sequence[tuple[Manifest, Mapping[str, Template]]]) -> list[Coverage]:
    """One row per resource type, billable ones first, then what is billed outside templates."""
    counts: Counter[str] = Counter()
    tagged: Counter[str] = Counter()
    for manifest, stacks in fleet:
        for template in stacks.values():
            for _, kind, properties in resources(template):
                counts[kind] += 1
                tags = tags_of(properties)
                tagged[kind] += all(tags.get(key) == value for key, value in manifest.tags.items())
    rows = [
        Coverage(
            type=kind,
            billable=kind not in FREE,
            count=count,
            tagged=tagged[kind],
            rule=""
            if tagged[kind] == count
            else UNTAGGABLE.get(kind, "共用の費用として配分の決まりで分ける"),
        )
        for kind, count in counts.items()
        if kind in TAGGED or kind in UNTAGGABLE or kind not in FREE
    ]
    rows.sort(key=lambda row: (not row.billable, row.type))
    outside = [
        Coverage(type=name, billable=True, count=0, tagged=0, rule=rule)
        for name, rule in OUTSIDE.items()
    ]
    return rows + outside
