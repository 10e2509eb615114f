"""Search keys: how a text is written must not decide whether it is found (DOMAIN §4.8).

Only keys are folded; what is stored stays as it was written. Own table of old and variant kanji
(旧字体・異体字), from common knowledge of Japanese names and of the list of 常用漢字.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

# Variants → the form that stands for them all in search keys; every character of a group maps to
# its first one. Pairs that are different words in prose (弁 辨 瓣 辯) are left together: a search
# that finds too much is seen, one that finds too little is not.
_VARIANTS = """
高髙 崎﨑嵜㟢 辺邊邉 斉齊齋斎 沢澤 浜濱濵 広廣 国國圀 島嶋嶌 桜櫻 竜龍 滝瀧
関關 徳德悳 恵惠 栄榮 円圓 学學 覚覺 楽樂 観觀 気氣 来來 寿壽 真眞 実實
静靜 条條 浄淨 縄繩 譲讓 穣穰 醸釀 伝傳 転轉 灯燈 当當 党黨 豊豐 宝寶寳
万萬 富冨 峰峯 松枩 増增 蔵藏 臓臟 総總 荘莊庄 装裝 礼禮 霊靈 齢齡 歴歷
暦曆 恋戀 郎郞 録錄 禄祿 緑綠 涼凉 隣鄰 塁壘 戸戶 県縣 検檢 険險 剣劍劔
顕顯 験驗 権權 献獻 犠犧 旧舊 拠據 挙擧 虚虛 峡峽 挟挾 狭狹 尭堯 暁曉 勲勳
薫薰 群羣 径徑 茎莖 経經 軽輕 継繼 鶏鷄 芸藝 欠缺 圏圈 撃擊 黒黑 穀榖 砕碎
済濟 剤劑 雑雜 桟棧 参參 惨慘 蚕蠶 賛贊 残殘 糸絲 児兒 歯齒 辞辭 湿濕 釈釋
写寫 舎舍 収收 従從 渋澁 獣獸 縦縱 粛肅 処處 緒緖 叙敍 将將 称稱 証證 焼燒
奨奬 乗乘 剰剩 壌壤 嬢孃 畳疊 触觸 嘱囑 寝寢 慎愼 尽盡 図圖 粋粹 酔醉 穂穗
随隨 髄髓 枢樞 数數 瀬瀨 声聲 摂攝 窃竊 専專 浅淺 戦戰 践踐 銭錢 潜潛 繊纖
禅禪 双雙 壮壯 争爭 挿插 巣巢 捜搜 痩瘦 騒騷 即卽 属屬 続續 堕墮 対對 体體
帯帶 滞滯 台臺 択擇 担擔 単單 胆膽 団團 断斷 弾彈 遅遲 痴癡 虫蟲 昼晝 鋳鑄
庁廳 聴聽 鎮鎭 逓遞 鉄鐵 点點 闘鬪 稲稻 盗盜 読讀 届屆 弐貳 悩惱 脳腦 覇霸
拝拜 廃廢 売賣 麦麥 発發 髪髮 抜拔 蛮蠻 秘祕 瓶甁 払拂 仏佛 併倂 並竝 餅餠
弁辨瓣辯 変變 歩步 褒襃 頬頰 没沒 翻飜 毎每 満滿 麺麵 黙默 弥彌 訳譯 薬藥
与與 予豫 余餘 誉譽 揺搖 様樣 謡謠 遥遙 瑶瑤 欲慾 頼賴 乱亂 覧覽 略畧 両兩
猟獵 塩鹽 奥奧 横橫 欧歐 殴毆 鴎鷗 黄黃 温溫 穏穩 仮假 価價 画畫 会會 絵繪
壊壞 懐懷 拡擴 殻殼 岳嶽 渇渴 缶罐 巻卷 陥陷 勧勸 寛寬 歓歡 館舘 既旣 帰歸
亀龜 偽僞 戯戲 郷鄕 区區 駆驅 掲揭 渓溪 蛍螢 撹攪 亜亞 悪惡 圧壓 囲圍 医醫
土𡈽 為爲 壱壹 隠隱 営營 衛衞 鋭銳 駅驛 悦悅 閲閱 艶艷 応應 桧檜 薮藪 籠篭
槙槇 柳栁 曽曾 桑桒 吉𠮷 野埜 杉椙 祇祗 凜凛 船舩 曻昇 裵裴 淵渊 桝枡
蘆芦 砺礪 蛎蠣 侠俠 繋繫 鹸鹼 噛嚙 焔焰 潅灌 諌諫 頚頸 醤醬 掻搔 騨驒 掴摑
填塡 顛顚 祷禱 涛濤 嚢囊 溌潑 醗醱 莱萊 蝋蠟
"""

_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u200b-\u200d\ufeff\u00ad]")
_SPACE = re.compile(r"\s+")
_SMALL = dict(zip("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ", strict=True))
_DASHES = "‐‑‒–—―−⁃﹣"


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for group in _VARIANTS.split():
        table |= {ord(variant): group[0] for variant in group[1:]}
    for code in range(ord("ァ"), ord("ヶ") + 1):
        hiragana = chr(code - 0x60)
        table[code] = _SMALL.get(hiragana, hiragana)
    table |= {ord(small): large for small, large in _SMALL.items()}
    table |= {ord(dash): "-" for dash in _DASHES}
    return table


_FOLDED = _table()
_WITHOUT_LENGTH = {ord("ー"): None, ord("-"): None, ord("・"): None}


def fold(text: str) -> str:
    """The search key of a text: half and full width, kana, old kanji and case alike, no spaces.

    Katakana becomes hiragana, small kana large ones; variation selectors are dropped.
    """
    plain = unicodedata.normalize("NFKC", _VARIATION.sub("", text)).lower()
    # Composed once more: a small kana that became a large one takes its voicing mark.
    return unicodedata.normalize("NFC", _SPACE.sub("", plain).translate(_FOLDED))


@lru_cache(maxsize=8192)
def fold_name(text: str) -> str:
    """The key by which names and readings are compared: as `fold`, without marks of length and
    middle dots (おおの・オーノ stay apart, オノー・オノ do not)."""
    return fold(text).translate(_WITHOUT_LENGTH)


@lru_cache(maxsize=4096)
def fold_address(text: str) -> str:
    """The key by which addresses are compared: 二丁目3番地の1, 2-3-1 and 2丁目3-1 are one."""
    folded = fold(text)
    folded = re.sub("[一二三四五六七八九十]+(?=丁目|番|号)", _number, folded)
    folded = re.sub("(丁目|番地の|番地|番|号室|号|の)(?=[0-9]|$)", "-", folded)
    return re.sub("-+", "-", folded).strip("-")


def _number(found: re.Match[str]) -> str:
    tens, ten, ones = found[0].rpartition("十")
    digits = {c: n for n, c in enumerate("一二三四五六七八九", start=1)}
    if any(c not in digits for c in tens + ones) or len(tens) > 1 or len(ones) > 1:
        return found[0]
    high = (digits.get(tens, 1) if ten else 0) * 10
    return str(high + digits.get(ones, 0))


def folded_with_origins(text: str) -> tuple[str, list[int]]:
    """`fold(text)` and for each of its characters the index in `text` where it comes from; one
    more entry says where the text ends. Indexes count code points."""
    folded, origins = [], []
    for start, end in _clusters(text):
        key = fold(text[start:end])
        folded.append(key)
        origins.extend([start] * len(key))
    return "".join(folded), [*origins, len(text)]


def _clusters(text: str) -> list[tuple[int, int]]:
    """Spans that are folded together: a character with the marks that change it."""
    starts = [
        n
        for n, c in enumerate(text)
        if n == 0 or not (unicodedata.combining(c) or c in "ﾞﾟ" or _VARIATION.match(c))
    ]
    return list(pairwise([*starts, len(text)]))
