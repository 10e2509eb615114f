"""The 24 invented households of the demo, in the archetypes of DOMAIN §8.

Nobody here exists. Names carry the characters that break careless systems (髙 U+9AD9, 﨑 U+FA11,
神 U+FA19, 𠮷 U+20BB7, 葛 with a variation selector, names without kana): they are written as
escapes so that no editor can normalise them away.
"""

from dataclasses import dataclass
from typing import Any, Literal

TAKA = "\u9ad9"  # 髙, not 高
SAKI = "\ufa11"  # 﨑, not 崎
KAMI = "\ufa19"  # 神 as a compatibility character, which NFC would change
YOSHI = "\U00020bb7"  # 𠮷, outside the BMP
KATSU = "\u845b\U000e0100"  # 葛 with its variation selector

YES, NO, UNKNOWN = "yes", "no", "unknown"


@dataclass(frozen=True, kw_only=True)
class Story:
    """A household before it has dates, numbers and a receiving clerk.

    agency: key of the receiving agency. age: of the person at receipt, None when unknown.
    birth: how much of the birth date is known. lives: whether an address is written.
    data: the rest of the intake sheet, in the form's own keys.
    """

    archetype: str
    agency: Literal["municipality", "council", "elderly", "npo"]
    age: int | None
    birth: Literal["day", "month", "year", "none"] = "day"
    lives: bool = True
    building: str | None = None
    phone: Literal["01", "02"] | None = None
    data: dict[str, Any]


