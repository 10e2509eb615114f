"""A tenant: one stage of two stacks, or of three with two doors. The data stack outlives every
change of the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack, Stage
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.assets import BUILD, function_code, papers_code
from infra.constructs.alarms import TenantAlarms
from infra.constructs.emergency import EmergencyRole
from infra.constructs.files import TenantFiles
from infra.constructs.functions import Stores, TenantFunctions
from infra.constructs.key import TenantKey
from infra.constructs.logs import TenantLogs
from infra.constructs.rest_api import TenantApi
from infra.constructs.sign_in import TenantSignIn
from infra.constructs.tables import TenantTables
from infra.constructs.tags import tag_everything
from infra.manifest import Manifest
from infra.names import names_of, stage_id
from infra.routes import Routes
from infra.version import version


class DataStack(Stack):
    """What must never be lost: key, tables, buckets, pool, logs."""

    def __init__(self, scope: Construct, id: str, *, manifest: Manifest, env: Environment) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            description=f"Soudan {manifest.lg_code} {manifest.environment}: data",
            termination_protection=manifest.environment != "local",
            analytics_reporting=False,
        )
        names = names_of(manifest)
        key = TenantKey(
            self,
            "Key",
            names=names,
            rotation_days=manifest.key_rotation_days,
            emergency=manifest.emergency,
        ).key
        # Tables that a restoration has made since belong to no stack.
        TenantTables(self, "Tables", names=names.first, key=key)
        TenantFiles(
            self,
            "Files",
            names=names,
            key=key,
            audit_years=manifest.audit_years,
            final=manifest.environment == "production",
        )
        TenantLogs(self, "Logs", names=names, key=key, days=manifest.log_days)
        sign_in = TenantSignIn(
            self,
            "SignIn",
            names=names,
            plan=manifest.cognito_plan,
            mfa_required=manifest.mfa_required,
        )
        # Only what has no name of its own crosses between the stacks. The exports this makes hold
        # key and pool in place while an app uses them, which is what one wants of these two.
        self.stores = Stores(
            key_arn=key.key_arn,
            user_pool_arn=sign_in.pool.user_pool_arn,
            user_pool_id=sign_in.pool.user_pool_id,
            client_id=sign_in.client.user_pool_client_id,
        )


class AppStack(Stack):
    """What can be replaced at any time: functions, doors, alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        manifest: Manifest,
        env: Environment,
        stores: Stores,
        routes: Routes,
        build: Path,
    ) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            description=f"Soudan {manifest.lg_code} {manifest.environment}: app",
            analytics_reporting=False,
        )
        names = names_of(manifest)
        functions = TenantFunctions(
            self,
            "Functions",
            names=names,
            stores=stores,
            environment={
                "SOUDAN_LG_CODE": manifest.lg_code,
                "SOUDAN_MUNICIPALITY": manifest.municipality,
            },
            scanner=manifest.scanner,
            digest_sender=manifest.digest_sender,
            api_code=function_code(concern="api", environment=manifest.environment, build=build),
            jobs_code=function_code(concern="jobs", environment=manifest.environment, build=build),
            papers_code=papers_code(manifest.papers_layouts, manifest.environment, build),
            exchange_code=function_code(
                concern="exchange", environment=manifest.environment, build=build
            ),
        )
        first, *others = doors_of(manifest)
        api = _door(
            self,
            first,
            manifest=manifest,
            stores=stores,
            routes=routes,
            functions={"api": functions.api, "papers": functions.papers},
        )
        TenantAlarms(
            self,
            "Alarms",
            names=names,
            tenant=f"{manifest.municipality}({manifest.lg_code} {manifest.environment})",
            email=manifest.alarm_email,
            api_names=[names.api(kind) for kind in (first, *others)],
            jobs=functions.jobs,
            key_arn=stores.key_arn,
        )
        if manifest.emergency is not None:
            EmergencyRole(
                self,
                "Emergency",
                names=names,
                access=manifest.emergency,
                key_arn=stores.key_arn,
                operator_email=manifest.alarm_email,
            )
        CfnOutput(self, "ApiUrl", value=api.api.url)
        CfnOutput(self, "ApiId", value=api.api.rest_api_id)
        outputs = {
            "UserPoolId": stores.user_pool_id,
            "ClientId": stores.client_id,
            "RecordsTable": names.records_table,
            "AuditTable": names.audit_table,
            "JobsFunction": names.function("jobs"),
            "ExchangeFunction": names.function("exchange"),
            "FilesBucket": names.files_bucket,
            "KeyAlias": names.key_alias,
            "SealsBucket": names.seals_bucket,
            "Version": version(),
        }
        for output_id, value in outputs.items():
            CfnOutput(self, output_id, value=value)


