import type { ProbeResult } from './run-probe';

/** The report as data, for machines. Holds no address, no name, no id and no secret: only codes, statuses and figures. */
export function reportJson(result: ProbeResult, version: string): object {
  const { findings, ...rest } = result;
  return {
    report: 'zendesk-probe',
    version,
    ...rest,
    findings: findings.map(({ question: { id, title, assumption, concerns, helps }, finding }) => ({
      id,
      title,
      assumption,
      ...finding,
      ...(finding.kind === 'settled' && !finding.isAsAssumed ? { concerns, helps } : {}),
    })),
  };
}

/** The report for people: what differs first. */
export function reportMarkdown(result: ProbeResult, version: string): string {
  const { findings, cleaning } = result;
  const differs = findings.flatMap(({ question, finding }) =>
    finding.kind === 'settled' && !finding.isAsAssumed ? [{ question, finding }] : [],
  );
  const agreed = findings.flatMap(({ question, finding }) =>
    finding.kind === 'settled' && finding.isAsAssumed ? [{ question, finding }] : [],
  );
  const unsettled = findings.flatMap(({ question, finding }) => (finding.kind === 'open' ? [{ question, finding }] : []));
  const lines = [
    '# What a Zendesk account answers',
    '',
    `Version ${version}, ${result.startedAt}, ${Math.round(result.tookMs / 1_000)} s, ${result.requests} requests; the plan allows ${result.requestsPerMinute ?? 'an unknown number of'} requests a minute.`,
    `${result.wasStopped ? 'The probe was stopped early. ' : ''}${cleaningWords(cleaning)}`,
    '',
    `## Differs from what the app assumes (${differs.length})`,
    '',
    ...differs.flatMap(({ question, finding }) => [
      `### ${question.title}`,
      '',
      `- Answer: ${finding.observed}`,
      `- The app assumes: ${question.assumption}`,
      `- Concerned: ${question.concerns}`,
      `- What helps: ${question.helps}`,
      '',
    ]),
    `## As assumed (${agreed.length})`,
    '',
    '| Question | Answer |',
    '|---|---|',
    ...agreed.map(({ question, finding }) => `| ${question.title} | ${cell(finding.observed)} |`),
    '',
    `## Not settled (${unsettled.length})`,
    '',
    '| Question | Why |',
    '|---|---|',
    ...unsettled.map(({ question, finding }) => `| ${question.title} | ${cell(finding.why)} |`),
    '',
  ];
  return lines.join('\n');
}

function cleaningWords({ before, after, left }: ProbeResult['cleaning']): string {
  const earlier = before > 0 ? `${before} accounts and groups of an earlier run were removed first. ` : '';
  const rest = left > 0 ? `; ${left} could not be removed: run the probe again` : '';
  return `${earlier}${after} accounts and groups of this run were removed${rest}.`;
}

const cell = (text: string): string => text.replaceAll('|', '/');
