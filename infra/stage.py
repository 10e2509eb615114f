"""A tenant: one stage, two stacks. The data stack outlives every change of the app stack."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack, Stage
from constructs import Construct

from infra.assets import BUILD, function_code
from infra.constructs.alarms import TenantAlarms
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
        key = TenantKey(self, "Key", names=names, rotation_days=manifest.key_rotation_days).key
        TenantTables(self, "Tables", names=names, key=key)
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
            api_code=function_code(concern="api", environment=manifest.environment, build=build),
            jobs_code=function_code(concern="jobs", environment=manifest.environment, build=build),
        )
        doors = {"Internet": manifest.internet, "Private": manifest.private}
        apis = {
            door_id: TenantApi(
                self,
                door_id,
                names=names,
                door=door,
                routes=routes,
                function=functions.api,
                user_pool_arn=stores.user_pool_arn,
                rate=manifest.rate,
                burst=manifest.burst,
            )
            for door_id, door in doors.items()
            if door is not None
        }
        TenantAlarms(
            self,
            "Alarms",
            names=names,
            email=manifest.alarm_email,
            api_names=[api.name for api in apis.values()],
            jobs=functions.jobs,
            key_arn=stores.key_arn,
        )
        for door_id, api in apis.items():
            # ApiUrl is the Internet door's, or the only door's.
            suffix = "Private" if door_id == "Private" and len(apis) > 1 else ""
            CfnOutput(self, f"ApiUrl{suffix}", value=api.api.url)
            CfnOutput(self, f"ApiId{suffix}", value=api.api.rest_api_id)
        outputs = {
            "UserPoolId": stores.user_pool_id,
            "ClientId": stores.client_id,
            "RecordsTable": names.records_table,
            "AuditTable": names.audit_table,
            "JobsFunction": names.function("jobs"),
            "SealsBucket": names.seals_bucket,
        }
        for output_id, value in outputs.items():
            CfnOutput(self, output_id, value=value)


class TenantStage(Stage):
    """Everything of one municipality's environment, in its account and region, with its tags."""

    def __init__(
        self, scope: Construct, *, manifest: Manifest, routes: Routes, build: Path = BUILD
    ) -> None:
        env = Environment(account=manifest.account, region=manifest.region)
        super().__init__(scope, stage_id(manifest), env=env)
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
        tag_everything(self, manifest.tags)
