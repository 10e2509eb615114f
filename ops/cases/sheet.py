"""Which columns the つなぐシート workbook has, and how each is written and read.

Items follow 岡山市 つなぐシート (Ver.2019.11.1, DOMAIN §2.0), as a table with one case per row,
plus what 相談受付・申込票 demands (受付, 経路, 緊急性, 同意). Household members stand on a second
sheet, tied by 管理番号, because a family may be larger than any number of repeated columns.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from lambdas.casework import forms

CASES, HOUSEHOLD, HELP, CHOICES = "相談", "世帯員", "記入のしかた", "選択肢"
CONTROL = "管理番号"
CONCERNS = "お困りごと"  # what the columns of marks are called together
FORM_VERSION = "1.0.0"


class Kind(Enum):
    """How a cell is read."""

    CONTROL = auto()
    TEXT = auto()
    NAME = auto()  # a text, or 匿名 / 不詳 instead of a name
    CODE = auto()
    MARK = auto()  # ○, ◎ for the most pressing concern
    DATE = auto()
    PARTIAL_DATE = auto()
    PHONE = auto()
    POSTAL_CODE = auto()
    INTEGER = auto()
    AGENCY = auto()


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its heading, where its value stands in the intake sheet, how it is written.

    code: the list of a CODE, the code of a MARK, the kind of a PHONE. needed: the heading may not
    be missing from a workbook. note: text added to 相談内容の補足 when a MARK is set.
    """

    heading: str
    pointer: str
    kind: Kind = Kind.TEXT
    code: str = ""
    help: str = ""
    needed: bool = False
    width: int = 16
    note: str = ""


CASE_COLUMNS = (
    Column(
        heading=CONTROL,
        pointer="",
        kind=Kind.CONTROL,
        needed=True,
        help="この表の中で重ならない番号。同じ番号の行は二度取り込まれません。",
    ),
    Column(
        heading="受付日",
        pointer="/receivedAt",
        kind=Kind.DATE,
        needed=True,
    ),
    Column(
        heading="受付機関",
        pointer="/receivingAgencyId",
        kind=Kind.AGENCY,
        width=28,
        help="登録のある機関の名称。空欄は、取り込む人の機関になります。",
    ),
    Column(
        heading="受付者",
        pointer="/receivedBy",
        needed=True,
        help="相談を受けた職員の氏名。",
    ),
    Column(heading="相談方法", pointer="/contactMethod", kind=Kind.CODE, code="method"),
    Column(heading="相談経路", pointer="/route", kind=Kind.CODE, code="route", needed=True),
    Column(heading="紹介元の機関名", pointer="/referrer/agencyName", width=24),
    Column(
        heading="紹介元の種別", pointer="/referrer/agencyKind", kind=Kind.CODE, code="agency-kind"
    ),
    Column(heading="紹介元の担当者", pointer="/referrer/personName"),
    Column(heading="紹介元の連絡先", pointer="/referrer/tel", kind=Kind.PHONE),
    Column(heading="紹介する理由", pointer="/referralReason", width=40),
    Column(heading="これまでの支援経過", pointer="/priorSupport", width=40),
    Column(
        heading="氏名",
        pointer="/name",
        kind=Kind.NAME,
        needed=True,
        width=24,
        help="分からないときは「匿名」か「不詳」と書きます。",
    ),
    Column(heading="ふりがな", pointer="/nameKana", width=24),
    Column(heading="氏名の代替表記", pointer="/nameAlternative", width=24),
    Column(heading="性別", pointer="/sex", kind=Kind.CODE, code="sex"),
    Column(
        heading="生年月日",
        pointer="/birthDate",
        kind=Kind.PARTIAL_DATE,
        help="昭和40年3月2日、S40.3.2、1965-03-02、昭和40年、不詳 のように、分かるところまで。",
    ),
    Column(
        heading="住所を秘匿する必要",
        pointer="/addressProtection",
        kind=Kind.CODE,
        code="three-valued",
        help="住所を書くときは必ず選びます。「有」のときは、住所も世帯員の職業・学校も書きません。",
    ),
    Column(heading="住所の区分", pointer="/residenceType", kind=Kind.CODE, code="residence-type"),
    Column(heading="郵便番号", pointer="/address/postalCode", kind=Kind.POSTAL_CODE),
    Column(
        heading="住所",
        pointer="/address/full",
        width=36,
        help="都道府県から番地まで続けて書きます。",
    ),
    Column(heading="建物名・部屋番号", pointer="/address/building", width=24),
    Column(heading="電話(自宅)", pointer="/phones", kind=Kind.PHONE, code="01"),
    Column(heading="電話(携帯)", pointer="/phones", kind=Kind.PHONE, code="02"),
    Column(heading="連絡の可否", pointer="/contactRule", kind=Kind.CODE, code="contact-rule"),
    Column(heading="連絡できる時間帯・注意", pointer="/contactCaution", width=30),
    Column(heading="世帯類型", pointer="/householdType", kind=Kind.CODE, code="household-type"),
    Column(heading="世帯人数", pointer="/householdSize", kind=Kind.INTEGER),
    *(
        Column(
            heading=label,
            pointer="/concerns",
            kind=Kind.MARK,
            code=code,
            width=6,
            help="当てはまれば○、最も困っていること(ひとつだけ)は◎。",
        )
        for code, label in forms.labels("concern").items()
    ),
    Column(heading="お困りごとの補足", pointer="/concernsNote", width=30),
    Column(
        heading="自由記述(本人の言葉)",
        pointer="/chiefComplaint",
        width=60,
        help="本人の言葉をできるだけそのまま書きます。",
    ),
    Column(heading="本人・家族の希望", pointer="/wishes", width=40),
    Column(heading="緊急性", pointer="/urgency/level", kind=Kind.CODE, code="urgency", needed=True),
    Column(heading="緊急性の理由・対応", pointer="/urgency/note", width=40),
    Column(
        heading="同意区分",
        pointer="/consentVersion",
        kind=Kind.CODE,
        code="consent-version",
        needed=True,
        width=24,
        help="同意日・説明者・同意の方法・証跡のどれかが欠けると、本人同意なしとして取り込みます。",
    ),
    Column(heading="同意日", pointer="/consent/date", kind=Kind.DATE),
    Column(heading="説明者", pointer="/consent/explainer"),
    Column(heading="同意の方法", pointer="/consent/method", kind=Kind.CODE, code="consent-method"),
    Column(heading="代理人の区分", pointer="/consent/proxyKind", kind=Kind.CODE, code="proxy-kind"),
    Column(heading="代理人の氏名", pointer="/consent/proxyName", width=24),
    Column(
        heading="証跡(同意書などの保管場所)",
        pointer="/consent/evidence",
        width=30,
        help="署名した同意書や、口頭の同意の記録がある場所・番号。",
    ),
    Column(heading="共有してよい範囲の限定", pointer="/consent/scope", width=40),
    Column(
        heading="同意が得られない理由",
        pointer="/noConsentReason",
        width=40,
        help="同意区分が「本人同意なし」のとき必ず書きます。",
    ),
    Column(heading="同意に向けた今後の働きかけ", pointer="/consentApproach", width=40),
    Column(
        heading="スクリーニング結果",
        pointer="/screening",
        kind=Kind.CODE,
        code="screening",
        width=30,
    ),
)

