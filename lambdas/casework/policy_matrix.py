"""Who may see and do what, asked of the running rules (DOMAIN §4.2, §4.10).

Each situation is a small case in which one thing is so; every role asks for every data class of
one record in it. Nothing here decides: the answers come from `access`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lambdas.casework.access import (
    ALL_CLASSES,
    BOOK_READERS,
    RECORD_CLASSES,
    WRITERS,
    Action,
    Actor,
    Basis,
    Confinement,
    Consent,
    DataClass,
    Grant,
    Matter,
    Meeting,
    MemberKind,
    Membership,
    Period,
    Role,
    Situation,
    TimedAccess,
    decide,
    decide_case,
    may_read,
    may_read_book,
    may_write_form,
)
from lambdas.casework.forms import form, form_names, form_versions, labels

NONE = "–"

# One character per basis, for the cells.
SIGNS: Mapping[Basis, str] = {
    Basis.MUNICIPAL_DUTY: "職",
    Basis.OUTSOURCING: "委",
    Basis.CASE_MEMBER: "加",
    Basis.OWN_RECORD: "自",
    Basis.CONSENT: "同",
    Basis.SHIEN_KAIGI: "会",
    Basis.NAMED_HOLDER: "指",
    Basis.EMERGENCY_ACCESS: "緊",
    Basis.DISCLOSURE_DUTY: "開",
    Basis.AUDIT_DUTY: "監",
    Basis.OWN_ACCOUNT: "登",
    Basis.APPI_69_2_4: "決",
}
CLASSES: Mapping[int, str] = {
    DataClass.CONTACT: "氏名・連絡先",
    DataClass.HOUSEHOLD: "世帯・課題・アセスメント",
    DataClass.SPECIAL_CARE: "要配慮(病歴・障害・犯罪歴・被害)",
    DataClass.PROGRESS: "支援経過",
    DataClass.CONFERENCE: "会議の記録",
    DataClass.SEALED: "秘匿情報(住所・勤務先・学校など)",
}
_ACTIONS: Mapping[Action, str] = {
    Action.LIST_CASES: "ケースの一覧を開く(見えるケースだけが並ぶ)",
    Action.CREATE_CASE: "相談を受け付ける",
    Action.MANAGE_STAFF: "利用者と機関を登録・変更する",
    Action.READ_REGISTERS: "機関と自分の利用登録を見る",
    Action.READ_STATISTICS: "統計を見る(小さい数は伏せる)",
    Action.REPORT_STATISTICS: "国・県への実績報告(実数)を作る",
    Action.MANAGE_SETTINGS: "設定を変える",
    Action.HANDLE_DISCLOSURE: "開示・訂正・利用停止の請求を扱う",
    Action.HANDLE_RETENTION: "保存期間・廃棄を扱う",
    Action.READ_LEDGER: "提供の記録を見る",
    Action.REVIEW_EMERGENCIES: "緊急閲覧を確かめる",
    Action.READ_MATRIX: "この表(だれが、いつ、何を見られるか)を見る",
}

_NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
_TODAY = date(2026, 4, 1)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_LIVE = Period(first=_TODAY - _DAY, last=_TODAY)
_OVER = Period(first=_TODAY - 9 * _DAY, last=_TODAY - _DAY)
_COMING = Period(first=_TODAY + _DAY)
_STAFF, _AGENCY, _OTHER = "staff", "agency", "other"
_ONE, _TWO = "p-one", "p-two"
_RECORD = "record"
_KINDS = {
    Role.COORDINATOR: MemberKind.COORDINATOR,
    Role.AGENCY: MemberKind.PARTICIPANT,
    Role.COMMISSIONER: MemberKind.PARTICIPANT,
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """One table: its columns, and rows of a label and as many cells."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


Fields = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Given:
    """A situation: what differs in the facts of the case, in the record and in the actor."""

    label: str
    facts: Callable[[int], Fields] = lambda _: {}
    record: Fields = field(default_factory=dict)
    actor: Fields = field(default_factory=dict)
    member: Period | None = _LIVE


