# The custom role as which Controlproof reads a Google Cloud project, and the service account that has it. The role is the
# file that controlproof permissions gcp prints.

terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0, < 8.0"
    }
  }
}

variable "project" {
  description = "The project that is read."
  type        = string
}

variable "workload_identity" {
  description = "The pods' identity, such as acme-prod.svc.id.goog[controlproof/controlproof]; empty without one."
  type        = string
  default     = ""
}

locals {
  role = yamldecode(file("${path.module}/controlproof-read-only.yaml"))
}

resource "google_project_iam_custom_role" "controlproof" {
  project     = var.project
  role_id     = "controlproof"
  title       = local.role.title
  description = local.role.description
  stage       = local.role.stage
  permissions = local.role.includedPermissions
}

resource "google_service_account" "controlproof" {
  project      = var.project
  account_id   = "controlproof"
  display_name = "Controlproof reads settings"
}

resource "google_project_iam_member" "controlproof" {
  project = var.project
  role    = google_project_iam_custom_role.controlproof.id
  member  = google_service_account.controlproof.member
}

resource "google_service_account_iam_member" "pods" {
  count              = var.workload_identity == "" ? 0 : 1
  service_account_id = google_service_account.controlproof.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.workload_identity}"
}

output "service_account" {
  description = "For serviceAccount.annotations: iam.gke.io/gcp-service-account"
  value       = google_service_account.controlproof.email
}
