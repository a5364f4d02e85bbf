/** The import rules of docs/ARCHITECTURE.md; scripts/check-imports.ts runs them and counts what was seen. */
const PURE = '^(shared/src|agent/src/parse|coordinator/src/(world|decide|alerts/rules))/'
module.exports = {
  forbidden: [
    {
      name: 'shared-imports-nothing-of-ours',
      comment: 'Both sides speak the language of shared; it speaks of neither.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(agent|coordinator|test|scripts)/' },
    },
    {
      name: 'agent-and-coordinator-are-strangers',
      comment: 'They meet over MQTT alone.',
      severity: 'error',
      from: { path: '^agent/' },
      to: { path: '^coordinator/' },
    },
    {
      name: 'coordinator-and-agent-are-strangers',
      comment: 'They meet over MQTT alone.',
      severity: 'error',
      from: { path: '^coordinator/' },
      to: { path: '^agent/' },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: 'What decides must be replayable: no file, socket, process or clock.',
      severity: 'error',
      from: { path: PURE },
      to: {
        path: '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|os|timers|timers/promises|cluster|readline)$',
      },
    },
    {
      name: 'only-sys-touches-the-system',
      comment: 'Everything else of an agent runs over a simulated system as well.',
      severity: 'error',
      from: { path: '^agent/src/', pathNot: '^agent/src/(sys/|main\\.ts|inventory\\.ts)' },
      to: {
        path: '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|os|timers|timers/promises)$|node_modules/(mqtt|mqtt-packet|systeminformation)/',
      },
    },
    {
      name: 'only-db-knows-sql',
      comment: 'PostgreSQL is to be the second store.',
      severity: 'error',
      from: { path: '^coordinator/src/', pathNot: '^coordinator/src/db/' },
      to: { path: 'better-sqlite3' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle of values has no beginning; types may refer to each other.',
      severity: 'error',
      from: { path: '^(agent|coordinator|shared)/src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
