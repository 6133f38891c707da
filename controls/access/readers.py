"""Who can read what is stored at a location in S3, by which path, and who can become such a reader.

Reading an object takes s3:GetObject and, where the bucket encrypts by default under a KMS key, kms:Decrypt on
that key. The owning account's root user is not listed: it can always give itself access.

Source: Amazon S3 User Guide, "Blocking public access" and "Policies and permissions"; AWS KMS Developer Guide,
"Key policies" and "Grants".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collector.model.evidence import Evidence
from controls.access.condition import conditions_hold, undecided
from controls.access.context import Context
from controls.access.evaluate import Grant, Target, candidates, evaluate
from controls.access.gcp.member import EVERYONE
from controls.access.location import Found, key_in
from controls.access.pattern import Resources
from controls.access.policy import Condition, Statement, parse_policy
from controls.access.principal import Named, Principal, about, account_of
from controls.access.public import blocks, for_everyone, is_public
from controls.access.truth import Truth

READ = "s3:GetObject"
DECRYPT = "kms:Decrypt"
ANYONE = "*"
_TRUSTED_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_NOTHING = Context()
_BLOCKED = "S3's block of public policies does not count this bucket's policy as public"
# What an assumer states about itself restrains nobody who knows what to state.
_SELF_STATED = frozenset(("sts:externalid", "sts:rolesessionname", "sts:sourceidentity", "aws:securetransport"))


@dataclass(frozen=True, slots=True)
class Assumer:
    """Someone whom a role's trust policy lets become the role."""

    kind: str
    name: str
    access: Truth
    statement: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """One principal that can read a location, with every grant that gives it access.

    `kind` is user, role, account, service, federated, canonical, or public for everyone; in Google Cloud, what the
    principal's name begins with.
    """

    principal: str
    kind: str
    account: str
    grants: tuple[Grant, ...]
    assumers: tuple[Assumer, ...] = ()
    last_used: str | None = None

    @property
    def who(self) -> str:
        """Name it in a sentence; a name that begins with its kind, as Google Cloud's do, is enough."""
        enough = self.kind == "principal" or self.principal in EVERYONE or self.principal.startswith(f"{self.kind}:")
        return self.principal if enough else f"{self.kind} {self.principal}"

    @property
    def access(self) -> Truth:
        """Give YES when any grant is unconditional, else UNKNOWN: the access is conditional."""
        return max(grant.access for grant in self.grants)


def readers(found: Found, principals: Collection[Principal], evidence: Evidence) -> Iterator[Reader]:
    """Give everyone who can read a location.

    Args:
        found: the location.
        principals: the users and roles of the accounts whose policies are known.
        evidence: has the keys.

    Raises:
        UnreadableError: a facet of the bucket or its key that this needs was not given by the source.
        MalformedError: a policy cannot be understood.

    """
    policy = about(_policy_of(found), READ)
    target = Target(READ, found.location.objects, found.account, _bucket_context(found))
    key = DefaultKey.of(found, evidence)
    outside = list(_outside(found, policy, target, key))
    # Where everyone is a reader, that everyone's grant is not repeated for each principal of the account.
    everyone = any(reader.kind == "public" for reader in outside)
    own = tuple(named for named in policy if not (everyone and named.statement.allow and for_everyone(named.statement)))
    shared = _shut_to_others(found, policy).negate()
    for principal in candidates(principals, found.account, own):
        grants = evaluate(principal, target, own)
        if principal.account != found.account:
            grants = tuple(grant.limited(shared, _BLOCKED) for grant in grants if shared is not Truth.NO)
        if grants:
            yield Reader(
                principal=principal.arn,
                kind=principal.kind,
                account=principal.account,
                grants=key.limit(grants, principal),
                assumers=assumers(principal),
                last_used=principal.last_used,
            )
    # Whoever the bucket policy names in an account whose policies are known was decided with those.
    known = {principal.arn for principal in principals}
    yield from (reader for reader in outside if reader.principal not in known)


def assumers(principal: Principal) -> tuple[Assumer, ...]:
    """Give whom a role's trust policy names."""
    return tuple(
        Assumer(
            _kind(kind, name), name, conditions_hold(trusted, _NOTHING), trusted.label, undecided(trusted, _NOTHING)
        )
        for trusted in map(_without_self_stated, principal.trust)
        if trusted.allow and any(trusted.has_action(action) for action in _TRUSTED_ACTIONS)
        for kind, name in trusted.principals or (("AWS", ANYONE),)
        if conditions_hold(trusted, _NOTHING) is not Truth.NO
    )