class DoorStack(Stack):
    """A second door to the same tenant. In the app stack, two doors with a resource for every route
    would outgrow what CloudFormation takes of one stack."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        manifest: Manifest,
        env: Environment,
        stores: Stores,
        routes: Routes,
        kind: str,
    ) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            description=f"Soudan {manifest.lg_code} {manifest.environment}: {kind} door",
            analytics_reporting=False,
        )
        names = names_of(manifest)
        # By name: an export would forbid the app stack to replace its own function.
        functions = {
            concern: lambda_.Function.from_function_attributes(
                self,
                concern.capitalize(),
                function_arn=names.function_arn(concern),
                same_environment=True,
            )
            for concern in ("api", "papers")
        }
        api = _door(
            self, kind, manifest=manifest, stores=stores, routes=routes, functions=functions
        )
        CfnOutput(self, "ApiUrl", value=api.api.url)
        CfnOutput(self, "ApiId", value=api.api.rest_api_id)


def doors_of(manifest: Manifest) -> tuple[str, ...]:
    """The kinds of doors of a tenant; the first is in the app stack, a second in one of its own."""
    doors = {"Internet": manifest.internet, "Private": manifest.private}
    return tuple(kind for kind, door in doors.items() if door is not None)


def _door(
    scope: Stack,
    kind: str,
    *,
    manifest: Manifest,
    stores: Stores,
    routes: Routes,
    functions: Mapping[str, lambda_.IFunction],
) -> TenantApi:
    door = manifest.internet if kind == "Internet" else manifest.private
    if door is None:
        raise ValueError(kind)
    return TenantApi(
        scope,
        kind,
        names=names_of(manifest),
        door=door,
        routes=routes,
        functions=functions,
        user_pool_arn=stores.user_pool_arn,
        rate=manifest.rate,
        burst=manifest.burst,
    )


class TenantStage(Stage):
    """Everything of one municipality's environment, in its account and region, with its tags."""

    def __init__(
        self, scope: Construct, *, manifest: Manifest, routes: Routes, build: Path = BUILD
    ) -> None:
        env = Environment(account=manifest.account, region=manifest.region)
        super().__init__(scope, stage_id(manifest), env=env)
        # Our own rule counts resources (infra/policy). The CDK's note of it, from 400 on, holds
        # paths of the machine: two syntheses would differ.
        self.node.set_context("@aws-cdk/core:stackResourceLimit", 0)
        self.manifest = manifest
        self.data = DataStack(self, "Data", manifest=manifest, env=env)
        self.app = AppStack(
            self,
            "App",
            manifest=manifest,
            env=env,
            stores=self.data.stores,
            routes=routes,
            build=build,
        )
        self.doors = [
            DoorStack(
                self,
                f"{kind}Door",
                manifest=manifest,
                env=env,
                stores=self.data.stores,
                routes=routes,
                kind=kind,
            )
            for kind in doors_of(manifest)[1:]
        ]
        for door in self.doors:
            door.add_stack_dependency(self.app)
        tag_everything(self, manifest.tags)

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """Data, app, and where there are two doors the second one."""
        return (self.data, self.app, *self.doors)
