"""Shows from templates alone that no tenant's policy or reference reaches another tenant.

Every intrinsic function is resolved to a concrete string first (generated ids get a stand-in that
is unique per stack and logical id), so "names or matches" becomes a question about strings. What
cannot be resolved is an error, never a pass. The search is over an index of all tenants' resources
and stays near linear, so that a whole country's tenants are compared at once.

Not covered: the CDK's bootstrap and execution roles, which are administrators of their account.
"""

from __future__ import annotations

import bisect
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from infra.policy.template import Statement, Template, as_list, resources, statements, strings

# The condition keys of one request with their values.
Request = Mapping[str, str]


class Unresolved(Exception):  # noqa: N818 - a verdict on a template, not a failure of ours
    """An expression this module does not understand: the proof would have a hole."""


@dataclass(frozen=True, kw_only=True)
class TenantTemplates:
    """One tenant: `stacks` by stack name, with the account and region they are deployed to."""

    name: str
    account: str
    region: str
    stacks: Mapping[str, Template]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A tenant with every expression replaced: its templates and what its resources are called.

    `arns` and `names` are all identifiers by which something could reach a resource.
    """

    name: str
    account: str
    templates: Mapping[str, Template]
    arns: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What of a resolved tenant a comparison needs: its identifiers, and every text of its
    templates that could reach something, once, with the first place where it stands."""

    name: str
    account: str
    arns: frozenset[str]
    names: frozenset[str]
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, order=True)
class Crossing:
    """`place` in `tenant`'s templates holds `text`, which reaches `reached` of `owner`."""

    tenant: str
    place: str
    text: str
    owner: str
    reached: str


# --- resolving -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Identity:
    """What Ref gives, what GetAtt Arn gives, and other attributes that name the resource.

    `unique`: whether `ref` says which tenant's it is; a stage is called the same in all.
    """

    ref: str
    arn: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    unique: bool = True


def _token(stack: str, logical_id: str, length: int) -> str:
    return hashlib.sha256(f"{stack}/{logical_id}".encode()).hexdigest()[:length]


def _identify(
    kind: str, *, token: Callable[[int], str], name: Callable[[str], str], where: str, account: str
) -> _Identity:
    """`where` is "<region>:<account>"; `name` reads a property that holds the physical name."""

    def arn(service: str, rest: str) -> str:
        return f"arn:aws:{service}:{where}:{rest}"

    match kind:
        case "AWS::DynamoDB::Table":
            return _Identity(
                ref=name("TableName"), arn=arn("dynamodb", f"table/{name('TableName')}")
            )
        case "AWS::S3::Bucket":
            return _Identity(ref=name("BucketName"), arn=f"arn:aws:s3:::{name('BucketName')}")
        case "AWS::KMS::Key":
            return _Identity(ref=token(32), arn=arn("kms", f"key/{token(32)}"))
        case "AWS::KMS::Alias":
            return _Identity(ref=name("AliasName"), arn=arn("kms", name("AliasName")))
        case "AWS::Logs::LogGroup":
            group = arn("logs", f"log-group:{name('LogGroupName')}")
            # GetAtt gives it with ":*", which is every stream of it; the index adds that itself.
            return _Identity(ref=name("LogGroupName"), arn=group, attributes={"Arn": f"{group}:*"})
        case "AWS::Cognito::UserPool":
            pool = f"{where.split(':')[0]}_{token(9)}"
            return _Identity(ref=pool, arn=arn("cognito-idp", f"userpool/{pool}"))
        case "AWS::Lambda::Function":
            return _Identity(
                ref=name("FunctionName"), arn=arn("lambda", f"function:{name('FunctionName')}")
            )
        case "AWS::IAM::Role":
            return _Identity(
                ref=name("RoleName"), arn=f"arn:aws:iam::{account}:role/{name('RoleName')}"
            )
        case "AWS::SNS::Topic":
            topic = arn("sns", name("TopicName"))
            return _Identity(ref=topic, arn=topic, attributes={"TopicArn": topic})
        case "AWS::Events::Rule":
            return _Identity(ref=name("Name"), arn=arn("events", f"rule/{name('Name')}"))
        case "AWS::CloudWatch::Alarm":
            return _Identity(
                ref=name("AlarmName"), arn=arn("cloudwatch", f"alarm:{name('AlarmName')}")
            )
        case "AWS::ApiGateway::RestApi":
            return _Identity(
                ref=token(10),
                arn=arn("execute-api", token(10)),
                attributes={"RootResourceId": token(8)},
            )
        case "AWS::WAFv2::WebACL":
            acl = arn("wafv2", f"regional/webacl/{name('Name')}/{token(32)}")
            return _Identity(ref=acl, arn=acl)
        case "AWS::ApiGateway::Stage":
            return _Identity(ref=name("StageName"), arn=None, unique=False)
        case _:
            # Parts of the above (methods, permissions, clients …): an id, and no ARN of their own.
            return _Identity(ref=token(16), arn=None)