def _without_self_stated(statement: Statement) -> Statement:
    kept = (condition for condition in statement.conditions if condition.key.lower() not in _SELF_STATED)
    return replace(statement, conditions=tuple(kept))


def _kind(kind: str, name: str) -> str:
    if kind == "AWS":
        if name == ANYONE:
            return "public"
        for part, label in ((":user/", "user"), (":role/", "role"), (":assumed-role/", "role session")):
            if part in name:
                return label
        return "account"
    return {"Service": "service", "Federated": "federated", "CanonicalUser": "canonical"}.get(kind, kind)


def _policy_of(found: Found) -> tuple[Named, ...]:
    document = found.bucket.facet("policy")
    where = f"bucket policy of {found.location.bucket}"
    return tuple(Named((where,), statement) for statement in parse_policy(document, where))


def _bucket_context(found: Found) -> Context:
    return Context({"aws:resourceaccount": (found.account,), "aws:securetransport": ("true",)})


def _shut_to_others(found: Found, policy: Sequence[Named]) -> Truth:
    """Tell whether the bucket serves only its own account and AWS services, because its policy is public."""
    if not blocks(found.bucket)["restrict_public_buckets"]:
        return Truth.NO
    return is_public(named.statement for named in policy)


def _outside(found: Found, policy: Sequence[Named], target: Target, key: "DefaultKey") -> Iterator[Reader]:
    """Give whom the bucket policy lets in who is not a user or role of the owning account."""
    shut = _shut_to_others(found, policy)
    grants: dict[tuple[str, str], list[Grant]] = {}
    for named in policy:
        statement = named.statement
        if not statement.allow:
            continue
        access = min(statement.reaches(target.resources, target.context), conditions_hold(statement, target.context))
        if access is Truth.NO:
            continue
        grant = Grant(access, named.steps, undecided(statement, target.context))
        for kind, name in outsiders(statement, found.account):
            served = Truth.YES if kind == "service" else shut.negate()
            bounded = grant.limited(served, _BLOCKED)
            grants.setdefault((kind, name), []).append(_after_denies(bounded, kind, name, policy, target))
    for (kind, name), given in sorted(grants.items()):
        open_grants = tuple(grant for grant in given if grant.access is not Truth.NO)
        if open_grants:
            account = account_of(name) if kind in ("account", "user", "role", "role session") else ""
            yield Reader(name, kind, account, key.limit_outsider(open_grants))


def outsiders(statement: Statement, owner: str) -> Iterator[tuple[str, str]]:
    """Yield kind and name of whom a resource policy's statement names outside the owning account."""
    if statement.excluded is not None:
        yield "public", ANYONE
    for kind, name in statement.principals or ():
        label = _kind(kind, name)
        inside = label in ("account", "user", "role", "role session") and account_of(name) == owner
        if not inside:
            yield label, name


def _after_denies(grant: Grant, kind: str, name: str, policy: Sequence[Named], target: Target) -> Grant:
    """Take away what denies of the bucket policy take from an outsider; those with open conditions are stated."""
    for named in policy:
        statement = named.statement
        if statement.allow:
            continue
        denies = min(
            statement.spans(target.resources, target.context),
            conditions_hold(statement, target.context),
            _names(statement, kind, name),
        )
        grant = grant.limited(denies.negate(), f"{named.steps[-1]} of the bucket policy does not deny it")
    return grant


def _names(statement: Statement, kind: str, name: str) -> Truth:
    if statement.excluded is not None:
        return Truth.NO if any(other == name for _, other in statement.excluded) else Truth.YES
    names = [other for _, other in statement.principals or ()]
    if ANYONE in names or name in names or (kind != "public" and account_of(name) and account_of(name) in names):
        return Truth.YES
    # Everyone is not denied because someone is.
    return Truth.NO


