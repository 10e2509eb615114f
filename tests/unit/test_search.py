"""Search and similar cases find what a reader who opens every case finds, and nothing else plays
a part."""

import dataclasses
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.casework.access import Actor, Role
from lambdas.casework.forms import form
from lambdas.casework.persons import candidates, cases_of
from lambdas.casework.records import CaseFile
from lambdas.casework.search import catalogue as catalogue_module
from lambdas.casework.search import query as query_module
from lambdas.casework.search.catalogue import Catalogue
from lambdas.casework.search.content import (
    bits_of,
    case_facts,
    pack_facts,
    pack_page,
    pages,
    signature,
    unpack_facts,
    unpack_page,
)
from lambdas.casework.search.folding import (
    fold,
    fold_address,
    fold_name,
    folded_with_origins,
)
from lambdas.casework.search.query import (
    LONGEST_WORD,
    Found,
    Query,
    TooManyWordsError,
    WordTooLongError,
    search,
    words_of,
)
from lambdas.casework.search.similar import FactorKind, similar
from lambdas.casework.search.snippets import snippets
from tests.unit.casefile import (
    COUNCIL,
    ELDERLY,
    NPO,
    OFFICE,
    START,
    SUBJECT,
    actor,
    case,
    member,
    record,
    transition,
)
from tests.unit.search_model import (
    ACTORS,
    NOW,
    WORDS,
    catalogue_of,
    put,
    random_case,
    read_all,
    search_without_index,
)

KINDS = {OFFICE: "30", ELDERLY: "01", NPO: "26"}
ACTOR = st.sampled_from(ACTORS)
CODES = st.sampled_from(["issue:36", "concern:13", "household-type:04", f"agency:{ELDERLY}"])


def some_cases(seed: int, count: int) -> list[CaseFile]:
    pick = random.Random(seed)  # noqa: S311  # no secret
    return [random_case(pick, n) for n in range(count)]


@st.composite
def queries(draw: st.DrawFn) -> tuple[tuple[str, ...], Query]:
    words = tuple(draw(st.lists(st.sampled_from(WORDS), max_size=2, unique_by=fold)))
    days = st.sampled_from([None, "2026-04-01", "2026-04-06", "2026-05-11"])
    return words, Query(
        words=tuple(fold(w) for w in words),
        codes=frozenset(draw(st.lists(CODES, max_size=1))),
        state=draw(st.sampled_from([None, None, "closed", "received"])),
        first=draw(days),
        last=draw(days),
    )


def all_hits(catalogue: Catalogue, who: Actor, query: Query) -> Found:
    return search(catalogue.view(who, NOW), query, limit=query_module.MOST_COUNTED)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), ACTOR, queries())
def test_search_finds_what_a_reader_of_every_case_finds(
    seed: int, count: int, who: Actor, asked: tuple[tuple[str, ...], Query]
) -> None:
    cases = some_cases(seed, count)
    words, query = asked
    expected = search_without_index(
        cases,
        who,
        NOW,
        words=words,
        codes=query.codes,
        state=query.state,
        first=query.first,
        last=query.last,
    )
    found = all_hits(catalogue_of(cases), who, query)
    assert {h.case_id for h in found.hits} == set(expected)
    assert found.total == len(expected)
    for hit in found.hits:
        by_word = expected[hit.case_id]
        if words:
            assert {r.record_id for r in hit.records} == set().union(*by_word.values())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 7), ACTOR, queries(), st.randoms())
def test_what_the_caller_does_not_see_plays_no_part(
    seed: int, count: int, who: Actor, asked: tuple[tuple[str, ...], Query], order: random.Random
) -> None:
    """Not one byte of any answer changes when the invisible cases are there too."""
    cases = some_cases(seed, count)
    seen_ids = {r.file.case_id for r in read_all(cases, who, NOW)}
    seen = [c for c in cases if c.case_id in seen_ids]
    order.shuffle(cases)
    answers = []
    for given_cases in (seen, cases):
        view = catalogue_of(given_cases).view(who, NOW)
        described = {"name": "高橋花子", "nameKana": "たかはしはなこ", "birthDate": {"y": 1950}}
        answers.append(
            repr(
                (
                    search(view, asked[1], limit=3),
                    [
                        similar(view, c.case_id, ["家賃滞納と認知症。配食サービス"], KINDS)
                        for c in seen[:2]
                    ],
                    candidates(view, described),
                    [cases_of(view, p["personId"]) for c in seen[:1] for p in c.persons],
                )
            )
        )
    assert answers[0] == answers[1]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), ACTOR, queries(), st.randoms())
