"""Forms, code lists, agencies: what every signed-in user needs to fill in a form."""

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem
from lambdas.api.tenant import repository
from lambdas.casework import forms

routes = Blueprint(__name__)

# A published version never changes, so that the browser may keep it.
_UNCHANGING = {"Cache-Control": "private, max-age=86400"}


@operation(
    routes,
    Operation(method="GET", path="/forms", summary="様式の一覧", status=200, reply="FormList"),
)
def list_forms(call: Call) -> Reply:
    items = [
        {
            "form": name,
            "version": version,
            "title": forms.form(name, version).title,
            "current": version == forms.form_versions(name)[-1],
        }
        for name in forms.form_names()
        for version in forms.form_versions(name)
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/forms/{form}/{version}",
        summary="様式の JSON Schema(コード表を含む)",
        status=200,
        reply="JsonSchema",
        problems=("not-found",),
    ),
)
def read_form(call: Call, form: str, version: str) -> Reply:
    try:
        return Reply(body=forms.bundled(form, version), headers=_UNCHANGING)
    except forms.UnknownFormError:
        raise Problem("not-found") from None


@operation(
    routes,
    Operation(method="GET", path="/codes", summary="コード表の一覧", status=200, reply="CodeLists"),
)
def list_codes(call: Call) -> Reply:
    items = [
        {"list": name, "version": version, "title": forms.code_list(name, version)["title"]}
        for name, versions in forms.code_lists().items()
        for version in versions
    ]
    return Reply(body={"items": items})


@operation(
    routes,
    Operation(
        method="GET",
        path="/codes/{name}/{version}",
        summary="コード表の JSON Schema",
        status=200,
        reply="JsonSchema",
        problems=("not-found",),
    ),
)
def read_codes(call: Call, name: str, version: str) -> Reply:
    try:
        return Reply(body=forms.code_list(name, version), headers=_UNCHANGING)
    except forms.UnknownFormError:
        raise Problem("not-found") from None


@operation(
    routes,
    Operation(
        method="GET", path="/agencies", summary="登録のある機関", status=200, reply="AgencyList"
    ),
)
def list_agencies(call: Call) -> Reply:
    labels = forms.labels("agency-kind")
    items = [
        {"agencyId": a.agency_id, "name": a.name, "kind": a.kind, "kindLabel": labels[a.kind]}
        for a in repository().agencies()
    ]
    return Reply(body={"items": items})
