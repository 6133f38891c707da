"""Signing keys wherever they are: files, AWS KMS, Google Cloud KMS. SDKs are only imported when a key is used."""