def test_a_view_that_is_kept_is_the_view_made_anew(
    seed: int, who: Actor, asked: tuple[tuple[str, ...], Query], pick: random.Random
) -> None:
    """Cases come, change and go, in any order, between the searches of one process."""
    live: dict[int, CaseFile] = {}
    kept = Catalogue()
    for _ in range(12):
        for _ in range(pick.randrange(1, 4)):
            number = pick.randrange(5)
            if number in live and pick.random() < 0.3:
                kept.remove(live.pop(number).case_id)
            else:
                live[number] = random_case(pick, number)
                put(kept, live[number])
        anew = catalogue_of(live.values())
        assert all_hits(kept, who, asked[1]) == all_hits(anew, who, asked[1])
        described = {"name": "高橋花子", "nameKana": "たかはしはなこ"}
        assert candidates(kept.view(who, NOW), described) == candidates(
            anew.view(who, NOW), described
        )


def test_access_by_the_hour_ends_within_a_kept_view() -> None:
    officer = actor(Role.OFFICER)
    hours = {"from": "2026-04-02T00:00:00.000000Z", "to": "2026-04-02T03:00:00.000000Z"}
    access = record("emergency-access", {"staffId": officer.staff_id, "reason": "火事", **hours})
    contact = record("progress", {"date": "2026-04-01", "facts": "安否が分からない"})
    elsewhere = record("members", {"members": [member(COUNCIL, "coordinator")]}, about={"": ()})
    catalogue = catalogue_of([case(access, contact, elsewhere)])
    query = Query(words=words_of("安否"))

    def total(hours_later: int) -> int:
        view = catalogue.view(officer, START + timedelta(days=1, hours=hours_later))
        return search(view, query, limit=5).total

    assert [total(h) for h in (2, 4, 2)] == [1, 0, 1]


def test_a_case_without_open_access_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    real = catalogue_module.decide_case
    monkeypatch.setattr(
        catalogue_module, "decide_case", lambda *args: judged.append("case") or real(*args)
    )
    cases = some_cases(1, 6)
    catalogue = catalogue_of(cases)
    who = actor(Role.AGENCY, NPO)
    catalogue.view(who, NOW)
    assert len(judged) == 6
    catalogue.view(who, NOW)
    assert len(judged) == 6
    put(catalogue, cases[0])
    catalogue.view(who, NOW)
    assert len(judged) == 7
    # Another day, another contract: nothing is taken over.
    catalogue.view(who, NOW + timedelta(days=1))
    catalogue.view(dataclasses.replace(who, valid_to=NOW.date()), NOW)
    assert len(judged) == 19


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋", "高橋"),
        ("渡邊", "渡辺"),
        ("渡邉", "渡邊"),
        ("﨑山", "崎山"),
        ("齋藤", "斉藤"),
        ("斎藤", "齊藤"),
        ("廣瀨", "広瀬"),
        ("𠮷田", "吉田"),
        ("辻\U000e0100", "辻"),
        ("神", "神"),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "やまだ　たろう"),
        ("ｼﾖｳｼﾞ", "ショウジ"),
        ("８０５０", "8050"),
        ("ｷﾞｬﾝﾌﾞﾙ", "ぎゃんぶる"),
        ("DV", "ｄｖ"),
        ("家\n賃", "家賃"),
    ],
)
def test_two_spellings_are_one_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("家賃", "家質"), ("さとう", "さいとう"), ("大", "犬")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_readings_and_addresses_have_keys_of_their_own() -> None:
    assert fold_name("オー・ノ") == fold_name("おの") != fold_name("おおの")
    two = {"湊町二丁目3番地の1", "湊町2-3-1", "湊町２丁目３−１", "湊町 2丁目3番1号"}
    assert {fold_address(a) for a in two} == {"湊町2-3-1"}
    assert fold_address("本町十二丁目3-1") == "本町12-3-1"


