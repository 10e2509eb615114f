"""Similar cases: what a case has in common with others, within what the caller may see.

Every number used is counted over the caller's view of the cases, the case itself included, as if
there were no others.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lambdas.casework.forms import labels
from lambdas.casework.records import CLOSED_STATES
from lambdas.casework.search.catalogue import Seen, View
from lambdas.casework.search.folding import fold


class FactorKind(StrEnum):
    """What two cases may have in common."""

    ISSUE = "issue"
    CONCERN = "concern"
    HOUSEHOLD_TYPE = "household-type"
    AGENCY_KIND = "agency-kind"
    OUTCOME = "outcome"
    WORD = "word"


Feature = tuple[FactorKind, str]

# How much a kind counts; coded issues say most, words are many.
_WEIGHT: Mapping[FactorKind, float] = {
    FactorKind.ISSUE: 3.0,
    FactorKind.CONCERN: 1.5,
    FactorKind.HOUSEHOLD_TYPE: 2.0,
    FactorKind.AGENCY_KIND: 1.0,
    FactorKind.OUTCOME: 1.0,
    FactorKind.WORD: 1.0,
}
# その他, 不明: having these in common says nothing.
_MEANINGLESS = frozenset({"98", "99"})
# Cases whose texts are compared: those with most in common otherwise, then the newest.
_READ = 300
# Words of the case looked for in them, and how many of them count: those that few of them hold.
_WORDS_TRIED = 48
_WORDS_KEPT = 16
_SHORTEST_WORD = 2

_RUN = re.compile(r"[\u4e00-\u9fff々〆]+|[\u30a0-\u30ff]{3,}|[0-9A-Za-z]{3,}")
# Words of every record: they tell forms apart, not cases.
_COMMON = frozenset(
    re.findall(
        r"\S+",
        "本人 相談 支援 機関 確認 連絡 電話 訪問 面談 記録 会議 担当 対応 状況 説明 予定 希望 必要 "
        "家族 世帯 生活 利用 同意 情報 共有 今後 現在 以前 場合 課題 目標 評価 計画 受付 内容 結果",
    )
)


@dataclass(frozen=True, kw_only=True)
class Factor:
    """Something in common. `text` is plain Japanese; `weight` its part of the score."""

    kind: FactorKind
    key: str
    text: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class Similar:
    """A similar case. `score`: 0 to 1, the weight of what is in common against everything that is
    known of the case asked about."""

    case_id: str
    score: float
    factors: tuple[Factor, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Similar cases, most like first. `enough` False: there are too few closed cases to learn from
    and nothing is compared."""

    enough: bool
    items: tuple[Similar, ...]


def similar(
    view: View,
    case_id: str,
    texts: Iterable[str],
    agency_kinds: Mapping[str, str],
    *,
    limit: int = 10,
    needs_closed: int = 0,
) -> Comparison:
    """The cases most like this one.

    `texts`: what the caller sees written in the case; `agency_kinds`: agency → code of its kind.
    `needs_closed`: how many closed cases the caller must see for anything to be compared: with
    fewer a small town knows its cases by heart (DOMAIN §4.10, defaults: 30).
    """
    closed = sum(seen.state in CLOSED_STATES for seen in view.cases.values())
    subject = view.cases.get(case_id)
    if subject is None or closed < needs_closed:
        return Comparison(enough=closed >= needs_closed, items=())
    told = _told_by(subject, agency_kinds)
    coded = _shared_codes(view, told)
    weights = _weights(coded, len(view.cases))
    # Words only add to a score: none of the others could come before those that are read.
    read = heapq.nlargest(_READ, view.cases.values(), key=_alike(coded, weights))
    worded = _shared_words(view, read, texts)
    weights |= _weights(worded, len(read))
    whole = math.fsum(weights.values())
    shared = {
        seen.entry.case_id: coded[seen.entry.case_id] | worded.get(seen.entry.case_id, _NOTHING)
        for seen in read
        if seen is not subject
    }
    scores = {
        other: round(math.fsum(weights[f] for f in features) / whole, 4)
        for other, features in shared.items()
        if features
    }
    best = sorted(scores, key=lambda other: (-scores[other], other))[:limit]
    items = (
        Similar(
            case_id=other,
            score=scores[other],
            factors=tuple(
                Factor(kind=kind, key=key, text=_text(kind, key), weight=weight)
                for weight, kind, key in sorted(
                    ((round(weights[f] / whole, 4), *f) for f in shared[other]),
                    key=lambda factor: (-factor[0], factor[1:]),
                )
            ),
        )
        for other in best
    )
    return Comparison(enough=True, items=tuple(items))


# Case → what it has in common with the case asked about.
Shared = Mapping[str, frozenset[Feature]]
_NOTHING: frozenset[Feature] = frozenset()


