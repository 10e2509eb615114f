"""What the municipality sets for itself: names, forms and items it does not use, terms."""

from typing import Any

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem, field_error, messages, refuse_my_number
from lambdas.api.tenant import repository
from lambdas.api.trail import event
from lambdas.casework import forms, presets
from lambdas.casework.access import Action, decide
from lambdas.casework.audit import canonical, sha256_hex
from lambdas.casework.presets import Settings, Terms
from lambdas.store import settings as store

routes = Blueprint(__name__)


def settings() -> Settings:
    """The settings as they stand."""
    return presets.settings(store.settings().document)


def terms() -> Terms:
    """The terms as they stand."""
    return settings().terms


@operation(
    routes,
    Operation(
        method="GET",
        path="/settings",
        summary="自治体の設定(使う様式、呼び名、期限)",
        status=200,
        reply="Settings",
        etag=True,
    ),
)
def read_settings(call: Call) -> Reply:
    return _reply(store.settings())


@operation(
    routes,
    Operation(
        method="PUT",
        path="/settings",
        summary="自治体の設定を変える(管理者。法的根拠は変えられない)",
        status=200,
        reply="Settings",
        body="SettingsDocument",
        if_match=True,
        etag=True,
        problems=("not-permitted", "changed-by-other", "invalid-record", "my-number-suspected"),
    ),
)
def save_settings(call: Call) -> Reply:
    decision = decide(call.actor, Action.MANAGE_SETTINGS, call.now)
    if not decision.allowed:
        raise Problem("not-permitted")
    expected = call.if_match()
    document = call.body["document"]
    found = presets.problems(document)
    if found:
        raise Problem("invalid-record", errors=[field_error(e, below="/document") for e in found])
    refuse_my_number({f"/document{pointer}": text for pointer, text in forms.strings(document)})
    told = event(
        call,
        "save-settings",
        decision,
        extra={"revision": expected + 1, "contentSha256": sha256_hex(canonical(document))},
    )
    if not store.keep_settings(repository(), document, expected=expected, event=told):
        current = store.settings().revision
        raise Problem("changed-by-other", headers={"ETag": f'"{current}"'}, currentRevision=current)
    return _reply(store.settings())


@operation(
    routes,
    Operation(
        method="GET",
        path="/settings/forms/{form}",
        summary="設定に合わせた様式(現在の版)",
        status=200,
        reply="JsonSchema",
        problems=("not-found",),
    ),
)
def read_configured_form(call: Call, form: str) -> Reply:
    try:
        version = forms.form_versions(form)[-1]
    except forms.UnknownFormError:
        raise Problem("not-found") from None
    return Reply(body=presets.form_as_configured(forms.bundled(form, version), settings()))


@operation(
    routes,
    Operation(
        method="GET",
        path="/settings/choices",
        summary="設定で変えられること(ひな形、様式と項目、会議の呼び名、期限の上限と下限)",
        status=200,
        reply="SettingsChoices",
    ),
)
def read_choices(call: Call) -> Reply:
    schema = presets.document_schema()
    parts = schema["$defs"]
    meetings = forms.labels("meeting-kind")
    programmes = forms.labels("programme")
    years = parts["years"]
    return Reply(
        body={
            "presets": [
                {"preset": name, **_named(presets.preset(name))} for name in presets.preset_names()
            ],
            "forms": [
                {
                    "form": name,
                    "title": _title(name),
                    "kept": _why(presets.form_kept(name)),
                    "items": [
                        {
                            "path": item.path,
                            "title": item.title,
                            "kept": _why(item.kept),
                            "renamable": item.renamable,
                        }
                        for item in presets.items(name)
                    ],
                }
                for name in forms.form_names()
            ],
            "meetings": [
                {"code": code, "title": meetings[code]}
                for code in schema["properties"]["meetings"]["properties"]
            ],
            "programmes": [
                {"code": code, "title": programmes.get(code, code)}
                for code in schema["properties"]["programmes"]["items"]["enum"]
            ],
            "terms": [
                {
                    "name": name,
                    "title": part["title"],
                    "least": part["minimum"],
                    "most": part["maximum"],
                }
                for name, part in parts["terms"]["properties"].items()
            ],
            "retentionYears": [
                {
                    "name": name,
                    "title": part["title"],
                    "least": years["minimum"],
                    "most": years["maximum"],
                }
                for name, part in parts["retentionYears"]["properties"].items()
            ],
            "switches": [
                {
                    "name": name,
                    "title": part["title"],
                    "description": part.get("description", ""),
                }
                for name, part in parts["switches"]["properties"].items()
            ],
        }
    )


def _named(preset: Any) -> dict[str, str]:
    return {"title": preset["title"], "description": preset["description"]}


def _why(code: str | None) -> str | None:
    return messages()[code] if code else None


def _reply(kept: store.Kept) -> Reply:
    effective = presets.settings(kept.document)
    return Reply(
        body={
            "document": kept.document,
            "revision": kept.revision,
            "forms": [
                {
                    "form": name,
                    "title": effective.forms[name].title or _title(name),
                }
                for name in effective.shown_forms
            ],
            "meetings": dict(effective.meetings),
            "programmes": sorted(effective.programmes),
            "terms": _camel(vars(effective.terms)),
            "retentionYears": dict(effective.retention_years),
            "switches": _camel(vars(effective.switches)),
        },
        headers={"ETag": f'"{kept.revision}"'},
    )


def _title(name: str) -> str:
    return forms.form(name, forms.form_versions(name)[-1]).title


def _camel(values: Any) -> dict[str, Any]:
    def word(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)

    return {word(name): value for name, value in values.items()}
