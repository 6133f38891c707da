"""The vendor register that people start from; as it stands it is one."""

EXAMPLE = """\
# The vendors of third-party models. To record it:
#   controlproof attest vendor vendors.yaml --document openai=report.pdf
# Days stand in quotes. What is not known yet is left out, and found by the VEN controls.

# Who assessed all of it; with --signature, who signed.
assessed_by: vendor-risk-lead

vendors:
  # The vendor's id. Controls know those of common vendors: openai, anthropic, mistral, cohere, google, aws, microsoft,
  # and so on; for any other, the first part of its models' ids on Amazon Bedrock, or a name of your own with `models`.
  openai:
    name: OpenAI
    # The services that are used; VEN-3 compares them with those in the report's scope.
    services: [API Platform]
    # Further names under which its models are found, with * for any text, such as an AWS Marketplace package.
    # models: ["arn:aws:sagemaker:*:111122223333:model-package/acme-*"]
    # Without a report yet: report: null
    report:
      type: SOC 2 Type 2
      auditor: Example Assurance LLP
      period: {start: "2025-10-01", end: "2026-09-30"}
      # unqualified, qualified, adverse or disclaimer; any but the first needs an opinion_treatment.
      opinion: unqualified
      services: [API Platform, ChatGPT Enterprise]
      # The report's controls on AI, by topic. VEN-3 wants the topics that its parameter ai_topics lists.
      ai_controls:
        customer-data-use: "CC6.1.4, no training on API data"
        model-access: "CC6.1.9, access to model weights"
        model-change: "CC8.1.2, evaluation before release"
      exceptions:
        - control: CC6.2.1
          description: one of 25 leavers lost access a day late
          treatment: our own access to the vendor's console is reviewed each month
      # The SHA-256 of the report's file, in hexadecimal and in quotes: sha256sum report.pdf
      digest: "0000000000000000000000000000000000000000000000000000000000000000"
      # bridge_letter: {until: "2026-12-31", reference: letter of 2026-11-02}
    # Whom the vendor relies on. Of an inclusive one the report speaks; one that is carved out needs its own review.
    subservice_organisations:
      - name: Example Cloud
        service: hosting
        method: carve-out
        review:
          report: SOC 2 Type 2
          period_end: "2026-09-30"
          reviewed: "2026-11-10"
          reviewed_by: vendor-risk-lead
    # What the report takes for granted on your side; without owner and evidence you do not have it.
    user_entity_controls:
      - control: API keys are kept secret and rotated
        owner: platform-team
        evidence: ACC-3, and rotation in the secret store
    contract:
      annual_report: true
      clause: "Data processing agreement, section 7.2"
    # Since when it is not used any more:
    # retired: "2026-11-01"
"""