def sections() -> tuple[Section, ...]:
    """Reading, the log, writing, and what concerns no single case."""
    roles = tuple(labels("role")[role.value] for role in Role)
    reading = tuple(
        Section(
            title=f"読む:{title}",
            columns=("状況", *roles),
            rows=tuple((g.label, tuple(_cell(role, g) for role in Role)) for g in group),
        )
        for title, group in _SITUATIONS.items()
    )
    return (
        *reading,
        Section(
            title="操作の履歴(だれが見て、変えたか)を見る",
            columns=("状況", *roles),
            rows=tuple((g.label, tuple(_log_cell(role, g) for role in Role)) for g in _LOG),
        ),
        Section(
            title="書く(様式ごと。ケースに加わり、契約と登録の期間内のとき)",
            columns=("様式", *roles),
            rows=tuple((_title(name), tuple(_writer(r, name) for r in Role)) for name in WRITERS),
        ),
        Section(
            title="ケースに属さない記録を読む",
            columns=("様式", *roles),
            rows=tuple(
                (_title(name), tuple(_book_cell(r, name) for r in Role)) for name in BOOK_READERS
            ),
        ),
        Section(
            title="ケースによらない操作",
            columns=("操作", *roles),
            rows=tuple(
                (text, tuple(_sign(decide(_actor(r), action, _NOW).basis) for r in Role))
                for action, text in _ACTIONS.items()
            ),
        ),
    )


def legend() -> tuple[tuple[str, str], ...]:
    """What the signs and the numbers of the cells mean."""
    bases = labels("access-basis")
    named = [(sign, bases[basis]) for basis, sign in SIGNS.items() if sign not in ("加", "決")]
    return (
        *named,
        ("加", bases[Basis.CASE_MEMBER]),
        ("決", "共有の決定(表では個人情報保護法69条2項4号の例)"),
        *((str(number), text) for number, text in CLASSES.items()),
        ("存在", "ケースがあることだけが分かる"),
        (NONE, "できない(「表示できる記録がありません」とだけ答える)"),
    )


def markdown(command: str) -> str:
    """The matrix as a page; `command` is how it is made again."""
    lines = [
        "# だれが、いつ、何を見られるか",
        "",
        "動いている規則そのものに尋ねて作った表です。手で直さず、規則を変えたときに "
        f"`{command}` で作り直してください。",
        "",
        "ます目は「根拠の印+見られる情報区分」です。たとえば `同 123` は、本人・世帯員の同意により"
        "区分1・2・3が見られることを表します。社会福祉法106条の6と個人情報保護法69条の扱い方には、"
        "条文や通知を確かめていない点(要確認)があります。理由と要確認の点は "
        "`docs/decisions/0011-sharing-law.md` にあります。",
        "",
        "| 印 | 意味 |",
        "|---|---|",
        *(f"| {sign} | {text} |" for sign, text in legend()),
    ]
    for section in sections():
        lines += ["", f"## {section.title}", "", f"| {' | '.join(section.columns)} |"]
        lines.append("|---" * len(section.columns) + "|")
        lines += [f"| {label} | {' | '.join(cells)} |" for label, cells in section.rows]
    return "\n".join(lines) + "\n"


def _cell(role: Role, given: _Given) -> str:
    """Each basis with the classes it opens."""
    actor = _actor(role, given)
    opened: dict[Basis, str] = {}
    for data_class in sorted(ALL_CLASSES):
        facts = _facts(role, given, data_class)
        basis = may_read(actor, facts, _matter(given, data_class), _NOW)
        if basis is not None:
            opened[basis] = opened.get(basis, "") + str(data_class)
    if opened:
        return "・".join(f"{SIGNS[basis]} {classes}" for basis, classes in opened.items())
    facts = _facts(role, given, DataClass.CONTACT)
    known = decide_case(actor, Action.READ_CASE, facts, _NOW).allowed
    return "存在" if known else NONE


def _log_cell(role: Role, given: _Given) -> str:
    facts = _facts(role, given, DataClass.CONTACT)
    return _sign(decide_case(_actor(role, given), Action.READ_AUDIT, facts, _NOW).basis)