@given(st.text("髙﨑邉家賃ｶﾞﾊﾟァっゃー〜-－・々〆１aＡ 　\n\ufe00ゔヴヶ", max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_words_are_parted_by_spaces_and_kept_by_quotation_marks() -> None:
    assert words_of("　家賃 滞納　家賃") == ("家賃", "滞納")
    assert words_of('"家賃 滞納" 夜') == ("家賃滞納", "夜")
    assert words_of("“家賃") == ("家賃",)
    assert words_of(' "" 　') == ()
    with pytest.raises(WordTooLongError):
        words_of("あ" * (LONGEST_WORD + 1))
    with pytest.raises(TooManyWordsError):
        words_of("一 二 三 四 五 六 七 八 九")


def test_counting_ends_where_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_module, "MOST_COUNTED", 4)
    cases = [
        case(
            record("progress", {"facts": "配食"}, at=START + timedelta(days=n)),
            case_id=f"C{n}",
        )
        for n in range(8)
    ]
    view = catalogue_of(cases).view(actor(), NOW)
    query, read, after = Query(words=words_of("配食")), [], None
    while True:
        page = search(view, query, limit=3, after=after)
        assert page.total == 4
        read += [hit.case_id for hit in page.hits]
        if not page.more:
            break
        after = page.hits[-1].rank
    assert read == [f"C{n}" for n in reversed(range(8))]


@given(st.text(max_size=80), st.data())
def test_a_signature_never_rules_out_what_is_there(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text)))
    word = text[first : data.draw(st.integers(first, len(text)))]
    assert all(signature([text])[byte] & mask for byte, mask in bits_of(word))


def test_a_signature_rules_most_out() -> None:
    pick = random.Random(1)  # noqa: S311  # no secret
    characters = [chr(c) for c in range(0x4E00, 0x9FA0, 7)]
    texts = ["".join(pick.choices(characters, k=400)) for _ in range(5)]
    kept = signature(texts)
    others = ["".join(pick.choices(characters, k=2)) for _ in range(2000)]
    held = sum(all(kept[byte] & mask for byte, mask in bits_of(word)) for word in others)
    assert held < 200


def test_no_word_is_made_of_two_texts() -> None:
    one = case(record("progress", {"facts": "家", "opinion": "賃"}))
    query = Query(words=words_of("家賃"))
    assert all_hits(catalogue_of([one]), actor(), query).total == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_stored_is_what_is_read(seed: int) -> None:
    (one,) = some_cases(seed, 1)
    for page in pages(one):
        assert unpack_page(page.number, pack_page(page)) == page
    assert unpack_facts(pack_facts(case_facts(one))) == case_facts(one)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.data())
def test_a_write_puts_all_the_pages_that_it_changes(seed: int, data: st.DataObject) -> None:
    """Whatever is saved, and in whatever order it was begun: the pages from before, with those put
    over them, are the pages of the case as it is now."""
    (before,) = some_cases(seed, 1)
    stored = {p.number: p for p in pages(before)}
    new = [
        record("progress", {"date": "2026-04-01", "facts": "配食"}, at=START + timedelta(hours=h))
        for h in data.draw(st.lists(st.integers(-5, 2000), max_size=3))
    ]
    old = data.draw(st.lists(st.sampled_from(sorted(before.records)), unique=True, max_size=2))
    saved = [
        *new,
        *(dataclasses.replace(before.records[r], revision=2, saved_at=NOW) for r in old),
    ]
    if data.draw(st.booleans()):
        intake = before.intake
        protecting = {**intake.data, "addressProtection": "yes"}
        saved = [r for r in saved if r.record_id != "intake"]
        saved.append(dataclasses.replace(intake, data=protecting, revision=2))
    if not saved:
        return
    after = before.with_records(*saved)
    stored |= {p.number: p for p in pages(after, before)}
    assert stored == {p.number: p for p in pages(after)}
    assert case_facts(after).stamps == tuple(stored[n].stamp for n in sorted(stored))


def test_the_pages_of_a_write_do_not_grow_with_the_case() -> None:
    long = case(
        *(
            record(
                "progress", {"date": "2026-04-01", "facts": f"{n}"}, at=START + timedelta(days=n)
            )
            for n in range(300)
        )
    )
    new = record("progress", {"date": "2027-04-01", "facts": "新"}, at=START + timedelta(days=301))
    assert len(pages(long.with_records(new), long)) == 1


