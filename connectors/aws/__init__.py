"""AWS, read with boto3: populations of IAM, S3, KMS, SageMaker, Bedrock, CloudWatch, CloudTrail and Organizations."""
