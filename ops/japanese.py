"""The command line's own words (headings, errors) in Japanese.

Typer takes them through gettext when it is imported, so this is imported before Typer. A word that
is not here stays English.
"""

import gettext

_WORDS = {
    "Arguments": "引数",
    "Options": "オプション",
    "Commands": "コマンド",
    "Error": "エラー",
    "Aborted.": "中止しました。",
    "Aborted!": "中止しました。",
    "required": "必須",
    "[required]": "[必須]",
    "[default: {}]": "[既定: {}]",
    "default: {default}": "既定: {default}",
    "Try [blue]'{command_path} {help_option}'[/] for help.": (
        "使い方は [blue]'{command_path} {help_option}'[/] で表示されます。"
    ),
    "Missing command.": "コマンドを指定してください。",
    "No such command {name!r}.": "{name!r} というコマンドはありません。",
}
_english = gettext.gettext


def _translate(message: str) -> str:
    return _WORDS.get(message) or _english(message)


gettext.gettext = _translate
