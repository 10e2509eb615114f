"""The demo municipality is synthetic, complete, the same each time, and valid."""

import json
import re
import unicodedata
from datetime import date

import pytest

from lambdas.casework import forms
from ops.demo.households import DEMO_DATE, PRACTICE_MARK, DemoTenant, demo_tenant

FORM = forms.form("intake", "1.0.0")


@pytest.fixture(scope="module")
def tenant() -> DemoTenant:
    return demo_tenant(lg_code="122041", today=DEMO_DATE)


def test_every_record_satisfies_the_form(tenant: DemoTenant) -> None:
    for intake in tenant.intakes:
        assert forms.check(FORM, intake.data) == (), intake.archetype
        assert forms.my_number_suspects(FORM, intake.data) == ()


def test_there_are_24_households_in_both_versions_of_the_form(tenant: DemoTenant) -> None:
    versions = [intake.data["consentVersion"] for intake in tenant.intakes]
    assert len(versions) == 24
    assert min(versions.count("consent"), versions.count("no-consent")) >= 6
    assert len({intake.control_number for intake in tenant.intakes}) == 24


def test_the_archetypes_of_the_domain_are_there(tenant: DemoTenant) -> None:
    archetypes = " ".join(intake.archetype for intake in tenant.intakes)
    for word in ("8050", "ダブルケア", "ヤングケアラー", "住環境", "DV", "相手方", "技能実習"):
        assert word in archetypes
    for word in ("矯正施設等の退所", "支援につながりにくいひきこもり", "多頭飼育"):
        assert word in archetypes


def test_agencies_and_staff_cover_every_role_with_two_managers(tenant: DemoTenant) -> None:
    roles = [person.role for person in tenant.staff]
    assert len(roles) == 8
    assert set(roles) == {
        *("manager", "officer", "coordinator"),
        *("agency", "commissioner", "auditor"),
    }
    assert roles.count("manager") == 2
    agencies = {agency.agency_id for agency in tenant.agencies}
    assert len(agencies) == 4
    assert {person.agency_id for person in tenant.staff} == agencies
    assert {intake.data["receivingAgencyId"] for intake in tenant.intakes} == agencies
    assert {agency.kind for agency in tenant.agencies} <= set(forms.labels("agency-kind"))
    assert all(re.fullmatch(r"[a-z]+\d", person.login_id) for person in tenant.staff)


def test_difficult_names_are_there_byte_for_byte(tenant: DemoTenant) -> None:
    names = "".join(intake.data.get("name", "") for intake in tenant.intakes)
    for character in ("\u9ad9", "\ufa11", "\u845b\U000e0100", "\U00020bb7", "\ufa19"):
        assert character in names
    assert unicodedata.normalize("NFC", names) != names
    assert any(len(intake.data.get("name", "")) > 40 for intake in tenant.intakes)
    assert any("nameKana" not in intake.data for intake in tenant.intakes)
    assert {"anonymous", "unknown"} <= {i.data.get("nameStatus") for i in tenant.intakes}


def test_the_same_arguments_give_the_same_tenant_and_another_seed_another(
    tenant: DemoTenant,
) -> None:
    assert demo_tenant(lg_code="122041", today=DEMO_DATE) == tenant
    assert demo_tenant(lg_code="122041", seed=1, today=DEMO_DATE) != tenant


@pytest.mark.parametrize("today", [date(2026, 4, 1), DEMO_DATE, date(2027, 3, 31)])
def test_records_are_received_within_the_fiscal_year_and_not_later_than_today(today: date) -> None:
    for intake in demo_tenant(lg_code="122041", today=today).intakes:
        assert date(2026, 4, 1) <= date.fromisoformat(intake.data["receivedAt"]) <= today


def test_reception_is_spread_over_the_months(tenant: DemoTenant) -> None:
    assert len({intake.data["receivedAt"][:7] for intake in tenant.intakes}) >= 5


def test_everything_is_recognisably_synthetic(tenant: DemoTenant) -> None:
    for intake in tenant.intakes:
        assert intake.data["concernsNote"].endswith(PRACTICE_MARK)
        text = json.dumps(intake.data, ensure_ascii=False)
        assert all("000" in number for number in re.findall(r"\d{2,3}-\d{3,4}-\d{4}", text))
        if "address" in intake.data:
            assert re.fullmatch(r"千葉県船橋市\D+99\d\d番地", intake.data["address"]["full"])
    assert all("(練習用)" in agency.name for agency in tenant.agencies)


def test_a_protected_family_leaves_no_trace_of_its_place_and_no_link_to_the_other_party(
    tenant: DemoTenant,
) -> None:
    protected = [i.data for i in tenant.intakes if i.data.get("addressProtection") == "yes"]
    assert len(protected) == 1
    assert "address" not in protected[0]
    assert "phones" not in protected[0]
    (other,) = (i.data for i in tenant.intakes if i.archetype.startswith("相手方"))
    assert other["receivingAgencyId"] != protected[0]["receivingAgencyId"]
    written = json.dumps(other, ensure_ascii=False)
    assert not any(member["name"] in written for member in protected[0]["household"])


def test_the_words_of_the_demo_are_those_the_domain_asks_for(tenant: DemoTenant) -> None:
    text = json.dumps([i.data for i in tenant.intakes], ensure_ascii=False)
    for word in ("加害者", "困難事例", "問題世帯", "ごみ屋敷", "処遇", "刑余者"):
        assert word not in text


def test_another_municipality_gets_its_own_addresses() -> None:
    tenant = demo_tenant(lg_code="473821", today=DEMO_DATE)
    addresses = [i.data["address"]["full"] for i in tenant.intakes if "address" in i.data]
    assert all(address.startswith("沖縄県与那国町") for address in addresses)
    with pytest.raises(KeyError):
        demo_tenant(lg_code="122042", today=DEMO_DATE)