def _told_by(subject: Seen, agency_kinds: Mapping[str, str]) -> Mapping[str, Feature]:
    """The codes by which another case has something in common with this one, and what."""
    told = {code: feature for code in subject.codes if (feature := _feature(code, subject))}
    kinds = {agency_kinds.get(code.removeprefix("agency:")) for code in subject.codes}
    for agency_id, kind in agency_kinds.items():
        if kind in kinds and kind not in _MEANINGLESS:
            told[f"agency:{agency_id}"] = FactorKind.AGENCY_KIND, kind
    return told


def _shared_codes(view: View, told: Mapping[str, Feature]) -> Shared:
    """The coded features in common, for every case that the caller sees."""
    wanted = frozenset(told)
    # Most cases share one of a few sets of codes.
    known: dict[tuple[frozenset[str], bool], frozenset[Feature]] = {}
    shared = {}
    for case_id, seen in view.cases.items():
        key = seen.codes & wanted, seen.state in CLOSED_STATES
        features = known.get(key)
        if features is None:
            codes, closed = key
            features = known[key] = frozenset(
                told[code] for code in codes if closed or told[code][0] is not FactorKind.OUTCOME
            )
        shared[case_id] = features
    return shared


def _alike(
    coded: Shared, weights: Mapping[Feature, float]
) -> Callable[[Seen], tuple[float, str, str]]:
    """The order in which cases are read: those with most in common, then the newest."""
    known: dict[frozenset[Feature], float] = {}

    def rank(seen: Seen) -> tuple[float, str, str]:
        features = coded[seen.entry.case_id]
        if features not in known:
            known[features] = math.fsum(weights[f] for f in features)
        return known[features], seen.latest, seen.entry.case_id

    return rank


def _weights(shared: Shared, of: int) -> dict[Feature, float]:
    """How much each feature counts: more, the fewer of the cases have it."""
    same = Counter(shared.values())
    counts: Counter[Feature] = Counter()
    for features, cases in same.items():
        counts.update(dict.fromkeys(features, cases))
    return {feature: _WEIGHT[feature[0]] * _rareness(n, of) for feature, n in counts.items()}


def _feature(code: str, subject: Seen) -> Feature | None:
    """What a code of the case says of it; agencies are compared by their kind."""
    listed, _, value = code.partition(":")
    match listed:
        case "issue" | "concern" | "household-type" if value not in _MEANINGLESS:
            return FactorKind(listed), value
        case "end-reason" if value not in _MEANINGLESS and subject.state in CLOSED_STATES:
            return FactorKind.OUTCOME, value
        case _:
            return None


def _shared_words(view: View, read: Sequence[Seen], texts: Iterable[str]) -> Shared:
    """Words of the case, as spelt there, in the cases that are read: those that not too many of
    them hold."""
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for run in (run for text in texts for run in _RUN.findall(text)):
        word = fold(run)
        if len(word) >= _SHORTEST_WORD and word not in _COMMON:
            counts[word] += 1
            spelling[word] = min(spelling.get(word, run), run)
    tried = sorted(counts, key=lambda w: (-counts[w] * len(w), w))[:_WORDS_TRIED]
    holding = {word: _holding(view, word, read) for word in tried}
    telling = sorted(
        (word for word, cases in holding.items() if 2 <= len(cases) <= len(read) // 4 + 2),
        key=lambda w: (-counts[w] * _rareness(len(holding[w]), len(read)), w),
    )
    shared: dict[str, list[Feature]] = defaultdict(list)
    for word in telling[:_WORDS_KEPT]:
        for case_id in holding[word]:
            shared[case_id].append((FactorKind.WORD, spelling[word]))
    return {case_id: frozenset(features) for case_id, features in shared.items()}


def _holding(view: View, word: str, read: Iterable[Seen]) -> frozenset[str]:
    flags = view.catalogue.flags(word)
    return frozenset(seen.entry.case_id for seen in read if seen.holds(word, flags, None))


def _rareness(count: int, of: int) -> float:
    """1 for what one case has, near 0 for what all have."""
    return math.log(1 + of / max(count, 1)) / math.log(1 + of)


def _text(kind: FactorKind, key: str) -> str:
    match kind:
        case FactorKind.ISSUE:
            return f"課題が同じ:{labels('issue').get(key, key)}"
        case FactorKind.CONCERN:
            return f"相談内容が同じ:{labels('concern').get(key, key)}"
        case FactorKind.HOUSEHOLD_TYPE:
            return f"世帯の形が同じ:{labels('household-type').get(key, key)}"
        case FactorKind.AGENCY_KIND:
            return f"関わる機関の種別が同じ:{labels('agency-kind').get(key, key)}"
        case FactorKind.OUTCOME:
            return f"終結の理由が同じ:{labels('end-reason').get(key, key)}"
        case FactorKind.WORD:
            return f"同じ言葉がある:{key}"
