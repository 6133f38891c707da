"""How the kinds of policies are taken together: IAM User Guide, "Policy evaluation logic" and what it refers to."""

from support.documented.example import (
    IAM,
    KMS,
    ORGANIZATIONS,
    OTHER,
    OWN,
    ROLE,
    SESSION,
    USER,
    Example,
    allow,
    deny,
    identity,
    named,
    no,
    policy,
    yes,
)

_OWN_BUCKET = ["arn:aws:s3:::amara", "arn:aws:s3:::amara/*"]
_SELF = (
    allow(["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "arn:aws:s3:::*"),
    allow("s3:*", _OWN_BUCKET),
    deny("s3:*", "arn:aws:s3:::*log*"),
)
_TO_USER = policy(allow("s3:*", _OWN_BUCKET, **named(USER)))
_PRODUCTION = policy(
    allow(["s3:GetObject*", "s3:PutObject*", "s3:ReplicateObject"], "arn:aws:s3:::production/*", **named(USER))
)
_ABROAD = {
    **identity(
        allow("s3:ListAllMyBuckets"),
        allow("s3:*Object*", "arn:aws:s3:::production/*"),
        deny("s3:*", ["arn:aws:s3:::*log*", "arn:aws:s3:::*log*/*"]),
    ),
    "owner": OTHER,
}
_SHARED = {"owner": OTHER, "resource_policy": policy(allow("s3:GetObject", "*", **named(f"arn:aws:iam::{OWN}:root")))}
_CEILING = policy(allow(["s3:*", "cloudwatch:*", "ec2:*"]))
_NOTHING_IN_S3 = policy(allow("ec2:*"))
_WITH_ARN = {"ArnEquals": {"aws:PrincipalArn": ROLE}}


def _to(*arns: str) -> dict:
    return policy(allow("s3:GetObject", **named(*arns)))


EVALUATION = {
    "identity and resource policy of one account": Example(
        f"{IAM}/reference_policies_evaluation-logic_policy-eval-basics.html",
        identity(*_SELF),
        {
            "saving into a bucket for logs is denied": no("s3:PutObject", "arn:aws:s3:::amara-logs/file"),
            "saving into the own bucket is allowed by both": yes(
                "s3:PutObject", "arn:aws:s3:::amara/file", more={"resource_policy": _TO_USER}
            ),
            "the identity policy alone is enough": yes("s3:PutObject", "arn:aws:s3:::amara/file"),
            "the resource policy alone is enough": yes(
                "s3:PutObject", "arn:aws:s3:::amara/file", more={"identity": [], "resource_policy": _TO_USER}
            ),
            "a deny in the resource policy overrides": no(
                "s3:PutObject", "arn:aws:s3:::amara/file", more={"resource_policy": policy(deny(**named(USER)))}
            ),
        },
    ),
    "explicit and implicit deny": Example(
        f"{IAM}/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html",
        identity(allow(["iam:Get*", "iam:List*"]), deny("iam:*Report"), allow("iam:GenerateCredentialReport")),
        {
            "what begins with Get or List is allowed": yes("iam:ListUsers", "*"),
            "another action is implicitly denied": no("iam:CreatePolicy", "*"),
            "a report is denied although Get is allowed": no("iam:GetOrganizationsAccessReport", "*"),
            "a report is denied although another policy allows it": no("iam:GenerateCredentialReport", "*"),
        },
    ),
    "across accounts": Example(
        f"{IAM}/reference_policies_evaluation-logic-cross-account.html",
        _ABROAD,
        {
            "a bucket for logs without a policy is denied": no("s3:PutObject", "arn:aws:s3:::production-logs/file"),
            "both sides allow to save": yes(
                "s3:PutObject", "arn:aws:s3:::production/file", more={"resource_policy": _PRODUCTION}
            ),
            "the bucket's policy does not let anybody delete": no(
                "s3:DeleteObject", "arn:aws:s3:::production/file", more={"resource_policy": _PRODUCTION}
            ),
            "without an identity policy the bucket's is not enough": no(
                "s3:PutObject", "arn:aws:s3:::production/file", more={"identity": [], "resource_policy": _PRODUCTION}
            ),
        },
    ),
    "an account as principal delegates": Example(
        f"{IAM}/reference_policies_elements_principal.html#principal-accounts",
        _SHARED,
        {
            "who has an identity policy may": yes(more=identity(allow("s3:GetObject"))),
            "who has none may not": no(),
            "the account's number stands for its ARN": yes(
                more={**identity(allow("s3:GetObject")), "resource_policy": _to(OWN)}
            ),
        },
    ),
    "all principals": Example(
        f"{IAM}/reference_policies_elements_principal.html#principal-anonymous",
        {"resource_policy": policy(allow("s3:GetObject", Principal="*"))},
        {
            "a user of the own account needs nothing else": yes(),
            "a user of another account needs an identity policy": no(more={"owner": OTHER}),
            "a user of another account with one may": yes(more={**identity(allow("s3:GetObject")), "owner": OTHER}),
            "a star does not match a part of a name": no(
                more={"resource_policy": _to(f"arn:aws:iam::{OWN}:user/*")},
            ),
        },
    ),
    "a permissions boundary": Example(
        f"{IAM}/access_policies_boundaries.html",
        {"boundary": _CEILING},
        {
            "what the boundary does not allow fails": no("iam:CreateUser", "*", more=identity(allow("iam:CreateUser"))),
            "what both allow is allowed": yes(more=identity(allow("s3:*"))),
            "the boundary alone gives nothing": no(),
            "a deny in the boundary overrides": no(
                "s3:GetObject",
                "arn:aws:s3:::logs/file",
                more={
                    **identity(allow("s3:*")),
                    "boundary": policy(allow("s3:*"), deny("s3:*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"])),
                },
            ),
        },
    ),
    "a resource policy and a boundary that allows nothing of it": Example(
        f"{IAM}/access_policies_boundaries.html#access_policies_boundaries-eval-logic",
        {"boundary": _NOTHING_IN_S3},
        {
            "naming the user is not limited": yes(more={"resource_policy": _to(USER)}),
            "naming the role is limited": no(principal=SESSION, more={"resource_policy": _to(ROLE)}),
            "naming the role's session is not limited": yes(principal=SESSION, more={"resource_policy": _to(SESSION)}),
            "a deny in the boundary counts all the same": no(
                more={"resource_policy": _to(USER), "boundary": policy(deny("s3:*"))}
            ),
        },
    ),
    "a session policy": Example(
        f"{IAM}/access_policies.html#policies_session",
        {"session": _NOTHING_IN_S3},
        {
            "limits the role's own policies": no(principal=SESSION, more=identity(allow("s3:*"))),
            "gives nothing by itself": no("ec2:StartInstances", "*", principal=SESSION),
            "allows what both allow": yes("ec2:StartInstances", "*", principal=SESSION, more=identity(allow("ec2:*"))),
            "limits a resource policy that names the role": no(principal=SESSION, more={"resource_policy": _to(ROLE)}),
            "does not limit one that names the session": yes(principal=SESSION, more={"resource_policy": _to(SESSION)}),
            "does not let another session in": no(
                principal=SESSION, more={"resource_policy": _to(SESSION.replace("morning", "evening"))}
            ),
        },
    ),
    "everyone under a condition on the role's ARN": Example(
        f"{IAM}/reference_policies_elements_principal.html#principal-roles",
        {
            "resource_policy": policy(allow("s3:GetObject", condition=_WITH_ARN, Principal="*")),
            "boundary": _NOTHING_IN_S3,
            "session": _NOTHING_IN_S3,
        },
        {
            "no boundary or session policy limits it": yes(principal=SESSION, context={"aws:PrincipalArn": ROLE}),
            "an explicit deny does": no(
                principal=SESSION,
                context={"aws:PrincipalArn": ROLE},
                more={"session": policy(deny("s3:*"))},
            ),
            "another role is not meant": no(principal=SESSION, context={"aws:PrincipalArn": f"{ROLE}-2"}),
        },
    ),
    "a role's trust policy and a key's policy": Example(
        f"{IAM}/reference_policies_evaluation-logic_policy-eval-denyallow.html",
        identity(allow(["sts:AssumeRole", "kms:Decrypt"])),
        {
            "an identity policy alone lets nobody assume a role": no("sts:AssumeRole", ROLE),
            "a trust policy that names the user does": yes(
                "sts:AssumeRole",
                ROLE,
                more={"identity": [], "resource_policy": policy(allow("sts:AssumeRole", **named(USER)))},
            ),
            "an identity policy alone lets nobody use a key": no("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/1"),
        },
    ),
}

_FULL = policy(allow("*"))
_ROOT = policy(allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]))
_UNIT = policy(allow(["s3:ListBucket", "s3:DeleteObject", "s3:GetObjectAcl"]))