@dataclass(frozen=True, slots=True)
class DefaultKey:
    """The KMS key that the bucket encrypts new objects under, if it does.

    Whoever cannot use it cannot read what is written now, but may read objects that were written under
    another key before. So a lack of kms:Decrypt makes access conditional; it never proves that there is none.
    """

    name: str | None
    statements: tuple[Named, ...] = ()
    grants: tuple[Named, ...] = ()
    target: Target | None = None
    owner: str = ""

    @classmethod
    def of(cls, found: Found, evidence: Evidence) -> "DefaultKey":
        """Find the key of a location's bucket in the evidence."""
        encryption = found.bucket.facet("encryption")
        if not encryption or not encryption["algorithm"].startswith("aws:kms"):
            return cls(None)
        name = encryption["key"] or "alias/aws/s3"
        key = key_in(evidence, found.source, name)
        if key is None:
            return cls(name)
        region = found.bucket.facet("region")
        context = Context(
            {
                "kms:viaservice": (f"s3.{region}.amazonaws.com",),
                "aws:resourceaccount": (account_of(key.facet("arn")),),
                "aws:securetransport": ("true",),
            }
        )
        where = f"key policy of {name}"
        arn = key.facet("arn")
        label = next(iter(key.value.get("aliases", ())), name)
        return cls(
            name=label,
            statements=tuple(Named((where,), s) for s in parse_policy(key.facet("policy"), where)),
            grants=tuple(_grants(key.facet("grants"), label)),
            target=Target(DECRYPT, Resources(arn), account_of(arn), context, delegated=True),
            owner=account_of(arn),
        )

    def limit(self, grants: tuple[Grant, ...], principal: Principal) -> tuple[Grant, ...]:
        """Bound grants to read by whether the principal may decrypt."""
        if self.name is None:
            return grants
        access, conditions, _ = self.may_decrypt(principal)
        if access is Truth.YES:
            return grants
        reason = conditions[0] if conditions else f"no kms:Decrypt on {self.name}: only objects under another key"
        return tuple(grant.limited(Truth.UNKNOWN, reason) for grant in grants)

    def limit_outsider(self, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        """Bound grants to someone outside the owning account, whose own policies nobody here can see."""
        if self.name is None:
            return grants
        if any(named.statement.allow and _reaches_outside(named.statement, self.owner) for named in self.statements):
            return grants
        reason = f"{self.name} is not shared outside the account: only objects under another key"
        return tuple(grant.limited(Truth.UNKNOWN, reason) for grant in grants)

    def may_decrypt(self, principal: Principal) -> tuple[Truth, tuple[str, ...], tuple[str, ...]]:
        """Tell whether a principal may decrypt, under which open conditions, and by which steps."""
        if self.target is None:
            return Truth.UNKNOWN, (f"the key {self.name} is not among the recorded keys",), ()
        caller = Context({"kms:calleraccount": (principal.account,)})
        asked = replace(self.target, context=caller.joined(self.target.context))
        given = [*evaluate(principal, asked, self.statements), *self._granted(principal, asked)]
        best = max(given, key=lambda grant: grant.access, default=None)
        return (best.access, best.conditions, best.steps) if best else (Truth.NO, (), ())

    def _granted(self, principal: Principal, asked: Target) -> Sequence[Grant]:
        """Give what KMS grants let a principal do: they need no policy beside them, but a deny goes before them."""
        if not self.grants:
            return ()
        # Neither the key's account nor the allows of a boundary have a say in what is granted by name.
        bounds = tuple(_denies(principal.boundary or ()))
        free = replace(principal, identity=(*principal.identity, *bounds), boundary=None, _about={})
        asked_of_own = replace(asked, account=principal.account)
        return evaluate(free, asked_of_own, [*_denies(self.statements), *self.grants])


def _denies(statements: Iterable[Named]) -> Iterator[Named]:
    return (named for named in statements if not named.statement.allow)


def _reaches_outside(statement: Statement, owner: str) -> bool:
    if not statement.has_action(DECRYPT):
        return False
    return any(kind == "AWS" and account_of(name) != owner for kind, name in statement.principals or ())


def _grants(grants: Sequence[Mapping[str, Any]], key: str) -> Iterator[Named]:
    """Write KMS grants to decrypt as statements that say the same.

    A constraint holds a grant to requests with certain pairs in their encryption context.
    """
    for grant in grants:
        if "Decrypt" not in grant["operations"]:
            continue
        pairs = [pair for constraint in grant["constraints"].values() for pair in constraint.items()]
        statement = Statement(
            label=f"grant {grant['id']}",
            allow=True,
            principals=(("AWS", str(grant["grantee"])),),
            excluded=None,
            actions=(DECRYPT,),
            not_actions=False,
            resources=("*",),
            not_resources=False,
            conditions=tuple(
                Condition("StringEquals", f"kms:EncryptionContext:{name}", (str(value),)) for name, value in pairs
            ),
            variables=False,
        )
        yield Named((f"key {key}",), statement)
