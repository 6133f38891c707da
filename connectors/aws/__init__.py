"""AWS: populations of IAM, S3 and KMS, read with boto3."""
