"""Names and ARNs of a tenant's resources, as plain values.

The two stacks meet through these: a name known beforehand needs no CloudFormation export, so the
app stack can be replaced, and the policies read the same in every tenant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from infra.manifest import Manifest

# The bootstrap qualifier of the CDK; its execution role creates the tables under the tenant's key.
BOOTSTRAP_QUALIFIER = "hnb659fds"
STAGE_NAME = "v1"
# Only transient items (sign-in states, idempotency records) carry it; a record never does.
TTL_ATTRIBUTE = "expiresAt"
PITR_DAYS = 35
# As long as the tables can be taken back in time, so that both can be restored to one moment.
OLD_VERSION_DAYS = PITR_DAYS


@dataclass(frozen=True, kw_only=True)
class Names:
    """All names of one tenant. `prefix` is unique per municipality and environment."""

    prefix: str
    lg_code: str
    account: str
    region: str
    # How often the tables in use were replaced by restored ones; those of the stack are 0.
    generation: int = 0

    @property
    def key_alias(self) -> str:
        return f"alias/{self.prefix}"

    @property
    def records_table(self) -> str:
        return f"{self.prefix}-records{self._suffix}"

    @property
    def audit_table(self) -> str:
        return f"{self.prefix}-audit{self._suffix}"

    @property
    def _suffix(self) -> str:
        return f"-r{self.generation}" if self.generation else ""

    @property
    def restored(self) -> Names:
        """The same with the tables that a restoration makes beside those in use."""
        return replace(self, generation=self.generation + 1)

    @property
    def first(self) -> Names:
        """The same with the tables that the stack itself has made."""
        return replace(self, generation=0)

    # Bucket names are one namespace for all of AWS: account and region keep them apart.
    @property
    def files_bucket(self) -> str:
        return f"{self.prefix}-files-{self.account}-{self.region}"

    @property
    def seals_bucket(self) -> str:
        return f"{self.prefix}-seals-{self.account}-{self.region}"

    @property
    def user_pool(self) -> str:
        return f"{self.prefix}-staff"

    @property
    def access_log_group(self) -> str:
        return f"/{self.prefix}/access"

    @property
    def alarm_topic(self) -> str:
        return f"{self.prefix}-alarms"

    @property
    def emergency_topic(self) -> str:
        return f"{self.prefix}-emergency-used"

    def api(self, kind: str) -> str:
        """Name of the API behind a door; `kind` is "Internet" or "Private"."""
        return f"{self.prefix}-{kind.lower()}"

    def function(self, concern: str) -> str:
        """Name of a function and of its role; `concern` is one of FUNCTIONS."""
        return f"{self.prefix}-{concern}"

    def function_arn(self, concern: str) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.function(concern)}"

    def function_log_group(self, concern: str) -> str:
        return f"/aws/lambda/{self.function(concern)}"

    def table_arn(self, table: str) -> str:
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{table}"

    def bucket_arn(self, bucket: str) -> str:
        return f"arn:aws:s3:::{bucket}"

    def role_arn(self, concern: str) -> str:
        """ARN of a function's role, or of the role EMERGENCY."""
        return f"arn:aws:iam::{self.account}:role/{self.function(concern)}"

    def log_group_arn(self, log_group: str) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{log_group}"

    @property
    def deployment_role_arn(self) -> str:
        role = f"cdk-{BOOTSTRAP_QUALIFIER}-cfn-exec-role-{self.account}-{self.region}"
        return f"arn:aws:iam::{self.account}:role/{role}"


# The role by which the vendor's staff read records, where the municipality has approved one.
EMERGENCY = "emergency"
FUNCTIONS = ("api", "jobs", "papers", "exchange")


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Where a vendor keeps what it knows of its tenants."""

    vendor: str
    account: str
    region: str

    @property
    def registry(self) -> str:
        return f"soudan-vendor-{self.vendor}-registry"

    @property
    def signing_key(self) -> str:
        return f"alias/soudan-vendor-{self.vendor}-signing"

    @property
    def stack(self) -> str:
        return f"Soudan-vendor-{self.vendor}"


def names_of(manifest: Manifest) -> Names:
    return Names(
        prefix=f"soudan-{manifest.lg_code}-{manifest.environment}",
        lg_code=manifest.lg_code,
        account=manifest.account,
        region=manifest.region,
        generation=manifest.generation,
    )


def stage_id(manifest: Manifest) -> str:
    """The stacks are called `<stage id>-Data` and `<stage id>-App`."""
    return f"Soudan-{manifest.lg_code}-{manifest.environment}"