SERVICE_CONTROL = {
    "service control policies filter on the way down": Example(
        f"{ORGANIZATIONS}/orgs_manage_policies_scps_evaluation.html",
        {**identity(allow("s3:*")), "levels": [[_ROOT], [_UNIT], [_FULL]]},
        {
            "what root and unit allow passes": yes("s3:ListBucket", "arn:aws:s3:::example-bucket"),
            "what only the root allows does not": no("s3:PutObject"),
            "what only the unit allows does not": no("s3:DeleteObject"),
            "a level without an allow lets nothing pass": no(
                "s3:ListBucket", "arn:aws:s3:::example-bucket", more={"levels": [[_ROOT], [], [_FULL]]}
            ),
            "policies of one level add up": yes("s3:PutObject", more={"levels": [[_ROOT], [_UNIT, _ROOT], [_FULL]]}),
        },
    ),
    "service control policies as a deny list": Example(
        f"{ORGANIZATIONS}/orgs_manage_policies_scps_evaluation.html#strategy_using_scps",
        {**identity(allow("*")), "levels": [[_FULL], [_FULL, policy(deny("dynamodb:*"))], [_FULL]]},
        {
            "what is denied at one level is denied": no(
                "dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/t"
            ),
            "all else stays allowed": yes(),
            "a deny beside no allow leaves nothing": no(more={"levels": [[_FULL], [policy(deny("dynamodb:*"))]]}),
        },
    ),
    "service control policies as an allow list": Example(
        f"{ORGANIZATIONS}/orgs_manage_policies_scps_evaluation.html#strategy_using_scps",
        {**identity(allow("*")), "levels": [[policy(allow(["ec2:*", "cloudwatch:*"]))], [_FULL]]},
        {
            "a listed service is allowed": yes("ec2:StartInstances", "*"),
            "another is not": no(),
        },
    ),
    "what service control policies do not do": Example(
        f"{ORGANIZATIONS}/orgs_manage_policies_scps.html",
        {"levels": [[_FULL]]},
        {
            "they give nobody anything": no(),
            "with a boundary all three must allow": no(more={**identity(allow("s3:*")), "boundary": _NOTHING_IN_S3}),
            "they bound what a resource policy gives to the user": no(
                more={"resource_policy": _to(USER), "levels": [[_NOTHING_IN_S3]]}
            ),
        },
    ),
}

