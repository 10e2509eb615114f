"""Search, similar cases and candidates over many cases: bench/results/search.json.

python -m bench.search [COUNT …]        (default: 200 10000)

Each count runs in a process of its own. The index is filled from packed pages as they lie in the
table; what the network adds to a cold start is not in it. 1,500 cases are made, larger counts
repeat their texts under other numbers, every object anew. Limits of the issue: a warm search p95
≤ 20 ms at 10,000 cases; the cost of a write does not depend on the number of cases.
"""

import gc
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.record import keep
from lambdas.casework.access import Actor, Role
from lambdas.casework.persons import candidates
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.search.catalogue import Catalogue
from lambdas.casework.search.content import (
    CaseFacts,
    case_facts,
    pack_facts,
    pack_page,
    pages,
    unpack_facts,
    unpack_page,
)
from lambdas.casework.search.query import Query, search, words_of
from lambdas.casework.search.similar import similar
from lambdas.store import index
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    NPO,
    OFFICE,
    SUBJECT,
    actor,
    case,
    consent,
    member,
    members,
    record,
    transition,
)

COUNTS = (200, 10_000)
MADE = 1_500
SEARCHES = 400
START = datetime(2024, 4, 1, 1, 0, tzinfo=UTC)
NOW = START + timedelta(days=900)
KINDS = {OFFICE: "30", COUNCIL: "27", ELDERLY: "01", NPO: "26"}

# Words of the field, of everyday life and, for the long tail, compounds of common characters.
FIELD = """
家賃滞納 認知症 配食サービス デイサービス ひきこもり 成年後見 生活保護 介護保険 訪問看護 地域包括
就労準備 債務整理 自己破産 法テラス 近隣苦情 ごみの堆積 通院同行 服薬管理 金銭管理 年金担保 不登校
発達障害 精神科 受診拒否 アルコール ギャンブル 借金 立ち退き 公営住宅 障害年金 手帳の申請 ヘルパー
ケアマネジャー 民生委員 社会福祉協議会 子ども食堂 見守り 安否確認 夜間徘徊 転倒 骨折 入院 退院調整
食料支援 電気の停止 水道の停止 税の滞納 国保 無保険 離婚 養育費 面会交流 虐待 通報 避難 孤立
昼夜逆転 ゲーム依存 家庭訪問 手紙 玄関先 母親 長男 次女 祖母 姉の夫
""".split()  # noqa: SIM905  # a text reads better
FRAMES = (
    "{a}について本人から話があり、{b}の手続きを一緒に進めることにした。",
    "{a}の件で電話。{b}は来週に改めて確認する。",
    "自宅を訪問。{a}が気になる様子で、{b}については話したがらない。",
    "関係機関と{a}を共有し、{b}を誰が担うかを決めた。",
    "{a}が続いており、{b}を心配している。{c}は変わりない。",
    "本人は「{a}はもう大丈夫」と話すが、{b}と{c}が残っている。",
    "{c}の担当者に引き継ぎ、{a}の結果を待つ。",
    "前回から{a}に変化があった。{b}が少しずつ進んでいる。",
)
COMMON = "".join(chr(c) for c in range(0x4E00, 0x9FA0, 11))
KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ"


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or list(COUNTS)
    if len(counts) == 1:
        print(json.dumps(_measured(counts[0])))
        return
    runs = []
    for count in counts:
        done = subprocess.run(
            [sys.executable, "-m", "bench.search", str(count)],
            check=True,
            capture_output=True,
            text=True,
        )
        runs.append(json.loads(done.stdout))
        print(runs[-1], flush=True)
    keep("search", f"python -m bench.search {' '.join(map(str, counts))}", {"runs": runs})


