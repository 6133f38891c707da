"""Who reads what in a large account: 10,000 principals x 50 locations, from recorded evidence to readers.

The physical limit in the same run is one pass over the same pairs that only looks each policy's statements up.
"""

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.estate import ACCOUNT, KEY, allow, bucket, deny, evidence, group, key, managed, role, trust, user

from controls.access.estate import Estate

PRINCIPALS, LOCATIONS = 10_000, 50


def items():
    """Half users in groups, half roles with attached and own policies, boundaries and chains among them."""
    shelf = [
        managed("storage", allow("s3:*", "*"), deny("s3:*", "arn:aws:s3:::weights-1*/*")),
        managed("read", allow(["s3:Get*", "s3:List*"], "arn:aws:s3:::weights-*/llm/*")),
        managed("ceiling", allow(["s3:*", "kms:*", "sts:*"], "*")),
        managed("compute", allow(["ec2:*", "logs:*"], "*")),
    ]
    yield from shelf
    arns = {item.id.rsplit("/", 1)[1]: item.id for item in shelf}
    yield from (
        group(f"team-{n}", allow("s3:GetObject", f"arn:aws:s3:::weights-{n % LOCATIONS}/*")) for n in range(100)
    )
    for n in range(PRINCIPALS // 2):
        yield user(f"u{n}", groups=[f"team-{n % 100}"], attached=[arns["compute"]], tags={"team": f"t{n % 20}"})
        own = allow("s3:GetObject", f"arn:aws:s3:::weights-{n % LOCATIONS}/${{aws:PrincipalTag/team}}/*")
        chained = allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/r{n + 1}")
        yield role(
            f"r{n}",
            *(own, allow("kms:Decrypt", KEY), *((chained,) if n % 50 == 0 else ())),
            attached=[arns["read" if n % 7 == 0 else "storage" if n % 97 == 0 else "compute"]],
            boundary=arns["ceiling"] if n % 3 == 0 else None,
            tags={"team": "llm"},
            trust=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"} if n % 50 == 1 else {"Service": "ec2.amazonaws.com"}),
        )


def main() -> None:
    """Print what it took, and the ratio to the bare pass."""
    given = evidence(tuple(items()), tuple(bucket(f"weights-{n}") for n in range(LOCATIONS)), (key(),))
    started = time.perf_counter()
    estate = Estate(given)
    found = estate.find([f"s3://weights-{n}/llm/" for n in range(LOCATIONS)])
    readings = [reader for place in found.values() if not isinstance(place, str) for reader in estate.readers(place)]
    chains = sum(len(estate.chains(reader)) for reader in readings)
    took = time.perf_counter() - started
    started = time.perf_counter()
    passed = sum(len(principal.identity) for _ in range(LOCATIONS) for principal in estate.principals)
    bare = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{PRINCIPALS} principals x {LOCATIONS} locations: {len(readings)} readings, {chains} chains")  # noqa: T201
    print(f"{took:.1f} s, {memory:.0f} MB; {took / bare:.0f} times a bare pass over {passed} statements")  # noqa: T201


if __name__ == "__main__":
    main()
