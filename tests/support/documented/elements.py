"""What the elements of a policy match: IAM User Guide, "IAM JSON policy elements reference"."""

from support.documented.example import (
    IAM,
    OTHER,
    OWN,
    ROLE,
    SESSION,
    STRANGER,
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

_EVERYTHING = allow("*")
_NOT_ACTION = f"{IAM}/reference_policies_elements_notaction.html"
_NOT_RESOURCE = f"{IAM}/reference_policies_elements_notresource.html"
_NOT_PRINCIPAL = f"{IAM}/reference_policies_elements_notprincipal.html"
_VARIABLES = f"{IAM}/reference_policies_variables.html"
_BUCKET = ["arn:aws:s3:::example-bucket", "arn:aws:s3:::example-bucket/*"]
_PATTERN = identity(allow("s3:GetObject", "arn:aws:s3:::example-bucket/*/test/*"))


def _all_but(effect: str, element: str, values: object, **more: object) -> dict:
    given = {"Effect": effect, "Action": "s3:*", "Resource": "*", **more, f"Not{element}": values}
    return {name: value for name, value in given.items() if name != element}


def _key(name: str, *, found: bool) -> object:
    return (yes if found else no)(resource=f"arn:aws:s3:::example-bucket/{name}")


ELEMENTS = {
    "all actions of a service but one": Example(
        _NOT_ACTION,
        identity(_all_but("Allow", "Action", "s3:DeleteBucket", Resource="arn:aws:s3:::*")),
        {
            "another action on the resources is allowed": yes("s3:GetObject"),
            "the one that is named is not": no("s3:DeleteBucket", "arn:aws:s3:::example-bucket"),
            "what takes all resources is not": no("s3:ListAllMyBuckets", "*"),
            "another service's resource is not": no("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"),
        },
    ),
    "every service but one": Example(
        _NOT_ACTION,
        identity(_all_but("Allow", "Action", "iam:*")),
        {"other services are allowed": yes(), "that one is not": no("iam:CreateUser", "*")},
    ),
    "a deny of all but one service without MFA": Example(
        _NOT_ACTION,
        identity(
            _EVERYTHING,
            _all_but("Deny", "Action", "iam:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        ),
        {
            "with MFA nothing is denied": yes(context={"aws:MultiFactorAuthPresent": "true"}),
            "without MFA another service is denied": no(context={"aws:MultiFactorAuthPresent": "false"}),
            "without the key another service is denied": no(),
            "without MFA that service is not denied": yes(
                "iam:ListUsers", "*", context={"aws:MultiFactorAuthPresent": "false"}
            ),
        },
    ),
    "a deny of all but one folder": Example(
        _NOT_RESOURCE,
        identity(
            _EVERYTHING,
            _all_but("Deny", "Resource", ["arn:aws:s3:::people/payroll", "arn:aws:s3:::people/payroll/*"]),
        ),
        {
            "the folder is not denied": yes(resource="arn:aws:s3:::people/payroll/june"),
            "another folder is": no(resource="arn:aws:s3:::people/reviews/june"),
            "another bucket is": no(),
            "another service is not": yes("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"),
        },
    ),
    "everything but one bucket": Example(
        _NOT_RESOURCE,
        identity(_all_but("Allow", "Resource", "arn:aws:s3:::people", Action="*")),
        {
            "changing one's own policy is allowed": yes("iam:PutUserPolicy", USER),
            "the bucket is not": no("s3:ListBucket", "arn:aws:s3:::people"),
        },
    ),
    "a star within a resource": Example(
        f"{IAM}/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards",
        _PATTERN,
        {
            **{
                name: _key(name, found=True)
                for name in (
                    "1/test/object.jpg",
                    "1/2/test/object.jpg",
                    "1/2/test/3/object.jpg",
                    "1/2/3/test/4/object.jpg",
                    "1///test///object.jpg",
                    "1/test/.jpg",
                    "/test/object.jpg",
                    "1/test/",
                )
            },
            **{name: _key(name, found=False) for name in ("1-test/object.jpg", "test/object.jpg", "1/2/test.jpg")},
        },
    ),
    "a deny of all but a user": Example(
        _NOT_PRINCIPAL,
        {
            **identity(_EVERYTHING),
            "owner": OWN,
            "resource_policy": policy(
                allow("s3:*", _BUCKET, **named(f"arn:aws:iam::{OTHER}:root")),
                _all_but("Deny", "Principal", {"AWS": [STRANGER, f"arn:aws:iam::{OTHER}:root"]}, Resource=_BUCKET),
            ),
        },
        {
            "the user is spared": yes(principal=STRANGER),
            "another user of that account is denied": no(principal=STRANGER.replace("bruno", "chiara")),
            "a user of the owner's account is denied": no(),
            "with a boundary even the user is denied": no(principal=STRANGER, more={"boundary": policy(_EVERYTHING)}),
            "being spared gives nothing": no(principal=STRANGER, more={"identity": []}),
        },
    ),
    "a deny of all but a role's session": Example(
        _NOT_PRINCIPAL,
        {
            **identity(_EVERYTHING),
            "resource_policy": policy(
                _all_but("Deny", "Principal", {"AWS": [SESSION, ROLE, f"arn:aws:iam::{OWN}:root"]}, Resource=_BUCKET)
            ),
        },
        {
            "the session is spared": yes(principal=SESSION),
            "another session of the role is denied": no(principal=SESSION.replace("morning", "evening")),
            "another role's session is denied": no(principal=SESSION.replace("reader", "writer")),
            "whoever may choose the session's name is spared": yes(principal=ROLE),
            "a user is denied": no(),
        },
    ),
    "a condition on the principal's ARN in the place of NotPrincipal": Example(
        f"{IAM}/reference_policies_elements_principal.html#principal-anonymous",
        {
            **identity(_EVERYTHING),
            "resource_policy": policy(
                deny("s3:*", _BUCKET, {"ArnNotEquals": {"aws:PrincipalArn": USER}}, Principal="*")
            ),
        },
        {
            "the user is spared": yes(context={"aws:PrincipalArn": USER}),
            "another user is denied": no(principal=f"{USER}-2", context={"aws:PrincipalArn": f"{USER}-2"}),
        },
    ),
    "the user's name as a variable": Example(
        f"{_VARIABLES}#policy-vars-using-variables",
        identity(
            allow("s3:ListBucket", "arn:aws:s3:::mybucket", {"StringLike": {"s3:prefix": ["${aws:username}/*"]}}),
            allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::mybucket/${aws:username}/*"),
        ),
        {
            "the own folder is allowed": yes(
                resource="arn:aws:s3:::mybucket/amara/file", context={"aws:username": "amara"}
            ),
            "another's folder is not": no(
                resource="arn:aws:s3:::mybucket/bruno/file", context={"aws:username": "amara"}
            ),
            "key names are not case sensitive": yes(
                resource="arn:aws:s3:::mybucket/amara/file", context={"AWS:UserName": "amara"}
            ),
            "listing the own folder is allowed": yes(
                "s3:ListBucket",
                "arn:aws:s3:::mybucket",
                context={"aws:username": "amara", "s3:prefix": "amara/2026"},
            ),
            "listing another's is not": no(
                "s3:ListBucket",
                "arn:aws:s3:::mybucket",
                context={"aws:username": "amara", "s3:prefix": "bruno/2026"},
            ),
        },
    ),
    "a policy without a version has no variables": Example(
        f"{_VARIABLES}#policy-vars-using-variables",
        {"identity": [{"Statement": [allow("s3:GetObject", "arn:aws:s3:::mybucket/${aws:username}/*")]}]},
        {
            "the user's folder is not matched": no(
                resource="arn:aws:s3:::mybucket/amara/file", context={"aws:username": "amara"}
            ),
            "the literal text is": yes(
                resource="arn:aws:s3:::mybucket/${aws:username}/file", context={"aws:username": "amara"}
            ),
        },
    ),
    "a default value": Example(
        f"{_VARIABLES}#policy-vars-default-values",
        identity(allow("s3:GetObject", "arn:aws:s3:::example-${aws:PrincipalTag/team, 'company-wide'}/*")),
        {
            "a member of the team reads the team's bucket": yes(
                resource="arn:aws:s3:::example-yellow/file", context={"aws:PrincipalTag/team": "yellow"}
            ),
            "but not another team's": no(
                resource="arn:aws:s3:::example-green/file", context={"aws:PrincipalTag/team": "yellow"}
            ),
            "nor everybody's": no(
                resource="arn:aws:s3:::example-company-wide/file", context={"aws:PrincipalTag/team": "yellow"}
            ),
            "who has no team reads everybody's": yes(resource="arn:aws:s3:::example-company-wide/file"),
            "and no team's": no(resource="arn:aws:s3:::example-yellow/file"),
        },
    ),
    "a variable without a value": Example(
        f"{_VARIABLES}#policy-vars-no-value",
        identity(
            _EVERYTHING,
            deny("s3:GetObject", "*", {"StringNotEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}}),
        ),
        {
            "equal tags are not denied": yes(
                context={"s3:ExistingObjectTag/team": "yellow", "aws:PrincipalTag/team": "yellow"}
            ),
            "other tags are": no(context={"s3:ExistingObjectTag/team": "green", "aws:PrincipalTag/team": "yellow"}),
            "who has no tag is denied": no(context={"s3:ExistingObjectTag/team": "yellow"}),
            "nothing equals it": no(
                context={"s3:ExistingObjectTag/team": "yellow"},
                more=identity(
                    allow("*", "*", {"StringEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}})
                ),
            ),
            "nothing is like it": no(
                context={"s3:ExistingObjectTag/team": "yellow"},
                more=identity(
                    allow("*", "*", {"StringLike": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}*"}})
                ),
            ),
            "a resource with it matches nothing": no(
                more=identity(allow("*", "arn:aws:s3:::example-bucket/${aws:PrincipalTag/team}*"))
            ),
        },
    ),
    "characters that have a meaning": Example(
        f"{_VARIABLES}#policy-vars-specialchars",
        identity(allow("s3:GetObject", "arn:aws:s3:::example-bucket/${*}/${?}/${$}")),
        {
            "stand for themselves": yes(resource="arn:aws:s3:::example-bucket/*/?/$"),
            "and for no other": no(resource="arn:aws:s3:::example-bucket/a/b/c"),
        },
    ),
}