# お困りごと of the original sheet that 相談内容 words differently; its word is kept as a note.
ORIGINAL_CONCERNS = tuple(
    Column(heading=heading, pointer="/concerns", kind=Kind.MARK, code=code, note=heading)
    for heading, code in (
        ("病気・医療", "01"),
        ("こころの問題(メンタルヘルス)", "01"),
        ("障害", "01"),
        ("健康", "01"),
        ("収入・仕事", "03"),
        ("支出・滞納・借金", "06"),
        ("権利擁護(後見制度など)", "99"),
    )
)

HOUSEHOLD_COLUMNS = (
    Column(
        heading=CONTROL,
        pointer="",
        kind=Kind.CONTROL,
        needed=True,
        help="「相談」シートの管理番号を書きます。",
    ),
    Column(heading="氏名", pointer="/name", width=24),
    Column(heading="ふりがな", pointer="/nameKana", width=24),
    Column(
        heading="続柄",
        pointer="/relation",
        kind=Kind.CODE,
        code="relation",
        help="世帯主ではなく、本人からみた続柄。",
    ),
    Column(heading="年齢", pointer="/age", kind=Kind.INTEGER, help="受付日の時点の年齢。"),
    Column(heading="同居・別居", pointer="/cohabitation", kind=Kind.CODE, code="cohabitation"),
    Column(heading="職業・学校", pointer="/occupationOrSchool", width=24),
    Column(heading="備考", pointer="/note", width=40),
)

_HOW = {
    Kind.TEXT: "文字で書きます。",
    Kind.CODE: "一覧から選びます。",
    Kind.DATE: "令和8年4月1日、R8.4.1、2026-04-01 のように書きます。",
    Kind.PHONE: "047-000-0000 のように書きます。",
    Kind.POSTAL_CODE: "273-0000 のように書きます。",
    Kind.INTEGER: "数字だけを書きます。",
}


def how_to_write(column: Column) -> str:
    """What to put into the column, in one Japanese sentence."""
    return column.help or _HOW[column.kind]


def plain(text: str) -> str:
    """A heading, label or agency name as compared: width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


# What clerks write for a code besides its label.
_SHORT = {
    "consent-version": {
        "同意あり": "consent",
        "同意有": "consent",
        "同意なし": "no-consent",
        "同意無": "no-consent",
        "本人同意なし": "no-consent",
    },
    "sex": {"男": "1", "女": "2"},
    "three-valued": {"あり": "yes", "なし": "no"},
}


@cache
def codes_by_label(name: str) -> Mapping[str, str]:
    """What may be written for each code of a list, as `plain` gives it: label, code, short form."""
    labels = forms.labels(name)
    return (
        {plain(code): code for code in labels}
        | {str(int(code)): code for code in labels if code.isdigit()}
        | {plain(label): code for code, label in labels.items()}
        | _SHORT.get(name, {})
    )