STORIES = (
    Story(
        archetype="8050",
        agency="elderly",
        age=53,
        birth="year",
        data={
            "name": f"{TAKA}橋 誠",
            "nameKana": "たかはし まこと",
            "sex": "1",
            "contactMethod": "02",
            "route": "05",
            "householdType": "04",
            "householdSize": 2,
            "household": [
                {
                    "name": f"{TAKA}橋 フミ",
                    "nameKana": "たかはし ふみ",
                    "relation": "06",
                    "age": 83,
                    "cohabitation": "1",
                    "note": "要介護2。物忘れが目立ち、通帳の管理があやしくなっている。",
                }
            ],
            "concerns": ["03", "12", "13"],
            "topConcern": "13",
            "chiefComplaint": (
                "母フミさんの訪問時、2階に長男がいると初めて聞いた。母は「誠は20年以上、部屋から"
                "ほとんど出ない。私が死んだらあの子はどうなるのか」と涙ぐむ。本人とは扉越しに"
                "「今は話したくない」との一言のみ。生活は母の年金だけで支えている。"
            ),
            "wishes": "母「今の家で、息子と穏やかに暮らしたい」。本人の希望はまだ聞けていない。",
            "urgency": {
                "level": "2",
                "reasons": ["03"],
                "note": "母の受診が途切れている。来週、看護師と再訪問する。",
            },
            "involvedAgencies": [
                {"agencyKind": "02", "agencyName": "ケアプランなぎさ(架空)", "note": "母の担当"}
            ],
            "noConsentReason": (
                "本人と会えておらず、情報共有について説明する機会がまだない。"
                "母は相談に同意しているが、本人の同意に代わるものではない。"
            ),
            "consentApproach": "母の訪問に合わせて手紙を残し、本人の話しやすい時間と方法を尋ねる。",
            "screening": "5",
        },
    ),
    Story(
        archetype="ダブルケア",
        agency="municipality",
        age=39,
        phone="02",
        building="メゾンれんげ205",
        data={
            "name": "中村 彩",
            "nameKana": "なかむら あや",
            "sex": "2",
            "contactMethod": "01",
            "route": "01",
            "contactRule": "02",
            "contactCaution": "平日の9時30分から15時まで(子の迎えの前)。",
            "householdType": "07",
            "householdSize": 4,
            "household": [
                {"name": "中村 亮", "relation": "02", "age": 41, "cohabitation": "1"},
                {
                    "name": "中村 陽菜",
                    "relation": "04",
                    "age": 3,
                    "cohabitation": "1",
                    "occupationOrSchool": "保育所(架空)",
                    "note": "ことばの発達について健診で経過観察。",
                },
                {
                    "name": "大川 静江",
                    "relation": "06",
                    "age": 74,
                    "cohabitation": "1",
                    "note": "昨年、脳梗塞。右半身にまひ。要介護3。",
                },
            ],
            "concerns": ["08", "11", "12"],
            "topConcern": "12",
            "chiefComplaint": (
                "「朝は母の着替えと子どもの支度が重なって、毎日遅刻しそうになる。職場にもう迷惑を"
                "かけられない。夜も2、3回起きている。自分が倒れたら終わりだと思う」。"
            ),
            "wishes": "仕事は続けたい。母の通える所と、子の相談先をまとめて考えてほしい。",
            "urgency": {"level": "2", "note": "本人の疲労が強い。短期入所を今週中に照会する。"},
            "involvedAgencies": [
                {"agencyKind": "01", "agencyName": "なぎさ地域包括支援センター(練習用)"},
                {"agencyKind": "12", "note": "3歳児健診の経過観察"},
            ],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "01",
                "scope": "勤務先には相談していることを伝えないでほしい。",
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="ヤングケアラー+精神疾患の親",
        agency="npo",
        age=14,
        data={
            "name": "小野寺 結衣",
            "nameKana": "おのでら ゆい",
            "sex": "2",
            "contactMethod": "09",
            "route": "06",
            "referrer": {
                "agencyName": "架空第一中学校",
                "agencyKind": "08",
                "personName": "担任・SSW",
                "tel": "047-000-0031",
            },
            "referralReason": (
                "欠席と遅刻が続き、家庭で母の世話と弟の食事の支度をしていることが分かった。"
                "母の医療と弟の保育が関わり、学校だけでは支えきれない。"
            ),
            "priorSupport": "SSWが週1回面談。家庭訪問では母に会えていない。",
            "householdType": "05",
            "householdSize": 3,
            "household": [
                {
                    "name": "小野寺 真由美",
                    "relation": "06",
                    "age": 42,
                    "cohabitation": "1",
                    "note": "気分の落ち込みが強く、日中も横になっている。通院は中断。",
                },
                {
                    "name": "小野寺 蓮",
                    "relation": "09",
                    "age": 5,
                    "cohabitation": "1",
                    "occupationOrSchool": "こども園(架空)",
                },
            ],
            "concerns": ["01", "03", "11", "13"],
            "topConcern": "01",
            "chiefComplaint": (
                "「お母さんが悪いみたいに言われるのはいや。弟のごはんは私がやればいいだけ。"
                "でも、夜ねむれなくて、朝がつらい」。高校のことは「考えないようにしている」。"
            ),
            "wishes": "「お母さんに病院へ行ってほしい。弟のおむかえを代わってもらえる日がほしい」",
            "urgency": {
                "level": "2",
                "reasons": ["03"],
                "note": "冷蔵庫に食べる物が少ない。学校がフードバンクと調整中。",
            },
            "involvedAgencies": [
                {"agencyKind": "08", "agencyName": "架空第一中学校"},
                {"agencyKind": "06", "note": "弟の入園時に関わり"},
            ],
            "noConsentReason": (
                "母と連絡が取れず、説明できていない。結衣さんは母に知られることを心配している。"
            ),
            "consentApproach": "結衣さんの気持ちを第一に、母への説明の時期と担当を学校と相談する。",
            "screening": "4",
        },
    ),
    Story(
        archetype="住環境(物の堆積)の独居+認知症の疑い",
        agency="elderly",
        age=79,
        birth="month",
        phone="01",
        data={
            "name": f"山{SAKI} 茂",
            "nameKana": "やまざき しげる",
            "sex": "1",
            "contactMethod": "02",
            "route": "09",
            "householdType": "01",
            "householdSize": 1,
            "household": [
                {"relation": "09", "age": 72, "cohabitation": "2", "note": "県外。年賀状のみ。"}
            ],
            "concerns": ["01", "02", "05", "09"],
            "topConcern": "02",
            "chiefComplaint": (
                "「片づけようとは思っている。どれも使う物だ」。玄関まで新聞と空き箱が積まれ、"
                "ガスは3か月前から止まっている。同じ話を繰り返し、日付が出てこない。"
                "民生委員には笑顔で応じ、話し相手を求めている様子がある。"
            ),
            "wishes": "本人「このままでいい。風呂だけは入りたい」。",
            "urgency": {
                "level": "2",
                "reasons": ["01", "03"],
                "note": "ガス停止、夏の室温。水分と電気の契約を確認済み。",
            },
            "involvedAgencies": [
                {"agencyKind": "25", "note": "月2回の声かけ"},
                {"agencyKind": "29", "note": "ガスの閉栓"},
            ],
            "noConsentReason": (
                "情報共有の説明をしたが、内容の理解と記憶が続かず、同意の確認ができない。"
            ),
            "consentApproach": "受診につなげながら、体調のよい午前中に短く繰り返し説明する。",
            "screening": "4",
        },
    ),
    Story(
        archetype="DVで避難した母子",
        agency="municipality",
        age=34,
        lives=False,
        data={
            "name": "佐藤 理沙",
            "nameKana": "さとう りさ",
            "sex": "2",
            "contactMethod": "01",
            "route": "06",
            "addressProtection": YES,
            "referrer": {"agencyName": "女性相談支援センター(架空)", "agencyKind": "21"},
            "referralReason": (
                "避難先での生活の立て直しに、住まい・就学・離婚手続の支援を重ねる必要がある。"
            ),
            "contactRule": "03",
            "contactCaution": (
                "留守番電話に機関名を残さない。郵便は送らない。連絡は主管課の担当者からのみ。"
            ),
            "householdType": "05",
            "householdSize": 3,
            "household": [
                {"name": "佐藤 颯太", "relation": "04", "age": 8, "cohabitation": "1"},
                {
                    "name": "佐藤 莉子",
                    "relation": "04",
                    "age": 4,
                    "cohabitation": "1",
                    "note": "大きな音をこわがる。夜泣きがある。",
                },
            ],
            "concerns": ["02", "03", "11", "14"],
            "topConcern": "14",
            "chiefComplaint": (
                "「もう戻らないと決めた。子どもたちの前でどなられるのが当たり前になっていた。"
                "居場所が知られることがいちばん怖い。電話が鳴るたびに手がふるえる」。"
            ),
            "wishes": "安心して眠れる所で、子どもを学校に通わせたい。仕事を探したい。",
            "urgency": {
                "level": "1",
                "reasons": ["02", "04"],
                "note": "一時保護は終了。住民票の支援措置を申出済み。",
            },
            "involvedAgencies": [{"agencyKind": "21", "note": "継続して面接"}],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "01",
                "scope": (
                    "居場所、子の学校、勤務先はどの機関にも伝えない。"
                    "夫の関係者がいる機関とは共有しない。"
                ),
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="相手方(別の相談)",
        agency="council",
        age=41,
        phone="02",
        building="コーポあけぼの102",
        data={
            "name": "佐藤 健司",
            "nameKana": "さとう けんじ",
            "sex": "1",
            "contactMethod": "01",
            "route": "01",
            "addressProtection": NO,
            "residenceType": "01",
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["01", "06", "10"],
            "topConcern": "10",
            "chiefComplaint": (
                "「妻が子どもを連れて出て行った。どこにいるのか役所なら分かるはずだ」。家族の所在に"
                "ついては答えられないことを説明。借入れが膨らみ、酒量が増えて眠れないとも話す。"
            ),
            "wishes": "借金を整理したい。眠れるようになりたい。",
            "urgency": {
                "level": "2",
                "reasons": ["05"],
                "note": "「消えてしまいたい」との発言。相談窓口の一覧を渡し、翌日に架電した。",
            },
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "01",
                "scope": "債務と健康の相談に限る。",
            },
            "screening": "2",
        },
    ),
    Story(
        archetype="外国籍の技能実習",
        agency="npo",
        age=24,
        phone="02",
        building="実習生寮(架空)3号室",
        data={
            "name": "NGUYỄN THỊ HƯƠNG GIANG",
            "sex": "2",
            "contactMethod": "01",
            "route": "03",
            "contactRule": "03",
            "contactCaution": "やさしい日本語か、ベトナム語の通訳で。実習先に知られないように。",
            "visitor": {
                "name": "LÊ VĂN HÙNG",
                "relation": "19",
                "relationNote": "日本語教室の仲間",
            },
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["01", "08", "11"],
            "topConcern": "08",
            "concernsNote": "妊娠が分かり、帰国させられるのではないかと心配している。",
            "chiefComplaint": (
                "(通訳を介して)「妊娠6か月と言われた。会社に話したら国へ帰されると先輩に聞いた。"
                "借りたお金がまだ残っている。病院のお金も分からない」。"
            ),
            "wishes": "日本で産みたい。働き続けられるか知りたい。",
            "urgency": {
                "level": "1",
                "reasons": ["03"],
                "note": "妊婦健診は1回のみ。保健センターへ同行する日を決めた。",
            },
            "involvedAgencies": [{"agencyKind": "26", "agencyName": "日本語教室ひろば(架空)"}],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "01",
                "scope": "実習先と監理団体には、本人と相談してから連絡する。",
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="矯正施設等の退所+障害",
        agency="municipality",
        age=47,
        lives=False,
        data={
            "name": "石田 勝也",
            "nameKana": "いしだ かつや",
            "sex": "1",
            "contactMethod": "09",
            "route": "06",
            "residenceType": "04",
            "referrer": {"agencyName": "地域生活定着支援センター(架空)", "agencyKind": "20"},
            "referralReason": (
                "来月の退所後の帰住先がない。療育手帳の取得歴はないが、生活の場面で理解の難しさが"
                "あり、住まい・福祉・就労を合わせて整える必要がある。"
            ),
            "priorSupport": "施設内で2回面接。手帳の判定について県の更生相談所に照会中。",
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["01", "02", "03", "07"],
            "topConcern": "02",
            "chiefComplaint": (
                "「出たら、まず寝るところ。字を読むのが苦手で、役所の紙はよく分からない。"
                "だまされて携帯を何台も契約したことがある」。"
            ),
            "wishes": "体を動かす仕事をして、静かに暮らしたい。",
            "urgency": {
                "level": "1",
                "reasons": ["02"],
                "note": "退所日までに住まいの確保が必要。",
            },
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "01",
                "scope": "経歴は住まいの支援をする機関までとし、近隣や勤務先には伝えない。",
                "capacityNote": "ふりがなと図を使った説明で理解を確認。後日もう一度確認する。",
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="支援につながりにくいひきこもり",
        agency="council",
        age=32,
        birth="year",
        data={
            "name": f"{KATSU}西 拓海",
            "nameKana": "かさい たくみ",
            "nameAlternative": "葛西 拓海",
            "sex": "1",
            "contactMethod": "01",
            "route": "03",
            "visitor": {
                "name": f"{KATSU}西 洋子",
                "tel": "090-0000-0009",
                "relation": "06",
            },
            "householdType": "06",
            "householdSize": 3,
            "household": [
                {
                    "name": f"{KATSU}西 洋子",
                    "relation": "06",
                    "age": 62,
                    "cohabitation": "1",
                    "occupationOrSchool": "パート(週3日)",
                },
                {"name": f"{KATSU}西 徹", "relation": "05", "age": 66, "cohabitation": "1"},
            ],
            "concerns": ["10", "13"],
            "topConcern": "13",
            "chiefComplaint": (
                "(母)「仕事を辞めてから6年、家族とも食事をしない。父が働けと言うと壁をたたく。"
                "どこに相談しても『本人を連れてきて』と言われ、あきらめていた」。"
            ),
            "wishes": "母「まず親の私たちが、息子とどう接すればよいか知りたい」。",
            "urgency": {"level": "3"},
            "noConsentReason": (
                "本人は関わりを望んでいない。相談は家族からで、本人には知らせていない。"
            ),
            "consentApproach": (
                "家族の面談を月1回続け、本人の関心のあること(鉄道の写真)から糸口を探す。"
            ),
            "screening": "5",
        },
    ),
    Story(
        archetype="多頭飼育",
        agency="municipality",
        age=63,
        data={
            "name": "戸塚 和子",
            "nameKana": "とつか かずこ",
            "sex": "2",
            "contactMethod": "04",
            "route": "08",
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["02", "03", "09"],
            "topConcern": "09",
            "concernsNote": "猫が30匹ほど。近隣からにおいと鳴き声の連絡が続いている。",
            "chiefComplaint": (
                "(訪問時の本人)「この子たちは家族。夫が死んでからは、この子たちのために起きている。"
                "取り上げに来たのなら帰って」。えさ代を優先し、自分の食事は1日1回という。"
            ),
            "wishes": "「猫と離れたくない。病院代を相談できるなら聞きたい」",
            "urgency": {"level": "2", "reasons": ["01"], "note": "電気料金の滞納あり。"},
            "involvedAgencies": [{"agencyKind": "12", "note": "動物愛護の担当と同行訪問"}],
            "noConsentReason": "初回の訪問で警戒が強く、情報共有の説明まで至らなかった。",
            "consentApproach": "猫の健康の話から関係をつくり、同じ職員が続けて訪問する。",
            "screening": "4",
        },
    ),
    Story(
        archetype="失業と住まいの喪失",
        agency="municipality",
        age=51,
        phone="02",
        building="第二ひなぎく荘6",
        data={
            "name": "大久保 浩二",
            "nameKana": "おおくぼ こうじ",
            "sex": "1",
            "contactMethod": "01",
            "route": "01",
            "addressProtection": NO,
            "residenceType": "01",
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["02", "03", "04", "05", "07", "15"],
            "topConcern": "15",
            "chiefComplaint": (
                "「派遣の契約が切れて2か月。所持金は800円ほどで、昨日から水だけです。家賃を3か月"
                "ためていて、今月末に出てくれと言われました」。"
            ),
            "wishes": "今の部屋に住み続けて、早く働きたい。",
            "urgency": {
                "level": "1",
                "reasons": ["01", "02"],
                "note": "当日、食料を提供。生活保護と住居確保給付金の窓口に同行した。",
            },
            "involvedAgencies": [{"agencyKind": "09"}, {"agencyKind": "10"}],
            "consent": {"application": YES, "rulesGiven": YES, "method": "01"},
            "screening": "2",
        },
    ),
    Story(
        archetype="ひとり親と不登校",
        agency="npo",
        age=36,
        phone="02",
        building="ハイツすみれ301",
        data={
            "name": "田辺 美咲",
            "nameKana": "たなべ みさき",
            "sex": "2",
            "contactMethod": "05",
            "route": "02",
            "addressProtection": NO,
            "householdType": "05",
            "householdSize": 2,
            "household": [
                {
                    "name": "田辺 湊",
                    "relation": "04",
                    "age": 11,
                    "cohabitation": "1",
                    "occupationOrSchool": "架空小学校5年",
                    "note": "5月の連休明けから登校していない。",
                }
            ],
            "concerns": ["03", "08", "11", "13"],
            "topConcern": "13",
            "chiefComplaint": (
                "「朝、おなかが痛いと布団から出てこない。置いて仕事に行くしかなく、昼は一人で"
                "ゲームをしている。休むと収入が減る。私の育て方が悪いのか」。"
            ),
            "wishes": "湊が昼間に安心して過ごせる場所がほしい。",
            "urgency": {"level": "3"},
            "involvedAgencies": [{"agencyKind": "08", "note": "スクールカウンセラー"}],
            "consent": {"application": YES, "rulesGiven": YES, "method": "02"},
            "screening": "6",
        },
    ),
    Story(
        archetype="予期せぬ妊娠(匿名の電話)",
        agency="council",
        age=None,
        lives=False,
        data={
            "nameStatus": "anonymous",
            "sex": "2",
            "contactMethod": "04",
            "route": "02",
            "contactRule": "04",
            "contactCaution": "本人からの電話を待つ。番号は非通知。",
            "householdType": "98",
            "concerns": ["01", "10", "99"],
            "topConcern": "99",
            "concernsNote": "予期せぬ妊娠。",
            "chiefComplaint": (
                "10代後半くらいの声。「検査薬で線が出た。親には絶対に言えない。お金もない。"
                "名前は言いたくない」。途中で何度か黙り、泣いている様子。"
            ),
            "urgency": {"level": "1", "reasons": ["03"], "note": "妊娠SOSの窓口を案内した。"},
            "noConsentReason": "匿名の電話で、名前も連絡先も話したくないとのこと。",
            "consentApproach": "次の電話で同じ職員が出られるよう、曜日と時間を伝えた。",
            "screening": "1",
        },
    ),
    Story(
        archetype="住まいのない人(氏名不詳)",
        agency="council",
        age=None,
        lives=False,
        data={
            "nameStatus": "unknown",
            "sex": "1",
            "contactMethod": "02",
            "route": "09",
            "residenceType": "04",
            "householdType": "98",
            "concerns": ["01", "02", "15"],
            "topConcern": "02",
            "chiefComplaint": (
                "河川敷の橋の下で過ごす60代くらいの男性。名前を尋ねると首を振る。足の傷に布を"
                "巻いている。「飯があればいい。役所は前にいやな思いをした」。"
            ),
            "urgency": {
                "level": "1",
                "reasons": ["01", "03"],
                "note": "傷のはれあり。訪問看護師と翌朝に再訪する。",
            },
            "noConsentReason": "関わりを望んでおらず、氏名も確認できていない。",
            "consentApproach": "食料と手当てを届けながら、無理に聞かず顔なじみになる。",
        },
    ),
    Story(
        archetype="老老介護と身元保証",
        agency="elderly",
        age=84,
        phone="01",
        data={
            "name": "三枝 正夫",
            "nameKana": "さえぐさ まさお",
            "sex": "1",
            "contactMethod": "02",
            "route": "01",
            "addressProtection": NO,
            "residenceType": "01",
            "householdType": "03",
            "householdSize": 2,
            "household": [
                {
                    "name": "三枝 トミ",
                    "relation": "03",
                    "age": 81,
                    "cohabitation": "1",
                    "note": "認知症。夜間に外へ出ようとする。",
                }
            ],
            "concerns": ["01", "12", "99"],
            "topConcern": "12",
            "concernsNote": "入院の保証人がいない。亡くなったあとのことも心配。",
            "chiefComplaint": (
                "「私が手術を受けることになったが、妻を一人にできない。子どももきょうだいもなく、"
                "病院から保証人を求められて困っている」。"
            ),
            "wishes": "手術の間、妻が安心して過ごせる所。夫婦で同じ墓に入る準備。",
            "urgency": {"level": "2", "reasons": ["03"], "note": "手術は3週間後の予定。"},
            "involvedAgencies": [
                {"agencyKind": "14", "personName": "医療ソーシャルワーカー"},
                {"agencyKind": "18"},
            ],
            "consent": {"application": YES, "rulesGiven": YES, "method": "01"},
            "screening": "6",
        },
    ),
    Story(
        archetype="ギャンブルへの依存と家計",
        agency="council",
        age=43,
        phone="02",
        data={
            "name": "木下 大輔",
            "nameKana": "きのした だいすけ",
            "sex": "1",
            "contactMethod": "06",
            "route": "04",
            "addressProtection": NO,
            "visitor": {"name": "木下 由香", "relation": "03"},
            "householdType": "06",
            "householdSize": 4,
            "household": [
                {"name": "木下 由香", "relation": "03", "age": 40, "cohabitation": "1"},
                {"name": "木下 葵", "relation": "04", "age": 13, "cohabitation": "1"},
                {"name": "木下 樹", "relation": "04", "age": 9, "cohabitation": "1"},
            ],
            "concerns": ["01", "03", "06", "10"],
            "topConcern": "06",
            "chiefComplaint": (
                "「何度もやめると約束して、子どもの学資保険まで解約してしまった。妻に言われて"
                "来たが、本当は自分がいちばん止めたい」。債務は5社で300万円ほど。"
            ),
            "wishes": "借金を整理し、家族に信用してもらえるようになりたい。",
            "urgency": {"level": "2", "note": "家族への暴力はないと夫婦それぞれから聞いた。"},
            "involvedAgencies": [{"agencyKind": "17"}, {"agencyKind": "13"}],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "02",
                "scope": "子どもの学校には伝えない。",
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="医療的ケア児と働く親",
        agency="municipality",
        age=6,
        phone="02",
        data={
            "name": f"{KATSU}城 凛",
            "nameKana": "かつらぎ りん",
            "nameAlternative": "葛城 凛",
            "sex": "2",
            "contactMethod": "01",
            "route": "03",
            "addressProtection": NO,
            "residenceType": "01",
            "visitor": {"name": f"{KATSU}城 麻衣", "relation": "06"},
            "householdType": "06",
            "householdSize": 4,
            "household": [
                {
                    "name": f"{KATSU}城 麻衣",
                    "relation": "06",
                    "age": 37,
                    "cohabitation": "1",
                    "occupationOrSchool": "休職中",
                },
                {"name": f"{KATSU}城 直人", "relation": "05", "age": 38, "cohabitation": "1"},
                {"name": f"{KATSU}城 司", "relation": "07", "age": 9, "cohabitation": "1"},
            ],
            "concerns": ["01", "08", "11"],
            "topConcern": "11",
            "chiefComplaint": (
                "(母)「来年の就学で、看護師のいる学校かどうかで仕事を続けられるかが決まる。"
                "窓口ごとに同じ説明をしてきた。兄の行事にはずっと出られていない」。"
            ),
            "wishes": "凛が友だちと学校に通うこと。母の復職。兄と過ごす時間。",
            "urgency": {"level": "3"},
            "involvedAgencies": [
                {"agencyKind": "15", "note": "週2回"},
                {"agencyKind": "08", "agencyName": "教育委員会", "note": "就学相談"},
            ],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "04",
                "proxyKind": "01",
                "proxyName": f"{KATSU}城 麻衣・{KATSU}城 直人",
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="消費者被害と成年後見",
        agency="elderly",
        age=86,
        phone="01",
        data={
            "name": "神崎 ハル",
            "nameKana": "かんざき はる",
            "sex": "2",
            "contactMethod": "02",
            "route": "06",
            "addressProtection": NO,
            "residenceType": "01",
            "referrer": {
                "agencyName": "消費生活センター(架空)",
                "agencyKind": "24",
                "tel": "047-000-0018",
            },
            "referralReason": "訪問販売の契約が半年で7件。解約の手続だけでは繰り返すおそれがある。",
            "householdType": "01",
            "householdSize": 1,
            "household": [
                {"name": "神崎 洋", "relation": "04", "cohabitation": "2", "note": "海外に在住。"}
            ],
            "concerns": ["01", "03", "12", "99"],
            "topConcern": "99",
            "concernsNote": "布団と浄水器の契約が続いている。",
            "chiefComplaint": (
                "「若い人が親切に話を聞いてくれるから、つい。契約したかどうかはよく覚えていない」。"
                "成年後見人の弁護士も、日々の見守りの手が足りないと話す。"
            ),
            "wishes": "「人が来てくれるのはうれしい」。家での暮らしを続けたい。",
            "urgency": {"level": "2", "note": "クーリングオフの期限内の契約が1件。手続済み。"},
            "involvedAgencies": [{"agencyKind": "24"}, {"agencyKind": "17", "note": "成年後見人"}],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "04",
                "proxyKind": "03",
                "proxyName": "後藤 法子(成年後見人)",
                "capacityNote": "本人にもその場で説明し、うなずきを確認した。",
            },
            "screening": "6",
        },
    ),
    Story(
        archetype="火災による被災",
        agency="council",
        age=58,
        phone="02",
        data={
            "name": "浜田 義明",
            "nameKana": "はまだ よしあき",
            "sex": "1",
            "contactMethod": "01",
            "route": "07",
            "addressProtection": NO,
            "residenceType": "02",
            "householdType": "07",
            "householdSize": 4,
            "household": [
                {"name": "浜田 恵", "relation": "03", "age": 55, "cohabitation": "1"},
                {"name": "浜田 キミ", "relation": "06", "age": 85, "cohabitation": "1"},
                {
                    "name": "浜田 翔",
                    "relation": "04",
                    "age": 22,
                    "cohabitation": "1",
                    "note": "知的障害。生活介護に通所。",
                },
            ],
            "concerns": ["02", "03", "12"],
            "topConcern": "02",
            "chiefComplaint": (
                "「隣からの火で家が半分焼けた。親戚の家に4人で身を寄せているが、母のベッドも"
                "置けず、息子は通所先が遠くなって落ち着かない。もう限界に近い」。"
            ),
            "wishes": "4人で住める仮の住まい。息子の通所を続けたい。",
            "urgency": {"level": "1", "reasons": ["02"], "note": "市営住宅の一時使用を申請中。"},
            "involvedAgencies": [
                {"agencyKind": "22"},
                {"agencyKind": "04", "note": "翔さんの計画"},
            ],
            "consent": {"application": YES, "rulesGiven": YES, "method": "01"},
            "screening": "6",
        },
    ),
    Story(
        archetype="性的マイノリティの若者",
        agency="npo",
        age=19,
        lives=False,
        phone="02",
        data={
            "name": "岡本 大翔",
            "nameKana": "おかもと はると",
            "nameAlternative": "通称名 岡本 はる(連絡はこの名で)",
            "sex": "4",
            "contactMethod": "05",
            "route": "02",
            "addressProtection": UNKNOWN,
            "residenceType": "03",
            "contactRule": "03",
            "contactCaution": "実家には連絡しない。SNSのメッセージで、20時以降。",
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["02", "03", "10"],
            "topConcern": "02",
            "chiefComplaint": (
                "「自分のことを親に話したら、出ていけと言われた。友だちの家を回っているけれど、"
                "もう泊めてと言いにくい。健康保険証も家に置いたまま」。"
            ),
            "wishes": "自分の名前で呼ばれる所で、一人で暮らせるようになりたい。",
            "urgency": {
                "level": "1",
                "reasons": ["02"],
                "note": "若者向けの短期の居場所を調整中。",
            },
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "02",
                "scope": "性のあり方については、本人が話した相手以外に伝えない。",
            },
            "screening": "5",
        },
    ),
    Story(
        archetype="外国にルーツのある家庭",
        agency="npo",
        age=45,
        phone="02",
        building="県営かもめ団地(架空)2-405",
        data={
            "name": "MARIA APARECIDA DOS SANTOS NAKAMURA DE OLIVEIRA",
            "nameAlternative": "マリア ナカムラ",
            "sex": "2",
            "contactMethod": "02",
            "route": "06",
            "addressProtection": NO,
            "contactCaution": "ポルトガル語の通訳を予約する。ふりがな付きの文書は読める。",
            "referrer": {"agencyName": "架空南小学校", "agencyKind": "08", "personName": "教頭"},
            "referralReason": (
                "子の就学・父の失業・在留の更新が重なり、家庭だけでは手続が進まない。"
            ),
            "householdType": "06",
            "householdSize": 4,
            "household": [
                {"name": "CARLOS EDUARDO DE OLIVEIRA", "relation": "02", "age": 48},
                {
                    "name": "GABRIEL NAKAMURA DE OLIVEIRA",
                    "relation": "04",
                    "age": 12,
                    "occupationOrSchool": "架空南小学校6年",
                },
                {"name": "SOFIA NAKAMURA DE OLIVEIRA", "relation": "04", "age": 7},
            ],
            "concerns": ["03", "07", "11", "13"],
            "topConcern": "07",
            "chiefComplaint": (
                "(通訳を介して)「夫の工場がなくなった。手紙がたくさん来るが、どれが大事か"
                "分からない。息子は中学へ行きたくない、働くと言う」。"
            ),
            "wishes": "子どもたちに日本の学校を卒業してほしい。",
            "urgency": {"level": "2", "note": "在留期限は3か月後。更新の相談日を予約した。"},
            "consent": {"application": YES, "rulesGiven": YES, "method": "01"},
            "screening": "6",
        },
    ),
    Story(
        archetype="近隣とのトラブルと通院の中断",
        agency="municipality",
        age=56,
        birth="month",
        data={
            "name": f"{KAMI}谷 修",
            "nameKana": "かみや おさむ",
            "sex": "1",
            "contactMethod": "10",
            "route": "08",
            "householdType": "02",
            "householdSize": 1,
            "concerns": ["01", "05", "09"],
            "topConcern": "09",
            "chiefComplaint": (
                "(自治会から)夜中に大声が続き、隣家の戸をたたくことがある。(電話での本人)"
                "「上の階から電波で邪魔をされている。眠れないのはこちらのほうだ」。"
                "10年前まで通院していたと本人が話した。"
            ),
            "wishes": "本人「静かに眠りたい」。",
            "urgency": {
                "level": "2",
                "reasons": ["03"],
                "note": "警察の相談記録あり。保健所の精神保健相談に照会した。",
            },
            "involvedAgencies": [{"agencyKind": "12"}, {"agencyKind": "19"}],
            "noConsentReason": "電話のみで、支援や情報共有の話をすると切られてしまう。",
            "consentApproach": "「眠れない」という困りごとから、保健師が訪問の了解を得る。",
            "screening": "4",
        },
    ),
    Story(
        archetype="がんの治療と仕事",
        agency="council",
        age=49,
        phone="02",
        data={
            "name": f"{YOSHI}田 恵理",
            "nameKana": "よしだ えり",
            "sex": "2",
            "contactMethod": "04",
            "route": "06",
            "addressProtection": NO,
            "residenceType": "01",
            "referrer": {
                "agencyName": "架空総合病院 がん相談支援センター",
                "agencyKind": "14",
                "personName": "医療ソーシャルワーカー",
                "tel": "047-000-0023",
            },
            "referralReason": (
                "治療で退職し、同居の弟の世話も担う。医療費・収入・弟の支援が重なる。"
            ),
            "householdType": "99",
            "householdSize": 2,
            "household": [
                {
                    "name": f"{YOSHI}田 隆",
                    "relation": "09",
                    "age": 45,
                    "cohabitation": "1",
                    "note": "精神障害者保健福祉手帳2級。姉が通院に付き添ってきた。",
                }
            ],
            "concerns": ["01", "03", "07", "10"],
            "topConcern": "03",
            "chiefComplaint": (
                "「抗がん剤の日は動けない。貯金はあと2か月分。弟のごはんと薬のことだけが気がかりで、"
                "自分のことは後回しになってしまう」。"
            ),
            "wishes": "治療に専念できる間、弟を見てくれる人がほしい。",
            "urgency": {"level": "2", "reasons": ["03"]},
            "involvedAgencies": [{"agencyKind": "14"}, {"agencyKind": "04", "note": "弟の相談"}],
            "consent": {"application": YES, "rulesGiven": YES, "method": "03"},
            "screening": "6",
        },
    ),
    Story(
        archetype="長い入院からの地域移行",
        agency="elderly",
        age=67,
        birth="none",
        lives=False,
        data={
            "name": "SITA",
            "nameAlternative": "シタ(姓のない氏名)",
            "sex": "2",
            "contactMethod": "08",
            "route": "07",
            "residenceType": "98",
            "referrer": {"agencyName": "架空こころの病院", "agencyKind": "14"},
            "referralReason": (
                "12年の入院を経て退院のめどが立ったが、身寄り・住まい・在留の確認が必要。"
            ),
            "householdType": "01",
            "householdSize": 1,
            "concerns": ["01", "02", "12"],
            "topConcern": "02",
            "chiefComplaint": (
                "「外で暮らしたい。料理をしたい。でも買い物の仕方を忘れた。お金の計算がこわい」。"
                "生年月日は旅券と病院の記録が食い違い、確認できていない。"
            ),
            "wishes": "小さい台所のある部屋で暮らしたい。",
            "urgency": {"level": "3"},
            "involvedAgencies": [{"agencyKind": "14"}, {"agencyKind": "03"}],
            "consent": {
                "application": YES,
                "rulesGiven": YES,
                "method": "01",
                "capacityNote": "退院前カンファレンスで、主治医とともに理解を確認した。",
            },
            "screening": "6",
        },
    ),
)