def resolve(tenant: TenantTemplates) -> Resolved:
    """Replace every expression in a tenant's templates. Raises Unresolved for an unknown one."""
    where = f"{tenant.region}:{tenant.account}"
    exports: dict[str, str] = {}
    resolved: dict[str, Template] = {}
    arns: set[str] = set()
    names: set[str] = set()
    # A stack that exports stands before the stacks that import: ask again until nothing is open.
    open_stacks = dict(tenant.stacks)
    while open_stacks:
        progressed = False
        for stack, template in list(open_stacks.items()):
            if not _imports(template) <= set(exports):
                continue
            reader = _Reader(
                tenant=tenant.name, stack=stack, template=template, where=where, exports=exports
            )
            resolved[stack] = {
                section: reader.value(template.get(section, {}))
                for section in ("Resources", "Outputs")
            }
            for identity in reader.identities.values():
                if identity.arn:
                    arns.add(identity.arn)
                if identity.unique:
                    names.add(identity.ref)
            for output in resolved[stack].get("Outputs", {}).values():
                if "Export" in output:
                    exports[output["Export"]["Name"]] = output["Value"]
            del open_stacks[stack]
            progressed = True
        if not progressed:
            raise Unresolved(f"{tenant.name}: {sorted(open_stacks)} import what nobody exports")
    return Resolved(
        name=tenant.name,
        account=tenant.account,
        templates=resolved,
        arns=frozenset(arns),
        names=frozenset(names),
    )


