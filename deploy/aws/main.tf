# The role as which Controlproof reads an AWS account, for pods with IAM roles for service accounts (IRSA). The policy is
# the file that controlproof permissions aws prints. Without Terraform, or for another account: cloudformation.yaml.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

variable "oidc_provider_arn" {
  description = "The cluster's OIDC provider, such as arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123"
  type        = string
}

variable "service_account" {
  description = "The pods' service account, as namespace:name."
  type        = string
  default     = "controlproof:controlproof"
}

locals {
  issuer = element(split(":oidc-provider/", var.oidc_provider_arn), 1)
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:${var.service_account}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "controlproof" {
  name                 = "controlproof"
  description          = "Controlproof reads settings"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_iam_policy" "controlproof" {
  name   = "controlproof-read-only"
  policy = file("${path.module}/controlproof-read-only.json")
}

resource "aws_iam_role_policy_attachment" "controlproof" {
  role       = aws_iam_role.controlproof.name
  policy_arn = aws_iam_policy.controlproof.arn
}

output "role_arn" {
  description = "For serviceAccount.annotations: eks.amazonaws.com/role-arn"
  value       = aws_iam_role.controlproof.arn
}
