"""Laws of access in Google Cloud, on projects made up at random: against a plain reading of what IAM documents."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.google import READ, account, bind, bucket, deny, evidence, folder, organization, project, role

from controls.access.gcp.bucket import find_objects
from controls.access.gcp.cloud import GoogleCloud
from controls.access.truth import Truth

MEMBERS = ("user:a@it", "user:b@it", "serviceAccount:c@acme-prod.iam.gserviceaccount.com", "group:g@it", "allUsers")
DENIED = {
    "user:a@it": "principal://goog/subject/a@it",
    "user:b@it": "principal://goog/subject/b@it",
    "group:g@it": "principalSet://goog/group/g@it",
    "allUsers": "principalSet://goog/public:all",
}
PERMITS = {"roles/reader": True, "roles/lister": False}
CONDITIONS = {
    None: Truth.YES,
    'resource.name.startsWith("projects/_/buckets/weights/")': Truth.YES,
    'resource.name.startsWith("projects/_/buckets/weights/objects/other/")': Truth.NO,
    'request.time < timestamp("2020-01-01T00:00:00Z")': Truth.NO,
    'resource.matchTag("1/env", "prod")': Truth.UNKNOWN,
}
ROLES = (role("roles/reader", READ), role("roles/lister", "storage.objects.list"))
BINDINGS = st.lists(
    st.tuples(
        st.sampled_from(sorted(PERMITS)),
        st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=3, unique=True),
        st.sampled_from(list(CONDITIONS)),
    ),
    max_size=3,
)
LEVELS = st.tuples(BINDINGS, BINDINGS, BINDINGS, BINDINGS)
DENIALS = st.lists(st.sampled_from(sorted(DENIED)), max_size=2, unique=True)


def made(levels, denials=(), prevention="inherited"):
    own, *inherited = (
        [bind(name, *members, condition=condition) for name, members, condition in level] for level in levels
    )
    policies = [deny(*(DENIED[each] for each in denials))] if denials else []
    at_project, at_folder, at_organization = inherited
    # A bucket without any binding is made with one that permits nothing.
    return evidence(
        buckets=(
            bucket("weights", *(own or [bind("roles/lister", "user:x@it")]), public_access_prevention=prevention),
        ),
        project=project(*at_project),
        folder=folder(*at_folder, deny=policies),
        organization=organization(*at_organization),
        roles=ROLES,
        accounts=(account("c"),),
    )


def readers(given):
    cloud = GoogleCloud(given)
    found = find_objects(given, "gs://weights/llm/")
    assert not cloud.unread(found)
    return {reader.principal: reader.access for reader in cloud.readers(found)}


def documented(levels, denials):
    """Who can read, by a union over all bindings, less who is denied for certain."""
    access = dict.fromkeys(MEMBERS, Truth.NO)
    for name, members, condition in (binding for level in levels for binding in level):
        for member in members if PERMITS[name] else ():
            access[member] = max(access[member], CONDITIONS[condition])
    for member in access:
        if "allUsers" in denials or member in denials:
            access[member] = Truth.NO
        elif "group:g@it" in denials and not member.startswith(("group:", "all")):
            access[member] = min(access[member], Truth.UNKNOWN)
    return {member: truth for member, truth in access.items() if truth is not Truth.NO}


@settings(max_examples=60, deadline=None)
@given(LEVELS, DENIALS)
def test_readers_are_the_union_of_all_bindings_less_what_is_denied(levels, denials):
    assert readers(made(levels, denials)) == documented(levels, denials)


@settings(max_examples=30, deadline=None)
@given(LEVELS, BINDINGS, DENIALS)
def test_more_bindings_never_take_access_away_and_more_denials_never_give_any(levels, more, denials):
    before = readers(made(levels, denials))
    added = readers(made((*levels[:3], [*levels[3], *more]), denials))
    assert all(added[member] >= access for member, access in before.items())
    free = readers(made(levels))
    assert all(free[member] >= access for member, access in before.items())


@settings(max_examples=20, deadline=None)
@given(LEVELS)
def test_preventing_public_access_takes_away_what_everyone_has_and_nothing_else(levels):
    before = readers(made(levels))
    before.pop("allUsers", None)
    assert readers(made(levels, prevention="enforced")) == before
