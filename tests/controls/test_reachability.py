"""Who can become a role, through however many others."""

import itertools
from dataclasses import replace

import pytest
from support.estate import ACCOUNT, allow, deny, evidence, moved, policy, role, role_arn, snapshot, trust, user

from controls.access.principal import principals_of
from controls.access.reachability import Reachability
from controls.access.truth import Truth

STRANGER = "999988887777"
GOAL = role_arn("goal")
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OFFICE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
MAY = allow("sts:AssumeRole", "*")


def chains(*items, of=GOAL, elsewhere=()):
    """Who can become a role, as text."""
    snapshots = [snapshot("iam.authorization_details", *items)]
    if elsewhere:
        snapshots.append(snapshot("iam.authorization_details", *elsewhere, source=f"aws:{STRANGER}"))
    principals = [principal for each in snapshots for principal in principals_of(each)]
    return [str(chain) for chain in Reachability(principals).chains(of)]


def goal(*principals, **more):
    return role("goal", trust=trust({"AWS": list(principals)}, **more))


def becomes(*names):
    """A chain by names of roles, alice where the first is that."""
    return " → ".join(ALICE if name == "alice" else role_arn(name) for name in names)


ALONE = {
    "the trust policy names the user": ((goal(ALICE), user("alice")), True),
    "the trust policy names nobody of the account": ((goal(role_arn("other")), user("alice", MAY)), False),
    "the trust policy leaves it to the account, and the user's policy allows": ((goal(ROOT), user("alice", MAY)), True),
    "the trust policy leaves it to the account, and the user's policy is silent": ((goal(ROOT), user("alice")), False),
    "the user's policy is about another role": (
        (goal(ROOT), user("alice", allow("sts:AssumeRole", role_arn("other")))), False
    ),
    "the user's own policy denies": ((goal(ALICE), user("alice", deny("sts:AssumeRole", "*"))), False),
    "the trust policy denies": (
        (role("goal", trust=policy(
            {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"},
        )), user("alice", MAY)),
        False,
    ),
    "the trust policy is about tagging sessions only": (
        (role("goal", trust=trust({"AWS": ALICE}, "sts:TagSession")), user("alice", MAY)), False
    ),
    "the trust policy is for a service": ((role("goal"), user("alice", MAY)), False),
    "an external id, which whoever assumes can state": (
        (goal(ALICE, Condition={"StringEquals": {"sts:ExternalId": "x"}}), user("alice")), True
    ),
    "everyone is trusted": ((role("goal", trust=trust("*")), user("alice")), True),
    "the wanted role does not exist": ((user("alice", MAY),), False),
}  # fmt: skip


@pytest.mark.parametrize(("items", "reached"), ALONE.values(), ids=ALONE.keys())
def test_both_trust_and_permission_decide_one_step(items, reached):
    assert chains(*items) == ([becomes("alice", "goal")] if reached else [])


def test_a_condition_that_evidence_does_not_decide_makes_the_chain_conditional():
    assert chains(goal(ALICE, Condition=OFFICE), user("alice")) == [f"{becomes('alice', 'goal')} (conditional)"]


def test_one_open_condition_on_the_way_makes_the_whole_chain_conditional():
    items = (user("alice"), role("middle", trust=trust({"AWS": ALICE}, Condition=OFFICE)), goal(role_arn("middle")))
    assert chains(*items) == [becomes("middle", "goal"), f"{becomes('alice', 'middle', 'goal')} (conditional)"]


def line(length):
    """Roles each of which may become the next, the goal last."""
    names = [*(f"step-{number:03d}" for number in range(length)), "goal"]
    roles = [role(name, trust=trust({"AWS": role_arn(before)})) for before, name in itertools.pairwise(names)]
    return names, (role(names[0]), *roles)


def test_a_chain_of_two_hundred_roles_is_followed_to_its_start():
    names, items = line(200)
    found = chains(*items)
    assert len(found) == 200
    assert found[0] == becomes(*names)


def test_a_cycle_ends_and_no_role_becomes_itself():
    items = (
        role("a", trust=trust({"AWS": [role_arn("b"), GOAL]})),
        role("b", trust=trust({"AWS": role_arn("a")})),
        goal(role_arn("b"), GOAL),
    )
    assert chains(*items) == [becomes("a", "b", "goal"), becomes("b", "goal")]


def test_the_shortest_of_several_chains_is_given():
    items = (user("alice"), role("middle", trust=trust({"AWS": ALICE})), goal(role_arn("middle"), ALICE))
    assert chains(*items) == [becomes("middle", "goal"), becomes("alice", "goal")]


def test_a_longer_chain_that_is_certain_goes_before_a_shorter_one_that_is_not():
    trusted = policy(
        {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole", "Condition": OFFICE},
        {"Effect": "Allow", "Principal": {"AWS": role_arn("middle")}, "Action": "sts:AssumeRole"},
    )
    items = (user("alice"), role("middle", trust=trust({"AWS": ALICE})), role("goal", trust=trusted))
    assert becomes("alice", "middle", "goal") in chains(*items)


def test_what_is_found_through_a_conditional_step_first_is_certain_where_another_way_is():
    # The first is reached at once by an open condition, and by two certain steps: so is whoever becomes it.
    trusted = policy(
        {"Effect": "Allow", "Principal": {"AWS": role_arn("first")}, "Action": "sts:AssumeRole", "Condition": OFFICE},
        {"Effect": "Allow", "Principal": {"AWS": role_arn("middle")}, "Action": "sts:AssumeRole"},
    )
    items = (
        user("alice"),
        role("first", trust=trust({"AWS": ALICE})),
        role("middle", trust=trust({"AWS": role_arn("first")})),
        role("goal", trust=trusted),
    )
    assert becomes("alice", "first", "middle", "goal") in chains(*items)


FOREIGN = f"arn:aws:iam::{STRANGER}:role/visitor"
ACROSS = {
    "both sides allow, the role by name": (goal(FOREIGN), (MAY,), True),
    "both sides allow, the role's account by its root": (goal(f"arn:aws:iam::{STRANGER}:root"), (MAY,), True),
    "the other account does not allow": (goal(FOREIGN), (), False),
    "the role's account does not trust": (goal(ROOT), (MAY,), False),
    "the other account denies": (goal(FOREIGN), (MAY, deny("sts:AssumeRole", "*")), False),
}


@pytest.mark.parametrize(("wanted", "statements", "reached"), ACROSS.values(), ids=ACROSS.keys())
def test_from_another_account_both_sides_must_allow(wanted, statements, reached):
    visitor = moved(role("visitor", *statements), STRANGER)
    assert chains(wanted, elsewhere=(visitor,)) == ([f"{FOREIGN} → {GOAL}"] if reached else [])


def test_a_chain_may_cross_an_account_and_come_back():
    trusting = trust({"AWS": "arn:aws:iam::HOME:user/alice"})
    visitor = moved(role("visitor", MAY, trust=trusting), STRANGER)
    visitor = replace(visitor, body=visitor.body.replace(b"HOME", ACCOUNT.encode()))
    found = chains(goal(FOREIGN), user("alice", MAY), elsewhere=(visitor,))
    assert f"{ALICE} → {FOREIGN} → {GOAL}" in found


def test_access_is_what_the_weakest_step_gives():
    given = evidence((goal(ALICE, Condition=OFFICE), user("alice")))
    principals = principals_of(given.snapshots("iam.authorization_details")[0])
    (chain,) = Reachability(principals).chains(GOAL)
    assert (chain.access, chain.roles) == (Truth.UNKNOWN, (GOAL,))