def _book_cell(role: Role, name: str) -> str:
    anyone = may_read_book(_actor(role), name, frozenset({_OTHER}), _NOW)
    return _sign(anyone or may_read_book(_actor(role), name, frozenset({_AGENCY}), _NOW))


def _writer(role: Role, name: str) -> str:
    return "○" if may_write_form(_actor(role), name, _NOW) else NONE


def _sign(basis: Basis | None) -> str:
    return SIGNS[basis] if basis else NONE


def _title(name: str) -> str:
    return form(name, form_versions(name)[-1]).title if name in form_names() else f"`{name}`"


def _actor(role: Role, given: _Given | None = None) -> Actor:
    preset = Actor(
        staff_id=_STAFF,
        display_name="",
        role=role,
        agency_id=_AGENCY,
        agency_name="",
        valid_from=_OVER.first,
        valid_to=None,
        contract=Period(first=_OVER.first) if role is Role.COORDINATOR else None,
    )
    return replace(preset, **given.actor) if given else preset


def _facts(role: Role, given: _Given, data_class: int) -> Situation:
    member = given.member and Membership(
        agency_id=_AGENCY,
        kind=_KINDS.get(role, MemberKind.MUNICIPALITY),
        valid_from=given.member.first,
        valid_to=given.member.last,
    )
    facts = Situation(
        case_id="",
        closed=False,
        subject=_ONE,
        persons=frozenset({_ONE, _TWO}),
        memberships=(member,) if member else (),
        own_records=frozenset(),
    )
    return replace(facts, **given.facts(data_class))


def _matter(given: _Given, data_class: int) -> Matter:
    preset = Matter(
        record_id=_RECORD,
        data_class=data_class,
        persons=frozenset({_ONE}),
        contributors=frozenset({_OTHER}),
    )
    return replace(preset, **given.record)


def _consent(person: str = _ONE, **changes: Any) -> Consent:
    preset = Consent(
        consent_id="consent",
        person_id=person,
        agencies=frozenset({_AGENCY}),
        agency_kinds=frozenset(),
        classes=RECORD_CLASSES,
        tax_data=False,
        period=_LIVE,
        withdrawn=False,
    )
    return replace(preset, **changes)


def _grant(**changes: Any) -> Grant:
    preset = Grant(
        grant_id="grant",
        basis=Basis.APPI_69_2_4,
        agency_id=_AGENCY,
        persons=frozenset({_ONE}),
        classes=RECORD_CLASSES - {DataClass.CONFERENCE},
        records=frozenset(),
        period=_LIVE,
        revoked=False,
    )
    return replace(preset, **changes)


def _meeting(**changes: Any) -> Meeting:
    preset = Meeting(
        record_id="minutes",
        meeting_id="meeting",
        secret=True,
        attendees=frozenset({_STAFF}),
        window=_LIVE,
        papers={},
    )
    return replace(preset, **changes)


def _timed(hours: int, person: str | None = None) -> tuple[TimedAccess, ...]:
    """Begun so many hours ago; its record would let it last for a day."""
    first = _NOW - hours * _HOUR
    return (TimedAccess(staff_id=_STAFF, first=first, last=first + 24 * _HOUR, person_id=person),)


def _with(**facts: Any) -> Callable[[int], Fields]:
    return lambda _: facts


def _consented(*consents: Consent, **facts: Any) -> Callable[[int], Fields]:
    return _with(consents=consents or (_consent(),), **facts)


def _laid(**changes: Any) -> Callable[[int], Fields]:
    return lambda data_class: {
        "meetings": (_meeting(papers={_RECORD: frozenset({data_class})}, **changes),)
    }


_OURS = {"confined": Confinement(basis=Basis.SHIEN_KAIGI, meeting_id="meeting")}
_ELSEWHERE = {"confined": Confinement(basis=Basis.YOTAIKYO_25_2, meeting_id=None)}
_SHARED: Fields = {"shared": frozenset({_AGENCY})}
_UNSHARED: Fields = {"shared": frozenset[str]()}
_COLLEAGUE = frozenset({"colleague"})
_JUSO = _meeting(record_id=_RECORD, meeting_id="juso", secret=False)