def _measured(count: int) -> dict[str, Any]:
    before_it = os.getloadavg()[0]
    rng = random.Random(20260401)
    words = _words(rng)
    made = [_case(rng, words, number) for number in range(min(count, MADE))]
    texts = {c.case_id: _texts(c) for c in made[:60]}
    written = _write_cost(rng, words, made)
    packed = [(pack_facts(case_facts(c)), [pack_page(p) for p in pages(c)]) for c in made]
    characters = sum(len(text) for c in made for text in _texts(c)) / len(made)
    records = sum(len(c.records) for c in made) / len(made)
    stored = sum(len(f) + sum(map(len, p)) for f, p in packed) / len(packed)
    sample = made[:200]
    del made
    gc.collect()
    before = _rss()
    catalogue = Catalogue()
    gc.disable()  # as the store does while it loads
    started = time.perf_counter()
    for number in range(count):
        facts, own = packed[number % len(packed)]
        catalogue.put(
            _numbered(unpack_facts(facts), number, len(packed)),
            [unpack_page(n, page) for n, page in enumerate(own)],
        )
    loaded = time.perf_counter() - started
    gc.enable()
    gc.freeze()
    memory = _rss() - before
    asked = [_query(rng, words) for _ in range(SEARCHES)]
    seen: dict[str, Any] = {}
    for name, who in _actors().items():
        first = _milliseconds(lambda who=who: catalogue.view(who, NOW))
        first_search = _milliseconds(
            lambda who=who: search(catalogue.view(who, NOW), asked[0], limit=20)
        )
        took, totals = [], []
        for query in asked:
            started = time.perf_counter()
            found = search(catalogue.view(who, NOW), query, limit=20)
            took.append((time.perf_counter() - started) * 1000)
            totals.append(found.total)
        seen[name] = {
            "visible_cases": len(catalogue.view(who, NOW).cases),
            "first_view_ms": round(first, 1),
            "first_search_ms": round(first_search, 1),
            "search_ms": _spread(took),
            "hits_median": statistics.median(totals),
        }
    manager = _actors()["manager"]
    after_write = []
    for n, changed in enumerate(sample[:40]):
        # What the next search costs after one case has changed.
        own = [unpack_page(p.number, pack_page(p)) for p in pages(changed)]
        started = time.perf_counter()
        catalogue.put(case_facts(changed), own)
        search(catalogue.view(manager, NOW), asked[n], limit=20)
        after_write.append((time.perf_counter() - started) * 1000)
    view = catalogue.view(manager, NOW)
    alike = [
        _milliseconds(lambda c=case_id, t=text: similar(view, c, t, KINDS))
        for case_id, text in texts.items()
    ]
    _ = view.people
    persons = [_milliseconds(lambda c=one: candidates(view, c.persons[0])) for one in sample[:100]]
    return {
        "cases": count,
        # Others at work on the machine, which every time below has had to share.
        "load_average": [round(before_it, 1), round(os.getloadavg()[0], 1)],
        "records_per_case": round(records, 1),
        "characters_per_case": round(characters),
        "stored_bytes_per_case": round(stored),
        "pages_per_case": round(len(catalogue._owners) / count, 1),
        "load_seconds": round(loaded, 2),
        "memory_mb": round(memory),
        "actors": seen,
        "search_after_a_write_ms": _spread(after_write),
        "similar_ms": _spread(alike),
        "candidates_ms": _spread(persons),
        "write": written,
    }


def _write_cost(
    rng: random.Random, words: Sequence[str], made: Sequence[CaseFile]
) -> dict[str, Any]:
    """What saving one new progress record puts into the index. It never asks the store."""
    took, items, size = [], set(), []
    for one in made[:100]:
        new = _progress(rng, _topics(rng, words), 700)
        after = one.with_records(new)
        started = time.perf_counter()
        puts = index.beside(one, after)
        took.append((time.perf_counter() - started) * 1000)
        items.add(len(puts))
        size.append(sum(len(getattr(put.item, "content", b"")) for put in puts))
    return {
        "ms": _spread(took),
        "items": sorted(items),
        "bytes_median": round(statistics.median(size)),
        "further_calls": 0,
    }


def _numbered(facts: CaseFacts, number: int, made: int) -> CaseFacts:
    """The facts of a repeated case, under a number of its own."""
    if number < made:
        return facts
    own = f"122041-2025-N{number:06d}-X"
    return replace(facts, case_id=own, situation=facts.situation.replace(facts.case_id, own))


def _actors() -> dict[str, Actor]:
    return {
        "manager": actor(Role.MANAGER),
        "coordinator": actor(Role.COORDINATOR, office=True),
        "agency": actor(Role.AGENCY, ELDERLY),
    }


def _query(rng: random.Random, words: Sequence[str]) -> Query:
    """What staff type: mostly a word or two of the field, some rarer ones, some with a code, some
    of one character, some that every record holds."""
    word, other, rare = rng.choice(FIELD), rng.choice(FIELD), rng.choice(words)
    asked = rng.choices(
        (
            Query(words=words_of(word)),
            Query(words=words_of(word[:2])),
            Query(words=words_of(rare)),
            Query(words=words_of(f"{word} {other}")),
            Query(words=words_of(word), codes=frozenset({"issue:36"})),
            Query(words=words_of(f'"{word}について本人から"')),
            Query(words=words_of(word), first="2025-01-01", last="2025-03-31"),
            Query(codes=frozenset({"issue:33"}), state="closed"),
            Query(words=words_of("電話")),
            Query(words=words_of(word[:1])),
        ),
        weights=(25, 20, 15, 15, 8, 5, 4, 3, 3, 2),
    )
    return asked[0]