def test_a_protected_address_and_the_compartment_are_in_no_key() -> None:
    rows = {"persons": [{"personId": SUBJECT, "isSubject": True, "workplaceOrSchool": "湊工業"}]}
    protected = case(
        record(
            "intake",
            {
                "consentVersion": "consent",
                "receivedAt": "2026-04-01",
                "receivingAgencyId": OFFICE,
                "addressProtection": "yes",
                "address": {"full": "船橋市湊町二丁目"},
                "chiefComplaint": "夜が怖い",
            },
        ),
        record("household", rows, about={"": ()}),
        record("sealed", {"personId": SUBJECT, "note": "湊荘"}),
    )
    catalogue = catalogue_of([protected])
    groups = [g for e in catalogue.cases.values() for g in e.groups]
    texts = [text for g in groups for _, _, text in g.texts]
    assert any("夜" in text for text in texts)
    assert not any("湊" in text for text in texts)
    assert "address" not in {f.kind for g in groups for f in g.facets}


def test_snippets_mark_the_words_where_they_are_written() -> None:
    progress = form("progress", "1.0.0")
    text = "長い前置き。" * 10 + "ﾃﾞｲｻｰﾋﾞｽを休み、\n髙橋さんと家 賃の話。" + "後書き。" * 40
    found = snippets(
        progress, {"facts": text, "opinion": "変わりない"}, words_of("デイサービス 高橋 家賃")
    )
    (one,) = found
    assert (one.property, one.title) == ("facts", "内容(事実)")
    assert [one.text[a:b] for a, b in one.marks] == ["ﾃﾞｲｻｰﾋﾞｽ", "髙橋", "家 賃"]
    assert one.text.startswith("…") and one.text.endswith("…") and "\n" not in one.text
    assert len(one.text) < 90


@given(st.text(max_size=80), st.data())
def test_marks_lie_within_their_text(text: str, data: st.DataObject) -> None:
    key, origins = folded_with_origins(text)
    assert len(origins) == len(key) + 1
    assert origins == sorted(origins)
    if not key:
        return
    at = data.draw(st.integers(0, len(key) - 1))
    word = key[at : at + 5]
    for snippet in snippets(form("progress", "1.0.0"), {"facts": text}, (word,)):
        for first, last in snippet.marks:
            assert 0 <= first < last <= len(snippet.text)


# Similar cases


def _case(number: int, *issues: str, facts: str = "", to: str | None = None) -> CaseFile:
    rows = [
        {"issueId": f"r-{n:012d}", "personId": SUBJECT, "code": c} for n, c in enumerate(issues)
    ]
    return case(
        record("issues", {"issues": rows}),
        record("progress", {"date": "2026-04-01", "facts": facts or "訪問した"}),
        *((transition(to, START),) if to else ()),
        case_id=f"C{number:02d}",
    )


def test_the_most_alike_comes_first_and_says_why() -> None:
    cases = [
        _case(0, "36", "33", facts="ゴミの堆積と近隣からの苦情"),
        _case(1, "36", "33", facts="近隣からの苦情があった"),
        _case(2, "36", facts="見学"),
        _case(3, "01", facts="入院"),
        *(_case(n, "01", facts="通院") for n in range(4, 12)),
    ]
    view = catalogue_of(cases).view(actor(), NOW)
    found = similar(view, "C00", ["ゴミの堆積と近隣からの苦情"], KINDS)
    assert [s.case_id for s in found.items[:2]] == ["C01", "C02"]
    first = found.items[0]
    assert {f.text for f in first.factors if f.kind is FactorKind.ISSUE} == {
        "課題が同じ:ひきこもり",
        "課題が同じ:認知症(疑い含む)",
    }
    assert {"同じ言葉がある:近隣", "同じ言葉がある:苦情"} <= {f.text for f in first.factors}
    assert abs(sum(f.weight for f in first.factors) - first.score) < 0.001
    assert "C00" not in {s.case_id for s in found.items}


def test_a_small_town_compares_nothing_before_it_has_enough_closed_cases() -> None:
    cases = [_case(n, "36", to="closed") for n in range(30)]
    few = catalogue_of([*cases[1:], _case(99, "36")]).view(actor(), NOW)
    assert not similar(few, "C99", [], KINDS, needs_closed=30).enough
    assert similar(few, "C99", [], KINDS).items
    enough = catalogue_of([*cases, _case(99, "36")]).view(actor(), NOW)
    compared = similar(enough, "C99", [], KINDS, needs_closed=30)
    assert compared.enough and len(compared.items) == 10
