"""The allocation as FOCUS 1.2 Parquet: one row per municipality, month, service and kind.

The allocation columns of FOCUS 1.3 come as custom columns (`x_Allocated…`).
"""

from pathlib import Path

from ops.costs.allocation import UNIT, Allocation
from ops.costs.bill.services import CATEGORY_OF_NAME

PROVIDER = "AWS"
# FOCUS wants one of its own words; a service we do not know is "Other".
_OTHER = "Other"


def write_focus(path: Path, allocation: Allocation, *, issuer: str) -> int:
    """Writes the file; the number of rows. `issuer`: who invoices the municipalities."""
    connection = allocation.bill.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE category_of AS SELECT unnest($names) AS service,"
        " unnest($categories) AS category",
        {"names": list(CATEGORY_OF_NAME), "categories": list(CATEGORY_OF_NAME.values())},
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE name_of AS SELECT unnest($codes) AS code,"
        " unnest($names) AS name, unnest($vendors) AS vendor",
        {
            "codes": [member.code for member in allocation.members],
            "names": [member.name for member in allocation.members],
            "vendors": [member.vendor for member in allocation.members],
        },
    )
    payer = allocation.bill.one("SELECT coalesce(min(payer), '') FROM bill")[0]
    rule, literal = allocation.rule, str(path).replace("'", "''")
    connection.execute(
        f"COPY ({_SQL}) TO '{literal}' (FORMAT parquet, COMPRESSION zstd)",
        {
            "payer": payer,
            "currency": allocation.bill.currency,
            "issuer": issuer,
            "provider": PROVIDER,
            "rule": rule.id,
            "details": f"{rule.title}(公表 {rule.published})",
        },
    )
    return int(allocation.bill.one(f"SELECT count(*) FROM '{literal}'")[0])


_SQL = f"""
WITH line AS (
  SELECT month, tenant, service, category, kind,
    CAST(sum(units) / {UNIT}::DOUBLE AS DOUBLE) AS cost
  FROM allocated GROUP BY ALL
)
SELECT
  NULL::VARCHAR AS AvailabilityZone,
  cost AS BilledCost,
  $payer AS BillingAccountId,
  $issuer AS BillingAccountName,
  'BillingAccount' AS BillingAccountType,
  $currency AS BillingCurrency,
  (month + INTERVAL 1 MONTH)::TIMESTAMP AS BillingPeriodEnd,
  month::TIMESTAMP AS BillingPeriodStart,
  NULL::VARCHAR AS CapacityReservationId,
  NULL::VARCHAR AS CapacityReservationStatus,
  CASE line.category WHEN 'tax' THEN 'Tax' WHEN 'credit' THEN 'Credit'
    WHEN 'adjustment' THEN 'Adjustment' ELSE 'Usage' END AS ChargeCategory,
  CASE WHEN line.category = 'refund' THEN 'Correction' END AS ChargeClass,
  line.kind || ': ' || line.service AS ChargeDescription,
  CASE WHEN line.category IN ('usage', 'refund') THEN 'Usage-Based' ELSE 'One-Time' END
    AS ChargeFrequency,
  (month + INTERVAL 1 MONTH)::TIMESTAMP AS ChargePeriodEnd,
  month::TIMESTAMP AS ChargePeriodStart,
  NULL::VARCHAR AS CommitmentDiscountCategory,
  NULL::VARCHAR AS CommitmentDiscountId,
  NULL::VARCHAR AS CommitmentDiscountName,
  NULL::DOUBLE AS CommitmentDiscountQuantity,
  NULL::VARCHAR AS CommitmentDiscountStatus,
  NULL::VARCHAR AS CommitmentDiscountType,
  NULL::VARCHAR AS CommitmentDiscountUnit,
  CASE WHEN line.category = 'usage' THEN 1::DOUBLE END AS ConsumedQuantity,
  CASE WHEN line.category = 'usage' THEN 'Months' END AS ConsumedUnit,
  cost AS ContractedCost,
  NULL::DOUBLE AS ContractedUnitPrice,
  cost AS EffectiveCost,
  NULL::VARCHAR AS InvoiceId,
  $provider AS InvoiceIssuerName,
  cost AS ListCost,
  NULL::DOUBLE AS ListUnitPrice,
  CASE WHEN line.category IN ('usage', 'refund') THEN 'Standard' END AS PricingCategory,
  $currency AS PricingCurrency,
  NULL::DOUBLE AS PricingCurrencyContractedUnitPrice,
  cost AS PricingCurrencyEffectiveCost,
  NULL::DOUBLE AS PricingCurrencyListUnitPrice,
  CASE WHEN line.category = 'usage' THEN 1::DOUBLE END AS PricingQuantity,
  CASE WHEN line.category = 'usage' THEN 'Months' END AS PricingUnit,
  $provider AS ProviderName,
  $provider AS PublisherName,
  NULL::VARCHAR AS RegionId,
  NULL::VARCHAR AS RegionName,
  NULL::VARCHAR AS ResourceId,
  NULL::VARCHAR AS ResourceName,
  NULL::VARCHAR AS ResourceType,
  coalesce(category_of.category, '{_OTHER}') AS ServiceCategory,
  line.service AS ServiceName,
  'Other (' || coalesce(category_of.category, '{_OTHER}') || ')' AS ServiceSubcategory,
  NULL::VARCHAR AS SkuId,
  NULL::VARCHAR AS SkuMeter,
  NULL::VARCHAR AS SkuPriceDetails,
  NULL::VARCHAR AS SkuPriceId,
  CASE WHEN tenant = '' THEN 'unallocated' ELSE tenant END AS SubAccountId,
  coalesce(name_of.name, '未配分') AS SubAccountName,
  CASE WHEN tenant = '' THEN 'Unallocated' ELSE 'Municipality' END AS SubAccountType,
  CASE WHEN tenant = '' THEN '{{}}' ELSE
    '{{"municipality-code":"' || tenant || '","vendor":"' || name_of.vendor || '"}}' END AS Tags,
  $rule AS x_AllocatedMethodId,
  $details || ' / ' || line.kind AS x_AllocatedMethodDetails,
  tenant AS x_AllocatedResourceId,
  coalesce(name_of.name, '') AS x_AllocatedResourceName,
  CASE WHEN tenant = '' THEN '{{}}' ELSE '{{"municipality-code":"' || tenant || '"}}' END
    AS x_AllocatedTags
FROM line
LEFT JOIN name_of ON name_of.code = line.tenant
LEFT JOIN category_of ON category_of.service = line.service
ORDER BY month, tenant, line.service, line.category, line.kind
"""
