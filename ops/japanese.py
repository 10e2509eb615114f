"""The command line's own words (headings, errors) in Japanese.

Typer takes most of them through gettext when it is imported, so this is imported before Typer. What
it has written out in its classes is replaced there. A word that is not here stays English.
"""

import gettext
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

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
# The messages that Typer composes itself, piece by piece.
_PIECES = (
    (r"^Missing option (.+?)\.", r"オプション \1 を指定してください。"),
    (r"^Missing argument (.+?)\.", r"引数 \1 を指定してください。"),
    (r"Choose from:", "次のどれかです:"),
    (r"^Invalid value for (.+?): ", r"\1 の値が正しくありません。"),
    (r"(?:Value error, )?(\S+) is not one of (.+)\.$", r"\1 ではなく \2 のどれかにしてください。"),
    (r"(?i:file|path|directory) (.+) does not exist\.$", r"\1 がありません。"),
    (r"^No such option: (\S+).*", r"\1 というオプションはありません。"),
)
_english = gettext.gettext


def _translate(message: str) -> str:
    return _WORDS.get(message) or _english(message)


gettext.gettext = _translate


def _in_japanese(english: Callable[[Any], str]) -> Callable[[Any], str]:
    def format_message(error: Any) -> str:
        message = english(error)
        for pattern, words in _PIECES:
            message = re.sub(pattern, words, message)
        return message

    return format_message


# Loaded only now that the words stand. Its `option` makes the help option and nothing else.
_decorators: Any = import_module("typer._click.decorators")
_exceptions = import_module("typer._click.exceptions")
for _error in (_exceptions.BadParameter, _exceptions.MissingParameter, _exceptions.NoSuchOption):
    _error.format_message = _in_japanese(_error.format_message)
_english_option = _decorators.option
_decorators.option = lambda names, **rest: _english_option(
    names, **rest | {"help": "この説明を表示します。"}
)