_SITUATIONS: Mapping[str, tuple[_Given, ...]] = {
    "加わり方と担当": (
        _Given(label="ケースに加わっていない", member=None),
        _Given(label="加わっている。同意なし"),
        _Given(
            label="加わっている。ほかの人だけが担当に指名されている",
            facts=_with(in_charge=_COLLEAGUE),
        ),
        _Given(label="加わる期間が終わった。同意は続いている", facts=_consented(), member=_OVER),
        _Given(
            label="委託契約が終わった(契約のある役割だけに関わる)",
            actor={"contract": _OVER},
        ),
        _Given(label="直営: 主管課の職員が多機関協働を担う", actor={"office": True}),
        _Given(
            label="利用登録の期間が終わった", facts=_consented(), actor={"valid_to": _OVER.last}
        ),
        _Given(
            label="自機関だけが書いた記録。同意なし",
            facts=_with(own_records=frozenset({_AGENCY})),
            record={"contributors": frozenset({_AGENCY})},
        ),
        _Given(
            label="自機関が書き、他機関が書き加えた記録。同意なし",
            record={"contributors": frozenset({_AGENCY, _OTHER})},
        ),
    ),
    "同意": (
        _Given(label="本人が機関名で同意(区分1〜5)。共有先の欄がない記録", facts=_consented()),
        _Given(
            label="本人が機関名で同意。作成者が共有先に指定した記録",
            facts=_consented(),
            record=_SHARED,
        ),
        _Given(
            label="本人が機関名で同意。作成者が共有先に指定していない記録",
            facts=_consented(),
            record=_UNSHARED,
        ),
        _Given(
            label="本人が役割(参加機関)に対して同意",
            facts=_consented(
                _consent(agencies=frozenset(), agency_kinds=frozenset({MemberKind.PARTICIPANT}))
            ),
        ),
        _Given(label="区分1・2だけの同意", facts=_consented(_consent(classes=frozenset({1, 2})))),
        _Given(label="同意の始まりより前", facts=_consented(_consent(period=_COMING))),
        _Given(label="同意の期間が終わった", facts=_consented(_consent(period=_OVER))),
        _Given(label="同意が撤回された", facts=_consented(_consent(withdrawn=True))),
        _Given(
            label="終わりの日のない同意。利用終了のあと",
            facts=_consented(_consent(period=Period(first=_OVER.first)), closed=True),
        ),
        _Given(
            label="終わりの日のない同意。利用終了のあとに再開",
            facts=_consented(_consent(period=Period(first=_OVER.first), lapsed=True)),
        ),
        _Given(label="別の世帯員だけが同意", facts=_consented(_consent(_TWO))),
        _Given(
            label="2人についての記録。1人だけ同意",
            facts=_consented(),
            record={"persons": frozenset({_ONE, _TWO})},
        ),
        _Given(
            label="世帯全体についての記録。全員が同意",
            facts=_consented(_consent(), _consent(_TWO)),
            record={"persons": frozenset[str]()},
        ),
        _Given(
            label="税の情報。同意に税の情報と書かれていない",
            facts=_consented(),
            record={"tax_data": True},
        ),
        _Given(
            label="税の情報。同意に税の情報と書かれている",
            facts=_consented(_consent(tax_data=True)),
            record={"tax_data": True},
        ),
    ),
    "法にもとづく共有の決定(主管課)": (
        _Given(label="この機関への共有の決定", facts=_with(grants=(_grant(),))),
        _Given(
            label="この記録を名指しした決定。作成者は共有先に指定していない",
            facts=_with(grants=(_grant(records=frozenset({_RECORD})),)),
            record=_UNSHARED,
        ),
        _Given(
            label="別の人についての決定", facts=_with(grants=(_grant(persons=frozenset({_TWO})),))
        ),
        _Given(
            label="2人についての記録。1人は同意、1人は決定",
            facts=_consented(grants=(_grant(persons=frozenset({_TWO})),)),
            record={"persons": frozenset({_ONE, _TWO})},
        ),
        _Given(label="決定の期間が終わった", facts=_with(grants=(_grant(period=_OVER),))),
        _Given(label="決定が取り消された", facts=_with(grants=(_grant(revoked=True),))),
        _Given(label="税の情報", facts=_with(grants=(_grant(),)), record={"tax_data": True}),
    ),
    "支援会議(同意のいらない会議)": (
        _Given(
            label="会議で出された記録。出席者、閲覧期間の中",
            facts=_with(meetings=(_meeting(),)),
            record=_OURS,
            member=None,
        ),
        _Given(
            label="会議で出された記録。出席者、閲覧期間のあと",
            facts=_with(meetings=(_meeting(window=_OVER),)),
            record=_OURS,
            member=None,
        ),
        _Given(
            label="会議で自機関が受け持ち、まだ済んでいない役割(その行だけ)。出席者、閲覧期間のあと",
            facts=_with(meetings=(_meeting(window=_OVER, tasked=frozenset({_AGENCY})),)),
            record={**_OURS, "task": True},
            member=None,
        ),
        _Given(
            label="会議で出された記録。出席していない。あとから本人が同意",
            facts=_consented(meetings=(_meeting(attendees=_COLLEAGUE),)),
            record={**_OURS, **_SHARED},
        ),
        _Given(
            label="主管課が名指しで解いた記録。出席していない。同意なし",
            facts=_with(released=frozenset({_RECORD})),
            record=_OURS,
        ),
        _Given(
            label="主管課が名指しで解いた記録。出席していない。本人が同意",
            facts=_consented(released=frozenset({_RECORD})),
            record={**_OURS, **_SHARED},
        ),
        _Given(label="会議に出したケースの記録。出席者、閲覧期間の中", facts=_laid(), member=None),
        _Given(
            label="会議に出したケースの記録。出席者、閲覧期間のあと",
            facts=_laid(window=_OVER),
            member=None,
        ),
        _Given(
            label="ほかの会議(要保護児童対策地域協議会など)で出された記録。本人が同意",
            facts=_consented(released=frozenset({_RECORD})),
            record={**_ELSEWHERE, **_SHARED},
        ),
    ),
    "重層的支援会議(同意のある会議)": (
        _Given(label="会議の記録。出席し、本人が同意", facts=_consented(meetings=(_JUSO,))),
        _Given(label="会議の記録。出席したが、同意なし", facts=_with(meetings=(_JUSO,))),
        _Given(
            label="会議の記録。本人が同意したが、欠席",
            facts=_consented(meetings=(replace(_JUSO, attendees=_COLLEAGUE),)),
        ),
    ),
    "例外": (
        _Given(
            label="利益相反の申告がある。加わっており、本人が同意",
            facts=_consented(conflicts=frozenset({_STAFF}), holders=frozenset({_STAFF})),
        ),
        _Given(
            label="緊急閲覧の3時間の中。ケースに加わっていない",
            facts=_with(emergencies=_timed(2)),
            member=None,
        ),
        _Given(
            label="緊急閲覧の3時間の中。支援会議で出された記録",
            facts=_with(emergencies=_timed(2)),
            record=_OURS,
            member=None,
        ),
        _Given(label="緊急閲覧から3時間たった", facts=_with(emergencies=_timed(3)), member=None),
        _Given(
            label="開示請求の担当。請求した人の記録、ケースに加わっていない",
            facts=_with(disclosures=_timed(2, _ONE)),
            member=None,
        ),
        _Given(
            label="開示請求の担当。支援会議で出された、請求した人の記録",
            facts=_with(disclosures=_timed(2, _ONE)),
            record=_OURS,
            member=None,
        ),
        _Given(
            label="開示請求の担当。請求していない人の記録",
            facts=_with(disclosures=_timed(2, _TWO)),
            member=None,
        ),
        _Given(
            label="秘匿情報を扱う人に指定されている。加わっている",
            facts=_with(holders=frozenset({_STAFF})),
        ),
        _Given(
            label="秘匿情報を扱う人に指定されている。加わっていない",
            facts=_with(holders=frozenset({_STAFF})),
            member=None,
        ),
    ),
}
_LOG = (
    _Given(label="ケースに加わっている"),
    _Given(label="ケースに加わっていない", member=None),
    _Given(label="利益相反の申告がある", facts=_with(conflicts=frozenset({_STAFF}))),
)
