/** The masters that events refer to: organisations and their resources. */
import type { MasterRows } from './csv.ts';
import { dayText } from './days.ts';
import type { Random } from './random.ts';

/** A resource as events see it. */
export interface Resource {
  readonly id: string;
  readonly org: string;
  readonly service: string;
  readonly region: string;
}

/** Regions, weighted as in the original data. */
export const regions = [
  ['ap-northeast', 18],
  ['us-east', 17],
  ['us-west', 15],
  ['sa-east', 14],
  ['ap-south', 14],
  ['eu-west', 11],
  ['eu-central', 11],
] as const;

const services = [
  ['compute', 29],
  ['storage', 18],
  ['database', 17],
  ['networking', 16],
  ['analytics', 11],
  ['genai', 9],
] as const;

const tags = [
  'backup:daily',
  'costcenter:alpha',
  'costcenter:beta',
  'env:dev',
  'env:prod',
  'pii:true',
  'team:core',
  'team:ml',
];

/** Organisations that signed up in the 60 days before `firstDay`. */
export function organisations(orgs: number, firstDay: number, random: Random): MasterRows {
  const rows = Array.from({ length: orgs }, (_, i) => {
    const name = random.pick([
      'Alpha',
      'Apex',
      'Beta',
      'Delta',
      'Gamma',
      'Nimbus',
      'Nova',
      'Omega',
      'Vertex',
      'Zenith',
    ]);
    const kind = random.pick(['AI', 'Cloud', 'Data', 'Digital', 'Labs', 'Tech']);
    const plan = random.weighted([
      ['standard', 50],
      ['pro', 26],
      ['enterprise', 13],
      ['free', 11],
    ]);
    return [
      `org_${random.id(8)}`,
      `${name} ${kind} ${i}`,
      random.pick([
        'E-commerce',
        'Education',
        'Energy',
        'Fintech',
        'Gaming',
        'Government',
        'Healthcare',
        'Manufacturing',
        'Media',
        'Retail',
      ]),
      random.weighted(regions),
      plan,
      random.chance(plan === 'enterprise' ? 0.6 : 0.15) ? 'True' : 'False',
      dayText(firstDay - 60 + random.below(60)),
      `rep_${random.pick(['a', 'b', 'c', 'd', 'e'])}`,
      random.weighted([
        ['active', 68],
        ['at_risk', 13],
        ['churned', 8],
        ['prospect', 7],
        ['lead', 4],
      ]),
      random.pick(['ads', 'event', 'organic', 'partner', 'referral']),
      random.chance(0.14) ? null : `${Math.round(15 + 25 * random.gauss())}.0`,
    ];
  });
  return {
    name: 'customers_orgs',
    columns: [
      'org_id',
      'org_name',
      'industry',
      'hq_region',
      'plan_tier',
      'is_enterprise',
      'signup_date',
      'sales_rep',
      'lifecycle_stage',
      'marketing_source',
      'nps_score',
    ],
    key: ['org_id'],
    rows,
    spoilable: ['signup_date', 'soon'],
    contested: ['org_name', 'Somebody Else'],
  };
}

/** Five resources an organisation on average; some are created after their first event, as in the original data. */
export function resources(orgIds: readonly string[], firstDay: number, days: number, random: Random): MasterRows {
  const rows = Array.from({ length: orgIds.length * 5 }, (_, i) => {
    const chosen: string[] = [];
    const wanted = random.chance(0.2) ? 0 : 1 + random.below(3);
    while (chosen.length < wanted) {
      const tag = random.pick(tags);
      if (!chosen.includes(tag)) chosen.push(tag);
    }
    return [
      `res_${random.id(8)}`,
      i < orgIds.length ? orgIds[i]! : random.pick(orgIds),
      random.weighted(services),
      random.weighted(regions),
      dayText(firstDay - 60 + random.below(60 + Math.ceil(days * 0.85))),
      random.weighted([
        ['running', 60],
        ['stopped', 30],
        ['terminated', 10],
      ]),
      chosen.length === 0 ? null : `[${chosen.map((tag) => `"${tag}"`).join(', ')}]`,
    ];
  });
  return {
    name: 'resources',
    columns: ['resource_id', 'org_id', 'service', 'region', 'created_at', 'state', 'tags_json'],
    key: ['resource_id'],
    rows,
    spoilable: ['created_at', 'yesterday'],
    contested: ['state', 'moved'],
  };
}
