/** The rules that judge the masters on their way to Silver: all of them flag, none rejects. */

import { masters } from './bronze.ts';
import type { Field } from './contract.ts';
import { services } from './event-rules.ts';
import {
  above,
  all,
  any,
  below,
  equal,
  isIn,
  isNull,
  isRescued,
  later,
  not,
  type Predicate,
  type Rule,
} from './rule.ts';

/** How text that people type is brought into one form: blanks around it go, letters become small or capital. */
export type TextForm = 'lower' | 'upper';

/** Text fields of the masters that are codes, not names: conformed in Silver (a partition column already in Bronze). */
export const textForms: Readonly<Record<string, Readonly<Record<string, TextForm>>>> = {
  customers_orgs: { hq_region: 'lower', plan_tier: 'lower', lifecycle_stage: 'lower', marketing_source: 'lower' },
  users: { role: 'lower' },
  resources: { service: 'lower', region: 'lower', state: 'lower' },
  support_tickets: { category: 'lower', severity: 'lower' },
  marketing_touches: { channel: 'lower' },
  nps_surveys: {},
  billing_monthly: { currency: 'upper' },
};

const severities = ['low', 'medium', 'high', 'critical'];

function rulesFor(source: string, table: string, rules: readonly (readonly [string, string, Predicate])[]): Rule[] {
  const fields = masters.find((m) => m.name === source)!.contract.fields;
  const raw = fields.filter((f) => !f.technical && f.nullable && f.name !== 'rescued' && f.name !== 'survey_month');
  const numbers = raw.filter((f) => f.type.kind === 'decimal');
  const where = (among: readonly Field[], predicate: (field: string) => Predicate) =>
    any(...among.map((f) => predicate(f.name)));
  const common = [
    [
      'wrong_type',
      'A field does not parse, or its type cannot hold it: set to null',
      where(raw, (f) => all(isRescued(f), isNull(f))),
    ],
    [
      'rounded',
      'A number has more digits than are kept: rounded half to even',
      where(numbers, (f) => all(isRescued(f), not(isNull(f)))),
    ],
  ] as const;
  return [...rules, ...common].map(([id, description, predicate]) => ({
    id,
    table,
    severity: 'flag',
    description,
    predicate,
    version: 1,
  }));
}

const unknownOrganisation = [
  'unknown_organisation',
  'No organisation, or one that is not in the master',
  isNull('org.org_id'),
] as const;
const npsOutOfRange = [
  'nps_out_of_range',
  'Score outside −100…100: left out of averages',
  any(below('nps_score', '-100'), above('nps_score', '100')),
] as const;

/** Flag rules by Silver table, in the order in which `flags` names them. */
export const masterFlagRules: Readonly<Record<string, readonly Rule[]>> = {
  'silver.dim_orgs': rulesFor('customers_orgs', 'silver.dim_orgs', [npsOutOfRange]),
  'silver.dim_resources': rulesFor('resources', 'silver.dim_resources', [
    ['unknown_service', 'No service, or one the provider does not sell', not(isIn('service', services))],
  ]),
  'silver.dim_users': rulesFor('users', 'silver.dim_users', [
    unknownOrganisation,
    ['last_login_before_created', 'The last login lies before the day of creation', later('created_at', 'last_login')],
  ]),
  'silver.support_tickets': rulesFor('support_tickets', 'silver.support_tickets', [
    unknownOrganisation,
    ['created_at_missing', 'No day of opening: counted on 1970-01-01', isNull('created_at')],
    ['resolved_before_created', 'Resolved before the day it was opened', later('created_at', 'resolved_at')],
    [
      'csat_out_of_range',
      'Satisfaction score outside 1…5: left out of averages',
      any(below('csat', '1'), above('csat', '5')),
    ],
    ['unknown_severity', 'No severity, or one that is not used', not(isIn('severity', severities))],
  ]),
  'silver.marketing_touches': rulesFor('marketing_touches', 'silver.marketing_touches', [
    unknownOrganisation,
    ['timestamp_missing', 'No day of the touch: counted in the month 1970-01-01', isNull('timestamp')],
  ]),
  'silver.nps_surveys': rulesFor('nps_surveys', 'silver.nps_surveys', [unknownOrganisation, npsOutOfRange]),
  'silver.billing_monthly': rulesFor('billing_monthly', 'silver.billing_monthly', [
    unknownOrganisation,
    ['month_missing', 'No month: counted in the month 1970-01-01', isNull('month')],
    [
      'month_not_first_day',
      'The month is stated by another day than its first',
      all(isRescued('month'), not(isNull('month'))),
    ],
    ['subtotal_missing', 'No subtotal: the invoice has no revenue', isNull('subtotal')],
    ['taxes_missing', 'No taxes: the invoice has no revenue', isNull('taxes')],
    ['tax_sign', 'Negative subtotal with positive taxes', all(below('subtotal', '0'), above('taxes', '0'))],
    ['currency_missing', 'No currency: the stated rate is applied', isNull('currency')],
    [
      'fx_missing',
      'No exchange rate for another currency than US dollars: no revenue',
      all(isNull('exchange_rate_to_usd'), not(isIn('currency', ['USD']))),
    ],
    [
      'usd_rate_not_one',
      'A US dollar invoice states another rate than 1: the rate applied is 1',
      all(isIn('currency', ['USD']), not(isNull('exchange_rate_to_usd')), not(equal('exchange_rate_to_usd', '1'))),
    ],
  ]),
};