def _imports(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        if set(value) == {"Fn::ImportValue"}:
            return {value["Fn::ImportValue"]}
        return set().union(*(_imports(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_imports(inner) for inner in value))
    return set()


class _Reader:
    """Resolves the expressions of one template."""

    def __init__(
        self,
        *,
        tenant: str,
        stack: str,
        template: Template,
        where: str,
        exports: Mapping[str, str],
    ) -> None:
        region, account = where.split(":")
        self._exports = exports
        self._pseudo = {
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack,
        }
        self.identities = {
            logical_id: _identify(
                kind,
                token=partial(_token, f"{tenant}/{stack}", logical_id),
                name=partial(self._text, properties),
                where=where,
                account=account,
            )
            for logical_id, kind, properties in resources(template)
        }

    def _text(self, properties: Mapping[str, Any], name: str) -> str:
        return str(self.value(properties[name]))

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        return {key: self.value(inner) for key, inner in value.items()}

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                return self._attribute(*argument)
            case "Fn::Join":
                return argument[0].join(str(self.value(part)) for part in argument[1])
            case "Fn::Split":
                return self.value(argument[1]).split(argument[0])
            case "Fn::Select":
                return self.value(argument[1])[int(argument[0])]
            case "Fn::ImportValue":
                return self._exports[argument]
            case "Fn::Sub":
                return self._substitute(argument)
        raise Unresolved(f"{function} {argument}")

    def _ref(self, logical_id: str) -> str:
        if logical_id in self._pseudo:
            return self._pseudo[logical_id]
        if logical_id in self.identities:
            return self.identities[logical_id].ref
        raise Unresolved(f"Ref {logical_id}")

    def _attribute(self, logical_id: str, attribute: str) -> str:
        identity = self.identities[logical_id]
        if attribute in identity.attributes:
            return identity.attributes[attribute]
        if attribute == "Arn" and identity.arn:
            return identity.arn
        raise Unresolved(f"GetAtt {logical_id}.{attribute}")

    def _substitute(self, argument: Any) -> str:
        text, local = argument if isinstance(argument, list) else (argument, {})

        def one(found: re.Match[str]) -> str:
            name = found.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in local:
                return str(self.value(local[name]))
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return self._ref(name)

        return re.sub(r"\$\{([^}]+)\}", one, text)


# --- comparing -----------------------------------------------------------------------------------


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """IAM's wildcards: "*" any run of characters, "?" one; no character classes."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    return _glob(pattern).fullmatch(text) is not None


def intersect(left: str, right: str) -> bool:
    """Whether some string matches both patterns (each may hold "*" and "?")."""
    # Positions in `right` reachable after each character of `left`; a star may eat nothing.
    reachable = _close({0}, right)
    for char in left:
        if char == "*":
            reachable = set(range(min(reachable), len(right) + 1)) if reachable else set()
            continue
        reachable = _close(
            {
                position + (right[position] != "*")
                for position in reachable
                if position < len(right) and (right[position] in ("*", "?", char) or char == "?")
            },
            right,
        )
    return len(right) in reachable


def _close(positions: set[int], pattern: str) -> set[int]:
    closed = set(positions)
    for position in sorted(positions):
        while position < len(pattern) and pattern[position] == "*":
            position += 1
            closed.add(position)
    return closed


_ACCOUNT = re.compile(r"(?:arn:aws:iam::)?(\d{12})(?::root)?")


class Index:
    """All identifiers of all tenants, searchable by a string that may hold wildcards."""

    def __init__(self, tenants: Sequence[Resolved | Compared]) -> None:
        self._owner_of_arn = {arn: tenant.name for tenant in tenants for arn in tenant.arns}
        self._owner_of_name = {name: tenant.name for tenant in tenants for name in tenant.names}
        self._arns = sorted(self._owner_of_arn)
        self._owners_of_account: dict[str, list[str]] = defaultdict(list)
        for tenant in tenants:
            self._owners_of_account[tenant.account].append(tenant.name)

    def reached_by(self, text: str, *, account: str) -> Iterator[tuple[str, str]]:
        """(owner, identifier) of each resource that `text` names, matches, or lies inside of.

        `account` is where `text` stands: another account as a principal reaches all in it.
        """
        whole_account = _ACCOUNT.fullmatch(text)
        if whole_account and whole_account[1] != account:
            for owner in self._owners_of_account.get(whole_account[1], []):
                yield owner, text
        if text in self._owner_of_name:
            yield self._owner_of_name[text], text
        if not (text.startswith("arn:") or "*" in text or "?" in text):
            return
        literal = re.split(r"[*?]", text, maxsplit=1)[0]
        # Inside a resource: an object of a bucket, an index of a table, a stream of a log group.
        for cut in (position for position, char in enumerate(literal) if char in "/:"):
            if literal[:cut] in self._owner_of_arn:
                yield self._owner_of_arn[literal[:cut]], literal[:cut]
        # The resource itself, or a pattern over resources.
        first = bisect.bisect_left(self._arns, literal)
        for arn in self._arns[first:]:
            if not arn.startswith(literal):
                break
            if any(intersect(text, space) for space in (arn, f"{arn}/*", f"{arn}:*")):
                yield self._owner_of_arn[arn], arn


def compared(tenant: Resolved) -> Compared:
    """What is left of a tenant for its comparison with others."""
    first: dict[str, str] = {}
    for place, text in _places(tenant):
        first.setdefault(text, place)
    return Compared(
        name=tenant.name,
        account=tenant.account,
        arns=tenant.arns,
        names=tenant.names,
        places=tuple((place, text) for text, place in first.items()),
    )


def crossings(tenants: Sequence[Resolved]) -> list[Crossing]:
    """Every text by which one tenant's templates name or match a resource of another.

    All strings count, not only policies: environment variables, targets, authorisers, conditions.
    """
    return crossings_between([compared(tenant) for tenant in tenants])


def crossings_between(tenants: Sequence[Compared]) -> list[Crossing]:
    """The same, of tenants that were resolved elsewhere."""
    index = Index(tenants)
    found: set[Crossing] = set()
    for tenant in tenants:
        for place, text in tenant.places:
            for owner, reached in index.reached_by(text, account=tenant.account):
                if owner != tenant.name:
                    found.add(
                        Crossing(
                            tenant=tenant.name,
                            place=place,
                            text=text,
                            owner=owner,
                            reached=reached,
                        )
                    )
    return sorted(found)


def _places(tenant: Resolved) -> Iterator[tuple[str, str]]:
    for stack, template in tenant.templates.items():
        for logical_id, kind, statement in statements(template):
            for text in as_list(statement.get("Resource", [])):
                if not (kind in _SELF_POLICIES and text in ("*", "execute-api:/*")):
                    yield f"{stack}/{logical_id}", text
            if "NotResource" in statement:
                yield f"{stack}/{logical_id}", "*"
        for logical_id, _, properties in resources(template):
            for text in strings(properties):
                # Stars without an ARN are schedules and actions; resources were read above.
                if "*" not in text or text.startswith("arn:"):
                    yield f"{stack}/{logical_id}", text


# In the policy of a key or of an API these texts mean that key or that API alone.
_SELF_POLICIES = frozenset({"AWS::ApiGateway::RestApi", "AWS::KMS::Key"})
# Conditions that tie a calling service to one source; without one, any tenant's call passes.
_SOURCES = ("aws:SourceArn", "aws:SourceAccount", "kms:EncryptionContext:")


def open_to_anyone(tenant: Resolved) -> list[str]:
    """Resource policies that admit callers without saying whose: "stack/logical id: why".

    An API's door is left out: it admits networks, and its authoriser must name the own pool, which
    `crossings` shows. So is publishing to the alarm topic by EventBridge, which takes no condition
    there: the worst is a false alarm.
    """
    return [
        f"{stack}/{logical_id}: {fault}"
        for stack, template in tenant.templates.items()
        for logical_id, kind, statement in statements(template)
        if statement["Effect"] == "Allow" and "Principal" in statement
        for fault in _open(kind, statement)
    ] + [
        f"{stack}/{logical_id}: {properties['Principal']} without a source"
        for stack, template in tenant.templates.items()
        for logical_id, kind, properties in resources(template)
        if kind == "AWS::Lambda::Permission" and "SourceArn" not in properties
    ]


def _open(kind: str, statement: Statement) -> Iterator[str]:
    if kind in ("AWS::ApiGateway::RestApi", "AWS::IAM::Role"):
        return
    principal = statement["Principal"]
    keys = [key for condition in statement.get("Condition", {}).values() for key in condition]
    if principal == "*" or (isinstance(principal, Mapping) and principal.get("AWS") == "*"):
        yield "anyone"
    elif isinstance(principal, Mapping):
        for service in as_list(principal.get("Service", [])):
            alarm = kind == "AWS::SNS::TopicPolicy" and service == "events.amazonaws.com"
            if not alarm and not any(key.startswith(_SOURCES) for key in keys):
                yield f"{service} without a source"


def permitted(
    tenant: Resolved, *, role: str, resource: str, request: Request | None = None
) -> set[str]:
    """The actions a role (by its name) may do on an ARN, by its own policies.

    Without a `request` conditions are taken as met, which is an upper bound. Deny statements are
    not used in roles.
    """
    return {
        action
        for template in tenant.templates.values()
        for logical_id, kind, statement in statements(template)
        if kind == "AWS::IAM::Role"
        and template["Resources"][logical_id]["Properties"].get("RoleName") == role
        and statement["Effect"] == "Allow"
        and any(matches(pattern, resource) for pattern in as_list(statement.get("Resource", [])))
        and (request is None or meets(statement, request))
        for action in as_list(statement["Action"])
    }


def usable(tenant: Resolved, *, role_arn: str, request: Request) -> set[str]:
    """What a role may do with the tenant's key in a request: both the key's policy and the role's
    own must allow it, since the key's policy names the account and leaves the rest to its roles."""
    by_key = {
        action
        for template in tenant.templates.values()
        for _, kind, statement in statements(template)
        if kind == "AWS::KMS::Key"
        and statement["Effect"] == "Allow"
        and "AWS" in statement["Principal"]
        and meets(statement, {**request, "aws:PrincipalArn": role_arn})
        for action in as_list(statement["Action"])
    }
    key = next(arn for arn in tenant.arns if ":key/" in arn)
    role = role_arn.rpartition("/")[2]
    return by_key & permitted(tenant, role=role, resource=key, request=request)


def meets(statement: Statement, request: Request) -> bool:
    """Whether a request meets every condition of a statement. Raises Unresolved."""
    return all(
        key in request
        and any(_compared(operator, value, request[key]) for value in as_list(values))
        for operator, wanted in statement.get("Condition", {}).items()
        for key, values in wanted.items()
    )


def _compared(operator: str, wanted: str, given: str) -> bool:
    match operator:
        case "StringEquals":
            return wanted == given
        case "ArnEquals" | "StringLike":
            return matches(wanted, given)
        case "DateLessThan":
            # Both in UTC to the second, as our policies write them: their order is that of texts.
            return given < wanted
        case _:
            raise Unresolved(operator)
