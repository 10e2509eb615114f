"""The staff's user pool. It proves who somebody is; what they may do stands in the records."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.names import Names
from infra.policy.gates import acknowledge

# Role and membership are read per request; a short token bounds what a stolen one is worth.
TOKEN_MINUTES = 10
# A working day: after it, or after the browser is closed, staff sign in again.
REFRESH_HOURS = 12
CHALLENGE_MINUTES = 5

_PLANS = {
    "lite": cognito.FeaturePlan.LITE,
    "essentials": cognito.FeaturePlan.ESSENTIALS,
    "plus": cognito.FeaturePlan.PLUS,
}


class TenantSignIn(Construct):
    """Pool and its one client: users made by administrators, TOTP, no hosted pages."""

    def __init__(
        self, scope: Construct, id: str, *, names: Names, plan: str, mfa_required: bool
    ) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.user_pool,
            feature_plan=_PLANS[plan],
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True),
            sign_in_case_sensitive=False,
            mfa=cognito.Mfa.REQUIRED if mfa_required else cognito.Mfa.OPTIONAL,
            # No SMS: numbers of staff are not kept, and a text message is no strong factor.
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            # A lost password or factor is re-issued by a manager, never by e-mail.
            account_recovery=cognito.AccountRecovery.NONE,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            self.pool,
            {
                "AwsSolutions-COG8": "Threat protection is the Plus plan, at four times the price; "
                "the manifest can choose it. Sign-in has TOTP, its own throttle and lock-out."
            },
        )
        self.client = cognito.UserPoolClient(
            self,
            "Client",
            user_pool=self.pool,
            user_pool_client_name=names.user_pool,
            # Only the API's role, which signs its calls, opens sessions: no secret, no hosted UI.
            auth_flows=cognito.AuthFlow(admin_user_password=True),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=Duration.minutes(TOKEN_MINUTES),
            access_token_validity=Duration.minutes(TOKEN_MINUTES),
            refresh_token_validity=Duration.hours(REFRESH_HOURS),
            auth_session_validity=Duration.minutes(CHALLENGE_MINUTES),
            # An empty list counts as none given, and then every attribute may be written. Nothing
            # reads a locale, so this one stands for "none".
            write_attributes=cognito.ClientAttributes().with_standard_attributes(locale=True),
        )