def _words(rng: random.Random) -> list[str]:
    """Some three thousand words, those of the field first."""
    tail = ["".join(rng.choices(COMMON, k=rng.choice((2, 2, 3, 4)))) for _ in range(3000)]
    return [*FIELD, *tail]


def _topics(rng: random.Random, words: Sequence[str]) -> list[str]:
    """What one case is about: a few things of the field, and words that others hardly have."""
    return [*rng.sample(FIELD, rng.randint(5, 9)), *rng.sample(words[len(FIELD) :], 25)]


def _text(rng: random.Random, topics: Sequence[str], length: int) -> str:
    text = ""
    while len(text) < length:
        a, b, c = rng.choices(topics, k=3)
        text += rng.choice(FRAMES).format(a=a, b=b, c=c)
    return text


def _progress(rng: random.Random, words: Sequence[str], day: int) -> FormRecord:
    at = START + timedelta(days=day, minutes=rng.randrange(500))
    data = {
        "date": at.date().isoformat(),
        "facts": _text(rng, words, rng.randint(120, 500)),
        "opinion": _text(rng, words, rng.randint(30, 120)),
        "sharedWith": rng.choice(("own", "members")),
    }
    agency = rng.choice((OFFICE, COUNCIL, COUNCIL, ELDERLY))
    return record("progress", data, at=at, agency_id=agency)


def _case(rng: random.Random, every: Sequence[str], number: int) -> CaseFile:
    words = _topics(rng, every)

    def kana() -> str:
        return "".join(rng.choices(KANA, k=rng.randint(5, 8)))

    def name() -> str:
        return "".join(rng.choices(COMMON, k=4))

    rows = [
        {
            "personId": person,
            "name": name(),
            "nameKana": kana(),
            "birthDate": {"y": rng.randint(1930, 2015), "m": rng.randint(1, 12), "d": 5},
        }
        for person in (f"p-{number:011d}a", f"p-{number:011d}b")
    ]
    rows[0] |= {"isSubject": True}
    subject = str(rows[0]["personId"])
    issues = [
        {"issueId": "i", "personId": subject, "code": code, "background": _text(rng, words, 80)}
        for code in rng.sample([f"{n:02d}" for n in (1, 4, 6, 9, 10, 15, 16, 31, 33, 36, 37)], 3)
    ]
    state = rng.choice(("support", "support", "closed"))
    made = case(
        record(
            "intake",
            {
                "consentVersion": "consent",
                "receivedAt": (START + timedelta(days=number % 800)).date().isoformat(),
                "receivingAgencyId": OFFICE,
                "name": rows[0]["name"],
                "nameKana": rows[0]["nameKana"],
                "concerns": rng.sample([f"{n:02d}" for n in range(1, 16)], 2),
                "chiefComplaint": _text(rng, words, 300),
                "wishes": _text(rng, words, 80),
            },
            at=START,
        ),
        record(
            "household",
            {"persons": rows, "householdType": rng.choice(("01", "04", "05"))},
            about={"": ()},
            at=START,
        ),
        members(member(ELDERLY)) if rng.random() < 0.4 else members(),
        record("issues", {"issues": issues}, about={"": (subject,)}, at=START),
        consent(START, subject),
        *(_progress(rng, words, 10 + n * 20) for n in range(rng.randint(4, 18))),
        *(
            record(
                "conference",
                {
                    "meetingId": f"m-{number}-{n}",
                    "kind": "juso",
                    "basis": "consent",
                    "date": "2025-02-01",
                    "attendees": [{"staffId": "staff-manager", "agencyId": OFFICE}],
                    "discussion": _text(rng, words, 600),
                    "policy": _text(rng, words, 200),
                },
                at=START + timedelta(days=60 + n),
            )
            for n in range(rng.randint(0, 2))
        ),
        transition(state, START + timedelta(days=500)),
        case_id=f"122041-2024-M{number:06d}-X",
    )
    return replace(
        made,
        records={
            key: replace(r, about={"": (subject,)} if r.about == {"": (SUBJECT,)} else r.about)
            for key, r in made.records.items()
        },
    )


def _texts(one: CaseFile) -> list[str]:
    return [text for r in one.records.values() for text in _strings(r.data)]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _spread(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "max": round(ordered[-1], 2),
    }


def _rss() -> float:
    """Memory of this process now, in MB."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # no file
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
