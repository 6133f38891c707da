// Reads cases as JSON lines, writes one letter each: A allowed, I implicitly denied, E explicitly denied, X refused.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const named = (policies) => policies.map((policy, number) => ({ name: `p${number}`, policy }))
const letters = { Allowed: 'A', ImplicitlyDenied: 'I', ExplicitlyDenied: 'E' }
let out = ''
for await (const line of createInterface({ input: process.stdin })) {
  const c = JSON.parse(line)
  const simulation = {
    request: {
      principal: c.principal,
      action: c.action,
      resource: { resource: c.resource, accountId: c.owner },
      contextVariables: c.context
    },
    identityPolicies: named(c.identity),
    serviceControlPolicies: c.levels.map((level, n) => ({ orgIdentifier: `ou-${n}`, policies: named(level) })),
    resourceControlPolicies: [],
    ...(c.resource_policy ? { resourcePolicy: c.resource_policy } : {}),
    ...(c.session ? { sessionPolicy: c.session } : {}),
    ...(c.boundary ? { permissionBoundaryPolicies: named([c.boundary]) } : {}),
    ...(c.block_public_access ? { additionalSettings: { s3: { blockPublicAccess: true } } } : {})
  }
  const answer = await runSimulation(simulation, {})
  if (process.env.EXPLAIN) console.error(JSON.stringify(answer).slice(0, 4000))
  const result = answer.result ?? answer
  out += letters[result.analysis?.result ?? result.overallResult] ?? 'X'
}
console.log(out)
