"""The text of a new manifest, with its comments."""

from collections.abc import Sequence

from infra.manifest import municipalities

_TEMPLATE = """\
# {whose}環境の設定ファイルです。書き換えたら `soudan tenant check このファイル` で確かめ、
# `soudan tenant plan このファイル` で作られるものと月額の下限を見てください。

# 自治体。コードは検査数字を含む6桁の全国地方公共団体コードで、引用符で囲みます。
municipality:
  code: "{code}"
{name_line}
# 請求の区分に使う短い名前(英小文字・数字・ハイフン)。
vendor: {vendor}
offer: {offer}

# 環境の種別: production(本番)、verification(検証)、local(手元の試用)。
# 本番と検証は別のアカウントにします。
environment: {environment}

# AWSアカウント番号(12桁、引用符で囲む)と、リージョン。
# リージョンは ap-northeast-1(東京)か ap-northeast-3(大阪)に限ります。
account: "{account}"
region: {region}

# 団体間の分離方式: stack(同じアカウントの中で分ける)、account(アカウントを分ける)。
isolation: {isolation}

# 入口。少なくとも一方が要ります。
doors:
{doors}
# 保存期間。
retention:
  # 支援が終わった後、記録を保存する年数。
  recordsYears: 5
  # 監査の封印を保存する年数。本番ではこの間だれも消せません。封印に個人情報は含まれません。
  auditYears: 5
  # 動作ログの保存日数。CloudWatch Logs が受け付ける値(365、731、1827など)に限ります。
  logDays: 365

# サインイン。多要素認証を off にできるのは local だけです。
cognito:
  # lite、essentials、plus の順に月額が上がります。
  plan: lite
  mfa: required

# 異常の知らせ先。個人でなく組織の窓口のアドレスにします。
alarms:
  email: {email}

# 鍵の更新間隔(日)。鍵は更新のたびに月額1ドル増えます(2回まで)。2560日なら7年間は増えません。
keyRotationDays: 2560

# 1秒あたりの要求数と、瞬間の要求数の上限。
throttle:
  rate: 20
  burst: 40

# 請求用のタグのキーは municipality-code、vendor、offer、system、environment です。
# 請求を受ける側が別のキーを決めているときや、タグを足すときは、次の # を外して書き換えます。
# 個人の氏名やメールアドレスは書けません。
# tags:
#   keys:
#     municipality: municipality-code
#   extra:
#     CostCenter: "0412"
"""


def manifest_text(
    *,
    code: str,
    vendor: str,
    offer: str,
    environment: str,
    account: str,
    region: str,
    isolation: str,
    cidrs: Sequence[str],
    endpoints: Sequence[str],
    email: str,
) -> str:
    """A complete manifest. Whether it is right is for `infra.manifest.parse` to say."""
    name = municipalities().get(code)
    return _TEMPLATE.format(
        code=code,
        whose=f"{name}の" if name else "",
        name_line=f"  name: {name}\n" if name else "",
        vendor=vendor,
        offer=offer,
        environment=environment,
        account=account,
        region=region,
        isolation=isolation,
        doors=_doors(cidrs, endpoints),
        email=email,
    )


def _doors(cidrs: Sequence[str], endpoints: Sequence[str]) -> str:
    text = ""
    if endpoints:
        text += (
            "  # 閉域(LGWANなど)側。事業者の各環境で共用するVPCエンドポイントを並べます。\n"
            "  private:\n"
            f"    vpcEndpointIds: [{_quoted(endpoints)}]\n"
        )
    if cidrs:
        text += (
            "  # インターネット側。接続を許すアドレスの範囲を並べます。\n"
            "  # waf: own にすると通信の検査(WAF)が付き、月額が7ドル増えます。\n"
            "  internet:\n"
            f"    allowedCidrs: [{_quoted(cidrs)}]\n"
            "    waf: none\n"
        )
    return text


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)