_KEY = f"arn:aws:kms:us-west-2:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_DEFAULT = policy(allow("kms:*", **named(f"arn:aws:iam::{OWN}:root")))
_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def _key_policy(condition: object, who: str = ROLE) -> dict:
    return {"resource_policy": policy(allow(_USE, condition=condition, **named(who)))}


KEYS = {
    "the default key policy": Example(
        f"{KMS}/key-policy-default.html",
        {"resource_policy": _DEFAULT},
        {
            "gives no user anything by itself": no("kms:Decrypt", _KEY),
            "lets identity policies give access": yes("kms:Decrypt", _KEY, more=identity(allow("kms:Decrypt", _KEY))),
            "without it they are ineffective": no(
                "kms:Decrypt",
                _KEY,
                more={
                    **identity(allow("kms:Decrypt", _KEY)),
                    "resource_policy": policy(allow("kms:*", **named(ROLE))),
                },
            ),
            "without it their denies are still effective": no(
                "kms:Decrypt",
                _KEY,
                more={**identity(deny("kms:Decrypt", _KEY)), "resource_policy": policy(allow("kms:*", **named(USER)))},
            ),
            "who is named needs no identity policy": yes(
                "kms:Decrypt", _KEY, more={"resource_policy": policy(allow("kms:*", **named(USER)))}
            ),
        },
    ),
    "a key of another account": Example(
        f"{KMS}/key-policy-modifying-external-accounts.html",
        {"owner": OTHER, "resource_policy": policy(allow(_USE, **named(f"arn:aws:iam::{OWN}:root")))},
        {
            "both policies together give access": yes(
                "kms:Decrypt", _KEY.replace(OWN, OTHER), more=identity(allow("kms:Decrypt"))
            ),
            "the key policy alone is not sufficient": no("kms:Decrypt", _KEY.replace(OWN, OTHER)),
            "the identity policy alone is not sufficient": no(
                "kms:Decrypt",
                _KEY.replace(OWN, OTHER),
                more={**identity(allow("kms:Decrypt")), "resource_policy": None},
            ),
            "what the key policy does not give cannot be delegated": no(
                "kms:CreateGrant", _KEY.replace(OWN, OTHER), more=identity(allow("kms:*"))
            ),
            "who is named still needs an identity policy": no(
                "kms:Decrypt",
                _KEY.replace(OWN, OTHER),
                more={"resource_policy": policy(allow(_USE, **named(USER)))},
            ),
        },
    ),
    "a key through services only": Example(
        f"{KMS}/conditions-kms.html#conditions-kms-via-service",
        _key_policy(
            {"StringEquals": {"kms:ViaService": ["ec2.us-west-2.amazonaws.com", "rds.us-west-2.amazonaws.com"]}}, USER
        ),
        {
            "a named service may": yes("kms:Decrypt", _KEY, context={"kms:ViaService": "ec2.us-west-2.amazonaws.com"}),
            "another service may not": no(
                "kms:Decrypt", _KEY, context={"kms:ViaService": "s3.us-west-2.amazonaws.com"}
            ),
            "a direct call may not": no("kms:Decrypt", _KEY),
        },
    ),
    "all identities of an account through a service": Example(
        f"{KMS}/conditions-kms.html#conditions-kms-caller-account",
        _key_policy({"StringEquals": {"kms:CallerAccount": OWN, "kms:ViaService": "ec2.us-west-2.amazonaws.com"}}, "*"),
        {
            "both keys fit": yes(
                "kms:Decrypt",
                _KEY,
                context={"kms:CallerAccount": OWN, "kms:ViaService": "ec2.us-west-2.amazonaws.com"},
            ),
            "another account's identity may not": no(
                "kms:Decrypt",
                _KEY,
                context={"kms:CallerAccount": OTHER, "kms:ViaService": "ec2.us-west-2.amazonaws.com"},
            ),
            "another way may not": no("kms:Decrypt", _KEY, context={"kms:CallerAccount": OWN}),
        },
    ),
    "an encryption context pair": Example(
        f"{KMS}/conditions-kms.html#conditions-kms-encryption-context",
        _key_policy({"StringEquals": {"kms:EncryptionContext:AppName": "ExampleApp"}}),
        {
            "other pairs beside it are permitted": yes(
                "kms:GenerateDataKey",
                _KEY,
                principal=SESSION,
                context={"kms:EncryptionContext:AppName": "ExampleApp", "kms:EncryptionContext:Project": "x"},
            ),
            "the key's name is not case sensitive": yes(
                "kms:Decrypt", _KEY, principal=SESSION, context={"kms:encryptioncontext:appname": "ExampleApp"}
            ),
            "the value is": no(
                "kms:Decrypt", _KEY, principal=SESSION, context={"kms:EncryptionContext:AppName": "exampleapp"}
            ),
            "no encryption context is not enough": no("kms:Decrypt", _KEY, principal=SESSION),
        },
    ),
    "encryption context keys": Example(
        f"{KMS}/conditions-kms.html#conditions-kms-encryption-context-keys",
        _key_policy({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "AppName"}}),
        {
            "one of two keys fits": yes(
                "kms:GenerateDataKey",
                _KEY,
                principal=SESSION,
                context={"kms:EncryptionContextKeys": ["AppName", "Project"]},
            ),
            "another key alone does not": no(
                "kms:GenerateDataKey", _KEY, principal=SESSION, context={"kms:EncryptionContextKeys": ["Project"]}
            ),
            "no encryption context does not": no("kms:GenerateDataKey", _KEY, principal=SESSION),
        },
    ),
}
