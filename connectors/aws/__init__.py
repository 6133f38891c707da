"""AWS: populations of IAM, S3, KMS, SageMaker, Bedrock, CloudTrail and Organizations, read with boto3."""
