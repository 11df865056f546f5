/** Budgets as they are configured, and the amounts that reach them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type Budgets, budgetOf, isReached } from '../../activities/alerts/budgets.ts';
import { parseBudgets } from '../../worker/budgets.ts';
import { loadConfig } from '../../worker/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'cpa-budgets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const parse = (text: string): Budgets => parseBudgets(text, 'b.json');

describe('a file of budgets', () => {
  it('has a default and amounts of organisations, both optional, exact to the last digit', () => {
    const budgets = parse(
      '{"default_usd_per_day": 250, "organisations": {"org_a": "1000.50", "1": 0, "org_c": 123456789012.123457}}',
    );
    assert.equal(budgets.defaultUsd, 250_000_000n);
    assert.deepEqual(
      [...budgets.organisations],
      [
        ['1', 0n],
        ['org_a', 1_000_500_000n],
        ['org_c', 123_456_789_012_123_457n],
      ],
    );
    assert.deepEqual(
      ['1', 'org_a', 'org_z'].map((org) => budgetOf(budgets, org)),
      [0n, 1_000_500_000n, 250_000_000n],
    );
    assert.deepEqual(parse('{}'), { defaultUsd: null, organisations: new Map() });
    assert.equal(budgetOf(parse('{"organisations": {"a": 1}}'), 'b'), null);
  });

  it('takes numbers as they are written, and leaves text alone', () => {
    assert.deepEqual(
      [...parse(String.raw`{"organisations": {"a \"1\": 2": 0.1, "-3": "4"}}`).organisations],
      [
        ['a "1": 2', 100_000n],
        ['-3', 4_000_000n],
      ],
    );
  });

  for (const [text, message] of [
    ['[1]', /^the budgets b\.json are not a JSON object$/],
    ['{"default_usd_per_day": 1', /^the budgets b\.json are not JSON: /],
    ['{"default_usd_per_day": 01}', /^the budgets b\.json are not JSON: /],
    ['{"organizations": {}}', /^the budgets b\.json have no field "organizations"; fields: default_usd_per_day, org/],
    [
      '{"organisations": [1]}',
      /^the budgets b\.json: organisations is \["1"\], expected an object of amounts by org_id$/,
    ],
    [
      '{"default_usd_per_day": -1}',
      /^the budgets b\.json: default_usd_per_day is "-1", expected US dollars such as 250/,
    ],
    ['{"default_usd_per_day": null}', /default_usd_per_day is null, expected US dollars/],
    [
      '{"organisations": {"org \\"a": "much"}}',
      /^the budgets b\.json: organisations\["org \\"a"\] is "much", expected/,
    ],
    ['{"organisations": {"a": 0.1234567}}', /organisations\["a"\] is "0\.1234567", expected .* 6 after it$/],
    ['{"organisations": {"a": 1234567890123}}', /organisations\["a"\] is "1234567890123", expected .*12 digits before/],
    ['{"organisations": {"a": 1e3}}', /organisations\["a"\] is "1e3"/],
    ['{"organisations": {"a": true}}', /organisations\["a"\] is true/],
  ] as const) {
    it(`is refused: ${text}`, () => assert.throws(() => parse(text), { message }));
  }
});

describe('the configuration of alerts', () => {
  const file = join(folder, 'budgets.json');
  writeFileSync(file, '{"default_usd_per_day": 5}');
  const receiver = { CPA_NOTIFY_URL: 'https://example.org/hook?token=t0ken', CPA_NOTIFY_SECRET: 's3cret' };

  it('is none without budgets', () => {
    assert.equal(loadConfig({}).alerts, null);
    assert.equal(loadConfig(receiver).alerts, null);
  });

  it('names the file of budgets, and where alerts are sent', () => {
    const alone = loadConfig({ CPA_BUDGETS: file }).alerts!;
    assert.deepEqual([alone.budgets.defaultUsd, alone.receiver], [5_000_000n, null]);
    const { alerts } = loadConfig({ CPA_BUDGETS: file, ...receiver });
    assert.equal(alerts!.receiver!.url, receiver.CPA_NOTIFY_URL);
    assert.equal(alerts!.receiver!.key.export().toString(), 's3cret');
    assert.ok(!inspect(alerts, { depth: 9 }).includes('s3cret'), 'the key is not in what could be logged');
  });

  it('says what is wrong with it, but not the address', () => {
    const missing = join(folder, 'none.json');
    const refused = (env: Readonly<Record<string, string>>, message: RegExp): void =>
      assert.throws(() => loadConfig(env), { message });
    refused({ CPA_BUDGETS: missing }, /^the budgets \/.*none\.json cannot be read: ENOENT/);
    refused({ CPA_NOTIFY_URL: receiver.CPA_NOTIFY_URL }, /^CPA_NOTIFY_SECRET is not set: /);
    for (const url of ['example.org', 'ftp://example.org', 'https://user:t0ken@example.org']) {
      refused(
        { ...receiver, CPA_NOTIFY_URL: url },
        /^CPA_NOTIFY_URL is not valid: expected an http or https URL [^/@]*$/,
      );
    }
  });
});

describe('a budget is reached', () => {
  it('at its threshold exactly, not a millionth of a dollar before', () => {
    const budget = 250_000_000n;
    assert.deepEqual(
      [199_999_999n, 200_000_000n].map((total) => isReached(total, budget, 80)),
      [false, true],
    );
    assert.deepEqual(
      [249_999_999n, 250_000_000n].map((total) => isReached(total, budget, 100)),
      [false, true],
    );
    // 80 % of 0.000001 is less than a millionth, and no amount lies between 0 and that.
    assert.deepEqual(
      [0n, 1n].map((total) => isReached(total, 1n, 80)),
      [false, true],
    );
    assert.equal(isReached(10n ** 37n, 10n ** 17n, 100), true);
  });

  it('by any positive total when it is 0', () => {
    assert.deepEqual(
      [-1n, 0n, 1n].map((total) => isReached(total, 0n, 100)),
      [false, false, true],
    );
  });
});
