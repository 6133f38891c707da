"""What is read of Organizations: the tree, and the policies that bound every account in it."""

import json

import pytest
from support.aws import client
from support.proxy import Answer, json_error, one_by_one, operation

from collector.demo.estate import ACCOUNT
from collector.model.snapshot import FailureClass, Gap, Snapshot

POPULATION = "organizations.policies"
FULL = "p-FullAWSAccess"
BOUND = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
DENIED = json_error(400, "AccessDeniedException")


@pytest.fixture(scope="module")
def estate(blank):
    organizations = client(blank, "organizations")
    organizations.create_organization(FeatureSet="ALL")
    (root,) = organizations.list_roots()["Roots"]
    organizations.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    outer = unit(organizations, root["Id"], "models")
    inner = unit(organizations, outer, "training")
    created = organizations.create_account(AccountName="trainer", Email="trainer@example.com")
    account = created["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=account, SourceParentId=root["Id"], DestinationParentId=inner)
    policy = organizations.create_policy(
        Content=json.dumps(BOUND), Description="it", Name="bound", Type="SERVICE_CONTROL_POLICY"
    )
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=outer)
    yield blank
    # Other modules share the server, and what they prove is of an account without an organization.
    organizations.remove_account_from_organization(AccountId=account)
    organizations.delete_organization()


def unit(organizations, parent, name):
    return organizations.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]


def by_name(snapshot):
    contents = [item.content().value for item in snapshot]
    return {value["name"]: value for value in contents if "name" in value}


def test_an_account_tells_what_is_above_it_root_first(read):
    snapshot = read(POPULATION)
    assert isinstance(snapshot, Snapshot)
    tree = by_name(snapshot)
    path = [tree["Root"]["id"], tree["models"]["id"], tree["training"]["id"]]
    assert (tree["trainer"]["type"], tree["trainer"]["path"]) == ("account", path)
    assert tree["trainer"]["policies"] == [FULL]
    assert (tree["training"]["type"], tree["training"]["path"]) == ("unit", path[:2])
    assert (tree["Root"]["type"], tree["Root"]["policies"]) == ("root", [FULL])
    accounts = {value["account"]: value["path"] for value in tree.values() if value["type"] == "account"}
    assert accounts[ACCOUNT] == path[:1]
    assert len(accounts) == 2


def test_a_policy_is_read_once_with_its_document_wherever_it_is_attached(read):
    snapshot = read(POPULATION)
    tree = by_name(snapshot)
    assert tree["models"]["policies"] == sorted([FULL, tree["bound"]["id"]])
    assert (tree["bound"]["type"], tree["bound"]["document"], tree["bound"]["aws_managed"]) == ("policy", BOUND, False)
    assert tree["FullAWSAccess"]["aws_managed"] is True
    calls = {operation.name: operation.calls for operation in snapshot.provenance.operations}
    assert calls["organizations:DescribePolicy"] == 2


def test_a_root_tells_whether_its_service_control_policies_bind(aws, read):
    assert by_name(read(POPULATION))["Root"]["enabled"] is True
    root = {"Id": "r-abcd", "Arn": "arn:aws:organizations::1:root/o-1/r-abcd", "Name": "Root", "PolicyTypes": []}
    aws.rules += [
        operation("ListRoots", answered({"Roots": [root]})),
        operation("ListOrganizationalUnitsForParent", answered({"OrganizationalUnits": []})),
        operation("ListAccountsForParent", answered({"Accounts": []})),
        operation("ListPoliciesForTarget", answered({"Policies": []})),
    ]
    assert by_name(read(POPULATION))["Root"]["enabled"] is False


def answered(value):
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def test_the_organization_tells_its_management_account(read):
    organization = read(POPULATION).get("organization").content()
    assert (organization.facet("in_use"), organization.facet("management_account")) == (True, ACCOUNT)


@pytest.mark.parametrize(
    "listing", ["ListOrganizationalUnitsForParent", "ListAccountsForParent", "ListPoliciesForTarget"]
)
def test_every_page_of_a_list_is_read(aws, read, listing):
    whole = read(POPULATION)
    aws.rules.append(one_by_one(aws, "organizations", listing))
    assert read(POPULATION).items == whole.items


def test_an_account_outside_any_organization_is_told_as_such_and_nothing_else_is_asked(aws, read):
    aws.rules.append(operation("DescribeOrganization", json_error(400, "AWSOrganizationsNotInUseException")))
    snapshot = read(POPULATION)
    assert isinstance(snapshot, Snapshot)
    (item,) = snapshot
    assert item.content().value == {"id": None, "in_use": False, "management_account": None, "type": "organization"}
    assert [operation.name for operation in snapshot.provenance.operations] == ["organizations:DescribeOrganization"]


@pytest.mark.parametrize(
    "denied", ["DescribeOrganization", "ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent"]
)
def test_a_tree_that_is_denied_is_a_gap_not_an_account_without_bounds(aws, read, denied):
    aws.rules.append(operation(denied, DENIED))
    gap = read(POPULATION)
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED
    assert gap.failures[0].operation == f"organizations:{denied}"
    assert not (gap.partial and gap.partial.listed)


def test_policies_of_a_target_that_are_denied_are_unknown_not_none(aws, read):
    aws.rules.append(operation("ListPoliciesForTarget", DENIED, lambda request: b'"ou-' in request.body))
    gap = read(POPULATION)
    assert gap.failure_class is FailureClass.DENIED
    units = [value for value in by_name(gap.partial).values() if value["type"] == "unit"]
    assert len(units) == 2
    assert all("policies" not in unit and "policies" in unit["unreadable"] for unit in units)


def test_a_document_that_is_denied_is_unknown_not_empty(aws, read):
    aws.rules.append(operation("DescribePolicy", DENIED))
    gap = read(POPULATION)
    assert gap.partial.listed
    assert all(
        "document" in value["unreadable"] for value in by_name(gap.partial).values() if value["type"] == "policy"
    )
