"""moto's server with a few of AWS's own policies, as real AWS gives those in use.

moto lists all of AWS's some 1,500 whether anybody uses them or not: 4 MB a read that show nothing.
"""

import json

from moto.iam import models
from moto.server import main

KEPT = (
    "AdministratorAccess",
    "AmazonEC2FullAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSageMakerFullAccess",
    "CloudWatchReadOnlyAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "ViewOnlyAccess",
)
"""What the demo's estate attaches, and two that nobody does."""

_DATA = "aws_managed_policies_data"

if __name__ == "__main__":
    every = json.loads(vars(models)[_DATA])
    # Before the first request, which makes an account with them.
    vars(models)[_DATA] = json.dumps({name: every[name] for name in KEPT})
    main()
